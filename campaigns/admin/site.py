"""The site's name and its contents page, and what other packages put into it and nobody needs there."""

from importlib import import_module
from typing import Any

from django.apps import apps
from django.contrib import admin
from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

admin.site.site_header = _("SMS配信ポータル 管理")
admin.site.site_title = _("SMS配信ポータル 管理")
admin.site.index_title = _("設定と記録")

# Their forms show task arguments, session secrets or addresses. Imported first: they register themselves on import.
for package in ("django.contrib.auth", "django_q", "allauth.account", "allauth.mfa", "allauth.usersessions"):
    if apps.is_installed(package):
        import_module(f"{package}.admin")
for model in list(admin.site._registry):
    if model._meta.app_label != "campaigns":
        admin.site.unregister(model)

GROUPS = (
    (_("接続"), ("ProviderAccount", "SenderId")),
    (_("運用"), ("PortalSettings", "ClosedDay", "User")),
    (_("記録(閲覧のみ)"), ("Activity", "ContactImport", "Suppression", "VendorCount", "ReceiptLog", "Failure")),
)
by_package = admin.site.get_app_list


def get_app_list(request: HttpRequest, app_label: str | None = None) -> list[dict[str, Any]]:
    """By what people come for, instead of by the package a table belongs to."""
    packages = by_package(request, app_label)
    found = {entry["object_name"]: entry for package in packages for entry in package["models"]}
    groups = [(name, [found[model] for model in models if model in found]) for name, models in GROUPS]
    contents = f"{reverse('admin:index')}#"
    return [
        {"name": name, "app_label": "campaigns", "app_url": contents, "has_module_perms": True, "models": models}
        for name, models in groups
        if models
    ]


admin.site.get_app_list = get_app_list  # type: ignore[method-assign]
