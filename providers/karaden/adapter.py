"""The calls of Karaden, one method each."""

from __future__ import annotations

import json
import re
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any, ClassVar, Final
from urllib.parse import quote

from ..base import (
    Accepted,
    Booking,
    CancelOutcome,
    Capabilities,
    CodeMeaning,
    DeliveryReceipt,
    OutboundSms,
    Outcome,
    Provider,
    Unknown,
    Webhook,
)
from ..errors import UnreadableReply, WebhookRefused
from ..http import Fields, Timeouts, VendorClient
from ..lenient import text
from . import rows, wire
from .bulk import KaradenBulk
from .form import send_form

NUMBER = re.compile(r"\+81[2789]0[1-9][0-9]{7}")  # 060 is not in the vendor's list
BLOCKED_NUMBERS = frozenset(f"+8190444400{last}" for last in range(10, 19))
REQUESTS_PER_SECOND = 5  # KD-A13
LISTS_WITHIN = 600  # KD-A20
BOOK_AT_LEAST_AHEAD = 6 * 60  # a booking can be cancelled until 5 minutes before its time
BOOK_AT_MOST_AHEAD = 30 * 24 * 60 * 60
LOOK_BACK = timedelta(days=40)  # a booking's 30 days, and time for its last word; KD-A18: readable for 90
PER_PAGE = 100  # the vendor's maximum; KD-A6: pages count from 1, newest first
MOST_PAGES: Final = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Which messages a list shall hold; the times are those of acceptance, both included."""

    service_id: str = ""
    to: str = ""  # E.164
    status: str = ""
    result: str = ""
    sent_result: str = ""
    tag: str = ""  # KD-A5: one whole tag
    start_at: datetime | None = None
    end_at: datetime | None = None
    per_page: int = PER_PAGE

    def params(self, page: int) -> Fields:
        """Empty ones are left out."""
        fields = {
            "service_id": self.service_id,
            "to": rows.domestic(self.to),
            "status": self.status,
            "result": self.result,
            "sent_result": self.sent_result,
            "tag": self.tag,
            "start_at": rows.wire_time(self.start_at) if self.start_at else "",
            "end_at": rows.wire_time(self.end_at) if self.end_at else "",
            "page": str(page),
            "per_page": str(self.per_page),
        }
        return {name: value for name, value in fields.items() if value}


class Karaden(Provider):
    """The sender of a message is a `service_id` (サービス設定)."""

    slug = "karaden"
    label = "Karaden"
    base_url = "https://prg.karaden.jp/api"
    credential_names = ("token", "tenant_id")
    option_names = ("version",)
    plain_names = frozenset({"version"})
    formats: ClassVar = {"tenant_id": "[0-9A-Fa-f]{8}(-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}"}
    choices: ClassVar = {"version": wire.VERSIONS}
    sender_format = "[1-9][0-9]*"
    sender_example = "12"
    capabilities = Capabilities(
        receipts=True,
        look_up=True,
        lists_within=LISTS_WITHIN,
        books=True,
        cancels=True,
        stops_at=True,
        shortens_in_text=True,
        tells_clicks=True,
        counting_profile="karaden",
        requests_per_second=REQUESTS_PER_SECOND,
        book_at_least_ahead=BOOK_AT_LEAST_AHEAD,
        book_at_most_ahead=BOOK_AT_MOST_AHEAD,
    )
    timeouts = Timeouts(read=30.0)  # KD-A2

    def __init__(self, client: VendorClient, credentials: Mapping[str, str]) -> None:
        super().__init__(client, credentials)
        self._wire = wire.Wire(client, credentials)
        self.bulk = KaradenBulk(self._wire)

    @classmethod
    def accepts(cls, e164: str) -> bool:
        return NUMBER.fullmatch(e164) is not None and e164 not in BLOCKED_NUMBERS

    @classmethod
    def explain(cls, vendor_code: str) -> CodeMeaning | None:
        return rows.meaning(vendor_code)

    async def submit(self, batch: Sequence[OutboundSms]) -> list[Outcome]:
        (sms,) = batch
        reply = await self._wire.post("messages", send_form(sms))
        return [_outcome(reply.json(), sms) if reply.status == 200 else wire.refused(reply, sms)]

    async def check(self) -> None:
        await self.page(Wanted(per_page=1))

    async def look_up(self, reference: str) -> DeliveryReceipt | None:
        """Of several with this tag, which only a repetition on the way could cause, the oldest."""
        found = await self._tagged(reference)
        return rows.receipt(found[0]) if found else None

    async def look_up_group(self, group: str, page: int) -> tuple[list[DeliveryReceipt], bool]:
        """The group is a tag of each; KD-A5."""
        found, has_more = await self.page(Wanted(tag=group, start_at=datetime.now(UTC) - LOOK_BACK), page)
        return [rows.receipt(row) for row in found if group in rows.tags(row)], has_more

    async def detail(self, message_id: str) -> DeliveryReceipt | None:
        """The same by the vendor's id."""
        reply = await self._wire.get(f"messages/{quote(message_id, safe='')}")
        if wire.error_code(reply) == wire.NOT_FOUND:
            return None
        return rows.receipt(wire.taken(reply))

    async def page(self, wanted: Wanted, page: int = 1) -> tuple[list[dict[str, Any]], bool]:
        """The messages of one page, and whether there are more."""
        reply = wire.taken(await self._wire.get("messages", wanted.params(page)))
        found = reply.get("data")
        if not isinstance(found, list) or not all(isinstance(row, dict) for row in found):
            raise UnreadableReply
        return found, reply.get("has_more") is True

    async def messages(self, wanted: Wanted) -> AsyncIterator[dict[str, Any]]:
        """All pages; a row pushed to the next page by one that came meanwhile is told once."""
        told: set[str] = set()
        for page in range(1, MOST_PAGES + 1):
            found, has_more = await self.page(wanted, page)
            for row in found:
                if (message_id := rows.message_id(row)) not in told:
                    told.add(message_id)
                    yield row
            if not (has_more and found):
                return
        raise UnreadableReply("reply_too_large")

    async def bookings(self, day: date, *, sender_id: str, group: str = "") -> list[Booking]:
        """The vendor has no filter for the time of sending: all that waits is read."""
        start_at = datetime.now(UTC) - LOOK_BACK
        wanted = Wanted(service_id=sender_id, status=rows.WAITING, tag=group, start_at=start_at)
        return [rows.booking(row) async for row in self.messages(wanted) if rows.scheduled_day(row) == day]

    async def cancel(self, reference: str) -> CancelOutcome:
        """A cancellation names the vendor's id, so the tag is looked up first."""
        found = await self._tagged(reference)
        outcomes = [await self._cancel_row(row) for row in found]
        failed = [outcome for outcome in outcomes if outcome is not CancelOutcome.CANCELLED]
        return failed[0] if failed else CancelOutcome.CANCELLED if outcomes else CancelOutcome.NOT_FOUND

    async def cancel_message(self, message_id: str) -> CancelOutcome:
        reply = await self._wire.post(f"messages/{quote(message_id, safe='')}/cancel")
        if reply.status == 200:
            is_cancelled = reply.json().get("status") == rows.CANCELLED
            return CancelOutcome.CANCELLED if is_cancelled else CancelOutcome.UNKNOWN
        known = {wire.TOO_LATE_TO_CANCEL: CancelOutcome.TOO_LATE, wire.NOT_FOUND: CancelOutcome.NOT_FOUND}
        if (outcome := known.get(wire.error_code(reply))) is not None:
            return outcome
        error = wire.trouble(reply)
        if error.code == "call_refused":
            return CancelOutcome.UNKNOWN
        raise error

    def parse_receipts(self, webhook: Webhook) -> list[DeliveryReceipt]:
        """Whatever version the call names: fields may be missing, and others may be there."""
        try:
            row = json.loads(webhook.body)
        except (ValueError, RecursionError):
            raise WebhookRefused from None
        if not isinstance(row, dict) or row.get("object") != "message" or not rows.message_id(row):
            raise WebhookRefused
        return [rows.receipt(row)]

    async def _tagged(self, reference: str) -> list[dict[str, Any]]:
        """The messages of this reference, oldest first."""
        found, _ = await self.page(Wanted(tag=reference, start_at=datetime.now(UTC) - LOOK_BACK))
        # KD-A5: should tags match in part, only the whole one counts.
        ours = [row for row in found if reference in rows.tags(row)]
        return sorted(ours, key=lambda row: rows.created_at(row) or datetime.now(UTC))

    async def _cancel_row(self, row: Mapping[str, Any]) -> CancelOutcome:
        """One cancelled before stays so; what has gone is not asked for again."""
        status = text(row.get("status"))
        if status == rows.CANCELLED:
            return CancelOutcome.CANCELLED
        return await self.cancel_message(rows.message_id(row)) if status == rows.WAITING else CancelOutcome.TOO_LATE


def _outcome(row: Mapping[str, Any], sms: OutboundSms) -> Outcome:
    """An answer that names another tag is a stray one on a reused connection."""
    tags = rows.tags(row)
    if not rows.message_id(row) or (tags and sms.reference not in tags):
        return Unknown("unreadable_reply")
    return Accepted(rows.message_id(row), rows.billed(row))
