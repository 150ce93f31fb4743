from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from campaigns.errors import InvalidInput
from campaigns.rules.sending_window import JST, SendingWindow, jst, jst_day, jst_month, period

DAYTIME = SendingWindow(time(9), time(20))
OFFICE = SendingWindow(time(9), time(18), frozenset({date(2026, 11, 25)}), on_holidays=False, on_weekends=False)
LATE = SendingWindow(time(18), time(2), on_weekends=False)
ALWAYS = SendingWindow(time(0), time(0))


def tokyo(text):
    return datetime.fromisoformat(text).replace(tzinfo=JST)


@pytest.mark.parametrize(
    ("window", "at", "is_open"),
    [
        pytest.param(DAYTIME, "2026-11-22 08:59:59", False, id="before opening"),
        pytest.param(DAYTIME, "2026-11-22 09:00", True, id="at opening"),
        pytest.param(DAYTIME, "2026-11-22 19:59:59", True, id="before closing"),
        pytest.param(DAYTIME, "2026-11-22 20:00", False, id="at closing"),
        pytest.param(DAYTIME, "2026-11-23 12:00", True, id="a holiday, which does not matter here"),
        pytest.param(OFFICE, "2026-11-20 12:00", True, id="Friday"),
        pytest.param(OFFICE, "2026-11-21 12:00", False, id="Saturday"),
        pytest.param(OFFICE, "2026-11-22 12:00", False, id="Sunday"),
        pytest.param(OFFICE, "2026-11-23 12:00", False, id="national holiday"),
        pytest.param(OFFICE, "2026-11-24 12:00", True, id="working day"),
        pytest.param(OFFICE, "2026-11-25 12:00", False, id="the company's own closed day"),
        pytest.param(OFFICE, "2026-05-06 12:00", False, id="substitute holiday"),
        pytest.param(OFFICE, "2026-09-22 12:00", False, id="day between two holidays"),
        pytest.param(LATE, "2026-11-20 23:59", True, id="before midnight"),
        pytest.param(LATE, "2026-11-21 01:59", True, id="after midnight, still Friday's window"),
        pytest.param(LATE, "2026-11-21 02:00", False, id="closed in the night"),
        pytest.param(LATE, "2026-11-22 01:00", False, id="Saturday had no window"),
        pytest.param(ALWAYS, "2026-11-22 00:00", True, id="all day, midnight"),
        pytest.param(ALWAYS, "2026-11-22 23:59:59", True, id="all day, last second"),
    ],
)
def test_is_open(window, at, is_open):
    assert window.is_open(tokyo(at)) is is_open


@pytest.mark.parametrize(
    ("window", "at", "opening", "closing"),
    [
        pytest.param(DAYTIME, "2026-11-22 07:00", "2026-11-22 09:00", "2026-11-22 20:00", id="this morning"),
        pytest.param(DAYTIME, "2026-11-22 12:34", "2026-11-22 12:34", "2026-11-22 20:00", id="now"),
        pytest.param(DAYTIME, "2026-11-22 20:00", "2026-11-23 09:00", "2026-11-23 20:00", id="tomorrow"),
        pytest.param(DAYTIME, "2026-12-31 22:00", "2027-01-01 09:00", "2027-01-01 20:00", id="next year"),
        pytest.param(OFFICE, "2026-11-20 18:00", "2026-11-24 09:00", "2026-11-24 18:00", id="after a long weekend"),
        pytest.param(OFFICE, "2026-11-24 19:00", "2026-11-26 09:00", "2026-11-26 18:00", id="after a closed day"),
        pytest.param(OFFICE, "2026-05-01 18:00", "2026-05-07 09:00", "2026-05-07 18:00", id="after Golden Week"),
        pytest.param(LATE, "2026-11-21 01:00", "2026-11-21 01:00", "2026-11-21 02:00", id="after midnight"),
        pytest.param(LATE, "2026-11-21 02:00", "2026-11-23 18:00", "2026-11-24 02:00", id="after the night"),
        pytest.param(ALWAYS, "2026-11-22 12:00", "2026-11-22 12:00", "2026-11-23 00:00", id="all day"),
    ],
)
def test_next_opening_and_closing(window, at, opening, closing):
    assert window.next_opening(tokyo(at)) == tokyo(opening)
    assert window.closes_after(tokyo(at)) == tokyo(closing)


def test_a_window_that_never_opens():
    never = SendingWindow(time(9), time(20), frozenset(date(2026, 11, 1) + timedelta(days) for days in range(500)))
    at = tokyo("2026-11-22 12:00")
    assert not never.is_open(at)
    with pytest.raises(InvalidInput, match="never_opens"):
        never.next_opening(at)
    with pytest.raises(InvalidInput, match="never_opens"):
        never.closes_after(at)


moments = st.integers(0, 4 * 365 * 24 * 3600).map(
    lambda seconds: datetime(2024, 1, 1, tzinfo=UTC) + timedelta(0, seconds)
)
windows = st.builds(SendingWindow, st.times(), st.times(), on_holidays=st.booleans(), on_weekends=st.booleans())


@given(windows, moments)
def test_what_opens_is_open_until_it_closes(window, at):
    opening, closing = window.next_opening(at), window.closes_after(at)
    assert at <= opening < closing
    assert window.is_open(opening)
    assert window.is_open(closing - timedelta(microseconds=1))
    assert window.is_open(at) == (opening == at)


@pytest.mark.parametrize(
    ("at", "day", "month"),
    [
        pytest.param("2026-10-31T15:00Z", date(2026, 11, 1), date(2026, 11, 1), id="already November in Japan"),
        pytest.param("2026-10-31T14:59:59Z", date(2026, 10, 31), date(2026, 10, 1), id="still October"),
        pytest.param("2026-11-01T00:00+09:00", date(2026, 11, 1), date(2026, 11, 1), id="given in Japan's time"),
        pytest.param("2026-12-31T16:00Z", date(2027, 1, 1), date(2027, 1, 1), id="next year"),
    ],
)
def test_days_and_months_are_those_of_japan(at, day, month):
    moment = datetime.fromisoformat(at)
    assert (jst_day(moment), jst_month(moment)) == (day, month)
    assert jst(moment) == moment


def test_a_moment_without_a_time_zone_is_refused():
    with pytest.raises(ValueError, match="time zone"):
        jst(datetime(2026, 11, 22))  # noqa: DTZ001


@pytest.mark.parametrize(
    ("month", "closing_day", "first", "last"),
    [
        pytest.param(date(2026, 11, 1), 0, date(2026, 11, 1), date(2026, 11, 30), id="end of month"),
        pytest.param(date(2026, 11, 15), 31, date(2026, 11, 1), date(2026, 11, 30), id="a day the month has not"),
        pytest.param(date(2026, 11, 1), 24, date(2026, 10, 25), date(2026, 11, 24), id="25th to 24th"),
        pytest.param(date(2026, 1, 1), 20, date(2025, 12, 21), date(2026, 1, 20), id="over the new year"),
        pytest.param(date(2024, 2, 1), 0, date(2024, 2, 1), date(2024, 2, 29), id="leap year"),
        pytest.param(date(2026, 3, 1), 30, date(2026, 3, 1), date(2026, 3, 30), id="after a short February"),
    ],
)
def test_billing_period(month, closing_day, first, last):
    assert period(month, closing_day) == (first, last)


@pytest.mark.parametrize("closing_day", range(32))
def test_periods_follow_each_other_without_gap(closing_day):
    months = [date(2023 + number // 12, number % 12 + 1, 1) for number in range(36)]
    periods = [period(month, closing_day) for month in months]
    assert all(last + timedelta(days=1) == first for (_, last), (first, _) in pairwise(periods))
