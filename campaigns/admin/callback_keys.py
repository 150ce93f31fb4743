"""通知先のURL of an account: shown for copying into the vendor's console, and changed without losing a receipt."""

from collections.abc import Callable
from dataclasses import dataclass

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import URLPattern, path, reverse
from django.utils.functional import Promise
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _

from campaigns.errors import RuleError
from campaigns.models import Activity, ProviderAccount
from campaigns.services.accounts import callback_url, provider_class


@dataclass(frozen=True, slots=True)
class Step:
    verb: str  # in 操作履歴
    change: Callable[[ProviderAccount], None]
    title: Promise
    explains: Promise
    done: Promise


STEPS = {
    "rotate": Step(
        "callback_key_rotated",
        ProviderAccount.rotate_callback_key,
        title=_("鍵を替える"),
        explains=_(
            "新しい鍵のURLができます。配信事業者の管理画面に新しいURLを登録し、通知が届くことを確かめてから、"
            "「古い鍵を止める」を行ってください。それまでは、いまのURLにも通知が届きます。"
        ),
        done=_("新しい鍵ができました。通知先のURLを配信事業者に登録し直してください。"),
    ),
    "retire": Step(
        "callback_key_retired",
        ProviderAccount.retire_callback_key,
        title=_("古い鍵を止める"),
        explains=_(
            "古いURLに届いた通知は受け取らなくなります。すでに送信したSMSの結果が古いURLに届くことがあるため、"
            "鍵を替えてから数日おいて行ってください。受け取れなかった結果は、配信事業者への問い合わせで補います。"
        ),
        done=_("古い鍵を止めました。"),
    ),
}


class CallbackKeys(admin.ModelAdmin):  # type: ignore[type-arg]
    @admin.display(description=_("通知先のURL"))
    def callback_url(self, account: ProviderAccount) -> SafeString:
        step = "retire" if account.previous_callback_key else "rotate"
        note = _t("配信事業者の管理画面に、このURLを登録してください。URLは鍵を兼ねるため、他人に見せないでください。")
        if provider_class(account).capabilities.calls_back_each:
            note = _t("送信のたびに、このURLを配信事業者に伝えます。登録は要りません。他人に見せないでください。")
        also = _t("いまは古い鍵のURLでも受け取っています。") if step == "retire" else ""
        return format_html(
            '<code class="copyable">{}</code><div class="help">{} {} <a href="{}">{}</a></div>',
            callback_url(account),
            note,
            also,
            reverse("admin:campaigns_provideraccount_key", args=[account.pk, step]),
            STEPS[step].title,
        )

    def get_urls(self) -> list[URLPattern]:
        change = self.admin_site.admin_view(self.key_view)
        own = [path("<int:pk>/key/<str:step>/", change, name="campaigns_provideraccount_key")]
        return [*own, *super().get_urls()]

    def key_view(self, request: HttpRequest, pk: int, step: str) -> HttpResponse:
        """First what it means, then the change."""
        account = get_object_or_404(ProviderAccount, pk=pk)
        if step not in STEPS or not self.has_change_permission(request, account):
            raise PermissionDenied
        if request.method == "POST":
            self._take_step(request, account, STEPS[step])
            return redirect("admin:campaigns_provideraccount_change", pk)
        context = {**self.admin_site.each_context(request), "opts": self.opts, "account": account, "step": STEPS[step]}
        context["title"] = STEPS[step].title
        return render(request, "admin/campaigns/provideraccount/change_key.html", context)

    def _take_step(self, request: HttpRequest, account: ProviderAccount, step: Step) -> None:
        try:
            step.change(account)
        except RuleError as error:
            messages.error(request, str(error))
        else:
            Activity.objects.note(request.user, step.verb, account)
            messages.success(request, str(step.done))
