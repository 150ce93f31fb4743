"""絶対リーチ: receipts, in every form the vendor may call in."""

from __future__ import annotations

import json
from datetime import UTC
from typing import Any
from urllib.parse import quote

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from providers.base import (
    DeliveryReceipt,
    ReceiptStatus,
    Webhook,
)
from providers.errors import WebhookRefused
from providers.http import VendorClient
from providers.zettai_reach import ZettaiReach

from .zettai_answers import (
    CREDENTIALS,
    REFERENCE,
    D,
    T,
    U,
    X,
    found,
    json_values,
)


def event(**changes: Any) -> dict[str, Any]:
    plain = {
        "type": "DLR",
        "dateTime": "2026/02/01 09:30:12",
        "messageId": "0a1b2c3d4e5f60718293a4b5c6d7e8f9",
        "phoneNumber": "+818011112222",
        "smsCode": "54321",
        "carrierId": "101",
        "carrierName": "AU",
        "messageText": "テスト & <b>",
        "clientId": "20001",
        "clientTag": REFERENCE,
        "statusId": "3",
        "statusDescription": "Message delivery failed",
        "detailedStatusId": 11823,
    }
    return {**plain, **changes}


def form_json(*events: dict[str, Any]) -> bytes:
    return f"json={quote(json.dumps({'eventNotifications': events}, ensure_ascii=False), safe='')}".encode()


def parse(body: bytes, content_type: str = "application/x-www-form-urlencoded") -> list[DeliveryReceipt]:
    vendor = ZettaiReach(VendorClient(ZettaiReach.base_url), CREDENTIALS)
    return vendor.parse_receipts(Webhook(body, content_type))


def pushed(status: ReceiptStatus, **fields: Any) -> DeliveryReceipt:
    return found(status, provider_message_id="0a1b2c3d4e5f60718293a4b5c6d7e8f9", **fields)


FAILED = pushed(U, vendor_code="11823", reason="out_of_reach", carrier="au")


@pytest.mark.parametrize(
    ("changes", "receipt"),
    [
        pytest.param({}, FAILED, id="failed"),
        pytest.param({"separatedSuccessCount": 1}, FAILED, id="failed: the push counts parts only when delivered"),
        pytest.param(
            {"statusId": 2, "detailedStatusId": "2", "separatedSuccessCount": 2, "carrierId": 105},
            pushed(D, vendor_code="2", carrier="softbank", parts=2),
            id="delivered, numbers for strings",
        ),
        pytest.param({"statusId": "1"}, pushed(T, vendor_code="1"), id="on its way"),
        pytest.param({"statusId": "0", "carrierId": None}, pushed(X, vendor_code="0"), id="unknown"),
        pytest.param({"statusId": "７"}, pushed(X, vendor_code="７"), id="a status we never saw"),
        pytest.param({"type": None}, FAILED, id="no type"),
        pytest.param({"clientId": 20001}, FAILED, id="client as a number"),
        pytest.param({"clientId": None}, FAILED, id="no client"),
    ],
)
def test_a_receipt_in_our_words(changes: dict[str, Any], receipt: DeliveryReceipt) -> None:
    assert parse(form_json(event(**changes))) == [receipt]


XML = "<?xml version='1.0' encoding='UTF-8'?>{}"
NAMESPACED = "<eventNotifications xmlns='urn:x'><e>{}</e></eventNotifications>"


def elements(fields: dict[str, Any]) -> str:
    return "".join(f"<{name}> {value} </{name}>" for name, value in fields.items() if name != "messageText")


@pytest.mark.parametrize(
    ("body", "content_type"),
    [
        pytest.param(form_json(event()), "application/x-www-form-urlencoded", id="form with json"),
        pytest.param(form_json(event()), "application/json", id="form called json"),
        pytest.param(form_json(event()) + b"&x=1", "", id="form with more fields"),
        pytest.param(json.dumps({"eventNotifications": [event()]}).encode(), "application/json", id="bare json"),
        pytest.param(
            b"\r\n " + json.dumps({"eventNotifications": [event()]}).encode(),
            "application/x-www-form-urlencoded",
            id="bare json called a form",
        ),
        pytest.param(
            f"xml={quote(XML.format(f'<r><eventNotifications>{elements(event())}</eventNotifications></r>'))}".encode(),
            "application/x-www-form-urlencoded",
            id="form with xml, the list's name on each event",
        ),
        pytest.param(
            f"xml={quote(XML.format(f'<eventNotifications><e>{elements(event())}</e></eventNotifications>'))}".encode(),
            "application/x-www-form-urlencoded",
            id="form with xml, the list's name around the events",
        ),
        pytest.param(
            f"xml={quote(NAMESPACED.format(elements(event())))}".encode(),
            "application/x-www-form-urlencoded",
            id="form with xml in a namespace",
        ),
    ],
)
def test_every_form_of_a_call_is_read(body: bytes, content_type: str) -> None:
    assert parse(body, content_type) == [FAILED]


def test_a_text_in_another_encoding_costs_no_receipt() -> None:
    garbled = "テスト".encode("shift_jis")
    plain = json.dumps({"eventNotifications": [event(messageText="?")]})
    assert parse(plain.encode().replace(b"?", garbled)) == [FAILED]
    assert parse(b"json=" + quote(plain).encode().replace(b"%3F", quote(garbled).encode())) == [FAILED]


def test_many_events_stay_in_order_and_what_is_not_ours_stays_out() -> None:
    body = form_json(
        event(clientTag="a", statusId="1"),
        event(clientTag=""),
        event(clientTag="b", clientId="99999"),
        event(clientTag="c", type="MO"),
        event(clientTag="a", statusId="2"),
    )
    assert [(receipt.reference, receipt.status) for receipt in parse(body)] == [("a", T), ("a", D)]


def test_a_call_may_hold_nothing() -> None:
    assert parse(form_json()) == []


LAUGHS = '<!DOCTYPE r [<!ENTITY a "ha"><!ENTITY b "&a;&a;">]><eventNotifications>&b;</eventNotifications>'


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(b"", id="empty"),
        pytest.param(b"hello", id="words"),
        pytest.param(b"\xff\xfe", id="bytes"),
        pytest.param(b"{", id="broken json"),
        pytest.param(b"{}", id="json without events"),
        pytest.param(b'{"eventNotifications":{}}', id="events no list"),
        pytest.param(b'{"eventNotifications":[1]}', id="events no objects"),
        pytest.param(b'json={"eventNotifications":[', id="form with broken json"),
        pytest.param(b"json=[]", id="form with a list"),
        pytest.param(b"json=%FF", id="form with bytes"),
        pytest.param(b"json=" + b"[" * 100_000, id="nested too deep"),
        pytest.param(b"{" + b'"a":{' * 100_000, id="bare, nested too deep"),
        pytest.param(b"xml=", id="form with no xml"),
        pytest.param(b"xml=<a>", id="form with broken xml"),
        pytest.param(b"xml=<a/>", id="xml without events"),
        pytest.param(f"xml={quote(LAUGHS)}".encode(), id="xml with entities"),
        pytest.param(form_json(event(clientId="99999")), id="another client's"),
    ],
)
def test_what_the_vendor_would_not_send_is_refused(body: bytes) -> None:
    with pytest.raises(WebhookRefused) as caught:
        parse(body)
    assert caught.value.__suppress_context__ or caught.value.__context__ is None


odd_events = st.dictionaries(st.sampled_from(sorted(event())), json_values, max_size=8).map(lambda odd: event(**odd))


@st.composite
def odd_calls(draw: st.DrawFn) -> bytes:
    """From plain noise to calls that are right but for one value or one byte."""
    document = json.dumps({"eventNotifications": draw(st.lists(odd_events | json_values, max_size=2))})
    xml = f"<eventNotifications><e>{elements(draw(odd_events))}</e></eventNotifications>"
    body = draw(
        st.sampled_from(
            [document.encode(), b"json=" + quote(document).encode(), b"xml=" + quote(xml, errors="replace").encode()]
        )
    )
    at = draw(st.integers(0, len(body)))
    return draw(st.sampled_from([body, body[:at], body[:at] + draw(st.binary(max_size=4)) + body[at + 1 :]]))


@settings(max_examples=1000, deadline=None)
@given(st.one_of(odd_calls(), st.binary(max_size=60), st.binary(max_size=40).map(lambda tail: b"xml=<a>" + tail)))
def test_whatever_is_called_in_is_read_or_refused(body: bytes) -> None:
    try:
        receipts = parse(body)
    except WebhookRefused:
        return
    for receipt in receipts:
        assert 0 < len(receipt.reference) <= 203
        assert "\0" not in receipt.reference + receipt.vendor_code + receipt.provider_message_id
        assert len(receipt.vendor_code.encode()) <= 4 * 40
        if receipt.occurred_at:
            receipt.occurred_at.astimezone(UTC)
