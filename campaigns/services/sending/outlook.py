"""What is left to do on an account: which campaigns may send, whether anything is coming, what is done or must wait."""

from collections.abc import Callable
from datetime import datetime, timedelta
from functools import cache

from django.db import transaction
from django.db.models import Exists, OuterRef, Q
from django.utils import timezone

from campaigns.models import Campaign, CampaignState, DueMessage, HeldAt, PortalSettings, ProviderAccount, Purpose
from campaigns.queue import enqueue

from ..envelopes import can_still_be_booked
from ..notifying import tell_of_hold

WAKE_SECONDS = 75.0  # what falls due within it is waited for here; the minute schedule wakes the rest


def sendable(account: ProviderAccount, now: datetime) -> list[Campaign]:
    """Campaigns that may send at this moment, or will once their scheduled time comes."""
    live = Q(state=CampaignState.SENDING) | Q(state=CampaignState.SCHEDULED)
    # Asked anew for each wave: an account is switched off as fast as a campaign is stopped.
    campaigns = Campaign.objects.filter(live, account=account, account__is_active=True).order_by("starts_at", "pk")
    campaigns = campaigns.only("purpose", "state", "held_at", "starts_at")
    is_open = cache(lambda: PortalSettings.load().window().is_open(now))
    return [campaign for campaign in campaigns if _may_send(account, campaign, now, is_open)]


def _may_send(account: ProviderAccount, campaign: Campaign, now: datetime, is_open: Callable[[], bool]) -> bool:
    if campaign.held_at == HeldAt.VENDOR and campaign.state == CampaignState.SCHEDULED:
        # What could not be booked in time is sent from here when its time has come.
        return can_still_be_booked(account, campaign, now)
    return campaign.purpose == Purpose.NOTICE or is_open()


def is_anything_coming(account: ProviderAccount) -> bool:
    now = timezone.now()
    soon = now + timedelta(seconds=WAKE_SECONDS)
    # In the hand of a worker that died, or coming home to this one: waited for until it may be doubted.
    in_hand = DueMessage.objects.filter(account=account, reserved_until__lte=soon).exclude(token="")
    if in_hand.exists():
        return True
    campaigns = [c.pk for c in sendable(account, now) if c.is_under_way or (c.starts_at and c.starts_at <= soon)]
    return DueMessage.objects.filter(campaign__in=campaigns, token="", due_at__lte=soon).exists()


def wake_if_due(account: ProviderAccount) -> None:
    account.refresh_from_db()
    if not account.is_halted and is_anything_coming(account):
        enqueue("dispatch_account", account.pk)


def hold(account: ProviderAccount, reason: str) -> None:
    """The vendor refuses the account itself: stop here, keep every message queued, and tell people."""
    account.halt(reason, now=timezone.now())
    hold_running(account, reason)


def hold_running(account: ProviderAccount, reason: str) -> None:
    """What sends on a halted account; nothing where a person has cleared the halt since it was read."""
    is_halted = Q(account__halted_reason__gt="") | Q(account__is_active=False)
    running = Campaign.objects.filter(is_halted, account=account, state=CampaignState.SENDING)
    with transaction.atomic():
        held = list(running.select_for_update(of=("self",)).order_by("pk"))
        Campaign.objects.filter(pk__in=[campaign.pk for campaign in held]).update(
            state=CampaignState.HOLDING, hold_reason=reason
        )
        tell_of_hold(held)


def finish_done(account: ProviderAccount) -> None:
    """Campaigns with nothing left to hand over are complete; one UPDATE that does nothing while something is left."""
    left = DueMessage.objects.filter(campaign=OuterRef("pk"))
    sending = Campaign.objects.filter(~Exists(left), account=account, state=CampaignState.SENDING)
    sending.update(state=CampaignState.COMPLETED, finished_at=timezone.now(), counts_touched_at=timezone.now())
