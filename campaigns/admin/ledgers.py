"""What happened: to be looked at, never to be changed, and without bodies, numbers or secrets."""

from django.contrib import admin
from django.db.models import Model
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from django_q.models import Failure

from campaigns.models import Activity, ContactImport, ReceiptLog, Suppression, VendorCount
from campaigns.texts import carrier_text, reason_text, verb_text

from .auditing import ReadOnlyAdmin


@admin.register(Suppression)
class SuppressionAdmin(ReadOnlyAdmin):
    """Registered and lifted on the screen 配信停止, where consent is asked for."""

    list_display = ("reason", "source", "created_by", "created_at")
    list_filter = ("reason", "source", "created_at")
    fields = ("reason", "source", "note", "created_by", "created_at")


@admin.register(VendorCount)
class VendorCountAdmin(ReadOnlyAdmin):
    list_display = ("month", "account", "carrier_name", "parts", "asked_at")
    list_filter = ("account", "month")
    list_select_related = ("account",)
    fields = ("month", "account", "carrier_name", "parts", "asked_at")

    @admin.display(description=_("携帯会社"))
    def carrier_name(self, count: VendorCount) -> str:
        return carrier_text(count.carrier)


@admin.register(ReceiptLog)
class ReceiptLogAdmin(ReadOnlyAdmin):
    list_display = ("received_at", "account", "words", "matched", "applied_at", "problem")
    list_filter = ("account", "received_at")
    list_select_related = ("account",)
    ordering = ("-pk",)
    show_full_result_count = False
    fields = ("received_at", "account", "content_type", "words", "matched", "applied_at", "problem")

    @admin.display(description=_("問題"))
    def problem(self, log: ReceiptLog) -> str:
        return reason_text(log.note) if log.note else ""


@admin.register(Activity)
class ActivityAdmin(ReadOnlyAdmin):
    list_display = ("at", "actor_name", "verb_name", "target_label")
    list_filter = ("at",)
    search_fields = ("target_label", "actor_name")
    ordering = ("-pk",)
    show_full_result_count = False
    fields = ("at", "actor_name", "verb_name", "target_label", "details", "digest", "previous")

    @admin.display(description=_("操作"))
    def verb_name(self, activity: Activity) -> str:
        return verb_text(activity.verb)


@admin.register(ContactImport)
class ContactImportAdmin(ReadOnlyAdmin):
    list_display = ("original_name", "state", "rows_total", "created_by", "created_at")
    list_filter = ("state", "created_at")
    list_select_related = ("created_by",)
    fields = ("original_name", "state", "size", "rows_total", "rows_read", "counts", "created_by", "created_at")


# As its package has no Japanese.
Failure._meta.verbose_name = Failure._meta.verbose_name_plural = _("失敗した処理")


@admin.register(Failure)
class FailureAdmin(ReadOnlyAdmin):
    """Background work that ended in an error: which, when, and what kind; texts of errors may quote rows."""

    list_display = ("work", "started", "stopped", "kind")
    fields = ("work", "started", "stopped", "kind")
    ordering = ("-stopped",)

    @admin.display(description=_("処理"))
    def work(self, failure: Failure) -> str:
        return str(failure.func).rpartition(".")[2]

    @admin.display(description=_("エラーの種類"))
    def kind(self, failure: Failure) -> str:
        """From the line below the last place of the trace-back: `package.SomeError: text`."""
        below = str(failure.result or "").rpartition('\n  File "')[2].splitlines()[1:]
        return next((line.partition(":")[0] for line in below if line and not line[0].isspace()), "")

    def has_view_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return request.user.has_perm("campaigns.change_provideraccount")

    def has_module_permission(self, request: HttpRequest) -> bool:
        return self.has_view_permission(request)
