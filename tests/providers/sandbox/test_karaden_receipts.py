"""The callback: what is in it and what is not, whom it goes to, its repetitions, and what each magic number makes."""

from collections.abc import Iterator
from typing import Any

import pytest

from providers.sandbox.server import Options, SandboxServer

from .helpers import OpenReceiver, Receiver, eventually
from .karaden_customer import ACCOUNT, PROJECT, SERVICE, Customer, number_for

KEY = f"karaden/{PROJECT}"


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


def test_a_callback_as_the_vendor_describes_it(quick_sandbox: SandboxServer, receive: OpenReceiver) -> None:
    customer, receiver = Customer(quick_sandbox), receive()
    subscribe(quick_sandbox, receiver)
    sent = customer.sent()
    assert receiver.has(1)
    assert receiver.requests[0][0] == "application/json"
    assert receiver.headers[0]["Karaden-Version"] == "2024-03-01"
    assert receiver.headers[0]["Authorization"] is None
    (event,) = receiver.objects()
    moments = [event.pop(name) for name in ("sent_at", "received_at", "charged_at", "created_at", "updated_at")]
    assert all(moment.endswith("+09:00") for moment in moments)
    assert event.pop("carrier") in {"docomo", "au", "softbank", "rakuten"}
    assert event == {
        "id": sent["id"],
        "object": "message",
        "project_id": 4,
        "service_id": SERVICE,
        "billing_address_id": 1,
        "tags": ["t-1"],
        "is_shorten": False,
        "result": "done",
        "status": "done",
        "sent_result": "received",
        "charged_count_per_sent": 1,
        "scheduled_at": None,
        "limited_at": None,
    }


def test_each_service_has_its_own_address_and_version(quick_sandbox: SandboxServer, receive: OpenReceiver) -> None:
    customer, common, own = Customer(quick_sandbox), receive(), receive()
    services = [{"id": 12}, {"id": 13, "callback_url": own.url, "callback_version": "2023-01-01"}]
    subscribe(quick_sandbox, common)
    quick_sandbox.control.register_account(**{**ACCOUNT, "services": services}, callback_url=common.url)
    customer.send(**{"tags[]": "of 12"})
    customer.send(service_id="13", **{"tags[]": "of 13"})
    assert common.has(1)
    assert own.has(1)
    assert [event["tags"] for event in common.objects()] == [["of 12"]]
    assert [event["tags"] for event in own.objects()] == [["of 13"]]
    assert own.headers[0]["Karaden-Version"] == "2023-01-01"


@pytest.mark.parametrize(
    ("answers", "calls", "end"),
    [
        pytest.param([200], 1, "receipts_taken", id="taken at once"),
        pytest.param([500, 204, 200], 3, "receipts_taken", id="only 200 counts"),
        pytest.param([500] * 9, 5, "receipts_given_up", id="given up within the hour"),
    ],
)
def test_repetitions(
    quick_sandbox: SandboxServer, receive: OpenReceiver, answers: list[int], calls: int, end: str
) -> None:
    receiver = receive(*answers)
    subscribe(quick_sandbox, receiver)
    Customer(quick_sandbox).send()
    assert eventually(lambda: quick_sandbox.control.ledger()["accounts"][KEY].get(end) == 1)
    assert len(receiver.requests) == calls
    assert len(set(receiver.requests)) == 1


@pytest.mark.parametrize(
    ("fate", "states", "at_last", "rings"),
    [
        pytest.param("delivered_fast", ["received"], "received", 1, id="delivered"),
        pytest.param(
            "out_of_range_then_delivered", ["processing", "received"], "received", 1, id="out of range, then delivered"
        ),
        pytest.param("out_of_range", ["processing", "unconnected"], "unconnected", 0, id="out of range for good"),
        pytest.param("dead_number", ["error"], "error", 0, id="dead number"),
        pytest.param("refused", ["error"], "error", 0, id="refused by the recipient"),
        pytest.param("congested", ["error"], "error", 0, id="congestion"),
        pytest.param("receipt_lost", [], "received", 1, id="callback lost"),
        pytest.param("receipt_twice", ["received"] * 2, "received", 1, id="callback twice"),
        pytest.param("receipt_before_answer", ["received"], "received", 1, id="callback before the answer"),
        pytest.param("receipts_out_of_order", ["received", "processing"], "received", 1, id="callbacks out of order"),
        pytest.param("never_final", ["processing"], "unconnected", 0, id="never final"),
        pytest.param("failed_then_delivered", ["unconnected", "received"], "received", 1, id="failed, then delivered"),
        pytest.param("unknown", ["unknown"], "unknown", 1, id="unknown"),
    ],
)
def test_magic_numbers(
    sandbox: SandboxServer, receive: OpenReceiver, fate: str, states: list[str], at_last: str, rings: int
) -> None:
    customer, receiver = Customer(sandbox), receive()
    subscribe(sandbox, receiver)
    sent = customer.sent(to=number_for(fate))
    for seconds, count in [(1, 1), (3600, 2)]:
        sandbox.control.advance(seconds)
        assert receiver.has(min(count, len(states)))
    # Whatever else there might be would come before the callback of this later message.
    customer.send(to=number_for("receipt_before_answer"), **{"tags[]": "t-2"})
    told = [event["sent_result"] if event["result"] == "done" else "processing" for event in receiver.objects()]
    assert told == [*states, "received"]
    assert customer.detail(sent["id"])["sent_result"] == at_last
    assert sandbox.control.ledger(reference="t-1")["rings"] == rings


def test_a_belated_callback_shows_the_earlier_state(sandbox: SandboxServer, receive: OpenReceiver) -> None:
    customer, receiver = Customer(sandbox), receive()
    subscribe(sandbox, receiver)
    customer.send(to=number_for("receipts_out_of_order"))
    for seconds, count in [(1, 1), (60, 2)]:
        sandbox.control.advance(seconds)
        assert receiver.has(count)
    delivered, belated = receiver.objects()
    assert (belated["received_at"], belated["charged_at"], belated["carrier"]) == (None, None, "checking")
    assert belated["updated_at"] <= delivered["updated_at"]


def test_the_callback_is_there_before_the_answer(quick_sandbox: SandboxServer, receive: OpenReceiver) -> None:
    customer, receiver = Customer(quick_sandbox), receive()
    subscribe(quick_sandbox, receiver)
    for round_ in range(10):
        answer = customer.sent(to=number_for("receipt_before_answer"))
        assert len(receiver.requests) == round_ + 1
        assert answer["status"] == "waiting"


def test_nobody_is_told_of_a_cancelled_message(sandbox: SandboxServer, receive: OpenReceiver) -> None:
    customer, receiver = Customer(sandbox), receive()
    subscribe(sandbox, receiver)
    customer.cancel(customer.schedule(customer.in_minutes(60))["id"])
    sandbox.control.advance(7200)
    customer.send(to=number_for("receipt_before_answer"), **{"tags[]": "t-2"})
    assert [event["tags"] for event in receiver.objects()] == [["t-2"]]


@pytest.mark.parametrize(
    ("fate", "is_charged"),
    [
        pytest.param("delivered_fast", True, id="delivered"),
        pytest.param("unknown", True, id="unknown"),
        pytest.param("dead_number", False, id="dead number"),
    ],
)
def test_what_is_charged(sandbox: SandboxServer, fate: str, is_charged: bool) -> None:
    customer = Customer(sandbox)
    sent = customer.sent(to=number_for(fate))
    sandbox.control.advance(10)
    assert (customer.detail(sent["id"])["charged_at"] is not None) is is_charged


def test_a_failure_that_turns_into_a_delivery_is_charged_then(sandbox: SandboxServer) -> None:
    customer = Customer(sandbox)
    sent = customer.sent(to=number_for("failed_then_delivered"))
    sandbox.control.advance(2)
    assert customer.detail(sent["id"])["charged_at"] is None
    sandbox.control.advance(10)
    assert customer.detail(sent["id"])["charged_at"] is not None
