from django.urls import path

from campaigns.views import contact_lists, contacts, import_rows, imports, suppressions

urlpatterns = [
    path("contacts/", contacts.contact_list, name="contact_list"),
    path("contacts/new/", contacts.contact_new, name="contact_new"),
    path("contacts/export/", contacts.contact_export, name="contact_export"),
    path("contacts/<int:contact_id>/", contacts.contact_detail, name="contact_detail"),
    path("contacts/<int:contact_id>/edit/", contacts.contact_edit, name="contact_edit"),
    path("contacts/<int:contact_id>/delete/", contacts.contact_delete, name="contact_delete"),
    path("lists/", contact_lists.contactlist_list, name="contactlist_list"),
    path("lists/new/", contact_lists.contactlist_new, name="contactlist_new"),
    path("lists/add/", contact_lists.contactlist_add, name="contactlist_add"),
    path("lists/<int:list_id>/", contact_lists.contactlist_detail, name="contactlist_detail"),
    path("lists/<int:list_id>/edit/", contact_lists.contactlist_edit, name="contactlist_edit"),
    path("lists/<int:list_id>/delete/", contact_lists.contactlist_delete, name="contactlist_delete"),
    path("lists/<int:list_id>/remove/", contact_lists.contactlist_remove, name="contactlist_remove"),
    path("imports/", imports.import_list, name="import_list"),
    path("imports/new/", imports.import_new, name="import_new"),
    path("imports/<int:import_id>/", imports.import_detail, name="import_detail"),
    path("imports/<int:import_id>/reread/", imports.import_reread, name="import_reread"),
    path("imports/<int:import_id>/check/", imports.import_check, name="import_check"),
    path("imports/<int:import_id>/run/", imports.import_run, name="import_run"),
    path("imports/<int:import_id>/cancel/", imports.import_cancel, name="import_cancel"),
    path("imports/<int:import_id>/undo/", imports.import_undo, name="import_undo"),
    path("imports/<int:import_id>/rows/", import_rows.import_rows, name="import_rows"),
    path("imports/rows/<int:row_id>/", import_rows.import_row_mend, name="import_row_mend"),
    path("imports/<int:import_id>/rejected/", imports.import_rejected, name="import_rejected"),
    path("suppressions/", suppressions.suppression_list, name="suppression_list"),
    path("suppressions/new/", suppressions.suppression_new, name="suppression_new"),
    path("suppressions/export/", suppressions.suppression_export, name="suppression_export"),
    path("suppressions/<int:suppression_id>/lift/", suppressions.suppression_lift, name="suppression_lift"),
]
