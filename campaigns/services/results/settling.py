"""Unknown -> known. What may have left is never simply sent again."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from time import monotonic

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
    Word,
    bulk,
)
from campaigns.models.day_count import touch_counts
from providers.base import Accepted, Duplicate, Outcome, Refused, submit_safely
from providers.errors import AccountRefused

from ..accounts import ask_vendor, provider_class, wait_turn
from ..envelopes import envelope_of, seal
from ..suppressing import suppress_refused

# As long as the text is still wanted, and the vendor surely remembers the reference (ZR-A31).
REPEAT_WITHIN = timedelta(minutes=30)


def doubt_expired(account: ProviderAccount, now: datetime) -> bool:
    """A worker died with a wave in hand: what had begun may have left, the rest is due again. True if one had."""
    lost = DueMessage.objects.filter(account=account, reserved_until__lt=now).exclude(token="")
    with transaction.atomic():
        account.write_results_alone()
        rows = list(lost.values_list("pk", "message__state", "campaign_id"))
        begun = [pk for pk, state, _ in rows if state == MessageState.SENDING]
        Message.objects.filter(pk__in=begun, state=MessageState.SENDING).update(
            state=MessageState.UNKNOWN, reason="worker_lost", answered_at=now
        )
        OpenMessage.objects.watch(begun, account_id=account.pk, next_look_at=now, now=now, in_doubt=True)
        DueMessage.objects.filter(pk__in=begun).delete()
        lost.update(token="", reserved_until=None)
        touch_counts({campaign_id for _, _, campaign_id in rows}, now)
    return bool(begun)


def end_never_taken(account: ProviderAccount, not_found: Sequence[OpenMessage], now: datetime) -> None:
    """Where the vendor lists all it took within a known time, what it does not know by then was never taken.

    It ends there, for a person to send anew: that time is an assumption, and a text sent twice cannot be taken back.
    """
    seconds = provider_class(account).capabilities.lists_within
    if not seconds:
        return
    at = str(bulk.moment(now))
    late = [row for row in not_found if now - row.since >= timedelta(seconds=seconds)]
    words = [Word(row.message.reference, MessageState.REFUSED, "never_taken", final_at=at) for row in late]
    with transaction.atomic():
        account.write_results_alone()
        moved = Message.objects.hear(account.pk, MessageState.REFUSED, words)
        OpenMessage.objects.close([message_id for message_id, _ in moved])
        touch_counts({campaign_id for _, campaign_id in moved}, now)


def repeat_doubtful(account: ProviderAccount, rows: Sequence[OpenMessage], now: datetime, *, until: float) -> set[int]:
    """Where the vendor rejects duplicates, the same reference again tells: taken now, or had been taken before.

    Says for which messages there was no time: their turn has not come yet.
    """
    if not provider_class(account).capabilities.rejects_duplicates:
        return set()
    for place, row in enumerate(rows, 1):
        if now - row.since < REPEAT_WITHIN:
            if not wait_turn(account):
                return {row.pk for row in rows[place - 1 :]}
            _repeat(account, row.pk, now)
        if monotonic() > until:
            return {row.pk for row in rows[place:]}
    return set()


def _repeat(account: ProviderAccount, message_id: int, now: datetime) -> None:
    # Asked for each one just before it leaves: a person may have stopped it while the one before was under way.
    message = _still_wanted(message_id, now).select_related("campaign__account", "campaign__sender").first()
    if message is None:
        return
    (sms,) = seal([message], {message.campaign_id: envelope_of(message.campaign, now)})
    try:
        (outcome,) = ask_vendor(account, lambda provider: submit_safely(provider, [sms]))
    except AccountRefused as error:
        account.note_trouble(error.code, now=now)
    else:
        _settle(account, message, outcome, now)


def _still_wanted(message_id: int, now: datetime) -> "QuerySet[Message]":
    """What a person stopped, or a number that opted out meanwhile, is looked up only, and never offered again."""
    stopped = Suppression.objects.filter(phone=OuterRef("phone"))
    live = (CampaignState.SENDING, CampaignState.COMPLETED, CampaignState.SCHEDULED)
    wanted = {"pk": message_id, "state": MessageState.UNKNOWN, "campaign__account__is_active": True}
    found = Message.objects.filter(~Exists(stopped), **wanted)
    found = found.exclude(reason="duplicate_reference").exclude(campaign__deadline_at__lt=now)
    found = found.exclude(campaign__held_at=HeldAt.VENDOR, campaign__starts_at__lt=now + timedelta(minutes=2))
    if not PortalSettings.load().window().is_open(now):
        found = found.exclude(campaign__purpose=Purpose.ADVERTISING)
    return found.filter(campaign__state__in=live)


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
        if word.reason == "recipient_opted_out":
            suppress_refused([message.phone], account.label)
        Message.objects.hear(account.pk, word.state, [word])
        OpenMessage.objects.filter(pk=message.pk).update(in_doubt=False, looks=0, since=now)
        if word.state == MessageState.REFUSED:
            OpenMessage.objects.close([message.pk])
        touch_counts([message.campaign_id], now)
