from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
import time_machine
from django.urls import reverse

from campaigns.errors import RuleError
from campaigns.models import Activity, Campaign
from campaigns.services.planning.rescheduling import reschedule
from tests.factories import make_campaign, make_user

pytestmark = pytest.mark.django_db
TOKYO = ZoneInfo("Asia/Tokyo")
NOW = datetime(2026, 11, 10, 9, 0, tzinfo=TOKYO)
BOOKED = datetime(2026, 11, 12, 10, 0, tzinfo=TOKYO)


@pytest.fixture(autouse=True)
def _now():
    with time_machine.travel(NOW, tick=True):
        yield


@pytest.fixture
def operator(client):
    client.force_login(make_user("operator"))
    return client


def booking(**overrides) -> Campaign:
    values = {"state": "scheduled", "scheduled_for": BOOKED, "starts_at": BOOKED, "recipients": 5}
    return make_campaign(**values | overrides)


def move(client, campaign: Campaign, to: str):
    return client.post(reverse("booking_move", args=[campaign.pk]), {"starts_at": to})


def test_the_day_it_was_dropped_on_is_filled_in_and_the_hour_kept(operator):
    response = operator.get(reverse("booking_move", args=[booking().pk]), {"day": "2026-11-20"})
    assert 'value="2026-11-20T10:00"' in response.content.decode()


def test_a_booking_gets_another_time(operator):
    campaign = booking()
    assert move(operator, campaign, "2026-11-11T15:30").status_code == 302
    earlier = datetime(2026, 11, 11, 15, 30, tzinfo=TOKYO)
    moved = Campaign.objects.get(pk=campaign.pk)
    assert (moved.state, moved.scheduled_for, moved.starts_at) == ("scheduled", earlier, earlier)
    assert Activity.objects.filter(verb="campaign_rescheduled", target_id=campaign.pk).exists()


@pytest.mark.parametrize(
    ("overrides", "to", "says"),
    [
        pytest.param({}, "2026-11-09T10:00", "過去", id="a time that is past"),
        pytest.param({"purpose": "advertising"}, "2026-11-12T22:00", "配信時間帯", id="an advertisement at night"),
        pytest.param({"deadline_at": BOOKED + timedelta(hours=2)}, "2026-11-13T10:00", "送信限度日時", id="too late"),
        pytest.param({"held_at": "vendor"}, "2026-11-13T10:00", "配信事業者に預けた", id="held at the vendor"),
        pytest.param({"state": "sending"}, "2026-11-13T10:00", "予約済みではない", id="already sending"),
        pytest.param({}, "", "入力内容をご確認ください", id="no time"),
    ],
)
def test_what_cannot_move_says_why_and_stays(operator, overrides, to, says):
    campaign = booking(**overrides)
    response = move(operator, campaign, to)
    assert response.status_code == 422
    assert says in response.content.decode()
    assert Campaign.objects.get(pk=campaign.pk).starts_at == BOOKED


@pytest.mark.parametrize(
    ("role", "is_author", "status"),
    [
        pytest.param("operator", False, 422, id="who may not approve"),
        pytest.param("approver", False, 302, id="another approver"),
        pytest.param("approver", True, 422, id="an approver, of her own campaign"),
        pytest.param("viewer", False, 403, id="who may not stop campaigns"),
    ],
)
def test_an_approved_time_is_moved_by_an_approver_alone(client, role, is_author, status):
    person = make_user(role)
    author = person if is_author else make_user("operator")
    campaign = booking(created_by=author, approved_by=make_user("approver"))
    client.force_login(person)
    assert move(client, campaign, "2026-11-13T10:00").status_code == status


def test_of_two_who_move_it_at_once_the_second_is_told():
    seen_by_both = booking()
    elsewhere = BOOKED + timedelta(days=1)
    Campaign.objects.filter(pk=seen_by_both.pk).update(scheduled_for=elsewhere, starts_at=elsewhere)
    with pytest.raises(RuleError, match="別の操作"):
        reschedule(seen_by_both, make_user("operator"), BOOKED + timedelta(days=2))
    assert Campaign.objects.get().starts_at == elsewhere


def test_a_week_shows_its_seven_days_and_their_bookings(operator):
    booking(name="この週")
    booking(name="次の週", scheduled_for=BOOKED + timedelta(days=7), starts_at=BOOKED + timedelta(days=7))
    response = operator.get(reverse("booking_list"), {"week": "2026-11-10"})
    assert [campaign.name for campaign in response.context["campaigns"]] == ["この週"]
    assert [cell.day.day for cell in response.context["weeks"][0]] == [8, 9, 10, 11, 12, 13, 14]
