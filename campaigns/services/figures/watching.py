"""The figures of one campaign while somebody looks at it: how far, how fast, and what is in its way."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise

from django.core.cache import cache
from django.db.models import Sum
from django.utils import timezone

from campaigns.errors import InvalidInput
from campaigns.models import (
    FAILED,
    WITH_RESULT,
    Activity,
    Campaign,
    CampaignState,
    DayCount,
    DueMessage,
    Heartbeat,
    HeldAt,
    Message,
    MessageState,
)
from campaigns.queue import enqueue
from campaigns.texts import reason_text

from ..planning.forecasting import reopens_at

S = MessageState
HANDED_OVER = (S.BOOKED, S.ACCEPTED, S.DELIVERED, S.UNDELIVERED, S.NO_RESULT, S.REFUSED, S.UNKNOWN)
LIVE = (CampaignState.SCHEDULED, CampaignState.SENDING, CampaignState.PAUSED, CampaignState.HOLDING)

SPEED_OVER = 1_000  # messages last sent, whose pace is the present one
STILL_AFTER = timedelta(seconds=15)  # nothing sent for so long: there is no pace
STANDSTILL = timedelta(seconds=5)  # a pause or an outage: what was sent before it says nothing about now
ENOUGH_SECONDS = 1  # of fewer, a few messages would promise any speed
FAILURES_SHOWN = 5
EVENTS_SHOWN = 6
FAILURES_AMONG = 20_000  # recipients looked through at most
RESULTS_COME_WITHIN = timedelta(minutes=10)
SOON = timedelta(minutes=2)
NOT_SEEN_AFTER = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class StateCount:
    state: MessageState
    messages: int
    parts: int


@dataclass(frozen=True, slots=True)
class Figures:
    by_state: list[StateCount]
    waiting: int  # not yet handed over
    handed_over: int
    rate: float | None  # messages per second just now

    def of(self, *states: str) -> int:
        return sum(row.messages for row in self.by_state if row.state in states)

    @property
    def sent(self) -> int:
        """Beyond recall: what the vendor merely holds until its time is not sent yet."""
        return max(0, self.handed_over - self.at_vendor)

    @property
    def shown_rate(self) -> int | None:
        return max(1, round(self.rate)) if self.rate else None

    @property
    def seconds_left(self) -> float | None:
        return self.waiting / self.rate if self.rate else None

    @property
    def delivered(self) -> int:
        return self.of(S.DELIVERED)

    @property
    def with_result(self) -> int:
        return self.of(*WITH_RESULT)

    @property
    def failed(self) -> int:
        return self.of(*FAILED)

    @property
    def unknown(self) -> int:
        return self.of(S.UNKNOWN)

    @property
    def recalled(self) -> int:
        return self.of(S.CANCELLED)

    @property
    def at_vendor(self) -> int:
        return self.of(S.BOOKED)


def figures(campaign: Campaign, now: datetime) -> Figures:
    rows = DayCount.objects.filter(campaign=campaign).values("state")
    counted = {row["state"]: row for row in rows.annotate(n=Sum("messages"), p=Sum("parts"))}
    by_state = [
        StateCount(state, counted[state]["n"], counted[state]["p"]) for state in MessageState if state in counted
    ]
    waiting = DueMessage.objects.filter(campaign=campaign).count() if _may_wait(campaign) else 0
    return Figures(by_state, waiting, _handed_over(campaign, by_state, waiting), _rate(campaign, now))


def _may_wait(campaign: Campaign) -> bool:
    return campaign.state in LIVE or campaign.state == CampaignState.CANCELLED


def _handed_over(campaign: Campaign, by_state: Iterable[StateCount], waiting: int) -> int:
    """While it is sent the queue knows to the second; afterwards the counts do."""
    if campaign.state not in LIVE:
        return sum(row.messages for row in by_state if row.state in HANDED_OVER)
    ended_unsent = sum(row.messages for row in by_state if row.state in (S.EXPIRED, S.SUPPRESSED, S.CANCELLED))
    return max(0, campaign.recipients - waiting - max(0, ended_unsent - campaign.ended_before))


def _rate(campaign: Campaign, now: datetime) -> float | None:
    """From the last messages sent before the first that waits: found by key, whatever the campaign's size."""
    if campaign.state != CampaignState.SENDING:
        return None
    next_due = DueMessage.objects.filter(campaign=campaign).order_by("due_at", "message_id").first()
    if next_due is None:
        return None
    sent = campaign.messages.filter(pk__lt=next_due.pk, sent_at__isnull=False).order_by("-pk")
    moments = [at for at in sent.values_list("sent_at", flat=True)[:SPEED_OVER] if at]
    if not moments or now - max(moments) > STILL_AFTER:
        return None
    recent = _since_standstill(moments)
    first, seconds = recent[-1], (recent[0] - recent[-1]).total_seconds()
    if not seconds or (seconds < ENOUGH_SECONDS and len(recent) < SPEED_OVER):
        return None
    return sum(at > first for at in recent) / seconds


def _since_standstill(moments: Iterable[datetime]) -> list[datetime]:
    """Those after the last standstill, the latest first."""
    latest_first = sorted(moments, reverse=True)
    gaps = (at for at, (later, earlier) in enumerate(pairwise(latest_first), 1) if later - earlier > STANDSTILL)
    return latest_first[: next(gaps, len(latest_first))]


def first_failures(campaign: Campaign, found: Figures) -> list[Message]:
    """The first of each page that looks; among so many recipients only, because no index mentions states."""
    if not found.of(*FAILED):
        return []
    rows = campaign.messages.order_by("pk")
    last = rows.values_list("pk", flat=True)[FAILURES_AMONG : FAILURES_AMONG + 1].first()
    among = rows if last is None else rows.filter(pk__lt=last)
    return list(among.filter(state__in=FAILED)[:FAILURES_SHOWN])


def last_events(campaign: Campaign) -> list[Activity]:
    """What people did with it, the latest first."""
    done = Activity.objects.filter(target_type="campaign", target_id=str(campaign.pk))
    return list(done.order_by("-pk")[:EVENTS_SHOWN])


@dataclass(frozen=True, slots=True)
class Obstacles:
    """What keeps a campaign from going on by itself."""

    halted: str = ""  # the sentence why its account is stopped
    trouble: str = ""  # the sentence why nothing gets through just now
    trouble_at: datetime | None = None
    silent_since: datetime | None = None  # no worker gave a sign of life since
    worker_unseen: bool = False  # none ever did
    reopens_at: datetime | None = None  # outside the sending hours until then
    never_opens: bool = False


def obstacles(campaign: Campaign, now: datetime) -> Obstacles:
    assert campaign.account is not None
    account = campaign.account
    opening, never = _opening(campaign, now)
    return Obstacles(
        halted=reason_text(account.why_halted),
        trouble="" if account.is_halted else reason_text(account.trouble),
        trouble_at=account.trouble_at,
        silent_since=Heartbeat.silent_since(),
        worker_unseen=worker_unseen(campaign.starts_at, now),
        reopens_at=opening,
        never_opens=never,
    )


def worker_unseen(waiting_since: datetime | None, now: datetime) -> bool:
    is_late = waiting_since is not None and waiting_since < now - NOT_SEEN_AFTER
    return is_late and not Heartbeat.objects.exists()


def _opening(campaign: Campaign, now: datetime) -> tuple[datetime | None, bool]:
    try:
        return reopens_at(campaign, max(now, campaign.starts_at or now)), False
    except InvalidInput:
        return None, True


def poll_seconds(campaign: Campaign, found: Figures, now: datetime) -> int | None:
    """How soon the page looks again; None when nothing will change by itself."""
    if campaign.state == CampaignState.SENDING or campaign.counts_touched_at:
        return 2
    if campaign.state == CampaignState.SCHEDULED:
        return _until_it_starts(campaign, found, now)
    if campaign.state == CampaignState.CANCELLED and found.waiting:
        return 2
    is_fresh = campaign.ended_at is not None and now - campaign.ended_at < RESULTS_COME_WITHIN
    return 5 if is_fresh and found.of(S.ACCEPTED, S.BOOKED) else None


def _until_it_starts(campaign: Campaign, found: Figures, now: datetime) -> int:
    if campaign.scheduled_for is None:
        return 1  # the seconds to undo it are counted down
    is_handed_over_now = campaign.held_at == HeldAt.VENDOR and found.waiting
    is_soon = campaign.starts_at is not None and campaign.starts_at < now + SOON
    return 2 if is_handed_over_now or is_soon else 30


def freshen_counts(campaign: Campaign) -> None:
    """Have the counts made again while somebody watches, the larger the campaign the less often."""
    seconds = 1 + campaign.recipients // 50_000
    if campaign.counts_touched_at and cache.add(f"recount-{campaign.pk}", timezone.now().timestamp(), seconds):
        enqueue("recount_touched")
