"""Karaden: states and callbacks in our words, and the file for many."""

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
from providers.karaden import Karaden

from .karaden_answers import CREDENTIALS, JST, MESSAGE_ID, REFERENCE, delivered, exchange, listing, row
from .zettai_answers import json_values

B, T, D, U, C, X = (
    ReceiptStatus.BOOKED,
    ReceiptStatus.IN_TRANSIT,
    ReceiptStatus.DELIVERED,
    ReceiptStatus.UNDELIVERED,
    ReceiptStatus.CANCELLED,
    ReceiptStatus.UNKNOWN,
)


def parse(call: object) -> list[DeliveryReceipt]:
    body = call if isinstance(call, bytes) else json.dumps(call).encode()
    return Karaden(VendorClient(Karaden.base_url), CREDENTIALS).parse_receipts(Webhook(body, "application/json"))


def read(**changes: Any) -> DeliveryReceipt:
    (receipt,) = parse(row(**changes))
    return receipt


@pytest.mark.parametrize(
    ("status", "result", "sent_result", "expected"),
    [
        pytest.param("waiting", "processing", "none", (T, ""), id="accepted"),
        pytest.param("done", "processing", "none", (T, ""), id="handed to the carrier"),
        pytest.param("done", "processing", "unconnected", (T, ""), id="out of reach, still trying"),
        pytest.param("done", "done", "received", (D, ""), id="delivered"),
        pytest.param("done", "done", "unconnected", (U, "out_of_reach"), id="out of reach for good"),
        pytest.param("done", "done", "error", (U, "undelivered"), id="carrier error"),
        pytest.param("done", "done", "unknown", (X, ""), id="undetermined"),
        pytest.param("done", "done", "none", (X, ""), id="no receipt from the carrier"),
        pytest.param("error", "done", "none", (U, "not_sent"), id="not sent"),
        pytest.param("processing_error", "done", "none", (U, "not_sent"), id="a BULK row refused"),
        pytest.param("canceled", "done", "none", (C, ""), id="cancelled"),
        pytest.param("error", "processing", "none", (X, ""), id="not closed yet"),
        pytest.param("done", "done", "teleported", (X, ""), id="a result we never saw"),
        pytest.param("dreaming", "processing", "none", (X, ""), id="a status we never saw"),
        pytest.param("done", "later", "received", (T, ""), id="a closing we never saw"),
        pytest.param(None, None, None, (X, ""), id="nothing said"),
    ],
)
def test_a_state_in_our_words(
    status: str | None, result: str | None, sent_result: str | None, expected: tuple[ReceiptStatus, str]
) -> None:
    receipt = read(status=status, result=result, sent_result=sent_result)
    assert (receipt.status, receipt.reason) == expected
    assert receipt.vendor_code == f"{status or ''}/{sent_result or ''}"
    assert receipt.reason in REASONS | {""}


def test_what_waits_for_its_time_is_booked() -> None:
    assert read(scheduled_at="2026-04-02T10:00:00+09:00").status is B


def test_what_was_not_sent_by_its_latest_time_has_expired() -> None:
    times = {"limited_at": "2026-04-01T10:00:00+09:00", "updated_at": "2026-04-01T10:00:01+09:00"}
    assert read(status="error", result="done", **times).reason == "expired"


def test_a_delivery_with_all_that_is_known() -> None:
    (receipt,) = parse(delivered(is_shorten_clicked=True, charged_count_per_sent=2))
    assert receipt == DeliveryReceipt(
        REFERENCE,
        D,
        provider_message_id=MESSAGE_ID,
        vendor_code="done/received",
        carrier="docomo",
        parts=2,
        occurred_at=datetime(2026, 4, 1, 10, 0, 5, tzinfo=JST),
        clicked=True,
    )


@pytest.mark.parametrize(
    ("changes", "parts"),
    [
        pytest.param({}, None, id="still open"),
        pytest.param({"status": "done", "result": "done", "sent_result": "error"}, None, id="failed, not charged"),
        pytest.param(
            {
                "status": "done",
                "result": "done",
                "sent_result": "error",
                "charged_at": "2026-04-01T10:00:05Z",
            },
            1,
            id="failed, yet charged",
        ),
    ],
)
def test_parts_are_told_where_they_are_billed(changes: dict[str, Any], parts: int | None) -> None:
    assert read(**changes).parts == parts


@pytest.mark.parametrize(
    ("written", "moment"),
    [
        pytest.param("2026-04-01T10:00:05+09:00", datetime(2026, 4, 1, 1, 0, 5, tzinfo=UTC), id="Japan"),
        pytest.param("2026-04-01T01:00:05Z", datetime(2026, 4, 1, 1, 0, 5, tzinfo=UTC), id="UTC"),
        pytest.param("2026-04-01T10:00:05", datetime(2026, 4, 1, 1, 0, 5, tzinfo=UTC), id="no offset: Japan"),
        pytest.param("soon", None, id="no time"),
        pytest.param("9999-12-31T23:59:59-12:00", None, id="beyond all time in UTC"),
        pytest.param(7, None, id="a number"),
    ],
)
def test_times_of_any_offset_are_read(written: object, moment: datetime | None) -> None:
    assert read(updated_at=written).occurred_at == moment


@pytest.mark.parametrize(
    ("carrier", "ours"),
    [("docomo", "docomo"), ("au", "au"), ("softbank", "softbank"), ("rakuten", "rakuten")]
    + [(other, "") for other in ("checking", "unknown", "option", "international", "???", None, 7)],
)
def test_carriers(carrier: object, ours: str) -> None:
    assert read(carrier=carrier).carrier == ours


def test_a_callback_of_an_old_version_may_lack_what_is_optional() -> None:
    wanted = ("id", "object", "project_id", "service_id", "result", "status", "sent_result", "carrier")
    (receipt,) = parse({name: value for name, value in delivered().items() if name in wanted})
    assert receipt == DeliveryReceipt(
        "", D, provider_message_id=MESSAGE_ID, vendor_code="done/received", carrier="docomo"
    )


def test_look_up_reads_the_same_object() -> None:
    found, _ = exchange(lambda v: v.look_up(REFERENCE), listing(delivered()))
    assert [found] == parse(delivered())


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(b"", id="empty"),
        pytest.param(b"hello", id="words"),
        pytest.param(b"\xff\xfe", id="bytes"),
        pytest.param(b"{", id="broken"),
        pytest.param(b"[]", id="a list"),
        pytest.param(b"{}", id="no object"),
        pytest.param(b'{"object":"bulk_message","id":"x"}', id="another object"),
        pytest.param(b'{"object":"message"}', id="no id"),
        pytest.param(b'{"object":"message","id":true}', id="an id that is none"),
        pytest.param(b"[" * 100_000, id="nested too deep"),
        pytest.param(b'{"object":"message","id":"' + b"1" * 9999, id="cut off"),
    ],
)
def test_what_the_vendor_would_not_send_is_refused(body: bytes) -> None:
    with pytest.raises(WebhookRefused) as caught:
        parse(body)
    assert caught.value.__suppress_context__ or caught.value.__context__ is None


odd_calls = st.dictionaries(st.sampled_from(sorted(row())), json_values, max_size=9).map(lambda odd: row(**odd))


@settings(max_examples=1000, deadline=None)
@given(st.one_of(odd_calls.map(json.dumps).map(str.encode), json_values.map(json.dumps).map(str.encode), st.binary()))
def test_whatever_is_called_in_is_read_or_refused(body: bytes) -> None:
    try:
        receipts = parse(body)
    except WebhookRefused:
        return
    for receipt in receipts:
        assert receipt.provider_message_id
        assert len(receipt.reference) <= 64
        assert "\0" not in receipt.reference + receipt.vendor_code + receipt.provider_message_id
        assert len(receipt.vendor_code) <= 40
        assert receipt.carrier in ("", "docomo", "au", "softbank", "rakuten")
        if receipt.occurred_at:
            receipt.occurred_at.astimezone(UTC)
