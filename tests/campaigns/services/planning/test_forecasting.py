from datetime import datetime, time

import pytest

from campaigns.models import ClosedDay, PortalSettings
from campaigns.rules.sending_window import JST
from campaigns.services.planning.forecasting import forecast
from tests.factories import make_account, make_campaign

pytestmark = pytest.mark.django_db
HOUR = 3600


def at(day: int, hour: int, minute: int = 0) -> datetime:
    return datetime(2026, 11, day, hour, minute, tzinfo=JST)


@pytest.fixture
def hours() -> PortalSettings:
    return PortalSettings.objects.create(pk=1, window_opens=time(9), window_closes=time(20), undo_seconds=0)


@pytest.mark.parametrize(
    ("purpose", "now", "hours_of_sending", "begins", "ends", "reopens"),
    [
        pytest.param("notice", at(24, 22), 3, at(24, 22), at(25, 1), None, id="a notice may go at night"),
        pytest.param("advertising", at(24, 10), 3, at(24, 10), at(24, 13), None, id="within the hours"),
        pytest.param("advertising", at(24, 22), 3, at(25, 9), at(25, 12), None, id="waits for the morning"),
        pytest.param("advertising", at(24, 18), 3, at(24, 18), at(25, 10), at(25, 9), id="goes on the next morning"),
        pytest.param("advertising", at(24, 18), 14, at(24, 18), at(26, 10), at(25, 9), id="takes three days"),
        pytest.param("advertising", at(24, 18), 2, at(24, 18), at(24, 20), None, id="done at the very end"),
    ],
)
def test_when_it_begins_and_ends(hours, purpose, now, hours_of_sending, begins, ends, reopens):
    campaign = make_campaign(purpose=purpose)
    found = forecast(campaign, hours_of_sending * HOUR, now=now, pace=1.0)
    assert (found.starts_at, found.ends_at, found.reopens_at) == (begins, ends, reopens)


def test_what_the_vendor_holds_waits_for_its_own_time(hours):
    campaign = make_campaign(purpose="advertising", held_at="vendor", scheduled_for=at(25, 21))
    assert forecast(campaign, 10, now=at(24, 10)).starts_at == at(25, 21)


def test_the_pace_is_that_of_the_account_unless_it_is_known_better(hours):
    campaign = make_campaign(account=make_account(requests_per_second=100))
    by_limit = forecast(campaign, 980, now=at(24, 10)).ends_at - at(24, 10)
    measured = forecast(campaign, 980, now=at(24, 10), pace=9.8).ends_at - at(24, 10)
    assert (by_limit.total_seconds(), measured.total_seconds()) == (10, 100)


def test_hours_that_never_open_give_no_forecast(hours):
    PortalSettings.objects.update(sends_on_weekends=False)
    days = (datetime.fromordinal(at(20, 0).toordinal() + ahead).date() for ahead in range(440))
    ClosedDay.objects.bulk_create(ClosedDay(day=day) for day in days)
    assert forecast(make_campaign(purpose="advertising"), 10, now=at(24, 10)) is None
