"""A year nobody means, typed or put into an address, is refused like any other mistake."""

from datetime import timedelta

import pytest
from django.utils import timezone

from tests.factories import make_campaign, make_contact, make_suppression, make_user

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    "query",
    [
        "/counts/?month=0001-01",
        "/counts/?month=9999-12",
        "/counts/export/?month=0001-01",
        "/bookings/?month=0001-01",
        "/bookings/?month=9999-12",
        "/bookings/?week=9999-12-31",
        "/activity/?first=0001-01-01",
        "/activity/?last=9999-12-31",
        "/messages/?first=0001-01-01&last=9999-12-31",
    ],
)
def test_no_page_breaks_at_the_ends_of_the_calendar(client, query):
    client.force_login(make_user("administrator"))
    assert client.get(query).status_code in (200, 422)


@pytest.mark.parametrize("year", ["0001", "9999"])
@pytest.mark.parametrize(
    ("address", "typed"),
    [
        pytest.param("/campaigns/{campaign}/edit/", {"when": "later", "scheduled_for": "{day}T00:00"}, id="draft"),
        pytest.param("/bookings/{booking}/move/", {"starts_at": "{day}T00:00"}, id="booking"),
        pytest.param("/contacts/{contact}/edit/", {"consented_at": "{day}T00:00"}, id="consent"),
        pytest.param("/contacts/{contact}/edit/", {"number_acquired_on": "{day}"}, id="number"),
        pytest.param("/suppressions/{refusal}/lift/", {"consented_at": "{day}T00:00"}, id="new consent"),
    ],
)
def test_no_form_takes_them_for_a_day(client, year, address, typed):
    client.force_login(make_user("administrator"))
    at = timezone.now() + timedelta(days=3)
    objects = {
        "campaign": make_campaign(),
        "booking": make_campaign(state="scheduled", scheduled_for=at, starts_at=at),
        "contact": make_contact(),
        "refusal": make_suppression(),
    }
    known = {name: each.pk for name, each in objects.items()}
    day = {name: value.format(day=f"{year}-01-01") for name, value in typed.items()}
    answer = client.post(address.format(**known), {"phone": "090-1234-5678", "name": "青木"} | day)
    assert answer.status_code == 422
    assert set(day) & {*answer.context["form"].errors}
