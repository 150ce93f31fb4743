from django.urls import path

from campaigns.views import cleanings, registered_templates, short_urls

urlpatterns = [
    path("short-urls/new/", short_urls.shorturl_new, name="shorturl_new"),
    path("lists/<int:list_id>/clean/", cleanings.cleaning_new, name="cleaning_new"),
    path("cleanings/<int:cleaning_id>/", cleanings.cleaning_detail, name="cleaning_detail"),
    path("cleanings/<int:cleaning_id>/cancel/", cleanings.cleaning_cancel, name="cleaning_cancel"),
    path("templates/import/", registered_templates.template_import, name="template_import"),
    path("templates/<int:template_id>/register/", registered_templates.template_register, name="template_register"),
]
