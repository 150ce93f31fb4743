"""What the organisation decided once: hours, approval, its own closed days."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext_lazy as _

from campaigns.models import ClosedDay, PortalSettings

from .auditing import AuditedAdmin
from .people import RolesField


@admin.register(PortalSettings)
class PortalSettingsAdmin(AuditedAdmin):
    """One row: its list leads straight to it."""

    fieldsets = (
        (None, {"fields": ("organisation", "own_hosts")}),
        (
            _("配信時間帯"),
            {"fields": ("window_opens", "window_closes", "sends_on_weekends", "sends_on_holidays")},
        ),
        (_("承認と送信"), {"fields": ("approval_above", "needs_trial", "undo_seconds", "recent_days", "allow_m2m")}),
        (_("保存期間"), {"fields": ("history_kept_days", "proofs_kept_days", "receipts_kept_days")}),
        (_("ログイン"), {"fields": ("second_factor_roles",)}),
    )

    def formfield_for_manytomany(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        return RolesField(label=db_field.verbose_name, help_text=db_field.help_text)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: PortalSettings | None = None) -> bool:
        return False

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, object] | None = None) -> HttpResponse:
        return redirect("admin:campaigns_portalsettings_change", PortalSettings.load().pk)


@admin.register(ClosedDay)
class ClosedDayAdmin(AuditedAdmin):
    list_display = ("day", "name")
    date_hierarchy = "day"
