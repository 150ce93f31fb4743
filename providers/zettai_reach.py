"""絶対リーチ！SMS (AI CROSS), HTTP API 1.4.7: one message per request, two parameters instead of a log-in.

ZR-A… are the numbered assumptions of the vendor's fact sheet: what its documents leave open and we settled ourselves.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, timedelta, timezone
from typing import Any, Final
from urllib.parse import parse_qs
from xml.etree import ElementTree

from .base import (
    Accepted,
    Booking,
    CancelOutcome,
    Capabilities,
    DeliveryReceipt,
    Duplicate,
    OutboundSms,
    Outcome,
    Provider,
    ReceiptStatus,
    Refused,
    Unknown,
    Webhook,
)
from .errors import AccountRefused, OutcomeUnknown, ProviderError, UnreadableReply, WebhookRefused
from .lenient import moment, number, text

JST: Final = timezone(timedelta(hours=9))  # every date and time of this API, none of them says so
REQUEST_NUMBER = re.compile(r"(\+81|0)([26789]0[1-9][0-9]{7}|20[1-9][0-9]{10})")
REQUESTS_PER_SECOND = 50  # ZR-A25: the 600 of the documents read like the whole platform's
BOOK_AT_LEAST_AHEAD = 2 * 60  # ZR-A27, and ZR-A21: a time already past might send at once
BOOK_AT_MOST_AHEAD = 30 * 24 * 60 * 60  # ZR-A27
DAY_REPLY_BYTES = 64 * 1024 * 1024  # a day or a group comes in one piece

TAKEN, MISSING, INVALID, TOO_LONG = "0", "100", "110", "120"
ALREADY_SENT, PAST, QUOTA_USED_UP, DUPLICATE_TAG = "130", "140", "300", "400"
UNKNOWN_TAG = INVALID  # ZR-A7: a cancellation of what is not booked, or not any more
INPUT_CODES = frozenset({MISSING, INVALID, TOO_LONG})
NAMED_ITEM = re.compile(r"(?:Required|Invalid)\s+(?P<named>\w+)|(?P<long>\w+)\s+too long")
ACCOUNT_ITEMS = {  # ZR-A2: HTTP 200 and a code, not 401; ZR-A20: the parameter as spelt in the request
    "token": "credentials_refused",
    "clientId": "credentials_refused",
    "smsCode": "sender_refused",
}
MESSAGE_ITEMS = {"phoneNumber": "recipient_invalid", "message": "body_invalid", "scheduleTime": "schedule_invalid"}

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
FAILURE_DETAIL = re.compile(r"(?:1[1-4]|3[12]|5[12]|6[12])([0-9]{3})")  # module of a carrier, then the cause
FAILURE_CAUSES = {
    "721": "congestion",
    "732": "number_dead",
    "821": "congestion",
    "823": "out_of_reach",
    "824": "out_of_reach",
    "833": "out_of_reach",
    "834": "blocked_by_recipient",
}
BOOKED_TIME = "%Y-%m-%d %H:%M"
PUSHED_TIME = "%Y/%m/%d %H:%M:%S"
ASKED_TIME = "%Y%m%d %H%M%S%f"

EVENTS = "eventNotifications"
EVENT_KEY = "clientTag"  # ZR-A19: XML uses the JSON names; whatever element holds this one is an event
LONGEST_TAG = 203  # of a reply; a request takes 200


class ZettaiReach(Provider):
    slug = "zettai_reach"
    label = "絶対リーチ！SMS"
    base_url = "https://sms-api.aossms.com"
    credential_names = ("token", "client_id")
    capabilities = Capabilities(
        batch_size=1,
        receipts=True,
        look_up=True,
        look_up_day=True,
        rejects_duplicates=True,
        books=True,
        cancels=True,
        cancels_group=True,
        month_counts=True,
        jis_only=True,  # ZR-A13
        counting_profile="zettai",
        requests_per_second=REQUESTS_PER_SECOND,
        book_at_least_ahead=BOOK_AT_LEAST_AHEAD,
        book_at_most_ahead=BOOK_AT_MOST_AHEAD,
    )

    @classmethod
    def accepts(cls, e164: str) -> bool:
        return REQUEST_NUMBER.fullmatch(e164) is not None

    async def submit(self, batch: Sequence[OutboundSms]) -> list[Outcome]:
        (sms,) = batch
        fields = {
            "smsCode": sms.sender_id,
            "message": sms.body,
            "phoneNumber": sms.to,
            "clientTag": sms.reference,
            "scheduleTime": f"{sms.scheduled_for.astimezone(JST):{BOOKED_TIME}}" if sms.scheduled_for else "",
            "groupTag": sms.group,
        }
        return [_outcome(await self.client.post_form("p5/api/mt.json", self._signed(fields)), sms)]

    async def check(self) -> None:
        await self._ask("p5/api/template.json")

    async def look_up(self, reference: str) -> DeliveryReceipt | None:
        reply = await self._ask("p5/api/status.json", clientTag=reference)
        # ZR-A9: tags may match by their beginning, so only the whole one counts.
        return next((found for found in _asked_receipts(reply) if found.reference == reference), None)

    async def look_up_day(self, day: date) -> list[DeliveryReceipt]:
        return _asked_receipts(await self._ask("p5/api/status.json", date=f"{day:%Y%m%d}"))

    async def bookings(self, day: date, *, sender_id: str, group: str = "") -> list[Booking]:
        params = {"smsCode": sender_id, "scheduleDate": f"{day:%Y%m%d}", "groupTag": group}
        reply = await self._get("p5/api/checkreservation.json", params)
        if _code(reply) == PAST:
            return []
        _require_taken(reply)
        return [_booking(item) for item in _items(reply, "status")]

    async def cancel(self, reference: str) -> CancelOutcome:
        reply = await self._get("p5/api/cancelreservation.json", {"clientTag": reference})
        outcomes = {
            TAKEN: CancelOutcome.CANCELLED,
            ALREADY_SENT: CancelOutcome.TOO_LATE,
            UNKNOWN_TAG: CancelOutcome.NOT_FOUND,
        }
        _refuse_account(reply)
        return outcomes.get(_code(reply), CancelOutcome.UNKNOWN)

    async def cancel_group(self, group: str, *, first: date | None = None, last: date | None = None) -> None:
        if not group.strip() and first is None and last is None:
            raise ValueError("without group and dates the vendor cancels every booking of the client")
        await self._ask(
            "p5/api/cancelreservationall.json",
            startDate=f"{first:%Y%m%d}" if first else "",
            endDate=f"{last:%Y%m%d}" if last else "",
            groupTag=group,
        )

    async def month_counts(self, month: date) -> dict[str, int]:
        reply = await self._ask("p5/api/separatedsuccesscount.json", month=f"{month:%Y%m}")
        counts = dict.fromkeys(CARRIERS.values(), 0)  # a carrier without parts is left out, ZR-A12: so is the client
        for item in _items(reply, "separatedSuccessCount"):
            for carrier_id, carrier in CARRIERS.items():
                counts[carrier] += _billed(item.get(carrier_id, 0))
        return counts

    def parse_receipts(self, webhook: Webhook) -> list[DeliveryReceipt]:
        """Events of another client are left out; a call with none but those is not ours."""
        events = _events(webhook.body)
        ours = [event for event in events if text(event.get("clientId")) in ("", self.credentials.get("client_id"))]
        if events and not ours:
            raise WebhookRefused
        return [
            _receipt(event, PUSHED_TIME, BILLED_WHEN_PUSHED)
            for event in ours
            if text(event.get(EVENT_KEY)) and text(event.get("type")) in ("", "DLR")
        ]

    def _signed(self, params: Mapping[str, str]) -> dict[str, str]:
        """Empty ones are left out: the vendor would read them as given."""
        credentials = {"token": self.credentials["token"], "clientId": self.credentials["client_id"]}
        return credentials | {name: value for name, value in params.items() if value}

    async def _get(self, path: str, params: Mapping[str, str]) -> dict[str, Any]:
        return await self.client.get_json(path, self._signed(params), max_bytes=DAY_REPLY_BYTES)

    async def _ask(self, path: str, **params: str) -> dict[str, Any]:
        """A reply of code 0; every other is raised."""
        reply = await self._get(path, params)
        _require_taken(reply)
        return reply


def _outcome(reply: Mapping[str, Any], sms: OutboundSms) -> Outcome:
    code, item = _code(reply), _refused_item(reply)
    if not code or not _echoes(reply, sms):
        return Unknown("unreadable_reply")
    if code == TAKEN:
        return Accepted()
    if code == DUPLICATE_TAG:
        return Duplicate()
    _refuse_account(reply)
    if code not in INPUT_CODES:
        return Unknown("system_error", vendor_code=code)
    too_long = code == TOO_LONG and item == "message"
    reason = "body_too_long" if too_long else MESSAGE_ITEMS.get(item, "refused")
    return Refused(reason, vendor_code=code, text=text(reply.get("responseMessage")))


def _echoes(reply: Mapping[str, Any], sms: OutboundSms) -> bool:
    """False when the reply names another number: a stray answer on a reused connection. ZR-A5: it may name none."""
    echoed = text(reply.get("phoneNumber"))
    return not echoed or echoed[-10:] == sms.to[-10:]


def _require_taken(reply: Mapping[str, Any]) -> None:
    code = _code(reply)
    if code == TAKEN:
        return
    _refuse_account(reply)
    if not code:
        raise UnreadableReply
    if code in INPUT_CODES:
        raise ProviderError("call_refused", vendor_code=code)
    raise OutcomeUnknown("system_error", vendor_code=code)


def _refuse_account(reply: Mapping[str, Any]) -> None:
    """Raises when the reply is about the account and not about what was asked."""
    code, item = _code(reply), _refused_item(reply)
    if code == QUOTA_USED_UP:
        raise AccountRefused("quota_used_up", vendor_code=code)
    if code in INPUT_CODES and item in ACCOUNT_ITEMS:
        raise AccountRefused(ACCOUNT_ITEMS[item], vendor_code=code)


def _refused_item(reply: Mapping[str, Any]) -> str:
    match = NAMED_ITEM.search(text(reply.get("responseMessage")))
    return match[match.lastgroup] if match and match.lastgroup else ""


def _code(reply: Mapping[str, Any]) -> str:
    return text(reply.get("responseCode"), 40)


def _items(reply: Mapping[str, Any], name: str) -> list[dict[str, Any]]:
    """The objects of a list; ZR-A6, ZR-A9, ZR-A12: with nothing found it may be empty or missing."""
    items = reply.get(name) or []
    if not isinstance(items, list) or not all(isinstance(item, dict) for item in items):
        raise UnreadableReply
    return items


def _billed(value: object) -> int:
    """One we cannot read is never taken for 0."""
    parts = number(value, digits=12)
    if parts is None:
        raise UnreadableReply
    return parts


def _asked_receipts(reply: Mapping[str, Any]) -> list[DeliveryReceipt]:
    """Those with a tag; the others were not sent by us."""
    items = _items(reply, "status")
    return [_receipt(item, ASKED_TIME, BILLED_WHEN_ASKED) for item in items if text(item.get(EVENT_KEY))]


def _receipt(event: Mapping[str, Any], time_format: str, billed: frozenset[str]) -> DeliveryReceipt:
    status_id = text(event.get("statusId"), 40)
    detail = text(event.get("detailedStatusId"), 40) if status_id in FINAL_STATUSES else ""
    status = STATUSES.get(status_id, ReceiptStatus.UNKNOWN)
    failure = FAILURE_DETAIL.fullmatch(detail)
    cause = FAILURE_CAUSES.get(failure[1], "undelivered") if failure else "undelivered"
    return DeliveryReceipt(
        reference=text(event.get(EVENT_KEY), LONGEST_TAG),
        status=status,
        provider_message_id=text(event.get("messageId"), 64),
        vendor_code=detail or status_id,
        reason=cause if status is ReceiptStatus.UNDELIVERED else "",
        carrier=CARRIERS.get(text(event.get("carrierId")), "") if status_id in FINAL_STATUSES else "",
        parts=number(event.get("separatedSuccessCount"), digits=3) if status_id in billed else None,
        occurred_at=moment(event.get("dateTime"), time_format, JST),
    )


def _booking(item: Mapping[str, Any]) -> Booking:
    scheduled_for = moment(item.get("scheduleTime"), BOOKED_TIME, JST)
    if scheduled_for is None:
        raise UnreadableReply
    return Booking(text(item.get(EVENT_KEY)), text(item.get("phoneNumber")), scheduled_for)


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
