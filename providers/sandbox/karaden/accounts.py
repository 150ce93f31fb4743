"""One project of a customer: what was agreed, what was taken in, and how it is found again."""

import re
import sys
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cached_property
from typing import Any

from ..pushing import check_callback_url
from ..stand_in import Account, Settings, World

VERSIONS = ("2023-01-01", "2023-12-01", "2024-03-01")
UUID = re.compile("[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


@dataclass(frozen=True, kw_only=True)
class Service:
    """サービス設定: without an address of its own, receipts go to the account's."""

    id: int
    callback_url: str = ""
    callback_version: str = VERSIONS[-1]
    is_shorten: bool = False

    def __post_init__(self) -> None:
        if type(self.id) is not int or self.id <= 0:
            raise ValueError("the id of a service is a positive integer")
        if self.callback_version not in VERSIONS:
            raise ValueError(f"callback_version is one of {', '.join(VERSIONS)}")
        if self.callback_url:
            check_callback_url(self.callback_url)


@dataclass(frozen=True, kw_only=True)
class KaradenSettings(Settings):
    """`client_id` is the project's number."""

    tenant_id: str
    token: str
    services: Sequence[Mapping[str, Any]]
    billing_address_id: int = 1
    bulk: bool = True
    sending_delay: float = 0.0
    look_up_delay: float = 0.0

    def __post_init__(self) -> None:
        super().__post_init__()
        if not re.fullmatch("[1-9][0-9]*", self.client_id):
            raise ValueError("client_id is the number of the project")
        if not UUID.fullmatch(self.tenant_id):
            raise ValueError("tenant_id is a UUID in small letters")
        if not self.token:
            raise ValueError("token is needed")
        if min(self.sending_delay, self.look_up_delay) < 0:
            raise ValueError("sending_delay and look_up_delay are not negative")
        if not self.service_by_id:
            raise ValueError("services are needed, at least one")

    @cached_property
    def service_by_id(self) -> dict[int, Service]:
        services = (Service(**fields) for fields in self.services)
        return {service.id: service for service in services}


@dataclass(slots=True, eq=False, kw_only=True)
class Message:
    """The vendor's own words for its states; moments are whole seconds, as the vendor shows them."""

    id: str
    service_id: int
    to: str
    body: str
    tags: tuple[str, ...] = ()
    is_shorten: bool = False
    parts: int = 0
    created_at: datetime
    updated_at: datetime
    scheduled_at: datetime | None = None
    limited_at: datetime | None = None
    sent_at: datetime | None = None
    received_at: datetime | None = None
    charged_at: datetime | None = None
    status: str = "waiting"
    result: str = "processing"
    sent_result: str = "none"
    carrier: str = "checking"
    is_clicked: bool = False
    error: Mapping[str, object] | None = None

    def __post_init__(self) -> None:
        # A campaign is one text many times over; kept once, 100,000 of them weigh half.
        self.body = sys.intern(self.body)

    @property
    def reference(self) -> str:
        """What the ledger knows it by."""
        return self.tags[0] if self.tags else ""

    def click(self) -> None:
        self.is_clicked = True


@dataclass(slots=True)
class BulkFile:
    id: str
    created_at: datetime
    expires_at: datetime
    content: bytes | None = None
    is_used: bool = False


@dataclass(slots=True)
class BulkMessage:
    id: str
    created_at: datetime
    updated_at: datetime
    status: str = "waiting"
    error: dict[str, object] | None = None
    messages: list[Message] = field(default_factory=list)
    completed_at: datetime | None = None

    def move_to(self, status: str, now: datetime) -> None:
        self.status, self.updated_at = status, now


@dataclass(frozen=True, kw_only=True)
class Query:
    """A list call; `wanted` are values of members, `start` and `end` both included."""

    wanted: Mapping[str, object]
    tag: str | None
    start: datetime | None
    end: datetime | None
    page: int
    per_page: int

    def fits(self, message: Message) -> bool:
        return (
            all(getattr(message, name) == value for name, value in self.wanted.items())
            and (self.tag is None or self.tag in message.tags)
            and (self.start is None or self.start <= message.created_at)
            and (self.end is None or message.created_at <= self.end)
        )


class KaradenAccount(Account):
    settings: KaradenSettings

    def __init__(self, vendor: str, settings: KaradenSettings, world: World) -> None:
        super().__init__(vendor, settings, world)
        self._clock = world.clock
        self.by_id: dict[str, Message] = {}
        self.files: dict[str, BulkFile] = {}
        self.bulks: dict[str, BulkMessage] = {}
        self._in_order: list[Message] = []
        self._by_tag: defaultdict[str, list[Message]] = defaultdict(list)

    def service_of(self, message: Message) -> Service:
        """A service that was taken out of the settings since goes on under its number."""
        return self.settings.service_by_id.get(message.service_id) or Service(id=message.service_id)

    def take(self, message: Message) -> None:
        self.tally["taken"] += 1
        self.by_id[message.id] = message
        self._in_order.append(message)
        for tag in dict.fromkeys(message.tags):
            self._by_tag[tag].append(message)

    def find(self, query: Query) -> Iterator[Message]:
        """Newest first; what was taken a moment ago may not be listed yet."""
        delay = timedelta(seconds=self.settings.look_up_delay * self._clock.time_scale)
        listed_until = self._clock.now() - delay
        candidates = self._in_order if query.tag is None else self._by_tag.get(query.tag, [])
        for message in reversed(candidates):
            if query.start and message.created_at < query.start:
                return
            if message.created_at <= listed_until and query.fits(message):
                yield message
