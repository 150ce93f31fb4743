from django.urls import path, re_path

from campaigns.views import webhooks

urlpatterns = [
    re_path(r"^hooks/(?P<account_id>[0-9]{1,18})/(?P<key>[^/]+)/$", webhooks.webhook, name="webhook"),
    path("healthz", webhooks.health, name="health"),
]
