"""A person can stop it: at once for what has not left, and honest about the rest."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from time import monotonic

from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet, Sum
from django.utils import timezone
from django.utils.translation import gettext as _

from campaigns.errors import RuleError
from campaigns.models import (
    Activity,
    Campaign,
    CampaignState,
    DayCount,
    DueMessage,
    HeldAt,
    Message,
    MessageState,
    OpenMessage,
    ProviderAccount,
    Suppression,
    User,
)
from campaigns.models.day_count import touch_counts
from campaigns.queue import enqueue
from campaigns.rules.sending_window import jst_day
from campaigns.texts import reason_text
from providers.base import CancelOutcome, Provider
from providers.errors import ProviderError

from ..accounts import ask_vendor, check_account, provider_class

RECALL_CHUNK = 5_000
RECALL_AT_ONCE = 50  # single cancellations in one task
HELD_THERE = (MessageState.BOOKED, MessageState.UNKNOWN)
# A vendor may take back a group only while all of it is still well before its time.
GROUP_RECALL_AHEAD = timedelta(minutes=2)
# A request without an answer may still be at work there for so long: only then does its absence say anything.
DOUBT_HOLDS_FOR = timedelta(minutes=2)


@dataclass(frozen=True, slots=True)
class StopReceipt:
    left: int  # handed over before the stop: cannot be taken back
    recalled: int  # will not be sent
    at_vendor: int  # booked at the vendor: being taken back there


@dataclass(frozen=True, slots=True)
class Group:
    """How a vendor knows the bookings of one campaign."""

    reference: str
    sender_id: str
    day: date


def stop_campaign(campaign: Campaign, actor: User) -> StopReceipt:
    """From this moment nothing of it leaves; the rows follow in the background."""
    with transaction.atomic():
        # A stop must not fail because the sending began, or was paused, in this very moment.
        campaign.state = Campaign.objects.select_for_update().values_list("state", flat=True).get(pk=campaign.pk)
        recalled = DueMessage.objects.filter(campaign=campaign, token="").count()
        at_vendor = _booked(campaign).count() if campaign.held_at == HeldAt.VENDOR else 0
        campaign.move(CampaignState.CANCELLED, stopped_by=actor, stopped_at=timezone.now())
        left = campaign.recipients - recalled - at_vendor - _ended_here(campaign)
        receipt = StopReceipt(max(0, left), recalled, at_vendor)
        Activity.objects.note(actor, "campaign_stopped", campaign, left=receipt.left, recalled=recalled)
        enqueue("recall_messages", campaign.pk)
    return receipt


def _ended_here(campaign: Campaign) -> int:
    """Messages that were to go and ended without leaving: opted out or erased meanwhile, too late, refused. As last
    counted."""
    ended = (MessageState.SUPPRESSED, MessageState.CANCELLED, MessageState.EXPIRED, MessageState.REFUSED)
    counted: int = DayCount.objects.filter(campaign=campaign, state__in=ended).aggregate(n=Sum("messages"))["n"] or 0
    return max(0, counted - campaign.ended_before)


def cancel_booking(campaign: Campaign, actor: User) -> StopReceipt:
    if campaign.state != CampaignState.SCHEDULED:
        raise RuleError(_("「%(name)s」は予約済みではないため、予約取消できません。") % {"name": campaign.name})
    return stop_campaign(campaign, actor)


def pause_campaign(campaign: Campaign, actor: User) -> None:
    with transaction.atomic():
        campaign.move(CampaignState.PAUSED)
        Activity.objects.note(actor, "campaign_paused", campaign)


def resume_campaign(campaign: Campaign, actor: User) -> None:
    """Go on where it stopped; a campaign held for its account needs an account that works again."""
    assert campaign.account is not None
    if campaign.account.is_halted:
        _clear_halt(campaign.account)
    with transaction.atomic():
        campaign.move(CampaignState.SENDING, hold_reason="")
        Activity.objects.note(actor, "campaign_resumed", campaign)
        enqueue("dispatch_account", campaign.account.pk)


def _clear_halt(account: ProviderAccount) -> None:
    if not account.is_active:
        raise RuleError(
            _("接続先「%(account)s」は使用停止中のため再開できません。管理者に使用の再開を依頼してください。")
            % {"account": account}
        )
    try:
        check_account(account)
    except ProviderError as error:
        raise RuleError(
            _("接続先「%(account)s」がまだ使えません。%(reason)s")
            % {"account": account, "reason": reason_text(error.code)}
        ) from error
    ProviderAccount.objects.filter(pk=account.pk).update(halted_reason="", halted_at=None)


def recall_messages(campaign: Campaign, *, until: float) -> None:
    """Move the rows of a stopped campaign to 取消, for one slice; then queue the next."""
    if campaign.state != CampaignState.CANCELLED:
        return
    while monotonic() < until:
        if not _recall_chunk(campaign):
            _recall_booked(campaign, timezone.now())
            enqueue("recount_touched")
            return
    enqueue("recall_messages", campaign.pk)


def _recall_chunk(campaign: Campaign) -> bool:
    """False when nothing is left here. Rows in a worker's hand are left to it: begin_send() no longer lets them go."""
    with transaction.atomic():
        free = DueMessage.objects.filter(campaign=campaign, token="")
        rows = list(free.values_list("pk", flat=True)[:RECALL_CHUNK])
        queued = Message.objects.filter(pk__in=rows, state=MessageState.QUEUED)
        queued.update(state=MessageState.CANCELLED, reason="stopped", final_at=timezone.now())
        DueMessage.objects.filter(pk__in=rows, token="").delete()  # one reserved meanwhile is its worker's to end
        touch_counts([campaign.pk], timezone.now())
    return len(rows) == RECALL_CHUNK


def _booked(campaign: Campaign) -> "QuerySet[Message]":
    """What the vendor holds, or may hold: a reservation without an answer must be taken back too."""
    return Message.objects.filter(campaign=campaign, state__in=HELD_THERE)


def _recall_booked(campaign: Campaign, now: datetime) -> None:
    """Take back what the vendor holds: the whole group while there is time, else one by one."""
    booked = list(_booked(campaign).values_list("pk", "reference"))
    fresh = _booked(campaign).filter(state=MessageState.UNKNOWN, answered_at__gt=now - DOUBT_HOLDS_FOR)
    too_early = set(fresh.values_list("reference", flat=True))  # asked to be cancelled; looked for a minute later
    if not booked:
        return
    assert campaign.account is not None
    assert campaign.sender is not None
    assert campaign.starts_at is not None
    by_group = provider_class(campaign.account).capabilities.cancels_group
    group = Group(campaign.reference, campaign.sender.value, jst_day(campaign.starts_at))
    try:
        if by_group and campaign.starts_at - now > GROUP_RECALL_AHEAD:
            gone = ask_vendor(campaign.account, lambda provider: _cancel_group(provider, group, booked, too_early))
        else:
            gone = ask_vendor(campaign.account, lambda provider: _cancel_each(provider, booked))
    except ProviderError as error:
        campaign.account.note_trouble(error.code, now=now)
        return
    _mark_recalled(campaign, gone, now)


async def _cancel_group(
    provider: Provider, group: Group, booked: list[tuple[int, str]], too_early: Collection[str]
) -> list[int]:
    """Cancel, then look what is still held: the vendor's answer to a bulk cancellation names no messages.

    A reservation of which we never knew whether it was taken, and which is not there now, was not taken or is gone.
    """
    await provider.cancel_group(group.reference, first=group.day, last=group.day)
    held = await provider.bookings(group.day, sender_id=group.sender_id, group=group.reference)
    still = {booking.reference for booking in held} | set(too_early)
    return [pk for pk, reference in booked if reference not in still]


async def _cancel_each(provider: Provider, booked: list[tuple[int, str]]) -> list[int]:
    return [pk for pk, reference in booked if await provider.cancel(reference) == CancelOutcome.CANCELLED]


def _mark_recalled(campaign: Campaign, messages: list[int], now: datetime) -> None:
    assert campaign.account is not None
    with transaction.atomic():
        campaign.account.write_results_alone()
        booked = Message.objects.filter(pk__in=messages, state__in=HELD_THERE)
        booked.update(state=MessageState.CANCELLED, reason="stopped", final_at=now)
        OpenMessage.objects.close(messages)
        touch_counts([campaign.pk], now)


def recall_unwanted(account: ProviderAccount) -> None:
    """Who opts out, or is deleted, after a text of theirs was booked at the vendor is not sent it either."""
    stopped = Exists(Suppression.objects.filter(phone=OuterRef("message__phone")))
    unwanted = Q(stopped) | Q(message__contact=None)
    held = OpenMessage.objects.filter(unwanted, account=account, message__state=MessageState.BOOKED)
    held = held.filter(message__campaign__starts_at__gt=timezone.now())  # what is on its way keeps no turn of others
    rows = list(held.values_list("message_id", "message__reference", "message__campaign_id")[:RECALL_AT_ONCE])
    if not rows or not provider_class(account).capabilities.cancels:
        return
    try:
        gone = ask_vendor(account, lambda provider: _cancel_each(provider, [(pk, ref) for pk, ref, _ in rows]))
    except ProviderError as error:
        account.note_trouble(error.code, now=timezone.now())
        return
    with transaction.atomic():
        account.write_results_alone()
        booked = Message.objects.filter(pk__in=gone, state=MessageState.BOOKED)
        booked.filter(contact=None).update(
            state=MessageState.CANCELLED, reason="contact_deleted", final_at=timezone.now()
        )
        booked.update(state=MessageState.SUPPRESSED, reason="opted_out", final_at=timezone.now())
        OpenMessage.objects.close(gone)
        touch_counts({campaign_id for _, _, campaign_id in rows}, timezone.now())
    if gone and len(rows) == RECALL_AT_ONCE:
        enqueue("recall_unwanted")
