"""Receipts: only for those who asked, to whom they asked for; and the report, which knows all the same."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from providers.sandbox.server import Options, SandboxServer

from .helpers import OpenReceiver, Receiver, eventually
from .rakuten_customer import ACCOUNT, KEY, NUMBER, SENDER, VENDOR, Customer, message, number_for, numbered, shown

TALLY = f"{VENDOR}/{KEY}"
MOMENT = "%Y-%m-%d %H:%M:%S"


@pytest.fixture
def sandbox() -> Iterator[SandboxServer]:
    with SandboxServer([ACCOUNT]) as server:
        yield server


@pytest.fixture
def quick_sandbox() -> Iterator[SandboxServer]:
    with SandboxServer([ACCOUNT], Options(time_scale=0.001)) as server:
        yield server


def subscribe(sandbox: SandboxServer, receiver: Receiver, **settings: Any) -> None:
    sandbox.control.register_account(**ACCOUNT, callback_url=receiver.url, **settings)


def test_a_receipt(quick_sandbox: SandboxServer, receive: OpenReceiver) -> None:
    customer, receiver = Customer(quick_sandbox), receive()
    subscribe(quick_sandbox, receiver)
    sent = customer.submit_many(message(), correlation_id="batch-42").fields["smsResponses"][0]
    assert receiver.has(1)
    assert receiver.requests[0][0] == "application/json"
    (event,) = receiver.objects()
    times = [datetime.strptime(event.pop(name), MOMENT).replace(tzinfo=UTC) for name in ("submit_time", "done_time")]
    assert all(abs(moment - customer.now()) < timedelta(minutes=1) for moment in times), "they are in UTC"
    assert event.pop("network") in {"44010", "44011", "44020", "44051"}
    assert event == {
        "message_id": sent["message_id"],
        "client_reference": "r-1",
        "correlation_id": "batch-42",
        "sender_address": SENDER,
        "destination_address": NUMBER,
        "status": "DELIVRD",
        "final": True,
        "error_code": "000",
        "error_description": "",
        "how_many_message_parts": 1,
    }


def test_only_those_who_ask_are_told(quick_sandbox: SandboxServer, receive: OpenReceiver) -> None:
    customer, receiver = Customer(quick_sandbox), receive()
    subscribe(quick_sandbox, receiver)
    for wish in (None, {"required": False}, {"intermediate_dlr": True}):
        customer.submit(delivery_receipts=wish)
    assert eventually(lambda: quick_sandbox.control.ledger()["rings"] == 3)
    customer.submit(metadata={"client_reference": "asked"})
    assert receiver.has(1)
    assert [event["client_reference"] for event in receiver.objects()] == ["asked"]


def test_an_address_of_its_own(quick_sandbox: SandboxServer, receive: OpenReceiver) -> None:
    customer, common, own = Customer(quick_sandbox), receive(), receive()
    subscribe(quick_sandbox, common)
    customer.submit(delivery_receipts={"required": True, "custom_callback_url": own.url})
    assert own.has(1)
    assert common.requests == []


def test_an_address_outside_this_machine_is_never_called(quick_sandbox: SandboxServer) -> None:
    customer = Customer(quick_sandbox)
    wish = {"required": True, "custom_callback_url": "https://192.0.2.1/receipts"}
    assert customer.submit(delivery_receipts=wish).status == 200
    assert eventually(lambda: quick_sandbox.control.ledger()["accounts"][TALLY].get("receipts_given_up") == 1)


def test_repetitions_go_on_for_a_day(quick_sandbox: SandboxServer, receive: OpenReceiver) -> None:
    customer, receiver = Customer(quick_sandbox), receive(*[500] * 99)
    subscribe(quick_sandbox, receiver, retry_seconds=0.01)
    customer.submit()
    assert eventually(lambda: quick_sandbox.control.ledger()["accounts"][TALLY].get("receipts_given_up") == 1)
    # 1, 2, 5, 10, 30 minutes, then every hour: 24 hours hold 28 repetitions.
    assert len(receiver.requests) == 29
    assert len(set(receiver.requests)) == 1


@pytest.mark.parametrize(
    ("fate", "statuses", "at_last", "rings"),
    [
        pytest.param("delivered_fast", ["DELIVRD"], "DELIVRD", 1, id="delivered"),
        pytest.param("out_of_range_then_delivered", ["ENROUTE", "DELIVRD"], "DELIVRD", 1, id="out of range at first"),
        pytest.param("out_of_range", ["ENROUTE", "EXPIRED"], "EXPIRED", 0, id="out of range for good"),
        pytest.param("dead_number", ["UNDELIV"], "UNDELIV", 0, id="dead number"),
        pytest.param("refused", ["REJECTD"], "REJECTD", 0, id="refused by the recipient"),
        pytest.param("congested", ["UNDELIV"], "UNDELIV", 0, id="congestion"),
        pytest.param("receipt_lost", [], "DELIVRD", 1, id="receipt lost"),
        pytest.param("receipt_twice", ["DELIVRD"] * 2, "DELIVRD", 1, id="receipt twice"),
        pytest.param("receipt_before_answer", ["DELIVRD"], "DELIVRD", 1, id="receipt before the answer"),
        pytest.param("receipts_out_of_order", ["DELIVRD", "ENROUTE"], "DELIVRD", 1, id="receipts out of order"),
        pytest.param("never_final", ["ENROUTE"], "ENROUTE", 0, id="never final"),
        pytest.param("failed_then_delivered", ["EXPIRED", "DELIVRD"], "DELIVRD", 1, id="failed, then delivered"),
        pytest.param("unknown", ["UNKNOWN"], "UNKNOWN", 1, id="unknown"),
    ],
)
def test_magic_numbers(
    sandbox: SandboxServer, receive: OpenReceiver, fate: str, statuses: list[str], at_last: str, rings: int
) -> None:
    customer, receiver = Customer(sandbox), receive()
    subscribe(sandbox, receiver)
    wish = {"required": True, "intermediate_dlr": True}
    customer.submit(to=number_for(fate), delivery_receipts=wish)
    assert customer.status() == ("DELIVRD" if fate == "receipt_before_answer" else "ACCEPTD")
    for seconds, count in [(1, 1), (60, 2)]:
        sandbox.control.advance(seconds)
        assert receiver.has(min(count, len(statuses)))
    # Whatever else there might be would come before the receipt of this later message.
    customer.submit(to=number_for("receipt_before_answer"), metadata={"client_reference": "r-2"})
    assert [event["status"] for event in receiver.objects()] == [*statuses, "DELIVRD"]
    assert customer.status() == at_last
    assert sandbox.control.ledger(reference="r-1")["rings"] == rings


def test_news_on_the_way_only_for_those_who_ask_for_it(sandbox: SandboxServer, receive: OpenReceiver) -> None:
    customer, receiver = Customer(sandbox), receive()
    subscribe(sandbox, receiver)
    customer.submit(to=number_for("out_of_range_then_delivered"))
    for seconds in (1, 60):
        sandbox.control.advance(seconds)
    assert receiver.has(1)
    assert [event["status"] for event in receiver.objects()] == ["DELIVRD"]


def test_failures_name_a_cause(quick_sandbox: SandboxServer, receive: OpenReceiver) -> None:
    customer, receiver = Customer(quick_sandbox), receive()
    subscribe(quick_sandbox, receiver)
    for fate in ("dead_number", "refused", "congested", "out_of_range"):
        customer.submit(to=number_for(fate))
    assert receiver.has(4)
    events = receiver.objects()
    assert len({event["error_code"] for event in events} - {"000"}) == 4
    assert all(event["final"] and event["error_description"] for event in events)


def test_every_receipt_of_an_array_is_there_before_its_answer(
    quick_sandbox: SandboxServer, receive: OpenReceiver
) -> None:
    customer, receiver = Customer(quick_sandbox), receive()
    subscribe(quick_sandbox, receiver)
    elements = [{**one, "to": number_for("receipt_before_answer")} for one in numbered(5)]
    customer.submit_many(*elements)
    assert sorted(event["client_reference"] for event in receiver.objects()) == [f"r-{n}" for n in range(5)]


def test_a_record_of_the_report(sandbox: SandboxServer) -> None:
    customer = Customer(sandbox)
    sent = customer.submit().fields
    sandbox.control.advance(10)
    (record,) = customer.records(client_reference="r-1")
    assert record.pop("submit_time") <= record.pop("done_time")
    assert record.pop("network").startswith("440")
    assert record == {
        "message_id": sent["message_id"],
        "client_reference": "r-1",
        "sender_address": SENDER,
        "destination_address": NUMBER,
        "api_key": KEY,
        "status": "DELIVRD",
        "final": True,
        "error_code": "000",
        "error_description": "",
        "how_many_message_parts": 1,
    }


def report_on_three(sandbox: SandboxServer) -> Customer:
    """One delivered, one to a dead number a minute later, one still under way after another."""
    customer = Customer(sandbox)
    for reference, number in [("a", NUMBER), ("b", number_for("dead_number")), ("c", number_for("never_final"))]:
        customer.submit(to=number, metadata={"client_reference": reference})
        sandbox.control.advance(60)
    return customer


@pytest.mark.parametrize(
    ("query", "found"),
    [
        pytest.param({}, "cba", id="all, newest first"),
        pytest.param({"sort_order": "asc"}, "abc", id="oldest first"),
        pytest.param({"client_reference": "b"}, "b", id="by reference"),
        pytest.param({"status": "DELIVRD"}, "a", id="by status"),
        pytest.param({"status": "UNDELIV", "client_reference": "a"}, "", id="by both"),
        pytest.param({"da": NUMBER}, "a", id="by destination"),
        pytest.param({"oa": SENDER}, "cba", id="by sender"),
        pytest.param({"oa": "other"}, "", id="by another sender"),
        pytest.param({"api_key": KEY}, "cba", id="by key"),
        pytest.param({"api_key": "other"}, "", id="by another key"),
        pytest.param({"network": "00000"}, "", id="by a network nobody is in"),
        pytest.param({"enterprise_id": "7"}, "cba", id="the parameter of the sample that no table names"),
    ],
)
def test_the_report_finds(sandbox: SandboxServer, query: dict[str, str], found: str) -> None:
    reply = report_on_three(sandbox).history(**query)
    assert reply.fields["_embedded"]["total_found"] == len(found)
    records = reply.fields["_embedded"]["transactions"]
    assert "".join(record["client_reference"] for record in records) == found


def test_the_report_finds_by_time_in_the_zone_that_was_named(sandbox: SandboxServer) -> None:
    customer = report_on_three(sandbox)
    later = customer.now() - timedelta(seconds=150)
    assert len(customer.records(date_from=shown(later.astimezone(UTC)))) == 2
    hour_on = shown(customer.now() + timedelta(hours=1))
    in_japan = customer.records(date_from=shown(later), date_to=hour_on, tz="JST", sort_order="asc")
    assert [record["client_reference"] for record in in_japan] == ["b", "c"]
    assert in_japan[0]["submit_time"] >= shown(later)


def test_pages_of_the_report(sandbox: SandboxServer) -> None:
    customer = Customer(sandbox)
    customer.submit_many(*numbered(5))
    fields = customer.history(page_size=2, sort_order="asc").fields
    seen = [record["client_reference"] for record in fields["_embedded"]["transactions"]]
    assert (fields["page"], fields["page_size"], fields["_embedded"]["total_found"]) == (1, 2, 5)
    while "next" in fields["_links"]:
        fields = customer.call("GET", fields["_links"]["next"]["href"].removeprefix("/")).fields
        seen += [record["client_reference"] for record in fields["_embedded"]["transactions"]]
    assert seen == [f"r-{number}" for number in range(5)]
    assert fields["_links"]["self"] == fields["_links"]["last"]
    assert fields["page"] == 3


@pytest.mark.parametrize(
    "query",
    [
        {"date_from": None},
        {"date_to": "2026-01-01"},
        {"date_from": "2026-02-30 10:00:00"},
        {"page": "0"},
        {"page": "1001"},
        {"page_size": "101"},
        {"tz": "CET"},
        {"sort_order": "up"},
    ],
    ids=lambda query: json.dumps(query),
)
def test_reports_nobody_can_give(sandbox: SandboxServer, query: dict[str, str | None]) -> None:
    reply = Customer(sandbox).history(**query)
    assert (reply.status, reply.fields["result_code"]) == (400, "100")


def test_the_report_may_lag_behind(sandbox: SandboxServer) -> None:
    sandbox.control.register_account(**ACCOUNT, look_up_delay=300)
    customer = Customer(sandbox)
    customer.submit()
    assert customer.records() == []
    sandbox.control.advance(301)
    assert len(customer.records()) == 1
