"""One set of credentials for a vendor: its senders, its pace, its health."""

import secrets
import uuid
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import connection, models
from django.db.models import Q
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from campaigns.errors import InvalidInput, RuleError
from campaigns.rules.networks import parse_networks
from campaigns.rules.parts import PROFILES, CountingProfile

from .bulk import one_at_a_time
from .fields import EncryptedJSONField
from .message_template import Purpose

# Nothing lies further ahead of now, neither a bought second nor a wait nor a lease: what does was written before the
# clock was set back, and would make the account wait until the clock is there again.
MOST_AHEAD_SECONDS = 900.0


class BillingRule(models.TextChoices):
    DELIVERED = "delivered", _("成功課金(送達分だけ)")
    ACCEPTED = "accepted", _("リクエスト課金(受付分すべて)")


# The profiles of rules/parts.py, as an administrator chooses between them.
COUNTING_PROFILES = [
    ("standard", _("標準: 全角70文字まで1通、超えると67文字ごと。半角英数字だけなら160文字まで")),
    ("zettai", _("絶対リーチ: 70文字まで1通、超えると66文字ごと。全角も半角も1文字")),
    ("karaden", _("空電プッシュ(Karaden): 70文字まで1通、超えると66文字ごと。全角も半角も1文字")),
    ("rakuten", _("楽天CPaaS: 全角70文字まで1通、超えると66文字ごと。半角英数字だけなら160文字まで")),
]


SWITCHED_OFF = "switched_off"  # why nothing leaves on an account that is not in use


def new_callback_key() -> str:
    return secrets.token_urlsafe(32)


def validate_networks(text: str) -> None:
    try:
        parse_networks(text)
    except InvalidInput as error:
        raise ValidationError(
            _t("「%(written)s」はIPアドレスまたは範囲として読めません。例: 203.0.113.5 または 203.0.113.0/24")
            % {"written": error.context["written"]}
        ) from error


class ProviderAccountQuerySet(models.QuerySet["ProviderAccount"]):
    """What is asked a thousand times a second while receipts come in, as plain statements: the ORM would take longer to
    write them than the database to answer."""

    def door(self, pk: int) -> tuple[str, str, str, str] | None:
        """Key, key before it, source addresses and vendor of one account."""
        found: tuple[str, str, str, str] | None = self._ask(
            "callback_key, previous_callback_key, callback_sources, provider", pk
        )
        return found

    def is_awaiting_receipts(self, pk: int) -> bool:
        """A task to apply receipts is queued or at work."""
        row = self._ask("receipts_waiting", pk)
        return row is not None and bool(row[0])

    def _ask(self, columns: str, pk: int) -> Any:
        with connection.cursor() as cursor:
            cursor.execute(f"SELECT {columns} FROM campaigns_provideraccount WHERE id = %s", [pk])  # noqa: S608
            return cursor.fetchone()


class ProviderAccount(models.Model):
    provider = models.CharField(_("配信事業者"), max_length=40)  # slug in providers.registry
    label = models.CharField(_("名前"), max_length=100, unique=True)
    base_url = models.CharField(_("接続先URL"), max_length=200)
    credentials = EncryptedJSONField(_("認証情報"), default=dict, blank=True)
    requests_per_second = models.PositiveIntegerField(
        _("1秒あたりの送信数"), default=10, validators=[MinValueValidator(1), MaxValueValidator(2000)]
    )
    receives_callbacks = models.BooleanField(_("配信結果の通知を受け取る"), default=True)
    callback_key = models.CharField(max_length=64, default=new_callback_key, editable=False)
    # Still valid while the vendor learns the new one; empty as a rule.
    previous_callback_key = models.CharField(max_length=64, blank=True, default="", editable=False)
    callback_sources = models.TextField(
        _("通知元のIPアドレス"),
        blank=True,
        default="",
        validators=[validate_networks],
        help_text=_(
            "配信事業者が通知元を公開している場合だけ入力してください(例: 203.0.113.0/24)。"
            "空欄ならどこからでも受け取ります。"
        ),
    )
    counting_profile = models.CharField(_("通数の数え方"), max_length=20, default="standard", choices=COUNTING_PROFILES)
    counting_overrides = models.JSONField(
        _("通数の数え方の変更"),
        default=dict,
        blank=True,
        help_text=_('例: {"ucs2_multi": 67, "newline_weight": 2, "reserved_units": 20}'),
    )
    unit_price = models.DecimalField(
        _("1通の料金(円)"), max_digits=8, decimal_places=2, default=9, validators=[MinValueValidator(0)]
    )
    cleaning_price = models.DecimalField(
        _("電話番号クリーニング1件の料金(円)"),
        max_digits=8,
        decimal_places=2,
        null=True,
        blank=True,
        validators=[MinValueValidator(0)],
        help_text=_("確認する前の画面に、費用の目安として表示します。"),
    )
    billing_rule = models.CharField(
        _("課金のきまり"), max_length=20, choices=BillingRule, default=BillingRule.DELIVERED
    )
    closing_day = models.PositiveSmallIntegerField(
        _("締め日"), default=0, validators=[MaxValueValidator(28)], help_text=_("0は月末締めです。")
    )
    is_active = models.BooleanField(_("使用中"), default=True)
    halted_reason = models.CharField(_("停止の理由"), max_length=40, blank=True)  # code of providers.errors
    halted_at = models.DateTimeField(_("停止日時"), null=True, blank=True)
    trouble = models.CharField(
        _("直近の不調"), max_length=40, blank=True
    )  # the vendor cannot be reached, or throttles us
    trouble_at = models.DateTimeField(null=True)
    next_free_at = models.FloatField(default=0)  # UNIX time before which no further request may start
    lease = models.UUIDField(null=True)  # the one worker that dispatches this account now
    leased_until = models.DateTimeField(null=True)
    receipts_waiting = models.BooleanField(default=False)  # a task to apply receipts is already queued

    objects = ProviderAccountQuerySet.as_manager()

    class Meta:
        verbose_name = _("接続先")
        verbose_name_plural = pgettext_lazy("several", "接続先")
        ordering = ["label"]

    def __str__(self) -> str:
        return self.label

    @property
    def why_halted(self) -> str:
        """Code of what keeps everything from leaving until a person acts; an administrator's word comes first."""
        return self.halted_reason if self.is_active else SWITCHED_OFF

    @property
    def is_halted(self) -> bool:
        return bool(self.why_halted)

    def counting(self) -> CountingProfile:
        return replace(PROFILES[self.counting_profile], **self.counting_overrides)

    def rotate_callback_key(self) -> None:
        """A new key; the one before stays valid beside it until retire_callback_key()."""
        mine = type(self).objects.filter(pk=self.pk, callback_key=self.callback_key, previous_callback_key="")
        if not mine.update(callback_key=new_callback_key(), previous_callback_key=self.callback_key):
            raise RuleError(_t("前の鍵がまだ使えます。先に「古い鍵を止める」を行ってください。"))

    def retire_callback_key(self) -> None:
        """From now on only the newest key is valid."""
        type(self).objects.filter(pk=self.pk).update(previous_callback_key="")

    def buy_pace(self, requests: int, *, now: float) -> float:
        """Reserve the time of so many requests; UNIX time at which the first may start. Exact over all workers."""
        with connection.cursor() as cursor:
            cursor.execute(
                "UPDATE campaigns_provideraccount"
                " SET next_free_at = CASE WHEN next_free_at BETWEEN %s AND %s THEN next_free_at ELSE %s END + %s"
                " WHERE id = %s RETURNING next_free_at",
                [now, now + MOST_AHEAD_SECONDS, now, requests / self.pace, self.pk],
            )
            (free_at,) = cursor.fetchone()
        return float(free_at) - requests / self.pace

    def free_from(self, *, now: float) -> float:
        """UNIX time before which no further request may start, whoever bought up to there."""
        free_at = type(self).objects.values_list("next_free_at", flat=True).get(pk=self.pk)
        return free_at if free_at <= now + MOST_AHEAD_SECONDS else now

    @property
    def pace(self) -> float:
        """Requests per second we aim at: a little under the limit, so that the vendor's clock never counts one over."""
        return self.requests_per_second * 0.98

    def hold_back(self, seconds: float, *, now: float) -> None:
        """No request before so many seconds from now: what a 429 asks for."""
        later = now + seconds
        sooner = Q(next_free_at__lt=later) | Q(next_free_at__gt=now + MOST_AHEAD_SECONDS)
        type(self).objects.filter(sooner, pk=self.pk).update(next_free_at=later)

    def note_trouble(self, code: str, *, now: datetime) -> None:
        """Remember why nothing gets through just now; "" when it does again."""
        type(self).objects.filter(pk=self.pk).exclude(trouble=code).update(trouble=code, trouble_at=now)

    def take_lease(self, *, now: datetime, seconds: float) -> uuid.UUID | None:
        """The right to dispatch this account, or None while another worker has it; ends by itself."""
        lease = uuid.uuid4()
        ahead = now + timedelta(seconds=MOST_AHEAD_SECONDS)
        free = Q(leased_until__isnull=True) | Q(leased_until__lt=now) | Q(leased_until__gt=ahead)
        mine = type(self).objects.filter(free, pk=self.pk)
        return lease if mine.update(lease=lease, leased_until=now + timedelta(seconds=seconds)) else None

    def renew_lease(self, lease: uuid.UUID, *, now: datetime, seconds: float) -> bool:
        """False when it ran out and another worker has it."""
        mine = type(self).objects.filter(pk=self.pk, lease=lease)
        return bool(mine.update(leased_until=now + timedelta(seconds=seconds)))

    def release_lease(self, lease: uuid.UUID) -> None:
        type(self).objects.filter(pk=self.pk, lease=lease).update(lease=None, leased_until=None)

    def write_results_alone(self) -> None:
        """Until this transaction ends nobody else writes results of this account: two that meet the same messages in
        another order would wait for each other, and one of them would lose its wave."""
        one_at_a_time(f"results {self.pk}")

    def halt(self, reason: str, *, now: datetime) -> None:
        """Nothing leaves on this account until a person has looked."""
        type(self).objects.filter(pk=self.pk, halted_reason="").update(halted_reason=reason, halted_at=now)


class SenderId(models.Model):
    account = models.ForeignKey(ProviderAccount, models.CASCADE, related_name="senders", verbose_name=_("接続先"))
    value = models.CharField(_("送信元番号"), max_length=20)
    label = models.CharField(_("名前"), max_length=100, blank=True)
    purpose = models.CharField(
        _("使える種別"), max_length=20, choices=Purpose, blank=True, help_text=_("空欄ならどの種別にも使えます。")
    )

    class Meta:
        verbose_name = _("送信元番号")
        verbose_name_plural = pgettext_lazy("several", "送信元番号")
        ordering = ["account", "value"]
        constraints = [models.UniqueConstraint(fields=["account", "value"], name="sender_once_per_account")]

    def __str__(self) -> str:
        return f"{self.value} {self.label}".rstrip()
