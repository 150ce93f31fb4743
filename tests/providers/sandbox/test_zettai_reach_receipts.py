"""The DLR push: its three formats, its repetitions, and what each magic number makes of it."""

import json
import re
import socket
import urllib.parse
from typing import Any
from xml.etree import ElementTree as ET

import pytest

from providers.sandbox.pushing import UNDER_WAY
from providers.sandbox.server import SandboxServer

from .helpers import ACCOUNT, CLIENT, FORM, Customer, OpenReceiver, Receiver, eventually, number_for


@pytest.fixture
def customer(quick_sandbox: SandboxServer) -> Customer:
    return Customer(quick_sandbox)


def subscribe(sandbox: SandboxServer, receiver: Receiver, **settings: Any) -> None:
    sandbox.control.register_account(**ACCOUNT, callback_url=receiver.url, **settings)


def tally(sandbox: SandboxServer) -> dict[str, int]:
    counts: dict[str, int] = sandbox.control.ledger()["accounts"][f"zettai_reach/{CLIENT}"]
    return counts


def test_a_receipt_as_the_vendor_describes_it(
    quick_sandbox: SandboxServer, customer: Customer, receive: OpenReceiver
) -> None:
    receiver = receive()
    subscribe(quick_sandbox, receiver)
    customer.send(carrierId="101", phoneNumber=number_for("dead_number"))
    assert receiver.has(1)
    assert receiver.requests[0][0] == FORM
    (event,) = receiver.events()
    assert len(event.pop("messageId")) == 32
    assert re.fullmatch("[0-9]{4}/[0-9]{2}/[0-9]{2} [0-9]{2}:[0-9]{2}:[0-9]{2}", event.pop("dateTime"))
    assert event == {
        "type": "DLR",
        "phoneNumber": number_for("dead_number"),
        "smsCode": "54321",
        "carrierId": "101",
        "carrierName": "AU",
        "messageText": "テスト",
        "clientId": CLIENT,
        "clientTag": "t-1",
        "statusId": "3",
        "statusDescription": "Message delivery failed",
        "detailedStatusId": 11732,
    }


def test_a_delivery_names_its_billed_parts(
    quick_sandbox: SandboxServer, customer: Customer, receive: OpenReceiver
) -> None:
    receiver = receive()
    subscribe(quick_sandbox, receiver)
    customer.send(message="あ" * 71)
    assert receiver.has(1)
    (event,) = receiver.events()
    assert (event["statusId"], event["detailedStatusId"], event["separatedSuccessCount"]) == ("2", 2, 2)


def test_raw_json(quick_sandbox: SandboxServer, customer: Customer, receive: OpenReceiver) -> None:
    receiver = receive()
    subscribe(quick_sandbox, receiver, receipt_format="raw_json")
    customer.send()
    assert receiver.has(1)
    content_type, body = receiver.requests[0]
    assert content_type == "application/json"
    assert json.loads(body)["eventNotifications"][0]["clientTag"] == "t-1"


def test_xml(quick_sandbox: SandboxServer, customer: Customer, receive: OpenReceiver) -> None:
    receiver = receive()
    subscribe(quick_sandbox, receiver, receipt_format="form_xml")
    customer.send(message="<テスト & 確認>")
    assert receiver.has(1)
    content_type, body = receiver.requests[0]
    assert content_type == FORM
    root = ET.fromstring(urllib.parse.parse_qs(body.decode())["xml"][0])  # noqa: S314 - our own
    assert root.findtext("eventNotifications/clientTag") == "t-1"
    assert root.findtext("eventNotifications/messageText") == "<テスト & 確認>"


def test_without_a_tag_nothing_is_pushed(
    quick_sandbox: SandboxServer, customer: Customer, receive: OpenReceiver
) -> None:
    receiver = receive()
    subscribe(quick_sandbox, receiver)
    customer.send(None)
    assert eventually(lambda: quick_sandbox.control.ledger()["rings"] == 1)
    customer.send("t-1")
    assert receiver.has(1)
    assert [event["clientTag"] for event in receiver.events()] == ["t-1"]


@pytest.mark.parametrize(
    ("answers", "calls", "end"),
    [
        pytest.param([200], 1, "receipts_taken", id="taken at once"),
        pytest.param([500, 503, 200], 3, "receipts_taken", id="taken at the third call"),
        pytest.param([204, 200], 2, "receipts_taken", id="204 is not 200"),
        pytest.param([302, 200], 2, "receipts_taken", id="a redirect is not followed"),
        pytest.param([0, 200], 2, "receipts_taken", id="no answer in time"),
        pytest.param([500] * 9, 4, "receipts_given_up", id="given up after three repetitions"),
    ],
)
def test_repetitions(
    quick_sandbox: SandboxServer, customer: Customer, receive: OpenReceiver, answers: list[int], calls: int, end: str
) -> None:
    receiver = receive(*answers)
    subscribe(quick_sandbox, receiver, answer_within=0.2)
    customer.send()
    assert eventually(lambda: tally(quick_sandbox).get(end) == 1)
    assert len(receiver.requests) == calls
    assert len(set(receiver.requests)) == 1


def test_a_customer_who_is_not_there(quick_sandbox: SandboxServer, customer: Customer) -> None:
    with socket.create_server(("127.0.0.1", 0)) as nobody:
        url = f"http://127.0.0.1:{nobody.getsockname()[1]}/"
    quick_sandbox.control.register_account(**ACCOUNT, callback_url=url)
    customer.send()
    assert eventually(lambda: tally(quick_sandbox).get("receipts_given_up") == 1)


@pytest.mark.parametrize(
    ("fate", "status_ids", "at_last", "detail", "rings"),
    [
        pytest.param("delivered_fast", ["2"], "2", "2", 1, id="delivered"),
        pytest.param("out_of_range_then_delivered", ["1", "2"], "2", "2", 1, id="out of range, then delivered"),
        pytest.param("out_of_range", ["1", "3"], "3", "31824", 0, id="out of range for good"),
        pytest.param("dead_number", ["3"], "3", "31732", 0, id="dead number"),
        pytest.param("refused", ["3"], "3", "31834", 0, id="refused by the recipient"),
        pytest.param("congested", ["3"], "3", "31721", 0, id="congestion"),
        pytest.param("receipt_lost", [], "2", "2", 1, id="receipt lost"),
        pytest.param("receipt_twice", ["2", "2"], "2", "2", 1, id="receipt twice"),
        pytest.param("receipt_before_answer", ["2"], "2", "2", 1, id="receipt before the answer"),
        pytest.param("receipts_out_of_order", ["2", "1"], "2", "2", 1, id="receipts out of order"),
        pytest.param("never_final", ["1"], "1", "0", 0, id="never final"),
        pytest.param("holder_changed", ["2"], "2", "2", 1, id="delivered to somebody else"),
        pytest.param("failed_then_delivered", ["3", "2"], "2", "2", 1, id="failed, then delivered"),
        pytest.param("unknown", ["0"], "0", "0", 1, id="unknown"),
    ],
)
def test_magic_numbers(
    sandbox: SandboxServer,
    receive: OpenReceiver,
    fate: str,
    status_ids: list[str],
    at_last: str,
    detail: str,
    rings: int,
) -> None:
    customer, receiver = Customer(sandbox), receive()
    subscribe(sandbox, receiver)
    customer.send(phoneNumber=number_for(fate), carrierId="103")
    for seconds, count in [(1, 1), (3600, 2)]:
        sandbox.control.advance(seconds)
        assert receiver.has(min(count, len(status_ids)))
    # Whatever else there might be would come before the receipt of this later message.
    customer.send("t-2", phoneNumber=number_for("receipt_before_answer"))
    assert receiver.status_ids() == [*status_ids, "2"]
    row = customer.status()
    assert row is not None
    assert (row["statusId"], row["detailedStatusId"]) == (at_last, detail)
    assert sandbox.control.ledger(reference="t-1")["rings"] == rings


def test_repeated_receipts_are_the_same_to_the_letter(
    quick_sandbox: SandboxServer, customer: Customer, receive: OpenReceiver
) -> None:
    receiver = receive()
    subscribe(quick_sandbox, receiver)
    customer.send(phoneNumber=number_for("receipt_twice"))
    assert receiver.has(2)
    assert len(set(receiver.requests)) == 1


def test_the_receipt_is_there_before_the_answer(
    quick_sandbox: SandboxServer, customer: Customer, receive: OpenReceiver
) -> None:
    receiver = receive()
    subscribe(quick_sandbox, receiver)
    for round_ in range(20):
        customer.send(f"t-{round_}", phoneNumber=number_for("receipt_before_answer"))
        assert len(receiver.requests) == round_ + 1


def test_a_message_that_is_never_final_stays_under_way(quick_sandbox: SandboxServer, customer: Customer) -> None:
    customer.send(phoneNumber=number_for("never_final"))
    quick_sandbox.control.advance(30 * 86400)
    assert customer.status_id() == "1"


def test_customers_do_not_wait_for_each_other(
    quick_sandbox: SandboxServer, customer: Customer, receive: OpenReceiver
) -> None:
    silent, quick = receive(*[0] * 50), receive()
    subscribe(quick_sandbox, silent)
    quick_sandbox.control.register_account(**{**ACCOUNT, "client_id": "30001"}, callback_url=quick.url)
    for number in range(50):
        customer.send(f"t-{number}")
    assert silent.has(1)
    customer.send("other", clientId="30001")
    assert quick.has(1)
    assert len(silent.requests) <= UNDER_WAY


def test_one_slow_answer_does_not_hold_up_the_next_receipt(
    quick_sandbox: SandboxServer, customer: Customer, receive: OpenReceiver
) -> None:
    receiver = receive(0)
    subscribe(quick_sandbox, receiver)
    customer.send("t-1")
    assert receiver.has(1)
    customer.send("t-2")
    assert receiver.has(2)
