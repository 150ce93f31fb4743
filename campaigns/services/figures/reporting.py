"""The figures behind dashboard, report and export. They are read from the day counts, never counted."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

from django.db.models import Case, Count, F, IntegerField, Q, QuerySet, Sum, Value, When

from campaigns.models import (
    SENT,
    TAKEN,
    Activity,
    BillingRule,
    Campaign,
    CampaignState,
    DayCount,
    DueMessage,
    MessageState,
)
from campaigns.rules.sending_window import JST, ONE_DAY

# What the vendor said it billed; of messages it did not say it of, what the account's rule makes of our own estimate.
CHARGED = F("billed_parts") + Case(
    When(state=MessageState.DELIVERED, then=F("unbilled_parts")),
    When(account__billing_rule=BillingRule.ACCEPTED, state__in=TAKEN, then=F("unbilled_parts")),
    default=Value(0),
    output_field=IntegerField(),
)
# After so long a closed window may lie in between, and an average would promise a wrong end.
AVERAGE_HOLDS_FOR = timedelta(hours=3)


@dataclass(frozen=True, slots=True)
class Figures:
    """`sent` is what went to the vendor: 送達, 未達, and what still waits for its result."""

    sent: int = 0
    delivered: int = 0
    undelivered: int = 0
    parts: int = 0  # our estimate for what was sent
    charged: int = 0
    cost: Decimal = Decimal(0)

    @property
    def with_result(self) -> int:
        return self.delivered + self.undelivered

    @property
    def waiting(self) -> int:
        return self.sent - self.with_result

    def __add__(self, other: "Figures") -> "Figures":
        return Figures(
            self.sent + other.sent,
            self.delivered + other.delivered,
            self.undelivered + other.undelivered,
            self.parts + other.parts,
            self.charged + other.charged,
            self.cost + other.cost,
        )


def total(figures: Iterable[Figures]) -> Figures:
    return sum(figures, Figures())


def figures_by(counts: QuerySet[DayCount], *keys: str) -> dict[tuple[Any, ...], Figures]:
    """One query. Grouped by price too, so that yen are multiplied exactly and not by a database's floats."""
    sent = Q(state__in=SENT)
    rows = (
        counts.order_by(*keys)
        .values_list(*keys, F("campaign__unit_price"))
        .annotate(
            n_sent=Sum("messages", filter=sent, default=0),
            n_delivered=Sum("messages", filter=Q(state=MessageState.DELIVERED), default=0),
            n_undelivered=Sum("messages", filter=Q(state=MessageState.UNDELIVERED), default=0),
            n_parts=Sum("parts", filter=sent, default=0),
            n_charged=Sum(CHARGED, default=0),
        )
    )
    found: defaultdict[tuple[Any, ...], Figures] = defaultdict(Figures)
    for *key, price, n_sent, delivered, undelivered, parts, charged in rows:
        found[tuple(key)] += Figures(n_sent, delivered, undelivered, parts, charged, charged * price)
    return dict(found)


def figures_between(first: date, last: date) -> Figures:
    return figures_by(DayCount.objects.filter(day__range=(first, last))).get((), Figures())


def by_day(counts: QuerySet[DayCount], first: date, last: date) -> dict[date, Figures]:
    """Every day from first to last, also those on which nothing was sent."""
    found = figures_by(counts.filter(day__range=(first, last)), "day")
    days = (first + timedelta(days=n) for n in range((last - first).days + 1))
    return {day: found.get((day,), Figures()) for day in days}


@dataclass(frozen=True, slots=True)
class UnderWay:
    campaign: Campaign
    done: int  # recipients handed over, or left out for good
    left: float | None  # seconds to the end at the average pace so far


def campaigns_under_way(now: datetime) -> list[UnderWay]:
    """What is sending, paused or held, as the queue knows it to the second; two queries."""
    states = (CampaignState.SENDING, CampaignState.PAUSED, CampaignState.HOLDING)
    campaigns = list(Campaign.objects.filter(state__in=states).select_related("account").order_by("starts_at", "pk"))
    due = DueMessage.objects.filter(campaign__in=campaigns).values_list("campaign_id")
    waiting = dict(due.annotate(n=Count("pk")).order_by())
    done = {campaign.pk: max(0, campaign.recipients - waiting.get(campaign.pk, 0)) for campaign in campaigns}
    return [UnderWay(c, done[c.pk], _seconds_left(c, done[c.pk], now)) for c in campaigns]


def _seconds_left(campaign: Campaign, done: int, now: datetime) -> float | None:
    if campaign.state != CampaignState.SENDING or not done or campaign.started_at is None:
        return None
    lasted = now - campaign.started_at
    if not timedelta(0) < lasted < AVERAGE_HOLDS_FOR:
        return None
    return max(0, campaign.recipients - done) * lasted.total_seconds() / done


def midnight(day: date) -> datetime:
    """When this day begins in Japan."""
    return datetime.combine(day, time.min, JST)


def months_beside(month: date) -> tuple[date, date]:
    """The first days of the months before and after."""
    first = month.replace(day=1)
    return (first - ONE_DAY).replace(day=1), (first + 31 * ONE_DAY).replace(day=1)


def find_activity(given: Mapping[str, Any]) -> QuerySet[Activity]:
    """Acts by who, what, on which object and between which days; empty values narrow nothing."""
    wanted = {name: given[name] for name in ("actor", "verb", "target_type", "target_id") if given.get(name)}
    found = Activity.objects.filter(**wanted).select_related("actor")
    if text := given.get("q"):
        found = found.filter(target_label__icontains=text)
    if first := given.get("first"):
        found = found.filter(at__gte=midnight(first))
    if last := given.get("last"):
        found = found.filter(at__lt=midnight(last) + ONE_DAY)
    return found
