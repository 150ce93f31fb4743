"""Every address of the product, one module per screen family."""

from importlib.util import find_spec

from django.urls import include, path

FAMILIES = ("contacts", "campaigns", "reports", "vendors", "webhooks")
urlpatterns = [path("", include(f"campaigns.urls.{f}")) for f in FAMILIES if find_spec(f"campaigns.urls.{f}")]
