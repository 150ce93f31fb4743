"""Calls 2, 3 and 4: reservations wait, fire, and can be found and taken back until then."""

from typing import Any

import pytest

from providers.sandbox.clock import JST
from providers.sandbox.server import SandboxServer

from .helpers import NUMBER, Customer, eventually, number_for

DAY = 86400


def reserve_a_few(customer: Customer) -> None:
    """Three days, two groups."""
    for tag, days, group in [("a", 1, "g1"), ("b", 2, "g1"), ("c", 2, "g2"), ("d", 3, "g2"), ("e", 3, None)]:
        assert customer.reserve(tag, due=customer.in_days(days), groupTag=group)["responseCode"] == 0


def all_reserved(customer: Customer) -> str:
    return "".join(sorted(tag for days in (1, 2, 3) for tag in customer.reserved_tags(customer.in_days(days))))


def test_a_reservation_waits_and_then_goes_out(sandbox: SandboxServer, customer: Customer) -> None:
    customer.reserve(due=customer.in_days(1), phoneNumber=number_for("delivered_fast"))
    assert customer.status() is None
    assert sandbox.control.ledger()["handed_over"] == 0
    sandbox.control.advance(2 * DAY)
    assert eventually(lambda: customer.status_id() == "2")
    assert sandbox.control.ledger()["rings"] == 1


def test_a_reservation_is_found_by_its_tag(customer: Customer) -> None:
    due = customer.in_days(1)
    customer.reserve("t-1", due=due)
    assert customer.check(clientTag="t-1") == {
        "responseCode": 0,
        "responseMessage": "Success.",
        "count": 1,
        "status": [
            {
                "scheduleTime": f"{due:%Y-%m-%d %H:%M}",
                "phoneNumber": NUMBER,
                "message": "テスト",
                "smsCode": 54321,
                "clientTag": "t-1",
            }
        ],
    }


@pytest.mark.parametrize(
    ("query", "found"),
    [
        pytest.param({"scheduleDate": "%Y%m%d"}, "bc", id="by day"),
        pytest.param({"scheduleTime": "%Y-%m-%d 12:00"}, "bc", id="by minute"),
        pytest.param({"scheduleTime": "%Y-%m-%d 12:01"}, "", id="another minute"),
        pytest.param({"scheduleDate": "%Y%m%d", "groupTag": "g1"}, "b", id="by day and group"),
        pytest.param({"scheduleDate": "%Y%m%d", "clientTag": "a"}, "a", id="the tag wins over the day"),
        pytest.param(
            {"scheduleDate": "20000101", "scheduleTime": "%Y-%m-%d 12:00"}, "bc", id="the time wins over the day"
        ),
        pytest.param({"clientTag": "never used"}, "", id="unknown tag"),
    ],
)
def test_reservations_are_found(customer: Customer, query: dict[str, Any], found: str) -> None:
    reserve_a_few(customer)
    day = customer.in_days(2)
    reply = customer.check(**{name: day.strftime(value) for name, value in query.items()})
    assert reply["responseCode"] == 0
    assert reply["count"] == len(found)
    assert "".join(sorted(row["clientTag"] for row in reply["status"])) == found


@pytest.mark.parametrize(
    ("query", "code", "text"),
    [
        pytest.param({}, 100, "Required clientTag.", id="nothing asked for"),
        pytest.param({"groupTag": "g1"}, 100, "Required clientTag.", id="a group alone"),
        pytest.param({"scheduleDate": "20300101", "smsCode": None}, 100, "Required smsCode.", id="no sender code"),
        pytest.param({"scheduleDate": "2030-01-01"}, 110, "Invalid scheduleDate.", id="day with hyphens"),
        pytest.param({"scheduleTime": "20300101"}, 110, "Invalid scheduleTime.", id="day as time"),
        pytest.param({"clientTag": "t" * 201}, 120, "clientTag too long.", id="long tag"),
        pytest.param({"scheduleDate": "20200101"}, 140, "Past scheduleDate.", id="past day"),
        pytest.param({"scheduleTime": "2020-01-01 10:00"}, 140, "Past scheduleTime.", id="past time"),
        pytest.param({"clientTag": "gone"}, 130, "Already send.", id="gone out"),
    ],
)
def test_a_check_is_refused(customer: Customer, query: dict[str, Any], code: int, text: str) -> None:
    customer.send("gone")
    assert customer.check(**query) == {"responseCode": code, "responseMessage": text}


def test_today_is_not_past(customer: Customer) -> None:
    assert customer.check(scheduleDate=f"{customer.now().astimezone(JST):%Y%m%d}")["responseCode"] == 0


def test_a_cancelled_reservation_never_goes_out(sandbox: SandboxServer, customer: Customer) -> None:
    customer.reserve(due=customer.in_days(1))
    assert customer.cancel("t-1") == {"responseCode": 0, "responseMessage": "Success.", "clientTag": "t-1"}
    assert customer.check(clientTag="t-1")["count"] == 0
    sandbox.control.advance(2 * DAY)
    customer.send("after it")
    assert sandbox.control.ledger()["handed_over"] == 1
    assert customer.status("t-1") is None


@pytest.mark.parametrize(
    ("tag", "code", "text"),
    [
        pytest.param("gone", 130, "Already send.", id="too late"),
        pytest.param("never used", 110, "Invalid clientTag.", id="unknown"),
        pytest.param("cancelled", 110, "Invalid clientTag.", id="twice"),
    ],
)
def test_a_cancel_is_refused(sandbox: SandboxServer, customer: Customer, tag: str, code: int, text: str) -> None:
    customer.reserve("gone", due=customer.in_days(1))
    customer.reserve("cancelled", due=customer.in_days(3))
    customer.cancel("cancelled")
    sandbox.control.advance(2 * DAY)
    assert eventually(lambda: customer.status("gone"))
    assert customer.cancel(tag) == {"responseCode": code, "responseMessage": text}


def test_a_cancelled_tag_cannot_be_used_again(customer: Customer) -> None:
    customer.reserve("t-1", due=customer.in_days(1))
    customer.cancel("t-1")
    assert customer.send("t-1")["responseCode"] == 400


@pytest.mark.parametrize(
    ("start", "end", "group", "left"),
    [
        pytest.param(2, None, None, "a", id="from a day on"),
        pytest.param(None, 2, None, "de", id="up to a day"),
        pytest.param(2, 2, None, "ade", id="a range of one day, both ends included"),
        pytest.param(None, None, "g1", "cde", id="a group"),
        pytest.param(2, None, "g1", "acde", id="a group from a day on"),
        pytest.param(None, 2, "g2", "abde", id="a group up to a day"),
        pytest.param(2, 3, "g2", "abe", id="a group in a range"),
        pytest.param(None, None, None, "", id="nothing given: everything goes"),
        pytest.param(None, None, "g9", "abcde", id="nothing matches"),
    ],
)
def test_bulk_cancel(customer: Customer, start: int | None, end: int | None, group: str | None, left: str) -> None:
    reserve_a_few(customer)
    days = {"startDate": start, "endDate": end}
    query = {name: f"{customer.in_days(days_ahead):%Y%m%d}" for name, days_ahead in days.items() if days_ahead}
    assert customer.cancel_all(**query, groupTag=group) == {"responseCode": 0, "responseMessage": "Success."}
    assert all_reserved(customer) == left


def test_an_empty_member_of_a_bulk_cancel_counts_as_not_given(customer: Customer) -> None:
    reserve_a_few(customer)
    assert customer.cancel_all(startDate="", endDate="", groupTag="")["responseCode"] == 0
    assert all_reserved(customer) == ""


@pytest.mark.parametrize(
    ("query", "text"),
    [
        pytest.param({"startDate": "2030-01-01"}, "Invalid startDate.", id="hyphens"),
        pytest.param({"startDate": "20300102", "endDate": "20300101"}, "Invalid endDate.", id="backwards"),
        pytest.param({"groupTag": "g" * 201}, "Invalid groupTag.", id="long group, for which this call has no code"),
    ],
)
def test_a_bulk_cancel_is_refused(customer: Customer, query: dict[str, Any], text: str) -> None:
    assert customer.cancel_all(**query) == {"responseCode": 110, "responseMessage": text}
