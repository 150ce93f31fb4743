"""One customer of the vendor: what was agreed, what was taken in, what is reserved, what is billed."""

import re
import sys
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum

from ..network import Carrier
from ..stand_in import Account, Settings, World
from .checks import parts_of

CARRIER_IDS = {Carrier.AU: "101", Carrier.DOCOMO: "103", Carrier.SOFTBANK: "105", Carrier.RAKUTEN: "106"}


class State(StrEnum):
    RESERVED = "reserved"
    CANCELLED = "cancelled"
    SENT = "sent"
    DELIVERED = "delivered"
    FAILED = "failed"
    UNKNOWN = "unknown"


class ReceiptFormat(StrEnum):
    FORM_JSON = "form_json"
    FORM_XML = "form_xml"
    RAW_JSON = "raw_json"


@dataclass(frozen=True, kw_only=True)
class ZettaiSettings(Settings):
    token: str
    sender_codes: Sequence[str]
    receipt_format: str = ReceiptFormat.FORM_JSON
    sending_limit: int = 0
    counts_include_today: bool = False
    domains: Sequence[str] = ()
    templates: Sequence[Mapping[str, str]] = ()

    def __post_init__(self) -> None:
        super().__post_init__()
        if not re.fullmatch(r"[1-9][0-9]+", self.client_id):
            raise ValueError("client_id is digits")
        if not re.fullmatch(r"[0-9A-Za-z]{32}", self.token):
            raise ValueError("token is 32 letters and digits")
        if not self.sender_codes or not all(re.fullmatch(r"[0-9]{5,6}", code) for code in self.sender_codes):
            raise ValueError("sender_codes are 5 or 6 digits each, at least one")
        if not all({"title", "default_content"} == set(template) for template in self.templates):
            raise ValueError("templates have a title and a default_content each")
        ReceiptFormat(self.receipt_format)


@dataclass(slots=True, eq=False)
class Message:
    number: str
    body: str
    sms_code: str
    carrier_id: str
    tag: str
    group: str
    due: datetime | None = None
    state: State = State.RESERVED
    detail: str = "0"
    changed_at: datetime | None = None
    sent_on: date | None = None
    parts: int = field(init=False)

    def __post_init__(self) -> None:
        self.parts = parts_of(self.body)
        # A campaign is one text many times over; kept once, 100,000 of them weigh half.
        self.body = sys.intern(self.body)
        self.group = sys.intern(self.group)


class ZettaiAccount(Account):
    settings: ZettaiSettings

    def __init__(self, vendor: str, settings: ZettaiSettings, world: World) -> None:
        super().__init__(vendor, settings, world)
        self.by_tag: dict[str, Message] = {}
        self.by_day: defaultdict[date, list[Message]] = defaultdict(list)
        self.reserved: set[Message] = set()
        self._billed: defaultdict[date, Counter[str]] = defaultdict(Counter)

    def take(self, message: Message) -> None:
        """A tag is used up from here on, whatever becomes of the message."""
        self.tally["taken"] += 1
        if message.tag:
            self.by_tag[message.tag] = message
        if message.due:
            self.reserved.add(message)

    def cancel(self, message: Message) -> None:
        message.state = State.CANCELLED
        self.reserved.discard(message)

    def release(self, message: Message, now: datetime) -> None:
        message.state = State.SENT
        message.changed_at = now
        message.sent_on = now.date()
        self.reserved.discard(message)
        self.by_day[now.date()].append(message)

    def settle(self, message: Message, state: State, detail: str, now: datetime) -> None:
        message.state, message.detail, message.changed_at = state, detail, now
        if state is State.DELIVERED and message.sent_on:
            self._billed[message.sent_on][message.carrier_id] += message.parts

    def reservations(self, sms_code: str) -> Iterator[Message]:
        return (message for message in self._in_order() if message.sms_code == sms_code)

    def cancel_between(self, start: date, end: date, group: str | None) -> None:
        """Both days included; without a group every one."""
        for message in self._in_order():
            if message.due and start <= message.due.date() <= end and group in (None, message.group):
                self.cancel(message)

    def billed_in(self, month: date, last_day: date) -> Counter[str]:
        """Delivered parts by carrier of what was sent in that month, up to and including the last day."""
        total: Counter[str] = Counter()
        for day, counts in self._billed.items():
            if day.replace(day=1) == month and day <= last_day:
                total.update(counts)
        return total

    def _in_order(self) -> list[Message]:
        return sorted(self.reserved, key=lambda message: (message.due, message.number))
