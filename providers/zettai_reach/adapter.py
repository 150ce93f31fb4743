"""The calls of 絶対リーチ, one method each."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any, ClassVar

from ..base import (
    Accepted,
    Booking,
    CancelOutcome,
    Capabilities,
    CleaningVerdict,
    CodeMeaning,
    DeliveryReceipt,
    Duplicate,
    OutboundSms,
    Outcome,
    Provider,
    Refused,
    Unknown,
    VendorTemplate,
    Webhook,
)
from ..errors import AccountRefused, OutcomeUnknown, ProviderError, UnreadableReply
from ..lenient import moment, number, text
from .receipts import CARRIERS, EVENT_KEY, JST, asked, meaning, pushed

REQUEST_NUMBER = re.compile(r"(\+81|0)([26789]0[1-9][0-9]{7}|20[1-9][0-9]{10})")
REQUESTS_PER_SECOND = 50  # ZR-A25: the 600 of the documents read like the whole platform's
QUESTIONS_PER_SECOND = 5  # ZR-A25
CLEANS_BACK = 2 * 365  # two years, in days
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

BOOKED_TIME = "%Y-%m-%d %H:%M"
CARRIER_IDS = {carrier: carrier_id for carrier_id, carrier in CARRIERS.items()}
LONGEST_TEMPLATE = 660
TEMPLATE_FIELD = re.compile(r"\{\{%(.+?)%\}\}")
VERDICTS = {"T": CleaningVerdict.CHANGED, "N": CleaningVerdict.SAME, "ERROR": CleaningVerdict.NO_VERDICT}


class ZettaiReach(Provider):
    slug = "zettai_reach"
    label = "絶対リーチ！SMS"
    base_url = "https://sms-api.aossms.com"
    credential_names = ("token", "client_id")
    formats: ClassVar = {"token": "[0-9A-Za-z]{32}", "client_id": "[1-9][0-9]+"}
    sender_format = "[0-9]{5,6}"
    sender_example = "54321"
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
        shortens=True,
        short_hosts=("ai9.jp",),
        lists_templates=True,
        cleans=True,
        cleans_back=CLEANS_BACK,
        jis_only=True,  # ZR-A13
        counting_profile="zettai",
        requests_per_second=REQUESTS_PER_SECOND,
        questions_per_second=QUESTIONS_PER_SECOND,
        book_at_least_ahead=BOOK_AT_LEAST_AHEAD,
        book_at_most_ahead=BOOK_AT_MOST_AHEAD,
    )

    @classmethod
    def accepts(cls, e164: str) -> bool:
        return REQUEST_NUMBER.fullmatch(e164) is not None

    @classmethod
    def explain(cls, vendor_code: str) -> CodeMeaning | None:
        return meaning(vendor_code)

    async def submit(self, batch: Sequence[OutboundSms]) -> list[Outcome]:
        (sms,) = batch
        fields = {
            "smsCode": sms.sender_id,
            "message": sms.body,
            "phoneNumber": sms.to,
            "clientTag": sms.reference,
            "scheduleTime": f"{sms.scheduled_for.astimezone(JST):{BOOKED_TIME}}" if sms.scheduled_for else "",
            "groupTag": sms.group,
            "carrierId": CARRIER_IDS.get(sms.carrier, ""),
        }
        return [_outcome(await self.client.post_form("p5/api/mt.json", self._signed(fields)), sms)]

    async def check(self) -> None:
        await self._ask("p5/api/template.json")

    async def look_up(self, reference: str) -> DeliveryReceipt | None:
        reply = await self._ask("p5/api/status.json", clientTag=reference)
        # ZR-A9: tags may match by their beginning, so only the whole one counts.
        return next((found for found in asked(_items(reply, "status")) if found.reference == reference), None)

    async def look_up_day(self, day: date) -> list[DeliveryReceipt]:
        return asked(_items(await self._ask("p5/api/status.json", date=f"{day:%Y%m%d}"), "status"))

    async def bookings(self, day: date, *, sender_id: str, group: str = "") -> list[Booking]:
        return await self._reservations(sender_id, scheduleDate=f"{day:%Y%m%d}", groupTag=group)

    async def bookings_at(self, minute: datetime, *, sender_id: str, group: str = "") -> list[Booking]:
        when = f"{minute.astimezone(JST):{BOOKED_TIME}}"
        return await self._reservations(sender_id, scheduleTime=when, groupTag=group)

    async def booking(self, reference: str, *, sender_id: str) -> Booking | None:
        """None when the vendor holds none of this reference, or none any more."""
        found = await self._reservations(sender_id, clientTag=reference)
        return next((booking for booking in found if booking.reference == reference), None)

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

    async def cancel_everything(self) -> None:
        """Every booking of the client, whoever made it: never part of another task."""
        await self._ask("p5/api/cancelreservationall.json")

    async def month_counts(self, month: date) -> dict[str, int]:
        reply = await self._ask("p5/api/separatedsuccesscount.json", month=f"{month:%Y%m}")
        counts = dict.fromkeys(CARRIERS.values(), 0)  # a carrier without parts is left out, ZR-A12: so is the client
        for item in _items(reply, "separatedSuccessCount"):
            for carrier_id, carrier in CARRIERS.items():
                counts[carrier] += _billed(item.get(carrier_id, 0))
        return counts

    async def shorten(self, url: str) -> str:
        """ZR-A11: a new one each time."""
        reply = await self.client.post_form("p1/api/shortenurl.json", self._signed({"longUrl": url}))
        _require_taken(reply)
        short = text(reply.get("shortUrl"), 2048)
        if not short:
            raise UnreadableReply
        return short

    async def templates(self) -> list[VendorTemplate]:
        return [_template(item) for item in _items(await self._ask("p5/api/template.json"), "templates")]

    async def clean(self, to: str, *, since: date) -> CleaningVerdict:
        reply = await self._ask("p5/api/numbercleaning.json", phoneNumber=to, referenceDate=f"{since:%Y%m%d}")
        verdict = VERDICTS.get(text(reply.get("status")))
        if verdict is None or not _echoes(reply, to):
            raise UnreadableReply
        return verdict

    def parse_receipts(self, webhook: Webhook) -> list[DeliveryReceipt]:
        return pushed(webhook.body, self.credentials["client_id"])

    async def _reservations(self, sender_id: str, **params: str) -> list[Booking]:
        reply = await self._get("p5/api/checkreservation.json", {"smsCode": sender_id, **params})
        if _code(reply) in (PAST, ALREADY_SENT):
            return []
        _require_taken(reply)
        return [_booking(item) for item in _items(reply, "status")]

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
    if not code or not _echoes(reply, sms.to):
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


def _echoes(reply: Mapping[str, Any], to: str) -> bool:
    """False when the reply names another number: a stray answer on a reused connection. ZR-A5: it may name none."""
    echoed = text(reply.get("phoneNumber"))
    return not echoed or echoed[-10:] == to[-10:]


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


def _booking(item: Mapping[str, Any]) -> Booking:
    scheduled_for = moment(item.get("scheduleTime"), BOOKED_TIME, JST)
    if scheduled_for is None:
        raise UnreadableReply
    return Booking(text(item.get(EVENT_KEY)), text(item.get("phoneNumber")), scheduled_for)


def _template(item: Mapping[str, Any]) -> VendorTemplate:
    parameters = item.get("parameters") or []
    if not isinstance(parameters, list) or not all(isinstance(parameter, dict) for parameter in parameters):
        raise UnreadableReply
    return VendorTemplate(
        name=text(item.get("title")),
        body=TEMPLATE_FIELD.sub(r"{{\1}}", text(item.get("default_content"), LONGEST_TEMPLATE)),
        fields=tuple(text(parameter.get("parameter_name")) for parameter in parameters),
    )
