"""One customer of the vendor: what was agreed, what was taken in, and how the report finds it again."""

import itertools
import secrets
from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

from ..links import Link
from ..stand_in import Account, Settings, World


class Product(StrEnum):
    """A key and its tokens are good for one of them."""

    SMS = "SMS"
    SHORT_URL = "SHORT_URL"


class Function(StrEnum):
    MULTI = "multi"
    BINARY = "binary"
    TEMPLATE = "template"
    REPORT = "report"


@dataclass(frozen=True, kw_only=True)
class RakutenSettings(Settings):
    """`client_id` is the SMS API key."""

    secret: str
    sender_codes: Sequence[str]
    short_url_key: str = ""
    short_url_secret: str = ""
    channel: str = "HTTP"
    token_seconds: float = 900.0
    batch_limit: int = 100
    refuse_whole_batch: bool = False
    throttle_whole_batch: bool = True
    templates: Mapping[str, str] = field(default_factory=dict)
    allow_list: Sequence[str] = ()
    block_list: Sequence[str] = ()
    result_codes: Mapping[str, int] = field(default_factory=dict)
    disabled: Sequence[str] = ()
    gsm_part: int = 152
    ucs2_part: int = 66
    look_up_delay: float = 0.0

    def __post_init__(self) -> None:
        super().__post_init__()
        if not self.secret or not self.sender_codes:
            raise ValueError("secret and sender_codes are needed")
        if bool(self.short_url_key) != bool(self.short_url_secret) or self.short_url_key == self.client_id:
            raise ValueError("short_url_key is another key, with a short_url_secret")
        if min(self.token_seconds, self.batch_limit, self.gsm_part, self.ucs2_part) <= 0 or self.look_up_delay < 0:
            raise ValueError("token_seconds, batch_limit and sizes of parts are positive, look_up_delay not negative")
        for function in self.disabled:
            Function(function)

    def secret_of(self, key: str) -> tuple[Product, str] | None:
        if key == self.client_id:
            return Product.SMS, self.secret
        return (Product.SHORT_URL, self.short_url_secret) if key and key == self.short_url_key else None


@dataclass(frozen=True, slots=True)
class Wish:
    """That receipts are wanted; without a `url` of its own they go to the account's."""

    url: str
    intermediate: bool


@dataclass(slots=True, eq=False)
class Message:
    """`number` is digits with the country code; moments are whole seconds, as the vendor shows them."""

    id: str
    sender: str
    number: str
    parts: int
    network: str
    submitted_at: datetime
    reference: str
    correlation_id: str
    wish: Wish | None
    status: str = "ACCEPTD"
    error: str = "000"
    done_at: datetime | None = None


@dataclass(slots=True)
class MaskedUrl:
    id: str
    remote_url: str
    name: str
    description: str
    link: Link
    created_at: datetime
    updated_at: datetime


class RakutenAccount(Account):
    settings: RakutenSettings

    def __init__(self, vendor: str, settings: RakutenSettings, world: World) -> None:
        super().__init__(vendor, settings, world)
        self.masked_urls: dict[str, MaskedUrl] = {}
        self._clock = world.clock
        self._in_order: list[Message] = []
        self._by_reference: defaultdict[str, list[Message]] = defaultdict(list)
        self._numbers = itertools.count(1)
        self._prefix = secrets.token_hex(4)

    def new_id(self) -> str:
        return f"{self._prefix}-{next(self._numbers):x}"

    def take(self, message: Message) -> None:
        self.tally["taken"] += 1
        self._in_order.append(message)
        if message.reference:
            self._by_reference[message.reference].append(message)

    def submitted(self, start: datetime, end: datetime, reference: str | None) -> Sequence[Message]:
        """In order, both ends included; what was taken a moment ago may not be known yet."""
        delay = timedelta(seconds=self.settings.look_up_delay * self._clock.time_scale)
        end = min(end, self._clock.now() - delay)
        messages = self._in_order if reference is None else self._by_reference.get(reference, [])
        first = bisect_left(messages, start, key=_moment_of)
        return messages[first : bisect_right(messages, end, key=_moment_of)]


def _moment_of(message: Message) -> datetime:
    return message.submitted_at
