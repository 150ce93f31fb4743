"""May we send at this moment, and if not, when next. Days, months and hours are those of Japan."""

import calendar
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta, timezone

import jpholiday

from campaigns.errors import InvalidInput

JST = timezone(timedelta(hours=9), "JST")  # no daylight saving time since 1951
ONE_DAY = timedelta(days=1)
DAYS_TO_LOOK_AHEAD = 400


def jst(at: datetime) -> datetime:
    """The same moment on Japanese clocks; refuses a moment without a time zone."""
    if at.tzinfo is None:
        raise ValueError("a moment needs a time zone")
    return at.astimezone(JST)


def jst_day(at: datetime) -> date:
    return jst(at).date()


def jst_month(at: datetime) -> date:
    """The first day of the month."""
    return jst_day(at).replace(day=1)


def period(month: date, closing_day: int) -> tuple[date, date]:
    """First and last day billed as this month; 0, or a day the month has not, closes at its end."""
    month_before = month.replace(day=1) - ONE_DAY
    return _closing(month_before, closing_day) + ONE_DAY, _closing(month, closing_day)


def _closing(month: date, closing_day: int) -> date:
    last = calendar.monthrange(month.year, month.month)[1]
    return month.replace(day=min(closing_day or last, last))


@dataclass(frozen=True)
class SendingWindow:
    """Daily hours. One that closes at or before its opening ends the next day, and belongs to the day it opened."""

    opens: time
    closes: time
    closed_days: frozenset[date] = frozenset()
    on_holidays: bool = True
    on_weekends: bool = True

    def is_open(self, at: datetime) -> bool:
        """The moment of closing itself is outside."""
        window = self._window_from(at)
        return window is not None and window[0] <= at

    def next_opening(self, at: datetime) -> datetime:
        """`at` itself while open."""
        return max(self._sure_window_from(at)[0], jst(at))

    def closes_after(self, at: datetime) -> datetime:
        """When the present window closes, or, while closed, the next one."""
        return self._sure_window_from(at)[1]

    def _sure_window_from(self, at: datetime) -> tuple[datetime, datetime]:
        if (window := self._window_from(at)) is None:
            raise InvalidInput("never_opens")
        return window

    def _window_from(self, at: datetime) -> tuple[datetime, datetime] | None:
        """Opening and closing of the first window that has not closed yet."""
        yesterday = jst_day(at) - ONE_DAY
        return next((window for window in self._windows(yesterday) if at < window[1]), None)

    def _windows(self, first: date) -> Iterator[tuple[datetime, datetime]]:
        days_open = timedelta(days=0 if self.opens < self.closes else 1)
        for ahead in range(DAYS_TO_LOOK_AHEAD):
            day = first + timedelta(days=ahead)
            if self._is_sending_day(day):
                opening = datetime.combine(day, self.opens, JST)
                yield opening, datetime.combine(day + days_open, self.closes, JST)

    def _is_sending_day(self, day: date) -> bool:
        if day in self.closed_days or (not self.on_weekends and day.weekday() >= calendar.SATURDAY):
            return False
        return self.on_holidays or not jpholiday.is_holiday(day)
