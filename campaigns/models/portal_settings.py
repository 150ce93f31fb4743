"""What the organisation decided once for all campaigns, and its own closed days."""

import secrets
from datetime import time

from django.contrib.auth.models import Group
from django.core.exceptions import ValidationError
from django.core.validators import MinValueValidator
from django.db import models
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from campaigns.rules.sending_window import SendingWindow

from .fields import EncryptedJSONField

THREE_YEARS = 1_095  # days


def make_person_key() -> dict[str, str]:
    return {"key": secrets.token_hex(32)}


class PortalSettings(models.Model):
    """One row. `load()` makes it on first use."""

    organisation = models.CharField(_("組織名"), max_length=100, blank=True)
    window_opens = models.TimeField(_("配信時間帯(開始)"), default=time(9, 0))
    window_closes = models.TimeField(_("配信時間帯(終了)"), default=time(20, 0))
    sends_on_weekends = models.BooleanField(_("土日も配信する"), default=True)
    sends_on_holidays = models.BooleanField(_("祝日も配信する"), default=True)
    approval_above = models.PositiveIntegerField(
        _("承認が必要な宛先数"),
        null=True,
        blank=True,
        default=0,
        help_text=_("この件数を超える配信は、作成者とは別の人の承認が必要です。0はすべて、空欄は承認なしです。"),
    )
    undo_seconds = models.PositiveIntegerField(
        _("取り消せる秒数"), default=10, help_text=_("送信を決めてから実際に送り始めるまでの時間です。")
    )
    needs_trial = models.BooleanField(
        _("テスト送信を必須にする"),
        default=False,
        help_text=_("同じ本文を自分の電話に送って確かめるまで、送信や承認の依頼ができません。"),
    )
    recent_days = models.PositiveIntegerField(
        _("広告の配信間隔(日)"),
        default=0,
        help_text=_("この日数以内に別の広告を送った、または送る予定の宛先には送りません。0は制限なしです。"),
    )
    history_kept_days = models.PositiveIntegerField(
        _("送信履歴の番号と本文を残す日数"),
        null=True,
        blank=True,
        validators=[MinValueValidator(30)],
        help_text=_(
            "配信が終わってからこの日数が過ぎると、宛先の番号を伏せ、本文を消します。元には戻せません。"
            "件数、通数、金額と状態は残ります。空欄は消しません。"
        ),
    )
    proofs_kept_days = models.PositiveIntegerField(
        _("消去した人の同意の記録を残す日数"),
        null=True,
        blank=True,
        default=THREE_YEARS,
        validators=[MinValueValidator(31)],
        help_text=_(
            "同意の証拠は、最後の広告から1か月(通信販売では3年)残す必要があります。空欄は消しません。"
            "配信停止は、この日数に関係なく残ります。"
        ),
    )
    receipts_kept_days = models.PositiveIntegerField(
        _("受信した通知の原文を残す日数"),
        default=30,
        validators=[MinValueValidator(2)],
        help_text=_("配信事業者から届いた配信結果の通知です。反映した結果は送信履歴に残ります。"),
    )
    own_hosts = models.TextField(
        _("自社のURLのホスト名"), blank=True, help_text=_("1行に1つ。これ以外のURLには注意が出ます。")
    )
    second_factor_roles = models.ManyToManyField(
        Group,
        blank=True,
        verbose_name=_("2段階認証を必須にする役割"),
        help_text=_("この役割の人は、次の操作のときに2段階認証の設定を求められます。"),
    )

    # Never changes: links in texts long sent and pseudonyms of erased people must stay readable.
    person_key = EncryptedJSONField(default=make_person_key, editable=False)
    allow_m2m = models.BooleanField(
        _("020宛を許可"), default=False, help_text=_("機器の通信用(M2M)の番号も連絡先として取り込みます。")
    )

    class Meta:
        verbose_name = _("運用設定")
        verbose_name_plural = _("運用設定")

    def __str__(self) -> str:
        return str(self._meta.verbose_name)

    def clean(self) -> None:
        """Whom an advertisement reached must still be known as long as it keeps others away."""
        if self.history_kept_days and self.recent_days >= self.history_kept_days:
            text = _t("広告の配信間隔(%(days)s日)より長くしてください。番号を伏せると、間隔を守れません。")
            raise ValidationError({"history_kept_days": text % {"days": self.recent_days}})

    @classmethod
    def load(cls) -> "PortalSettings":
        return cls.objects.get_or_create(pk=1)[0]

    def key_of_persons(self) -> bytes:
        return bytes.fromhex(self.person_key["key"])

    def window(self) -> SendingWindow:
        return SendingWindow(
            opens=self.window_opens,
            closes=self.window_closes,
            closed_days=frozenset(ClosedDay.objects.values_list("day", flat=True)),
            on_holidays=self.sends_on_holidays,
            on_weekends=self.sends_on_weekends,
        )

    def needs_approval(self, recipients: int) -> bool:
        return self.approval_above is not None and recipients > self.approval_above


class ClosedDay(models.Model):
    day = models.DateField(_("日付"), unique=True)
    name = models.CharField(_("名前"), max_length=50, blank=True)

    class Meta:
        verbose_name = _("休業日")
        verbose_name_plural = pgettext_lazy("several", "休業日")
        ordering = ["day"]

    def __str__(self) -> str:
        return f"{self.day} {self.name}".rstrip()
