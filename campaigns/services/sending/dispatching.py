"""Due messages -> vendor: in waves, at the pace the vendor allows, for one slice of time."""

import time
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from functools import cache, cached_property
from time import monotonic
from uuid import UUID

from django.db import transaction
from django.db.models import Exists, OuterRef, Q
from django.utils import timezone

from campaigns.models import (
    Campaign,
    CampaignState,
    DueMessage,
    Heartbeat,
    HeldAt,
    Leaving,
    Message,
    PortalSettings,
    ProviderAccount,
    Purpose,
)
from campaigns.models.day_count import touch_counts
from campaigns.queue import enqueue

from ..accounts import provider_class
from ..envelopes import Envelope, can_still_be_booked, envelope_of
from ..planning.launching import start_due_campaigns
from ..results.settling import doubt_expired
from .recording import record_sent
from .sending_line import Request, SendingLine, Sent

SLICE_SECONDS = 5.0
IDLE_SECONDS = 1.0  # a slice with nothing to do makes room for other tasks
LEASE_SECONDS = 12.0  # renewed while its worker lives, so that a dead one is missed soon
RENEW_SECONDS = 3.0
RESERVE_SECONDS = 45.0  # a wave begins at once, and a request ends within 30 seconds
WAVE_SECONDS = 0.25  # a wave is so much of the account's pace
WAVE_MOST = 250  # rows of a wave are begun in one statement while the wave before is on the wire
GATHER_SECONDS = 0.05  # outcomes are written together that finish within it
AHEAD_SECONDS = 0.25  # begun so long before its time at most, so that a stop is felt within a second
WAKE_SECONDS = 75.0  # what falls due within it is waited for here; the minute schedule wakes the rest


def dispatch_due(account: ProviderAccount, *, until: float) -> None:
    """Send what is due on this account for one time slice, then queue the next slice."""
    lease = account.take_lease(now=timezone.now(), seconds=LEASE_SECONDS)
    if lease is None:
        return
    try:
        Heartbeat.beat()
        if doubt_expired(account, timezone.now()):
            enqueue("look_due", account.pk)
        Slice(account, lease, until).work()
    finally:
        account.release_lease(lease)
    wake_if_due(account)
    enqueue("recount_touched")


def wake_if_due(account: ProviderAccount) -> None:
    account.refresh_from_db()
    if not account.is_halted and _is_anything_coming(account):
        enqueue("dispatch_account", account.pk)


def _is_anything_coming(account: ProviderAccount) -> bool:
    now = timezone.now()
    soon = now + timedelta(seconds=WAKE_SECONDS)
    due = DueMessage.objects.filter(account=account)
    # In the hand of a worker that died, as this one has put down everything: waited for until it may be doubted.
    if due.filter(reserved_until__lte=soon).exclude(token="").exists():
        return True
    coming = due.filter(token="", due_at__lte=soon)
    return coming.filter(campaign__in=[c.pk for c in _sendable(account, now)]).exists()


def _sendable(account: ProviderAccount, now: datetime) -> list[Campaign]:
    """Campaigns that may send at this moment, or will once their scheduled time comes."""
    live = Q(state=CampaignState.SENDING) | Q(state=CampaignState.SCHEDULED)
    campaigns = Campaign.objects.filter(live, account=account).order_by("starts_at", "pk")
    campaigns = campaigns.only("purpose", "state", "held_at", "starts_at")
    is_open = cache(lambda: PortalSettings.load().window().is_open(now))
    return [campaign for campaign in campaigns if _may_send(account, campaign, now, is_open)]


def _may_send(account: ProviderAccount, campaign: Campaign, now: datetime, is_open: Callable[[], bool]) -> bool:
    if campaign.held_at == HeldAt.VENDOR and campaign.state == CampaignState.SCHEDULED:
        # What could not be booked in time is sent from here when its time has come.
        return can_still_be_booked(account, campaign, now)
    return campaign.purpose == Purpose.NOTICE or is_open()


class Slice:
    """One worker's turn on one account: it has the lease, a line to the vendor, and a moment to end."""

    def __init__(self, account: ProviderAccount, lease: UUID, until: float) -> None:
        self.account = account
        self.lease = lease
        self.until = until
        self.renewed_at = monotonic()
        self.batch_size = provider_class(account).batch_size(account.credentials)
        self.bought_until = 0.0
        self.ids: dict[str, int] = {}  # reference -> message, for what is in hand
        self.campaign_of: dict[int, int] = {}
        self.envelopes: dict[int, Envelope] = {}
        self.idle_since: float | None = None

    @cached_property
    def wave_size(self) -> int:
        return max(self.batch_size, min(WAVE_MOST, int(self.account.pace * WAVE_SECONDS)))

    def work(self) -> None:
        if self.account.is_halted:
            hold(self.account, self.account.halted_reason)
            return
        with SendingLine(self.account) as line:
            while self._goes_on(line):
                if self._has_room(line) and self._send_wave(line):
                    self._record(line.take())
                else:
                    self._record(line.take(after=GATHER_SECONDS))
            line.turn_away_waiting()
            while line.in_hand:
                self._record(line.take(after=GATHER_SECONDS))
        if line.refusal is not None:
            hold(self.account, line.refusal.code)
        finish_done(self.account)

    def _goes_on(self, line: SendingLine) -> bool:
        if line.refusal is not None or monotonic() >= self.until:
            return False
        return self.idle_since is None or bool(line.in_hand) or monotonic() - self.idle_since < IDLE_SECONDS

    def _has_room(self, line: SendingLine) -> bool:
        is_close = self.bought_until - time.time() < AHEAD_SECONDS
        return is_close and line.in_hand < line.in_flight * self.batch_size

    def _send_wave(self, line: SendingLine) -> bool:
        wave, starts_at = self._next_wave()
        if not wave:
            self._rest()
            return False
        self.idle_since = None
        line.put([self._request(wave, place, starts_at) for place in range(0, len(wave), self.batch_size)])
        return True

    def _request(self, wave: Sequence[Leaving], place: int, starts_at: float) -> Request:
        batch = [self.envelopes[m.campaign_id].around(m) for m in wave[place : place + self.batch_size]]
        return Request(starts_at + place / self.account.pace, batch)

    def _rest(self) -> None:
        """Nothing is due: wait a little for what is coming, or end the slice when nothing is."""
        if self.idle_since is None:
            self.idle_since = monotonic()
        if not _is_anything_coming(self.account):
            self.until = monotonic()

    def _next_wave(self) -> tuple[list[Leaving], float]:
        """Reserve, buy the time and begin in one transaction: a crash before its end leaves everything queued."""
        now = timezone.now()
        start_due_campaigns(now)
        campaigns = [c.pk for c in _sendable(self.account, now) if c.is_under_way]
        with transaction.atomic():
            if not self._is_free():
                return [], 0.0
            token = DueMessage.objects.reserve(campaigns, self.wave_size, now=now, seconds=RESERVE_SECONDS)
            if not token:
                return [], 0.0
            leaving = Message.objects.begin_send(token, campaigns, now)
            DueMessage.objects.settle_reservation(token, leaving=[message.id for message in leaving])
            starts_at = self.account.buy_pace(len(leaving), now=time.time()) if leaving else 0.0
            touch_counts({message.campaign_id for message in leaving} if leaving else campaigns, now)
        self.bought_until = starts_at + len(leaving) / self.account.pace
        self._remember(leaving)
        return leaving, starts_at

    def _is_free(self) -> bool:
        """False while the account must wait, after a 429 for example: what begins now would only lie here begun."""
        self.account.refresh_from_db(fields=["next_free_at"])
        self.bought_until = self.account.next_free_at
        return self.bought_until - time.time() < AHEAD_SECONDS

    def _remember(self, leaving: Sequence[Leaving]) -> None:
        for message in leaving:
            self.ids[message.reference] = message.id
            self.campaign_of[message.id] = message.campaign_id
        for campaign_id in {message.campaign_id for message in leaving} - self.envelopes.keys():
            campaign = Campaign.objects.select_related("account", "sender").get(pk=campaign_id)
            self.envelopes[campaign_id] = envelope_of(campaign, timezone.now())

    def _record(self, sent: Sequence[Sent]) -> None:
        self._renew()
        if not sent:
            return
        rows = [(self.ids.pop(item.sms.reference), item) for item in sent]
        record_sent(self.account, rows, timezone.now())
        touch_counts({self.campaign_of.pop(message_id) for message_id, _ in rows}, timezone.now())

    def _renew(self) -> None:
        if monotonic() - self.renewed_at < RENEW_SECONDS:
            return
        self.renewed_at = monotonic()
        if not self.account.renew_lease(self.lease, now=timezone.now(), seconds=LEASE_SECONDS):
            self.until = self.renewed_at  # another worker took over: begin nothing more


def hold(account: ProviderAccount, reason: str) -> None:
    """The vendor refuses the account itself: stop here, keep every message queued, and tell people."""
    now = timezone.now()
    account.halt(reason, now=now)
    running = Campaign.objects.filter(account=account, state=CampaignState.SENDING)
    running.update(state=CampaignState.HOLDING, hold_reason=reason)


def finish_done(account: ProviderAccount) -> None:
    """Campaigns with nothing left to hand over are complete; one UPDATE that does nothing while something is left."""
    left = DueMessage.objects.filter(campaign=OuterRef("pk"))
    sending = Campaign.objects.filter(~Exists(left), account=account, state=CampaignState.SENDING)
    sending.update(state=CampaignState.COMPLETED, finished_at=timezone.now(), counts_touched_at=timezone.now())
