from django.urls import path

from campaigns.views import activity, booking_moving, bookings, counts, dashboard, guide, listing, message_history

urlpatterns = [
    path("", dashboard.dashboard, name="dashboard"),
    path("bookings/", bookings.booking_list, name="booking_list"),
    path("bookings/cancel/", bookings.booking_cancel_many, name="booking_cancel_many"),
    path("bookings/<int:campaign_id>/move/", booking_moving.booking_move, name="booking_move"),
    path("bookings/compare/", bookings.booking_compare, name="booking_compare"),
    path("bookings/<int:campaign_id>/cancel/", bookings.booking_cancel, name="booking_cancel"),
    path("messages/", message_history.message_list, name="message_list"),
    path("messages/export/", message_history.message_export, name="message_export"),
    path("messages/<int:message_id>/", message_history.message_detail, name="message_detail"),
    path("counts/", counts.count_month, name="count_month"),
    path("counts/export/", counts.count_export, name="count_export"),
    path("counts/<int:account_id>/ask/", counts.count_ask_vendor, name="count_ask_vendor"),
    path("filters/<slug:screen>/", listing.filter_save, name="filter_save"),
    path("filters/<int:filter_id>/delete/", listing.filter_delete, name="filter_delete"),
    path("columns/<slug:screen>/", listing.columns_choose, name="columns_choose"),
    path("guide/", guide.guide, name="guide"),
    path("activity/", activity.activity_list, name="activity_list"),
    path("activity/export/", activity.activity_export, name="activity_export"),
]
