"""絶対リーチ: statuses, bookings and counts in our words."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest

from providers.base import (
    REASONS,
    Booking,
    DeliveryReceipt,
)
from providers.errors import UnreadableReply

from .zettai_answers import (
    DAY,
    JST,
    NOON,
    REFERENCE,
    D,
    Question,
    T,
    U,
    X,
    ask,
    found,
)


def status_row(**changes: Any) -> dict[str, Any]:
    row = {
        "dateTime": "20260201 093012000",
        "phoneNumber": "+818011112222",
        "message": "テスト",
        "smsCode": 54321,
        "carrierId": "103",
        "carrierName": "Docomo",
        "statusId": "2",
        "clientTag": REFERENCE,
        "detailedStatusId": "2",
        "separatedSuccessCount": 1,
    }
    return {**row, **changes}


@pytest.mark.parametrize(
    ("changes", "receipt"),
    [
        pytest.param({}, found(D, vendor_code="2", carrier="docomo", parts=1), id="delivered"),
        pytest.param(
            {"statusId": 2, "carrierId": 101, "detailedStatusId": 2, "separatedSuccessCount": "3"},
            found(D, vendor_code="2", carrier="au", parts=3),
            id="numbers for strings and the reverse",
        ),
        pytest.param({"carrierId": None}, found(D, vendor_code="2", parts=1), id="carrier null"),
        pytest.param(
            {"statusId": "3", "detailedStatusId": "51824", "carrierId": None},
            found(U, vendor_code="51824", reason="out_of_reach", carrier="softbank", parts=1),
            id="carrier null, yet its module answered",
        ),
        pytest.param({"carrierId": "999"}, found(D, vendor_code="2", parts=1), id="carrier 999"),
        pytest.param(
            {"statusId": "1", "detailedStatusId": "31823"},
            found(T, vendor_code="1"),
            id="on its way, rest means nothing",
        ),
        pytest.param({"statusId": "0"}, found(X, vendor_code="0"), id="unknown to the vendor"),
        pytest.param({"statusId": "9"}, found(X, vendor_code="9"), id="a status we never saw"),
        pytest.param({"statusId": None}, found(X), id="no status"),
        pytest.param(
            {"statusId": "3", "detailedStatusId": "11721"},
            found(U, vendor_code="11721", reason="congestion", carrier="docomo", parts=1),
            id="failed, yet billed",
        ),
        pytest.param(
            {"statusId": "3", "detailedStatusId": 61732, "carrierId": "106", "separatedSuccessCount": 0},
            found(U, vendor_code="61732", reason="number_dead", carrier="rakuten", parts=0),
            id="failed, not billed",
        ),
        pytest.param(
            {"separatedSuccessCount": "many"}, found(D, vendor_code="2", carrier="docomo"), id="parts unreadable"
        ),
    ],
)
def test_look_up_reads_the_status(changes: dict[str, Any], receipt: DeliveryReceipt) -> None:
    reply = {"responseCode": 0, "status": [status_row(**changes)]}
    assert ask(lambda vendor: vendor.look_up(REFERENCE), reply) == receipt


@pytest.mark.parametrize(
    ("detail", "reason"),
    [
        *[(module + "721", "congestion") for module in ("11", "12", "13", "14", "31", "32", "51", "52", "61", "62")],
        ("31732", "number_dead"),
        ("51821", "congestion"),
        ("14823", "out_of_reach"),
        ("61824", "out_of_reach"),
        ("32833", "out_of_reach"),
        ("12834", "blocked_by_recipient"),
        ("12999", "undelivered"),
        ("99732", "undelivered"),
        ("732", "undelivered"),
        ("031732", "undelivered"),
        ("", "undelivered"),
    ],
)
def test_the_cause_of_a_failure_in_our_words(detail: str, reason: str) -> None:
    reply = {"responseCode": 0, "status": [status_row(statusId="3", detailedStatusId=detail)]}
    receipt = ask(lambda vendor: vendor.look_up(REFERENCE), reply)
    assert receipt.reason == reason
    assert receipt.vendor_code == (detail or "3")
    assert reason in REASONS


@pytest.mark.parametrize(
    "reply",
    [
        pytest.param({"responseCode": 0, "status": []}, id="empty"),
        pytest.param({"responseCode": 0, "status": None}, id="null"),
        pytest.param({"responseCode": 0}, id="missing"),
        pytest.param(
            {"responseCode": 0, "status": [status_row(clientTag=REFERENCE + "9")]}, id="only one that begins alike"
        ),
    ],
)
def test_look_up_finds_none(reply: dict[str, Any]) -> None:
    assert ask(lambda vendor: vendor.look_up(REFERENCE), reply) is None


def test_look_up_passes_by_tags_that_begin_alike() -> None:
    rows = [status_row(clientTag=REFERENCE + "0", statusId="3"), status_row()]
    receipt = ask(lambda vendor: vendor.look_up(REFERENCE), {"responseCode": 0, "status": rows})
    assert receipt.status is D


def test_a_day_leaves_out_what_had_no_tag() -> None:
    rows = [status_row(clientTag="a"), status_row(clientTag=""), status_row(clientTag="b", dateTime="rubbish")]
    receipts = ask(lambda vendor: vendor.look_up_day(DAY), {"responseCode": 0, "status": rows})
    assert [(receipt.reference, receipt.occurred_at) for receipt in receipts] == [("a", NOON), ("b", None)]


def test_a_day_may_hold_many() -> None:
    rows = [status_row(clientTag=f"t{place}", message="x" * 660) for place in range(3000)]
    assert len(ask(lambda vendor: vendor.look_up_day(DAY), {"responseCode": 0, "status": rows})) == 3000


@pytest.mark.parametrize("rows", ["x", 7, {"a": 1}, [1], [None]])
@pytest.mark.parametrize("question", [lambda v: v.look_up_day(DAY), lambda v: v.bookings(DAY, sender_id="5")])
def test_a_list_that_is_none_is_unreadable(question: Question, rows: object) -> None:
    with pytest.raises(UnreadableReply):
        ask(question, {"responseCode": 0, "status": rows})


def test_bookings_are_read_in_japans_time() -> None:
    rows = [
        {"scheduleTime": "2026-02-01 09:30", "phoneNumber": "+818011112222", "message": "x", "clientTag": "a"},
        {"scheduleTime": "2026-02-01 18:00", "phoneNumber": "+818033334444", "smsCode": 54321},
    ]
    assert ask(lambda v: v.bookings(DAY, sender_id="54321"), {"responseCode": 0, "count": 2, "status": rows}) == [
        Booking("a", "+818011112222", datetime(2026, 2, 1, 9, 30, tzinfo=JST)),
        Booking("", "+818033334444", datetime(2026, 2, 1, 18, 0, tzinfo=JST)),
    ]


@pytest.mark.parametrize(
    "reply",
    [
        pytest.param({"responseCode": 0, "count": 0, "status": []}, id="none"),
        pytest.param({"responseCode": 140, "responseMessage": "Past scheduleDate."}, id="a day gone by"),
    ],
)
def test_no_bookings(reply: dict[str, Any]) -> None:
    assert ask(lambda vendor: vendor.bookings(DAY, sender_id="54321"), reply) == []


def test_a_booking_without_a_readable_time_is_not_left_out_in_silence() -> None:
    rows = [{"scheduleTime": "tomorrow", "phoneNumber": "+818011112222", "clientTag": "a"}]
    with pytest.raises(UnreadableReply):
        ask(lambda vendor: vendor.bookings(DAY, sender_id="54321"), {"responseCode": 0, "status": rows})


@pytest.mark.parametrize(
    ("items", "counts"),
    [
        pytest.param([{"101": 120, "103": 340, "clientId": 20001}], {"au": 120, "docomo": 340}, id="zeros left out"),
        pytest.param([{"105": "7", "106": 1234567}], {"softbank": 7, "rakuten": 1234567}, id="strings"),
        pytest.param([{"clientId": 20001}], {}, id="a client without traffic"),
        pytest.param([], {}, id="empty"),
        pytest.param(None, {}, id="missing"),
    ],
)
def test_month_counts_by_carrier(items: object, counts: dict[str, int]) -> None:
    reply = {"responseCode": 0, "separatedSuccessCount": items}
    none = {"docomo": 0, "au": 0, "softbank": 0, "rakuten": 0}
    assert ask(lambda vendor: vendor.month_counts(DAY), reply) == none | counts


@pytest.mark.parametrize("figure", ["many", -1, 1.5, None, True, "12 "])
def test_a_count_that_is_none_is_never_zero(figure: object) -> None:
    with pytest.raises(UnreadableReply):
        ask(lambda vendor: vendor.month_counts(DAY), {"responseCode": 0, "separatedSuccessCount": [{"103": figure}]})
