from django.urls import path

from campaigns.views import webhooks

urlpatterns = [
    path("hooks/<int:account_id>/<str:key>/", webhooks.webhook, name="webhook"),
    path("healthz", webhooks.health, name="health"),
]
