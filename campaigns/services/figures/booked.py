"""予約一覧: what is booked on which day, and taking back several bookings at once."""

from calendar import SUNDAY, Calendar
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import jpholiday
from django.db.models import QuerySet

from campaigns.errors import RuleError
from campaigns.models import Campaign, CampaignState, ClosedDay, HeldAt, Message, ProviderAccount, User
from campaigns.rules.sending_window import jst_day
from campaigns.texts import holiday_text

from ..accounts import provider_class
from ..sending.booking import BookingComparison
from ..sending.stopping import cancel_booking
from .reporting import midnight

MOST_AT_ONCE = 500


def booked_campaigns(**narrowed: Any) -> QuerySet[Campaign]:
    """Without campaigns that only wait for the end of their undo time; empty values narrow nothing."""
    wanted = {name: value for name, value in narrowed.items() if value}
    booked = Campaign.objects.filter(state=CampaignState.SCHEDULED, scheduled_for__isnull=False, **wanted)
    return booked.select_related("account", "sender").order_by("starts_at", "pk")


def on_days(booked: QuerySet[Campaign], first: date, last: date) -> QuerySet[Campaign]:
    """Both days included, by Japan's clocks."""
    return booked.filter(starts_at__gte=midnight(first), starts_at__lt=midnight(last) + timedelta(days=1))


@dataclass(frozen=True, slots=True)
class CalendarDay:
    day: date
    in_month: bool
    closed: str  # name of the holiday or closed day
    campaigns: list[Campaign]

    @property
    def recipients(self) -> int:
        return sum(campaign.recipients for campaign in self.campaigns)


def weeks_of(month: date) -> list[list[date]]:
    """Whole weeks from Sunday, so the first and the last reach into the neighbouring months."""
    return Calendar(SUNDAY).monthdatescalendar(month.year, month.month)


def week_with(day: date) -> list[date]:
    """The seven days from Sunday that this day is among."""
    return next(week for week in weeks_of(day) if day in week)


def calendar_of(weeks: list[list[date]], booked: QuerySet[Campaign], *, month: date | None) -> list[list[CalendarDay]]:
    """The bookings of these days in two queries; days of another month than `month` are marked as outside."""
    first, last = weeks[0][0], weeks[-1][-1]
    campaigns: defaultdict[date, list[Campaign]] = defaultdict(list)
    for campaign in on_days(booked, first, last):
        assert campaign.starts_at is not None
        campaigns[jst_day(campaign.starts_at)].append(campaign)
    closed = dict(ClosedDay.objects.filter(day__range=(first, last)).values_list("day", "name"))

    def cell(day: date) -> CalendarDay:
        holiday = holiday_text(jpholiday.is_holiday_name(day) or "") or closed.get(day, "")
        return CalendarDay(day, month is None or day.month == month.month, holiday, campaigns[day])

    return [[cell(day) for day in week] for week in weeks]


def in_list(weeks: Iterable[Iterable[CalendarDay]], only: date | None) -> list[Campaign]:
    """The rows below the calendar: those of one day, or all of the month or week."""
    days = (cell for week in weeks for cell in week if (cell.day == only if only else cell.in_month))
    return [campaign for cell in days for campaign in cell.campaigns]


def days_to_compare(campaigns: Iterable[Campaign]) -> list[tuple[ProviderAccount, list[date]]]:
    """Accounts whose vendor holds some of these bookings and can say which, with the days it holds them for."""
    held: defaultdict[ProviderAccount, set[date]] = defaultdict(set)
    for campaign in campaigns:
        if campaign.held_at == HeldAt.VENDOR and campaign.account is not None and campaign.starts_at is not None:
            held[campaign.account].add(jst_day(campaign.starts_at))
    able = [(account, sorted(days)) for account, days in held.items() if provider_class(account).capabilities.books]
    return sorted(able, key=lambda row: str(row[0]))


def missing_messages(comparison: BookingComparison, most: int = 20) -> list[Message]:
    """Those we believe booked and the vendor does not hold, as far as a page has room."""
    missing = Message.objects.filter(reference__in=comparison.missing_there[:most])
    return list(missing.select_related("campaign").order_by("pk"))


@dataclass(slots=True)
class BulkReceipt:
    campaigns: int = 0
    recalled: int = 0  # recipients that will not be texted
    at_vendor: int = 0  # recipients being taken back at the vendor
    left: int = 0  # recipients that cannot be taken back
    skipped: int = 0  # campaigns that were no longer booked


def cancel_bookings(campaigns: Sequence[Campaign], actor: User) -> BulkReceipt:
    """Each on its own: one that somebody else moved meanwhile does not keep the others."""
    bulk = BulkReceipt()
    for campaign in campaigns:
        try:
            receipt = cancel_booking(campaign, actor)
        except RuleError:
            bulk.skipped += 1
            continue
        bulk.campaigns += 1
        bulk.recalled += receipt.recalled
        bulk.at_vendor += receipt.at_vendor
        bulk.left += receipt.left
    return bulk
