"""One text to many contacts, once."""

import secrets
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.db import models
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from campaigns.errors import RuleError

from .contact_list import ContactList
from .message_template import MessageTemplate, Purpose
from .provider_account import ProviderAccount, SenderId


class CampaignState(models.TextChoices):
    DRAFT = "draft", _("下書き")
    PENDING_APPROVAL = "pending_approval", _("承認待ち")
    SCHEDULED = "scheduled", _("予約済み")
    SENDING = "sending", _("配信中")
    PAUSED = "paused", _("一時停止中")
    HOLDING = "holding", _("保留中")
    COMPLETED = "completed", _("配信完了")
    CANCELLED = "cancelled", _("取消済み")
    DELETED = "deleted", _("削除済み")  # a draft thrown away, while its rows go


# What may follow what. A move is an UPDATE that names the state it leaves, so two people cannot both make one.
MOVES: dict[str, frozenset[str]] = {
    CampaignState.DRAFT: frozenset({CampaignState.PENDING_APPROVAL, CampaignState.SCHEDULED, CampaignState.DELETED}),
    CampaignState.PENDING_APPROVAL: frozenset({CampaignState.DRAFT, CampaignState.SCHEDULED}),
    CampaignState.SCHEDULED: frozenset({CampaignState.SENDING, CampaignState.CANCELLED}),
    CampaignState.SENDING: frozenset(
        {CampaignState.PAUSED, CampaignState.HOLDING, CampaignState.COMPLETED, CampaignState.CANCELLED}
    ),
    CampaignState.PAUSED: frozenset({CampaignState.SENDING, CampaignState.CANCELLED}),
    CampaignState.HOLDING: frozenset({CampaignState.SENDING, CampaignState.CANCELLED}),
    CampaignState.COMPLETED: frozenset(),
    CampaignState.CANCELLED: frozenset(),
    CampaignState.DELETED: frozenset(),
}


class HeldAt(models.TextChoices):
    """Where a schedule is kept until its time."""

    HERE = "here", _("このポータル")
    VENDOR = "vendor", _("配信事業者")


class Preparation(models.TextChoices):
    """How far the messages of a draft have been made; only a ready draft can be asked for."""

    NONE = "", _("未確認")
    RUNNING = "running", _("宛先を数えています")
    READY = "ready", _("確認できます")


def new_reference() -> str:
    return secrets.token_hex(6)


class CampaignManager(models.Manager["Campaign"]):
    """All but what was thrown away: it is gone for every page at once, however long its rows take."""

    def get_queryset(self) -> "models.QuerySet[Campaign]":
        return super().get_queryset().exclude(state=CampaignState.DELETED)


class Campaign(models.Model):
    name = models.CharField(_("配信名"), max_length=100)
    reference = models.CharField(max_length=12, unique=True, default=new_reference, editable=False)
    purpose = models.CharField(_("種別"), max_length=20, choices=Purpose, default=Purpose.NOTICE)
    account = models.ForeignKey(ProviderAccount, models.PROTECT, null=True, verbose_name=_("接続先"))
    sender = models.ForeignKey(SenderId, models.PROTECT, null=True, verbose_name=_("送信元番号"))
    template = models.ForeignKey(MessageTemplate, models.SET_NULL, null=True, blank=True, verbose_name=_("定型文"))
    template_version = models.PositiveIntegerField(null=True)
    body = models.TextField(_("本文"), blank=True, max_length=2000)
    lists_in = models.ManyToManyField(
        ContactList, blank=True, related_name="campaigns_in", verbose_name=_("宛先の配信リスト")
    )
    lists_out = models.ManyToManyField(
        ContactList, blank=True, related_name="campaigns_out", verbose_name=_("除外する配信リスト")
    )
    scheduled_for = models.DateTimeField(_("配信予定日時"), null=True, blank=True)  # empty: as soon as decided
    held_at = models.CharField(_("予約の場所"), max_length=10, choices=HeldAt, default=HeldAt.HERE)
    deadline_at = models.DateTimeField(_("送信限度日時"), null=True, blank=True)
    shortens_urls = models.BooleanField(_("本文のURLを短縮する"), default=False)  # by the vendor, where it can

    state = models.CharField(
        _("状態"), max_length=20, choices=CampaignState, default=CampaignState.DRAFT, editable=False
    )
    hold_reason = models.CharField(max_length=40, blank=True)
    preparation = models.CharField(max_length=10, choices=Preparation, default=Preparation.NONE, blank=True)
    prepared_through = models.BigIntegerField(default=0)  # contact id: the rows of all contacts up to it are made
    prepared_at = models.DateTimeField(null=True)  # last chunk: a preparation that stands still is woken
    audience = models.PositiveIntegerField(default=0)  # contacts looked at, for the progress bar
    recipients = models.PositiveIntegerField(_("宛先数"), default=0)
    excluded = models.JSONField(default=dict)  # reason -> contacts left out
    texted_today = models.PositiveIntegerField(default=0)  # recipients whom another campaign reached today
    parts_total = models.PositiveIntegerField(_("見込み通数"), default=0)
    parts_min = models.PositiveSmallIntegerField(default=0)
    parts_max = models.PositiveSmallIntegerField(default=0)
    longest_message = models.BigIntegerField(null=True)  # id of the one with most parts, and most characters of those
    unit_price = models.DecimalField(max_digits=8, decimal_places=2, default=Decimal(0))  # as pinned with the audience
    vendor_template = models.JSONField(default=dict)  # pinned as well where the vendor fills its own: id and fields

    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="campaigns_made", verbose_name=_("作成者")
    )
    created_at = models.DateTimeField(_("作成日時"), auto_now_add=True)
    updated_at = models.DateTimeField(_("更新日時"), auto_now=True)
    revision = models.PositiveIntegerField(default=0)  # of the draft: each save adds one
    edited_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    edited_in = models.CharField(max_length=12, blank=True)  # the open page that saved last
    # A text to the author's own phones: a campaign of its own, so that it is sent, counted and billed like any other.
    trial_of = models.ForeignKey("self", models.SET_NULL, null=True, related_name="trials", editable=False)
    requested_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", verbose_name=_("依頼者")
    )
    requested_at = models.DateTimeField(_("依頼日時"), null=True)
    approved_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", verbose_name=_("承認者")
    )
    approved_at = models.DateTimeField(_("承認日時"), null=True)
    returned_because = models.CharField(_("差し戻しの理由"), max_length=200, blank=True)
    starts_at = models.DateTimeField(_("開始日時"), null=True)  # scheduled_for, or the end of the undo time
    started_at = models.DateTimeField(null=True)
    stopped_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    stopped_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(_("完了日時"), null=True)
    counts_touched_at = models.DateTimeField(null=True)  # a message moved since `counted_at`
    counted_at = models.DateTimeField(null=True)
    clicked = models.PositiveIntegerField(default=0)  # recipients who opened a shortened URL, when last asked
    clicks_asked_at = models.DateTimeField(null=True)
    clicks_page = models.PositiveIntegerField(default=0)  # of the vendor's list, to be read next; 0: nobody is reading
    kept_because = models.CharField(_("消去しない理由"), max_length=200, blank=True, editable=False)
    forgotten_through = models.BigIntegerField(default=0)  # message id: of all up to it number and text are gone
    forgotten_at = models.DateTimeField(null=True)  # of all of them

    objects = CampaignManager()
    with_deleted = models.Manager["Campaign"]()

    class Meta:
        verbose_name = pgettext_lazy("one", "配信")
        verbose_name_plural = _("配信")
        permissions = [
            ("launch_campaign", _("配信を送信・予約・承認依頼できる")),
            ("approve_campaign", _("配信を承認できる")),
            ("stop_campaign", _("配信を停止・取消できる")),
        ]
        indexes = [
            models.Index(fields=["state", "starts_at"], name="campaign_by_state"),
            models.Index(
                fields=["counts_touched_at"],
                name="campaign_to_count",
                condition=models.Q(counts_touched_at__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def is_draft(self) -> bool:
        return self.state == CampaignState.DRAFT

    @property
    def is_under_way(self) -> bool:
        """Its messages may leave now: it sends, or is being booked at the vendor. begin_send() asks the same."""
        is_booked_there = self.state == CampaignState.SCHEDULED and self.held_at == HeldAt.VENDOR
        return self.state == CampaignState.SENDING or is_booked_there

    @property
    def ended_at(self) -> datetime | None:
        return self.finished_at or self.stopped_at

    @property
    def is_ready(self) -> bool:
        return self.preparation == Preparation.READY

    @property
    def ended_before(self) -> int:
        """Messages suppressed or cancelled before the recipients were counted, and so none of them."""
        return sum(int(self.excluded.get(reason, 0)) for reason in ("opted_out", "erased", "contact_deleted"))

    @property
    def cost(self) -> Decimal:
        """Estimate in yen, by the price pinned with the audience."""
        return self.parts_total * self.unit_price

    def move(self, to: CampaignState, **changes: Any) -> None:
        """Go to another state in one UPDATE that names this one; RuleError when somebody else was first."""
        if to not in MOVES[self.state]:
            raise RuleError(
                _t("この配信は「%(state)s」のため、この操作はできません。") % {"state": self.get_state_display()}
            )
        changes["state"] = to
        if not type(self).objects.filter(pk=self.pk, state=self.state).update(**changes):
            raise RuleError(_t("この配信は、いま別の操作で状態が変わりました。画面を読み込み直してください。"))
        for name, value in changes.items():
            setattr(self, name, value)
