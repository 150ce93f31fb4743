"""Delivery receipts of Rakuten CPaaS, pushed or asked for in a report, in our words."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC
from typing import Any

from ..base import CodeMeaning, DeliveryReceipt, ReceiptStatus
from ..errors import WebhookRefused
from ..lenient import moment, number, text

# RK-A19: the vendor's page could not be had; once it is, the right-hand side is all that changes.
FIELDS = {
    "message_id": "message_id",
    "reference": "client_reference",
    "status": "status",
    "error_code": "error_code",
    "network": "network",
    "parts": "how_many_message_parts",
    "done_at": "done_time",
}
TIME = "%Y-%m-%d %H:%M:%S"  # RK-A20: in UTC
NO_ERROR = frozenset({"", "0", "000"})  # RK-A24: every other is the vendor's own and decides nothing
LONGEST_REFERENCE = 50

# The names of SMPP 3.4.
STATUSES = {
    "ACCEPTD": (ReceiptStatus.IN_TRANSIT, ""),
    "ENROUTE": (ReceiptStatus.IN_TRANSIT, ""),
    "BUFFRED": (ReceiptStatus.IN_TRANSIT, ""),
    "DELIVRD": (ReceiptStatus.DELIVERED, ""),
    "UNDELIV": (ReceiptStatus.UNDELIVERED, "undelivered"),
    "EXPIRED": (ReceiptStatus.UNDELIVERED, "expired"),
    "REJECTD": (ReceiptStatus.UNDELIVERED, "undelivered"),
    "DELETED": (ReceiptStatus.UNDELIVERED, "undelivered"),
    "UNKNOWN": (ReceiptStatus.UNKNOWN, ""),
}
CAUSES = {
    "DELIVRD": "delivered",
    "UNDELIV": "failed_at_carrier",
    "EXPIRED": "validity_ran_out",
    "REJECTD": "rejected",
    "DELETED": "deleted",
    "UNKNOWN": "not_known",
}
# RK-A21: country and network code.
CARRIERS = {"44010": "docomo", "44011": "rakuten", "44020": "softbank"} | dict.fromkeys(
    (str(network) for network in range(44050, 44057)), "au"
)


def pushed(body: bytes) -> list[DeliveryReceipt]:
    """One receipt a call; an incoming message has no status and is refused."""
    try:
        call = json.loads(body)
    except (ValueError, RecursionError):
        raise WebhookRefused from None
    rows = call if isinstance(call, list) else [call]
    if not all(isinstance(row, dict) and is_receipt(row) for row in rows):
        raise WebhookRefused
    return [receipt(row) for row in rows]


def reported(reply: Mapping[str, Any]) -> list[DeliveryReceipt]:
    """Of a page of the report: the one list among what is embedded; its name is not published."""
    embedded = reply.get("_embedded")
    lists = [value for value in embedded.values() if isinstance(value, list)] if isinstance(embedded, dict) else []
    return [receipt(row) for rows in lists for row in rows if isinstance(row, dict) and is_receipt(row)]


def is_receipt(row: Mapping[str, Any]) -> bool:
    return bool(_text(row, "status") and (_text(row, "reference") or _text(row, "message_id")))


def receipt(row: Mapping[str, Any]) -> DeliveryReceipt:
    """RK-A18: one for each message, not for each part."""
    state, error = _text(row, "status"), _text(row, "error_code")
    status, reason = STATUSES.get(state.upper(), (ReceiptStatus.UNKNOWN, ""))
    return DeliveryReceipt(
        reference=_text(row, "reference", LONGEST_REFERENCE),
        status=status,
        provider_message_id=_text(row, "message_id", 64),
        vendor_code=state if error in NO_ERROR else f"{state}/{error}",
        reason=reason,
        carrier=CARRIERS.get(_text(row, "network"), ""),
        parts=number(row.get(FIELDS["parts"]), digits=3) if status is ReceiptStatus.DELIVERED else None,
        occurred_at=moment(row.get(FIELDS["done_at"]), TIME, UTC),
    )


def meaning(vendor_code: str) -> CodeMeaning | None:
    """By the status alone, RK-A24."""
    cause = CAUSES.get(vendor_code.partition("/")[0].upper())
    return CodeMeaning(cause) if cause else None


def _text(row: Mapping[str, Any], name: str, longest: int = 19) -> str:
    return text(row.get(FIELDS[name]), longest)
