"""絶対リーチ: the exact wire of every call, and what each answer makes of a message."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from typing import Any

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from providers.base import (
    Accepted,
    CancelOutcome,
    Duplicate,
    Outcome,
    Refused,
    TurnedAway,
    Unknown,
)
from providers.errors import CODES, AccountRefused, OutcomeUnknown, ProviderError, UnreadableReply
from providers.zettai_reach import ZettaiReach

from .zettai_answers import (
    DAY,
    REFERENCE,
    SIGNED,
    Answer,
    Question,
    ask,
    coded,
    exchange,
    json_values,
    make_sms,
    submit_one,
)


@pytest.mark.parametrize(
    ("changes", "form"),
    [
        pytest.param(
            {},
            f"{SIGNED}&smsCode=54321&message=%E3%83%86%E3%82%B9%E3%83%88&phoneNumber=%2B818011112222"
            f"&clientTag={REFERENCE}",
            id="at once",
        ),
        pytest.param(
            {"body": "A+B & C=50%\n次#;", "group": "c7f3a2"},
            f"{SIGNED}&smsCode=54321&message=A%2BB+%26+C%3D50%25%0A%E6%AC%A1%23%3B&phoneNumber=%2B818011112222"
            f"&clientTag={REFERENCE}&groupTag=c7f3a2",
            id="special characters and a group",
        ),
        pytest.param(
            {"body": "a", "scheduled_for": datetime(2026, 12, 31, 23, 45, tzinfo=UTC)},
            f"{SIGNED}&smsCode=54321&message=a&phoneNumber=%2B818011112222&clientTag={REFERENCE}"
            "&scheduleTime=2027-01-01+08%3A45",
            id="booked, in Japan's time",
        ),
        pytest.param(
            {"body": "a", "carrier": "softbank"},
            f"{SIGNED}&smsCode=54321&message=a&phoneNumber=%2B818011112222&clientTag={REFERENCE}&carrierId=105",
            id="a carrier known beforehand",
        ),
    ],
)
def test_a_message_leaves_as_this_form(changes: dict[str, Any], form: str) -> None:
    _, (request,) = exchange(lambda vendor: vendor.submit([make_sms(**changes)]), coded(0))
    assert request.method == "POST"
    assert str(request.url) == "https://sms-api.aossms.com/p5/api/mt.json"
    assert request.headers["content-type"] == "application/x-www-form-urlencoded"
    assert request.content.decode() == form


@pytest.mark.parametrize(
    ("question", "call"),
    [
        pytest.param(lambda v: v.check(), f"template.json?{SIGNED}", id="7 check"),
        pytest.param(lambda v: v.look_up("a+b"), f"status.json?{SIGNED}&clientTag=a%2Bb", id="5 one"),
        pytest.param(lambda v: v.look_up_day(DAY), f"status.json?{SIGNED}&date=20260201", id="5 a day"),
        pytest.param(
            lambda v: v.bookings(DAY, sender_id="54321"),
            f"checkreservation.json?{SIGNED}&smsCode=54321&scheduleDate=20260201",
            id="2 a day",
        ),
        pytest.param(
            lambda v: v.bookings(DAY, sender_id="54321", group="c7"),
            f"checkreservation.json?{SIGNED}&smsCode=54321&scheduleDate=20260201&groupTag=c7",
            id="2 a group's day",
        ),
        pytest.param(
            lambda v: v.bookings_at(datetime(2026, 1, 31, 15, 30, tzinfo=UTC), sender_id="54321", group="c7"),
            f"checkreservation.json?{SIGNED}&smsCode=54321&scheduleTime=2026-02-01+00%3A30&groupTag=c7",
            id="2 a minute",
        ),
        pytest.param(
            lambda v: v.booking("t-1", sender_id="54321"),
            f"checkreservation.json?{SIGNED}&smsCode=54321&clientTag=t-1",
            id="2 one",
        ),
        pytest.param(lambda v: v.cancel("t-1"), f"cancelreservation.json?{SIGNED}&clientTag=t-1", id="3 cancel"),
        pytest.param(lambda v: v.cancel_group("c7"), f"cancelreservationall.json?{SIGNED}&groupTag=c7", id="4 a group"),
        pytest.param(
            lambda v: v.cancel_group("c7", first=DAY, last=date(2026, 2, 3)),
            f"cancelreservationall.json?{SIGNED}&startDate=20260201&endDate=20260203&groupTag=c7",
            id="4 a group's days",
        ),
        pytest.param(
            lambda v: v.cancel_group("", first=DAY),
            f"cancelreservationall.json?{SIGNED}&startDate=20260201",
            id="4 from a day on",
        ),
        pytest.param(
            lambda v: v.cancel_group("", last=DAY),
            f"cancelreservationall.json?{SIGNED}&endDate=20260201",
            id="4 until a day",
        ),
        pytest.param(lambda v: v.cancel_everything(), f"cancelreservationall.json?{SIGNED}", id="4 everything"),
        pytest.param(lambda v: v.templates(), f"template.json?{SIGNED}", id="7 templates"),
        pytest.param(
            lambda v: v.month_counts(date(2026, 2, 14)), f"separatedsuccesscount.json?{SIGNED}&month=202602", id="9"
        ),
    ],
)
def test_a_question_leaves_as_this_address(question: Question, call: str) -> None:
    _, (request,) = exchange(question, coded(0))
    assert request.method == "GET"
    assert str(request.url) == f"https://sms-api.aossms.com/p5/api/{call}"


@pytest.mark.parametrize("group", ["", "  ", "　"])
def test_a_cancellation_of_everything_never_leaves(group: str) -> None:
    with pytest.raises(ValueError, match="every booking"):
        exchange(lambda vendor: vendor.cancel_group(group), coded(0))


@pytest.mark.parametrize(
    ("number", "accepted"),
    [
        pytest.param("+819012345678", True, id="090"),
        pytest.param("+818012345678", True, id="080"),
        pytest.param("+817012345678", True, id="070"),
        pytest.param("+816012345678", True, id="060"),
        pytest.param("+812012345678", True, id="020"),
        pytest.param("+812012345678901", True, id="020 of 14 digits"),
        pytest.param("+819002345678", False, id="0 in fourth place"),
        pytest.param("+812002345678901", False, id="0200"),
        pytest.param("+815012345678", False, id="050"),
        pytest.param("+81312345678", False, id="a fixed line"),
        pytest.param("819012345678", False, id="no plus"),
        pytest.param("+8109012345678", False, id="0 kept"),
        pytest.param("+819012345678\n", False, id="a line break behind"),
        pytest.param("+８１９０１２３４５６７８", False, id="full width"),
        pytest.param("+14155550100", False, id="abroad"),
    ],
)
def test_the_numbers_it_takes(number: str, accepted: bool) -> None:
    assert ZettaiReach.accepts(number) is accepted


# What became of a message.


@pytest.mark.parametrize(
    ("answer", "outcome"),
    [
        pytest.param(coded(0, "Success.", phoneNumber="+818011112222", smsMessage="テスト"), Accepted(), id="0"),
        pytest.param(coded("0"), Accepted(), id="0 as a string, nothing echoed"),
        pytest.param(coded(0, phoneNumber="08011112222"), Accepted(), id="0, domestic echo"),
        pytest.param(coded(0, phoneNumber="+818033334444"), Unknown("unreadable_reply"), id="0 for another number"),
        pytest.param(coded(400, "Duplicate client tag."), Duplicate(), id="400"),
        pytest.param(coded(400, phoneNumber="+818033334444"), Unknown("unreadable_reply"), id="400 for another number"),
        pytest.param(
            coded(110, "Invalid phoneNumber."),
            Refused("recipient_invalid", "110", "Invalid phoneNumber."),
            id="110 number",
        ),
        pytest.param(
            coded("100", "Required phoneNumber."),
            Refused("recipient_invalid", "100", "Required phoneNumber."),
            id="100 number",
        ),
        pytest.param(
            coded(110, "Invalid message."), Refused("body_invalid", "110", "Invalid message."), id="110 message"
        ),
        pytest.param(
            coded(100, "Required message."), Refused("body_invalid", "100", "Required message."), id="100 message"
        ),
        pytest.param(
            coded(120, "message too long."), Refused("body_too_long", "120", "message too long."), id="120 message"
        ),
        pytest.param(
            coded(110, "Invalid scheduleTime."),
            Refused("schedule_invalid", "110", "Invalid scheduleTime."),
            id="110 time",
        ),
        pytest.param(coded(120, "groupTag too long."), Refused("refused", "120", "groupTag too long."), id="120 group"),
        pytest.param(coded(110, "???"), Refused("refused", "110", "???"), id="110 without an item"),
        pytest.param(coded(110), Refused("refused", "110", ""), id="110 without a text"),
        pytest.param(coded(110, "x" * 999), Refused("refused", "110", "x" * 200), id="110 with a long text"),
        pytest.param(coded(500, "System error."), Unknown("system_error", "500"), id="500"),
        pytest.param(coded(130, "Already send."), Unknown("system_error", "130"), id="130, not of this call"),
        pytest.param(coded(777, "?"), Unknown("system_error", "777"), id="a code we never saw"),
        pytest.param(httpx.Response(200, json={}), Unknown("unreadable_reply"), id="no code"),
        pytest.param(coded(None), Unknown("unreadable_reply"), id="null for a code"),
        pytest.param(coded(False), Unknown("unreadable_reply"), id="false is not 0"),
        pytest.param(coded(0.0), Unknown("unreadable_reply"), id="0.0 is not 0"),
        pytest.param(httpx.Response(200, text="<html>"), Unknown("unreadable_reply"), id="a page"),
        pytest.param(httpx.Response(404), TurnedAway("address_not_found"), id="HTTP 404"),
        pytest.param(httpx.Response(429, headers={"Retry-After": "3"}), TurnedAway("throttled", 3.0), id="HTTP 429"),
        pytest.param(httpx.Response(503, json={"responseCode": 0}), Unknown("unexpected_status", "503"), id="HTTP 503"),
        pytest.param(httpx.Response(302), Unknown("unexpected_status", "302"), id="HTTP 302"),
        pytest.param(httpx.ConnectError("x"), TurnedAway("not_reached"), id="never left"),
        pytest.param(httpx.ReadTimeout("x"), Unknown("no_answer"), id="left, no answer"),
    ],
)
def test_submit_names_what_became_of_it(answer: Answer, outcome: Outcome) -> None:
    assert submit_one(answer) == outcome


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        pytest.param(coded(110, "Invalid token."), "credentials_refused", id="110 token"),
        pytest.param(coded(100, "Required token."), "credentials_refused", id="100 token"),
        pytest.param(coded(110, "Invalid clientId."), "credentials_refused", id="110 client"),
        pytest.param(coded(110, "Invalid smsCode."), "sender_refused", id="110 sender"),
        pytest.param(coded(120, "smsCode too long."), "sender_refused", id="120 sender"),
        pytest.param(coded(300, "Exceed sending count."), "quota_used_up", id="300"),
        pytest.param(httpx.Response(401), "credentials_refused", id="HTTP 401"),
        pytest.param(httpx.Response(403, text="<html>"), "access_refused", id="HTTP 403"),
    ],
)
def test_trouble_with_the_account_is_raised(answer: Answer, code: str) -> None:
    with pytest.raises(AccountRefused) as caught:
        submit_one(answer)
    assert caught.value.code == code


READS: list[Any] = [
    pytest.param(lambda v: v.check(), id="check"),
    pytest.param(lambda v: v.look_up(REFERENCE), id="look_up"),
    pytest.param(lambda v: v.look_up_day(DAY), id="look_up_day"),
    pytest.param(lambda v: v.bookings(DAY, sender_id="54321"), id="bookings"),
    pytest.param(lambda v: v.cancel_group("c7"), id="cancel_group"),
    pytest.param(lambda v: v.month_counts(DAY), id="month_counts"),
    pytest.param(lambda v: v.booking(REFERENCE, sender_id="54321"), id="booking"),
    pytest.param(lambda v: v.shorten("https://example.jp/"), id="shorten"),
    pytest.param(lambda v: v.templates(), id="templates"),
    pytest.param(lambda v: v.clean("+818011112222", since=DAY), id="clean"),
]


@pytest.mark.parametrize(
    ("reply", "kind", "code"),
    [
        pytest.param(coded(110, "Invalid token."), AccountRefused, "credentials_refused", id="token"),
        pytest.param(coded(110, "Invalid date."), ProviderError, "call_refused", id="another item"),
        pytest.param(coded(500, "System error."), OutcomeUnknown, "system_error", id="500"),
        pytest.param(coded(999), OutcomeUnknown, "system_error", id="a code we never saw"),
        pytest.param(httpx.Response(200, json={"status": []}), UnreadableReply, "unreadable_reply", id="no code"),
    ],
)
@pytest.mark.parametrize("question", READS)
def test_a_question_not_answered_raises(
    question: Question, reply: httpx.Response, kind: type[ProviderError], code: str
) -> None:
    with pytest.raises(ProviderError) as caught:
        exchange(question, reply)
    assert (type(caught.value), caught.value.code) == (kind, code)
    assert code in CODES


@pytest.mark.parametrize(
    ("reply", "outcome"),
    [
        pytest.param({"responseCode": 0, "clientTag": REFERENCE}, CancelOutcome.CANCELLED, id="0"),
        pytest.param({"responseCode": 130, "responseMessage": "Already send."}, CancelOutcome.TOO_LATE, id="130"),
        pytest.param({"responseCode": 110, "responseMessage": "Invalid clientTag."}, CancelOutcome.NOT_FOUND, id="110"),
        pytest.param({"responseCode": 500, "responseMessage": "System error."}, CancelOutcome.UNKNOWN, id="500"),
        pytest.param({"responseCode": 777}, CancelOutcome.UNKNOWN, id="a code we never saw"),
        pytest.param({}, CancelOutcome.UNKNOWN, id="no code"),
    ],
)
def test_cancel_names_what_became_of_it(reply: dict[str, Any], outcome: CancelOutcome) -> None:
    assert ask(lambda vendor: vendor.cancel(REFERENCE), reply) == outcome


def test_a_cancellation_with_a_wrong_token_is_about_the_account() -> None:
    with pytest.raises(AccountRefused):
        exchange(lambda vendor: vendor.cancel(REFERENCE), coded(110, "Invalid token."))


@settings(max_examples=200, deadline=None)
@given(st.dictionaries(st.sampled_from(["responseCode", "responseMessage", "phoneNumber", "x"]), json_values))
def test_whatever_is_answered_a_message_is_never_taken_for_sent(reply: dict[str, Any]) -> None:
    try:
        outcome = submit_one(httpx.Response(200, content=json.dumps(reply).encode()))
    except AccountRefused:
        return
    assert outcome != Accepted() or str(reply["responseCode"]) == "0"
    assert not isinstance(outcome, TurnedAway)
