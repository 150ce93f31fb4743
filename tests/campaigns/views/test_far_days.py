"""A year nobody means, typed or put into an address, is refused like any other mistake."""

import pytest

from tests.factories import make_user

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
