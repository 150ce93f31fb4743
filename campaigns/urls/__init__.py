"""Every address of the product, one module per screen family."""

from django.urls import include, path

FAMILIES = ("contacts", "campaigns", "reports", "vendors", "webhooks")
urlpatterns = [path("", include(f"campaigns.urls.{f}")) for f in FAMILIES]
