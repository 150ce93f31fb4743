"""Rakuten CPaaS: delivery receipts in our words."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from providers.base import REASONS, DeliveryReceipt, ReceiptStatus, Webhook
from providers.errors import WebhookRefused
from providers.http import VendorClient
from providers.rakuten_cpaas import RakutenCpaas

from .rakuten_answers import CREDENTIALS, REFERENCE
from .zettai_answers import json_values

T, D, U, X = (
    ReceiptStatus.IN_TRANSIT,
    ReceiptStatus.DELIVERED,
    ReceiptStatus.UNDELIVERED,
    ReceiptStatus.UNKNOWN,
)


def call(**changes: Any) -> dict[str, Any]:
    plain = {
        "message_id": "c0a8-77",
        "client_reference": REFERENCE,
        "correlation_id": "c7f3a2",
        "sender_address": "0501112222",
        "destination_address": "818011112222",
        "status": "DELIVRD",
        "final": True,
        "error_code": "000",
        "error_description": "",
        "network": "44011",
        "how_many_message_parts": 2,
        "submit_time": "2026-04-01 01:00:00",
        "done_time": "2026-04-01 01:00:04",
    }
    return {**plain, **changes}


def parse(body: object) -> list[DeliveryReceipt]:
    sent = body if isinstance(body, bytes) else json.dumps(body).encode()
    vendor = RakutenCpaas(VendorClient(RakutenCpaas.base_url), CREDENTIALS)
    return vendor.parse_receipts(Webhook(sent, "application/json"))


def test_a_delivery_with_all_that_is_known() -> None:
    assert parse(call()) == [
        DeliveryReceipt(
            REFERENCE,
            D,
            provider_message_id="c0a8-77",
            vendor_code="DELIVRD",
            carrier="rakuten",
            parts=2,
            occurred_at=datetime(2026, 4, 1, 1, 0, 4, tzinfo=UTC),
        )
    ]


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        ("ACCEPTD", (T, "")),
        ("ENROUTE", (T, "")),
        ("BUFFRED", (T, "")),
        ("DELIVRD", (D, "")),
        ("delivrd", (D, "")),
        ("UNDELIV", (U, "undelivered")),
        ("EXPIRED", (U, "expired")),
        ("REJECTD", (U, "undelivered")),
        ("DELETED", (U, "undelivered")),
        ("UNKNOWN", (X, "")),
        ("SKIPPED", (X, "")),
    ],
)
def test_a_status_in_our_words(status: str, expected: tuple[ReceiptStatus, str]) -> None:
    (receipt,) = parse(call(status=status))
    assert (receipt.status, receipt.reason) == expected
    assert receipt.vendor_code == status
    assert receipt.reason in REASONS | {""}
    assert (receipt.parts == 2) is (receipt.status is D)


def test_an_error_code_is_kept_and_decides_nothing() -> None:
    (receipt,) = parse(call(status="UNDELIV", error_code="011"))
    assert (receipt.vendor_code, receipt.reason) == ("UNDELIV/011", "undelivered")


@pytest.mark.parametrize(
    ("network", "carrier"),
    [("44010", "docomo"), (44011, "rakuten"), ("44020", "softbank")]
    + [(str(au), "au") for au in range(44050, 44057)]
    + [("44057", ""), ("docomo", ""), (None, "")],
)
def test_networks(network: object, carrier: str) -> None:
    assert parse(call(network=network))[0].carrier == carrier


@pytest.mark.parametrize(
    ("fields", "reference", "message_id"),
    [
        pytest.param({"message_id": "m", "status": "DELIVRD"}, "", "m", id="only the vendor's id"),
        pytest.param({"client_reference": "r", "status": "DELIVRD"}, "r", "", id="only our reference"),
    ],
)
def test_little_is_enough(fields: dict[str, str], reference: str, message_id: str) -> None:
    (receipt,) = parse(fields)
    assert (receipt.reference, receipt.provider_message_id, receipt.occurred_at) == (reference, message_id, None)


def test_a_call_may_hold_several() -> None:
    assert [receipt.reference for receipt in parse([call(), call(client_reference="b")])] == [REFERENCE, "b"]


INCOMING = {
    "message_id": "m",
    "sender_address": "818011112222",
    "destination_address": "0501112222",
    "content_type": "unicode",
    "message_body": "STOP",
}


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(b"", id="empty"),
        pytest.param(b"hello", id="words"),
        pytest.param(b"\xff\xfe", id="bytes"),
        pytest.param(b"{", id="broken"),
        pytest.param(b"{}", id="nothing in it"),
        pytest.param(b"7", id="a number"),
        pytest.param(b"[1]", id="a list of numbers"),
        pytest.param(b'{"status":"DELIVRD"}', id="of no message"),
        pytest.param(b'{"message_id":"m","status":null}', id="without a status"),
        pytest.param(b"[" * 100_000, id="nested too deep"),
        pytest.param(json.dumps(INCOMING).encode(), id="an incoming message"),
        pytest.param(json.dumps([call(), {}]).encode(), id="one of several is none"),
    ],
)
def test_what_the_vendor_would_not_send_is_refused(body: bytes) -> None:
    with pytest.raises(WebhookRefused) as caught:
        parse(body)
    assert caught.value.__suppress_context__ or caught.value.__context__ is None


odd_calls = st.dictionaries(st.sampled_from(sorted(call())), json_values, max_size=9).map(lambda odd: call(**odd))


@settings(max_examples=1000, deadline=None)
@given(st.one_of(odd_calls.map(json.dumps).map(str.encode), json_values.map(json.dumps).map(str.encode), st.binary()))
def test_whatever_is_called_in_is_read_or_refused(body: bytes) -> None:
    try:
        receipts = parse(body)
    except WebhookRefused:
        return
    for receipt in receipts:
        assert receipt.reference or receipt.provider_message_id
        assert len(receipt.reference) <= 50
        assert "\0" not in receipt.reference + receipt.vendor_code + receipt.provider_message_id
        assert len(receipt.vendor_code) <= 40
        if receipt.occurred_at:
            receipt.occurred_at.astimezone(UTC)
