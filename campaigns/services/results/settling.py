"""Unknown -> known. What may have left is never simply sent again."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Exists, OuterRef, QuerySet

from campaigns.models import (
    CampaignState,
    DueMessage,
    HeldAt,
    Message,
    MessageState,
    OpenMessage,
    PortalSettings,
    ProviderAccount,
    Purpose,
    Suppression,
    Watch,
    Word,
    bulk,
)
from campaigns.models.day_count import touch_counts
from providers.base import Accepted, Duplicate, OutboundSms, Outcome, Refused, submit_safely

from ..accounts import ask_vendor, provider_class
from ..envelopes import envelope_of

# As long as the text is still wanted, and the vendor surely remembers the reference (ZR-A31).
REPEAT_WITHIN = timedelta(minutes=30)


def doubt_expired(account: ProviderAccount, now: datetime) -> None:
    """A worker died with a wave in hand: what had begun may have left, the rest is due again."""
    lost = DueMessage.objects.filter(account=account, reserved_until__lt=now).exclude(token="")
    with transaction.atomic():
        rows = list(lost.values_list("pk", "message__state", "campaign_id"))
        begun = [pk for pk, state, _ in rows if state == MessageState.SENDING]
        Message.objects.filter(pk__in=begun, state=MessageState.SENDING).update(
            state=MessageState.UNKNOWN, reason="worker_lost", answered_at=now
        )
        at = str(bulk.moment(now))
        OpenMessage.objects.watch([Watch(pk, account.pk, at, in_doubt=True) for pk in begun], now)
        DueMessage.objects.filter(pk__in=begun).delete()
        lost.update(token="", reserved_until=None)
        touch_counts({campaign_id for _, _, campaign_id in rows}, now)


def repeat_doubtful(account: ProviderAccount, rows: Sequence[OpenMessage], now: datetime) -> None:
    """Where the vendor rejects duplicates, the same reference again tells: taken now, or had been taken before."""
    if not provider_class(account).capabilities.rejects_duplicates:
        return
    recent = [row.pk for row in rows if now - row.since < REPEAT_WITHIN]
    wanted = list(_still_wanted(recent, now).select_related("campaign__account", "campaign__sender"))
    if not wanted:
        return
    batch = [envelope_of(message.campaign, now).around(message) for message in wanted]
    outcomes = ask_vendor(account, lambda provider: _submit_each(provider, batch))
    for message, outcome in zip(wanted, outcomes, strict=True):
        _settle(account, message, outcome, now)


def _still_wanted(messages: Sequence[int], now: datetime) -> "QuerySet[Message]":
    """What a person stopped, or a number that opted out meanwhile, is looked up only, and never offered again."""
    stopped = Suppression.objects.filter(phone=OuterRef("phone"))
    live = (CampaignState.SENDING, CampaignState.COMPLETED, CampaignState.SCHEDULED)
    found = Message.objects.filter(~Exists(stopped), pk__in=messages, state=MessageState.UNKNOWN)
    found = found.exclude(reason="duplicate_reference").exclude(campaign__deadline_at__lt=now)
    found = found.exclude(campaign__held_at=HeldAt.VENDOR, campaign__starts_at__lt=now + timedelta(minutes=2))
    if not PortalSettings.load().window().is_open(now):
        found = found.exclude(campaign__purpose=Purpose.ADVERTISING)
    return found.filter(campaign__state__in=live)


async def _submit_each(provider, batch: Sequence[OutboundSms]) -> list[Outcome]:  # type: ignore[no-untyped-def]
    return [(await submit_safely(provider, [sms]))[0] for sms in batch]


def _settle(account: ProviderAccount, message: Message, outcome: Outcome, now: datetime) -> None:
    at = str(bulk.moment(now))
    match outcome:
        case Accepted() | Duplicate():
            held = message.campaign.held_at == HeldAt.VENDOR
            word = Word(message.reference, MessageState.BOOKED if held else MessageState.ACCEPTED)
        case Refused(reason=reason, vendor_code=code):
            word = Word(message.reference, MessageState.REFUSED, reason, code[:40], final_at=at)
        case _:
            return
    with transaction.atomic():
        Message.objects.hear(account.pk, word.state, [word])
        OpenMessage.objects.filter(pk=message.pk).update(in_doubt=False, looks=0, since=now)
        if word.state == MessageState.REFUSED:
            OpenMessage.objects.close([message.pk])
        touch_counts([message.campaign_id], now)
