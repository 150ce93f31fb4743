"""Karaden's message object, the same in answers, lists and callbacks, in our words."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime, timedelta, timezone
from typing import Any, Final

from ..base import Booking, CodeMeaning, DeliveryReceipt, ReceiptStatus
from ..errors import UnreadableReply
from ..lenient import iso_moment, number, text

JST: Final = timezone(timedelta(hours=9))
LONGEST_TAG: Final = 64  # KD-A17
CARRIERS = frozenset({"docomo", "au", "softbank", "rakuten"})
DOMESTIC = re.compile(r"0[0-9]{10}")

WAITING, SENT, CANCELLED, DONE = "waiting", "done", "canceled", "done"
# KD-A11: how status, result and sent_result go together. Only result = done closes a message.
OPEN = {
    "waiting": ReceiptStatus.IN_TRANSIT,
    "done": ReceiptStatus.IN_TRANSIT,
}
CLOSED_UNSENT = {
    "error": (ReceiptStatus.UNDELIVERED, "not_sent"),
    "processing_error": (ReceiptStatus.UNDELIVERED, "not_sent"),
    "canceled": (ReceiptStatus.CANCELLED, ""),
}
CLOSED_SENT = {
    "received": (ReceiptStatus.DELIVERED, ""),
    "unconnected": (ReceiptStatus.UNDELIVERED, "out_of_reach"),
    "error": (ReceiptStatus.UNDELIVERED, "undelivered"),
    # "unknown" and "none" may have arrived: neither delivered nor failed.
}

CAUSES = {  # status/sent_result; of others only the status counts
    "done/received": "delivered",
    "done/unconnected": "unconnected",
    "done/error": "failed_at_carrier",
    "done/unknown": "not_known",
    "error": "not_sent",
    "processing_error": "not_sent",
}


def wire_time(moment: datetime) -> str:
    return f"{moment.astimezone(JST):%Y-%m-%dT%H:%M:%S}+09:00"


def domestic(e164: str) -> str:
    return "0" + e164[3:] if e164.startswith("+81") else e164


def message_id(row: Mapping[str, Any]) -> str:
    return text(row.get("id"), 64)


def tags(row: Mapping[str, Any]) -> list[str]:
    found = row.get("tags")
    return [text(tag, LONGEST_TAG) for tag in found] if isinstance(found, list) else []


def billed(row: Mapping[str, Any]) -> int | None:
    return number(row.get("charged_count_per_sent"), digits=3)


def receipt(row: Mapping[str, Any]) -> DeliveryReceipt:
    """Our reference is the first tag."""
    status, reason = _word(row)
    sent_result = text(row.get("sent_result"), 20)
    arrived = _moment(row, "received_at") if status is ReceiptStatus.DELIVERED else None
    is_billed = status is ReceiptStatus.DELIVERED or _moment(row, "charged_at")
    clicked = row.get("is_shorten_clicked")
    return DeliveryReceipt(
        reference=next(iter(tags(row)), ""),
        status=status,
        provider_message_id=message_id(row),
        vendor_code=f"{text(row.get('status'), 19)}/{sent_result}",
        reason=reason,
        carrier=carrier if (carrier := text(row.get("carrier"))) in CARRIERS else "",
        parts=billed(row) if is_billed else None,
        occurred_at=arrived or _moment(row, "updated_at"),
        clicked=clicked if isinstance(clicked, bool) else None,
    )


def meaning(vendor_code: str) -> CodeMeaning | None:
    """Of the `vendor_code` of a receipt, as written above."""
    cause = CAUSES.get(vendor_code) or CAUSES.get(vendor_code.partition("/")[0])
    return CodeMeaning(cause) if cause else None


def _word(row: Mapping[str, Any]) -> tuple[ReceiptStatus, str]:
    status, undetermined = text(row.get("status")), (ReceiptStatus.UNKNOWN, "")
    if row.get("result") != DONE:
        is_booked = status == WAITING and _moment(row, "scheduled_at")
        return ReceiptStatus.BOOKED if is_booked else OPEN.get(status, ReceiptStatus.UNKNOWN), ""
    if status == SENT:
        return CLOSED_SENT.get(text(row.get("sent_result")), undetermined)
    if status == "error" and _has_expired(row):
        return ReceiptStatus.UNDELIVERED, "expired"
    return CLOSED_UNSENT.get(status, undetermined)


def _has_expired(row: Mapping[str, Any]) -> bool:
    """KD-A16: not sent by its latest time."""
    limited_at, updated_at = _moment(row, "limited_at"), _moment(row, "updated_at")
    return bool(limited_at and updated_at and limited_at <= updated_at)


def booking(row: Mapping[str, Any]) -> Booking:
    scheduled_for, to = _moment(row, "scheduled_at"), text(row.get("to"), 20)
    if scheduled_for is None:
        raise UnreadableReply
    reference = next(iter(tags(row)), "")
    return Booking(reference, f"+81{to[1:]}" if DOMESTIC.fullmatch(to) else to, scheduled_for)


def created_at(row: Mapping[str, Any]) -> datetime | None:
    return _moment(row, "created_at")


def scheduled_day(row: Mapping[str, Any]) -> object:
    scheduled_for = _moment(row, "scheduled_at")
    return scheduled_for and scheduled_for.astimezone(JST).date()


def _moment(row: Mapping[str, Any], name: str) -> datetime | None:
    return iso_moment(row.get(name), JST)  # KD-A16: without an offset it is Japan's time
