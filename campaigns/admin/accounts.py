"""接続先: choosing a vendor, its credentials, its senders, and the check whether it answers."""

from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import URLPattern, path
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST

from campaigns.models import Activity, Campaign, ProviderAccount, SenderId
from campaigns.services.accounts import check_account, provider_class
from campaigns.services.sending.switching import affected_by, take_out_of_use
from campaigns.texts import reason_text, trouble_text
from providers.base import Provider
from providers.errors import ProviderError
from providers.registry import PROVIDERS

from .account_form import PREFIX, SenderForm, form_for, senders_for
from .auditing import AuditedAdmin
from .callback_keys import CallbackKeys


class VendorFilter(admin.SimpleListFilter):
    title = _("配信事業者")
    parameter_name = "provider"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [(slug, vendor.label) for slug, vendor in PROVIDERS.items()]

    def queryset(self, request: HttpRequest, queryset: QuerySet[ProviderAccount]) -> QuerySet[ProviderAccount]:
        return queryset.filter(provider=self.value()) if self.value() else queryset


class SenderInline(admin.StackedInline):  # type: ignore[type-arg]
    model = SenderId
    extra = 0

    def get_formset(self, request: HttpRequest, obj: ProviderAccount | None = None, **kwargs: Any) -> Any:
        return super().get_formset(request, obj, **kwargs | {"formset": senders_for(_vendor(request, obj))})


@admin.register(ProviderAccount)
class ProviderAccountAdmin(CallbackKeys, AuditedAdmin):
    list_display = ("label", "vendor_name", "is_active", "health", "requests_per_second", "unit_price", "closing_name")
    list_filter = ("is_active", VendorFilter)
    readonly_fields = ("vendor_name", "callback_url", "health")
    inlines = (SenderInline,)
    actions = ("check_connection",)

    @admin.display(description=_("配信事業者"))
    def vendor_name(self, account: ProviderAccount) -> str:
        return provider_class(account).label

    @admin.display(description=_("締め日"))
    def closing_name(self, account: ProviderAccount) -> str:
        return _t("%(day)s日") % {"day": account.closing_day} if account.closing_day else _t("月末")

    @admin.display(description=_("状態"))
    def health(self, account: ProviderAccount) -> str:
        if not account.is_active:
            return _t("使用停止中")
        code = account.halted_reason or account.trouble
        return reason_text(code) if code else _t("正常です")

    def get_form(
        self, request: HttpRequest, obj: ProviderAccount | None = None, change: bool = False, **kwargs: Any
    ) -> Any:
        return super().get_form(request, obj, change, form=form_for(_vendor(request, obj), obj), **kwargs)

    def get_fieldsets(self, request: HttpRequest, obj: ProviderAccount | None = None) -> Any:
        vendor = _vendor(request, obj)
        connection = ["label", "base_url", "is_active"]
        sets = [
            (None, {"fields": ["vendor_name", "health", *connection] if obj else connection}),
            (_("認証情報"), {"fields": [PREFIX + name for name in (*vendor.credential_names, *vendor.option_names)]}),
            (_("送信の速さ"), {"fields": ["requests_per_second"]}),
        ]
        if vendor.capabilities.receipts:
            receipts = ["receives_callbacks", *(["callback_url"] if obj else []), "callback_sources"]
            sets.append((_("配信結果の通知"), {"fields": receipts}))
        counting = ["counting_profile", "counting_overrides", "unit_price", "billing_rule", "closing_day"]
        if vendor.capabilities.cleans:
            counting.append("cleaning_price")
        return [*sets, (_("通数と料金"), {"fields": counting})]

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        vendor = _vendor(request, None)
        return {
            "label": vendor.label,
            "base_url": vendor.base_url,
            "requests_per_second": vendor.capabilities.requests_per_second,
            "counting_profile": vendor.capabilities.counting_profile,
        }

    def add_view(
        self, request: HttpRequest, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """First which vendor, then its form."""
        if request.GET.get("provider") in PROVIDERS:
            return super().add_view(request, form_url, extra_context)
        if not self.has_add_permission(request):
            raise PermissionDenied
        context = {**self.admin_site.each_context(request), "opts": self.opts, "title": _t("配信事業者を選ぶ")}
        context["vendors"] = [(slug, vendor.label) for slug, vendor in PROVIDERS.items()]
        return render(request, "admin/campaigns/provideraccount/choose.html", context)

    def audit_details(self, form: Any) -> dict[str, Any]:
        details = super().audit_details(form)
        touched = sorted(name.removeprefix(PREFIX) for name in form.changed_data if name.startswith(PREFIX))
        return details | {"credentials": touched} if touched else details

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        if not form.vendor.capabilities.receipts:
            obj.receives_callbacks = False
        sending = affected_by(obj).sending if change else 0
        super().save_model(request, obj, form, change)
        if change and "is_active" in form.changed_data:
            self._switch(request, obj, sending)

    def _switch(self, request: HttpRequest, account: ProviderAccount, sending: int) -> None:
        if account.is_active:
            text = _t(
                "「%(account)s」の使用を再開しました。保留中の配信は、その画面で「再開する」を押すと続きから送ります。"
            )
            messages.success(request, text % {"account": account})
            return
        take_out_of_use(account)
        text = _t("「%(account)s」の使用を停止しました。配信中だった%(sending)s件の配信は保留中です。")
        messages.warning(request, text % {"account": account, "sending": f"{sending:,}"})

    def has_delete_permission(self, request: HttpRequest, obj: ProviderAccount | None = None) -> bool:
        """An account that has been used stays, because its messages do; 使用中 is unticked instead."""
        is_used = obj is None or Campaign.objects.filter(account=obj).exists()
        return not is_used and super().has_delete_permission(request, obj)

    def get_urls(self) -> list[URLPattern]:
        check = self.admin_site.admin_view(require_POST(self.check_view))
        return [path("<int:pk>/check/", check, name="campaigns_provideraccount_check"), *super().get_urls()]

    def check_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        account = get_object_or_404(ProviderAccount, pk=pk)
        if not self.has_change_permission(request, account):
            raise PermissionDenied
        self._check(request, account)
        return redirect("admin:campaigns_provideraccount_change", pk)

    @admin.action(description=_("接続を確認"), permissions=["change"])
    def check_connection(self, request: HttpRequest, queryset: QuerySet[ProviderAccount]) -> None:
        for account in queryset:
            self._check(request, account)

    def _check(self, request: HttpRequest, account: ProviderAccount) -> None:
        """A real call; when it succeeds the account may send again."""
        try:
            check_account(account)
        except ProviderError as error:
            result = trouble_text(error.code)
            text = _t("「%(account)s」に接続できませんでした。%(reason)s") % {"account": account, "reason": result}
            messages.error(request, text)
        else:
            result = _t("接続できました")
            ProviderAccount.objects.filter(pk=account.pk).update(
                halted_reason="", halted_at=None, trouble="", trouble_at=None
            )
            messages.success(request, _t("「%(account)s」に接続できました。") % {"account": account})
        Activity.objects.note(request.user, "account_checked", account, result=result)


def _vendor(request: HttpRequest, account: ProviderAccount | None) -> type[Provider]:
    return provider_class(account) if account else PROVIDERS[request.GET["provider"]]


@admin.register(SenderId)
class SenderIdAdmin(AuditedAdmin):
    form = SenderForm
    list_display = ("value", "label", "account", "purpose_name")
    list_filter = ("account", "purpose")
    search_fields = ("value", "label")

    @admin.display(description=_("使える種別"))
    def purpose_name(self, sender: SenderId) -> str:
        return sender.get_purpose_display() if sender.purpose else _t("すべて")

    def has_delete_permission(self, request: HttpRequest, obj: SenderId | None = None) -> bool:
        is_used = obj is None or Campaign.objects.filter(sender=obj).exists()
        return not is_used and super().has_delete_permission(request, obj)
