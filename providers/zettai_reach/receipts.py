"""What 絶対リーチ says became of messages, pushed or asked for, in our words."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from datetime import timedelta, timezone
from typing import Any, Final
from urllib.parse import parse_qs
from xml.etree import ElementTree

from ..base import CodeMeaning, DeliveryReceipt, ReceiptStatus
from ..errors import WebhookRefused
from ..lenient import moment, number, text

JST: Final = timezone(timedelta(hours=9))  # every date and time of this API, none of them says so

STATUSES = {
    "0": ReceiptStatus.UNKNOWN,
    "1": ReceiptStatus.IN_TRANSIT,
    "2": ReceiptStatus.DELIVERED,
    "3": ReceiptStatus.UNDELIVERED,
}
FINAL_STATUSES = frozenset({"2", "3"})  # before, carrier, detail and parts mean nothing
BILLED_WHEN_PUSHED = frozenset({"2"})
BILLED_WHEN_ASKED = frozenset({"2", "3"})
CARRIERS = {"101": "au", "103": "docomo", "105": "softbank", "106": "rakuten"}
FAILURE_DETAIL = re.compile(r"(1[1-4]|3[12]|5[12]|6[12])([0-9]{3})")  # module of a carrier, then the cause
MODULES = {"1": "au", "3": "docomo", "5": "softbank", "6": "rakuten"}  # by the first digit
FAILURE_CAUSES = {
    "721": "congestion",
    "732": "number_dead",
    "821": "congestion",
    "823": "out_of_reach",
    "824": "out_of_reach",
    "833": "out_of_reach",
    "834": "blocked_by_recipient",
}
DELIVERED_DETAIL = "2"
CAUSES = {
    "721": "congestion_at_carrier",
    "732": "number_not_in_use",
    "821": "congestion_at_recipient",
    "823": "network_or_out_of_range",
    "824": "out_of_range",
    "833": "out_of_range_or_busy",
    "834": "refused_by_handset",
}
PUSHED_TIME = "%Y/%m/%d %H:%M:%S"
ASKED_TIME = "%Y%m%d %H%M%S%f"

EVENTS = "eventNotifications"
EVENT_KEY = "clientTag"  # ZR-A19: XML uses the JSON names; whatever element holds this one is an event
LONGEST_TAG = 203  # of a reply; a request takes 200


def pushed(body: bytes, client_id: str) -> list[DeliveryReceipt]:
    """Events of another client are left out; a call with none but those is not ours."""
    events = _events(body)
    ours = [event for event in events if text(event.get("clientId")) in ("", client_id)]
    if events and not ours:
        raise WebhookRefused
    return [
        _receipt(event, PUSHED_TIME, BILLED_WHEN_PUSHED)
        for event in ours
        if text(event.get(EVENT_KEY)) and text(event.get("type")) in ("", "DLR")
    ]


def asked(rows: list[dict[str, Any]]) -> list[DeliveryReceipt]:
    """Those with a tag; the others were not sent by us."""
    return [_receipt(row, ASKED_TIME, BILLED_WHEN_ASKED) for row in rows if text(row.get(EVENT_KEY))]


def _receipt(event: Mapping[str, Any], time_format: str, billed: frozenset[str]) -> DeliveryReceipt:
    status_id = text(event.get("statusId"), 40)
    detail = text(event.get("detailedStatusId"), 40) if status_id in FINAL_STATUSES else ""
    status = STATUSES.get(status_id, ReceiptStatus.UNKNOWN)
    failure = FAILURE_DETAIL.fullmatch(detail)
    cause = FAILURE_CAUSES.get(failure[2], "undelivered") if failure else "undelivered"
    carrier = CARRIERS.get(text(event.get("carrierId"))) or (MODULES[failure[1][0]] if failure else "")
    return DeliveryReceipt(
        reference=text(event.get(EVENT_KEY), LONGEST_TAG),
        status=status,
        provider_message_id=text(event.get("messageId"), 64),
        vendor_code=detail or status_id,
        reason=cause if status is ReceiptStatus.UNDELIVERED else "",
        carrier=carrier if status_id in FINAL_STATUSES else "",
        parts=number(event.get("separatedSuccessCount"), digits=3) if status_id in billed else None,
        occurred_at=moment(event.get("dateTime"), time_format, JST),
    )


def meaning(detail: str) -> CodeMeaning | None:
    """The vendor says its list is partial and may grow: whatever else comes is shown as it is."""
    if detail == DELIVERED_DETAIL:
        return CodeMeaning("delivered")
    failure = FAILURE_DETAIL.fullmatch(detail)
    if failure is None or failure[2] not in CAUSES:
        return None
    return CodeMeaning(CAUSES[failure[2]], MODULES[failure[1][0]])


def _events(body: bytes) -> list[dict[str, Any]]:
    """ZR-A15: a form with `json=`, a form with `xml=`, or bare JSON, whatever the content type says."""
    try:
        call = body.decode(errors="replace")  # ZR-A1: in another encoding only texts would garble, and we read none
        if call.lstrip().startswith("{"):
            return _json_events(call)
        form = parse_qs(call)
        if "json" in form:
            return _json_events(form["json"][0])
        if "xml" in form:
            return list(_xml_events(form["xml"][0]))
    except (ValueError, RecursionError, ElementTree.ParseError):
        raise WebhookRefused from None
    raise WebhookRefused


def _json_events(document: str) -> list[dict[str, Any]]:
    call = json.loads(document)
    events = call.get(EVENTS) if isinstance(call, dict) else None
    if not isinstance(events, list) or not all(isinstance(event, dict) for event in events):
        raise WebhookRefused
    return events


def _xml_events(document: str) -> Iterator[dict[str, Any]]:
    """A document type is refused: the vendor needs none, and entities in it can grow without end."""
    if "<!DOCTYPE" in document:
        raise WebhookRefused
    root = ElementTree.fromstring(document)  # noqa: S314
    if not any(_local(element.tag) == EVENTS for element in root.iter()):
        raise WebhookRefused
    for element in root.iter():
        event = {_local(child.tag): (child.text or "").strip() for child in element}
        if EVENT_KEY in event:
            yield event


def _local(tag: str) -> str:
    return tag.rpartition("}")[2]
