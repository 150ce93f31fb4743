"""The one interface of all vendors, and the values it exchanges."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from typing import ClassVar, TypeAlias

from .errors import NotReached, OutcomeUnknown, Throttled
from .http import Timeouts, VendorClient
from .lenient import number

# The longest that the engine waits for submit(): what is still out then is in doubt.
SUBMIT_SECONDS = 40.0


@dataclass(frozen=True, slots=True)
class TemplateText:
    """A template the vendor keeps, and the values of its fields."""

    template_id: str
    values: Mapping[str, str] = field(default_factory=dict, repr=False)


@dataclass(frozen=True, slots=True)
class BinaryText:
    """Octets for the phone's software; the vendor never splits them."""

    body: bytes = field(repr=False)
    udh: bytes = b""


@dataclass(frozen=True, slots=True)
class OutboundSms:
    """One text to one number. `reference` is ours, unique and never changed: idempotency key and look-up key.

    From `scheduled_for` on, a field counts only where the capability beside it says so.
    """

    reference: str
    to: str = field(repr=False)  # E.164
    body: str = field(repr=False)  # LF line breaks, fields filled
    sender_id: str
    scheduled_for: datetime | None = None  # aware; books
    group: str = ""  # the campaign's reference: what a bulk cancellation names
    valid_until: datetime | None = None  # aware; stops_at
    callback_url: str = ""  # where the receipts of this one go; calls_back_each
    shorten: bool | None = None  # the URLs in the body, None as the account is set up; shortens_in_text
    carrier: str = ""  # docomo, au, softbank or rakuten where known for sure; vendors without a field for it leave it
    content: TemplateText | BinaryText | None = field(default=None, repr=False)  # for the body; fills_templates, binary


@dataclass(frozen=True, slots=True)
class Accepted:
    """The vendor has it; with a `scheduled_for` it is booked there. Parts where the vendor says so."""

    provider_message_id: str = ""
    parts: int | None = None


@dataclass(frozen=True, slots=True)
class Duplicate:
    """The vendor already has this reference and took nothing new."""


@dataclass(frozen=True, slots=True)
class Refused:
    """The vendor said no, for good. `reason` is ours, from REASONS; code and text are the vendor's own."""

    reason: str
    vendor_code: str = ""
    text: str = ""


@dataclass(frozen=True, slots=True)
class TurnedAway:
    """Certainly not taken: may be sent again, after `retry_after` seconds where the vendor said so."""

    reason: str  # one of errors.CODES
    retry_after: float | None = None


@dataclass(frozen=True, slots=True)
class Unknown:
    """It may have been taken. Never sent again by itself; look-up, receipt or a person decides."""

    reason: str  # one of errors.CODES
    vendor_code: str = ""


Outcome: TypeAlias = Accepted | Duplicate | Refused | TurnedAway | Unknown

# Our words for why a message was refused or not delivered; screens hold one text for each.
REASONS = frozenset(
    {
        "refused",
        "recipient_invalid",
        "recipient_opted_out",
        "body_invalid",
        "body_too_long",
        "schedule_invalid",
        "number_dead",
        "out_of_reach",
        "blocked_by_recipient",
        "congestion",
        "expired",
        "undelivered",
        "cancelled",
        "validity_invalid",
        "sender_refused",
        "recipient_not_allowed",
        "no_route",
        "not_sent",
        "refused_unlisted",
    }
)


# What a vendor's own result code comes down to, finer than a reason; screens hold one text for each.
CAUSES = frozenset(
    {
        "delivered",
        "congestion_at_carrier",
        "congestion_at_recipient",
        "number_not_in_use",
        "network_or_out_of_range",
        "out_of_range",
        "out_of_range_or_busy",
        "refused_by_handset",
        "unconnected",
        "failed_at_carrier",
        "validity_ran_out",
        "rejected",
        "deleted",
        "not_sent",
        "not_known",
    }
)


@dataclass(frozen=True, slots=True)
class CodeMeaning:
    cause: str  # one of CAUSES
    carrier: str = ""  # whose network said so, where the code tells


class ReceiptStatus(StrEnum):
    BOOKED = "booked"
    IN_TRANSIT = "in_transit"
    DELIVERED = "delivered"
    UNDELIVERED = "undelivered"
    CANCELLED = "cancelled"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class DeliveryReceipt:
    """The vendor's later word on one message, pushed or asked for; late, repeated and out of order."""

    reference: str  # "" where the vendor named only its own id
    status: ReceiptStatus
    provider_message_id: str = ""
    vendor_code: str = ""
    reason: str = ""  # one of REASONS when undelivered
    carrier: str = ""  # docomo, au, softbank, rakuten or "" while unknown
    parts: int | None = None  # billed, where the vendor says so
    occurred_at: datetime | None = None
    clicked: bool | None = None  # whether a shortened URL was opened, where the vendor says so


@dataclass(frozen=True, slots=True)
class Webhook:
    """A call as it came in. Header names are lower case."""

    body: bytes
    content_type: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)


class CancelOutcome(StrEnum):
    CANCELLED = "cancelled"
    TOO_LATE = "too_late"
    NOT_FOUND = "not_found"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Booking:
    """A message the vendor holds until its time."""

    reference: str
    to: str = field(repr=False)
    scheduled_for: datetime


class CleaningVerdict(StrEnum):
    """Whether a number has another holder than on the day asked about (電話番号クリーニング)."""

    CHANGED = "changed"
    SAME = "same"
    NO_VERDICT = "no_verdict"  # not in the vendor's database


@dataclass(frozen=True, slots=True)
class VendorTemplate:
    """A text registered at the vendor, its fields written as ours: {{name}}."""

    name: str
    body: str
    fields: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Capabilities:
    """What a vendor can do. Screens and services ask this, never a vendor's name."""

    batch_size: int = 1
    receipts: bool = False  # pushes delivery receipts
    look_up: bool = False  # answers what became of a reference
    look_up_day: bool = False  # answers for all messages of one day
    rejects_duplicates: bool = False  # repeating a reference is safe and tells
    lists_within: int = 0  # seconds after which look_up knows whatever was taken; 0: its silence proves nothing
    books: bool = False  # holds messages until a time
    cancels: bool = False  # a booked message, by reference
    cancels_group: bool = False  # booked messages of one group
    month_counts: bool = False  # billed parts by carrier
    stops_at: bool = False  # tries no longer than OutboundSms.valid_until
    calls_back_each: bool = False  # takes a callback URL with each message
    fills_templates: bool = False  # sends a template it keeps
    binary: bool = False
    shortens: bool = False  # makes a short URL when asked
    shortens_in_text: bool = False  # replaces the URLs of a body by short ones
    tells_clicks: bool = False  # in look_up_group as well
    lists_templates: bool = False
    cleans: bool = False  # tells whether a number changed hands
    cleans_back: int = 0  # days before today the day asked about may lie
    short_hosts: tuple[str, ...] = ()  # of the short URLs it makes
    jis_only: bool = False  # cannot carry characters outside ASCII and JIS X 0208
    counting_profile: str = "standard"
    requests_per_second: int = 10  # safe default; an account may have more
    questions_per_second: int = 5  # of calls that send nothing
    book_at_least_ahead: int = 0  # seconds
    book_at_most_ahead: int = 0  # seconds


class Provider(ABC):
    """Declare and translate: no retry, no logging, no database, no sleeping."""

    slug: ClassVar[str]
    label: ClassVar[str]
    base_url: ClassVar[str]
    credential_names: ClassVar[tuple[str, ...]]
    option_names: ClassVar[tuple[str, ...]] = ()  # kept with the credentials, and may be left empty
    plain_names: ClassVar[frozenset[str]] = frozenset()  # of the options, those that are no secrets
    formats: ClassVar[Mapping[str, str]] = {}  # of both: what a whole value must match
    choices: ClassVar[Mapping[str, tuple[str, ...]]] = {}  # of both: the values there are, the usual one first
    sender_format: ClassVar[str] = ".+"  # what a whole sender id must match
    sender_example: ClassVar[str] = "12345"
    capabilities: ClassVar[Capabilities]
    # Content types of the vendor's calls to us. Wide, because a receipt lost to a header costs more than an odd body.
    callback_types: ClassVar[frozenset[str]] = frozenset(
        {
            "",
            "application/json",
            "application/octet-stream",
            "application/x-www-form-urlencoded",
            "application/xml",
            "text/plain",
            "text/xml",
        }
    )
    callback_answer: ClassVar[int] = 200  # the status that tells the vendor it was taken, with an empty body
    timeouts: ClassVar[Timeouts] = Timeouts()

    def __init__(self, client: VendorClient, credentials: Mapping[str, str]) -> None:
        self.client = client
        self.credentials = credentials

    @classmethod
    def batch_size(cls, credentials: Mapping[str, str]) -> int:
        """Messages in one request: the account's own figure where it has one and the vendor takes several."""
        own = number(credentials.get("batch_size", ""), digits=4)
        return own if own and cls.capabilities.batch_size > 1 else cls.capabilities.batch_size

    @classmethod
    def accepts(cls, e164: str) -> bool:
        """Whether this vendor takes the number at all; vendors stricter than Japan's numbering plan say so here."""
        return True

    @classmethod
    def explain(cls, vendor_code: str) -> CodeMeaning | None:
        """What a receipt's `vendor_code` says; None for one the vendor's documents do not list."""
        return None

    @abstractmethod
    async def submit(self, batch: Sequence[OutboundSms]) -> list[Outcome]:
        """One request within SUBMIT_SECONDS; one outcome per message, in order. Account trouble is raised."""

    @abstractmethod
    async def check(self) -> None:
        """A harmless real call; returns when address and credentials work, raises ProviderError when not."""

    @abstractmethod
    def parse_receipts(self, webhook: Webhook) -> list[DeliveryReceipt]:
        """The receipts in one call of the vendor's; raises WebhookRefused when it is not one."""

    async def look_up(self, reference: str) -> DeliveryReceipt | None:
        """The vendor's word on one reference; None when it knows none, which alone proves nothing."""
        raise NotImplementedError

    async def look_up_day(self, day: date) -> list[DeliveryReceipt]:
        """The vendor's word on all messages of one day (JST)."""
        raise NotImplementedError

    async def look_up_group(self, group: str, page: int) -> tuple[list[DeliveryReceipt], bool]:
        """The vendor's word on the messages of one group, a page at a time from 1, and whether there are more."""
        raise NotImplementedError

    async def bookings(self, day: date, *, sender_id: str, group: str = "") -> list[Booking]:
        """What the vendor holds for one day (JST) and one sender."""
        raise NotImplementedError

    async def cancel(self, reference: str) -> CancelOutcome:
        """Take back one booked message."""
        raise NotImplementedError

    async def cancel_group(self, group: str, *, first: date | None = None, last: date | None = None) -> None:
        """Take back the booked messages of a group, or of its days from `first` to `last`, both included."""
        raise NotImplementedError

    async def month_counts(self, month: date) -> dict[str, int]:
        """Billed parts by carrier for the month (JST) this day is in, as the vendor counts them today."""
        raise NotImplementedError

    async def shorten(self, url: str) -> str:
        """A short URL that leads there."""
        raise NotImplementedError

    async def templates(self) -> list[VendorTemplate]:
        """The texts registered at the vendor."""
        raise NotImplementedError

    async def clean(self, to: str, *, since: date) -> CleaningVerdict:
        """Whether the number (E.164) changed hands since that day."""
        raise NotImplementedError


async def submit_safely(provider: Provider, batch: Sequence[OutboundSms]) -> list[Outcome]:
    """Submit, and turn trouble with the connection into one outcome per message; only account trouble is raised."""
    try:
        return await provider.submit(batch)
    except (NotReached, Throttled) as error:
        return [TurnedAway(error.code, error.retry_after)] * len(batch)
    except OutcomeUnknown as error:
        return [Unknown(error.code, error.vendor_code)] * len(batch)
