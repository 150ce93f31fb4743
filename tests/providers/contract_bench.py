"""One vendor's adapter in front of its stand-in, and the customers the stand-ins know."""

from __future__ import annotations

import asyncio
import traceback
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from typing import Any, TypeVar

import pytest

from providers.base import (
    OutboundSms,
    Outcome,
    Provider,
    submit_safely,
)
from providers.errors import ProviderError
from providers.http import VendorClient
from providers.registry import PROVIDERS
from providers.sandbox.network import MAGIC_NUMBERS
from providers.sandbox.server import SandboxServer

T = TypeVar("T")
JST = timezone(timedelta(hours=9))


@dataclass(frozen=True)
class Customer:
    """What one vendor's stand-in and its adapter are told, and how the vendor differs in what it tells."""

    settings: dict[str, Any]
    credentials: dict[str, str]
    sender_id: str
    send_path: str  # in the addresses of sends, and of no other call made beside them
    cancel_path: str = ""
    base_path: str = ""
    receipt_settings: tuple[dict[str, Any], ...] = field(default=({},))  # the ways the vendor may call in
    tells_stages: bool = True  # pushes receipts before the last word, too
    wrong_sender: str = "99999"
    wrong_number: str = "+81312345678"
    causes: Mapping[str, str] = field(default_factory=dict)  # our reason -> what this vendor's answer comes down to


CUSTOMERS = {
    "zettai_reach": Customer(
        settings={
            "client_id": "20001",
            "token": "ContractTests" + "0" * 19,
            "sender_codes": ["54321"],
            "counts_include_today": True,
        },
        credentials={"token": "ContractTests" + "0" * 19, "client_id": "20001"},
        sender_id="54321",
        send_path="mt.json",
        cancel_path="cancelreservation",
        receipt_settings=tuple({"receipt_format": form} for form in ("form_json", "form_xml", "raw_json")),
    ),
    "rakuten_cpaas": Customer(
        settings={
            "client_id": "contract-key",
            "secret": "ContractTestsSecret",
            "sender_codes": ["0501112222"],
            "short_url_key": "contract-short-key",
            "short_url_secret": "ContractTestsShortSecret",
        },
        credentials={
            "api_key": "contract-key",
            "api_secret": "ContractTestsSecret",
            "short_url_key": "contract-short-key",
            "short_url_secret": "ContractTestsShortSecret",
        },
        sender_id="0501112222",
        send_path="submit",
        tells_stages=False,
        wrong_sender="-",  # a sender nobody registered is taken, and its texts arrive nowhere
        wrong_number="0312345678",  # only the form is checked
        causes={
            **dict.fromkeys(("number_dead", "blocked_by_recipient", "congestion"), "undelivered"),
            "out_of_reach": "expired",
        },
    ),
    "karaden": Customer(
        settings={
            "client_id": "4",
            "tenant_id": "5d0f6f0e-1111-4a4a-8c8c-000000000001",
            "token": "ContractTestsKaradenToken",
            "services": [{"id": 12}],
        },
        credentials={"tenant_id": "5d0f6f0e-1111-4a4a-8c8c-000000000001", "token": "ContractTestsKaradenToken"},
        sender_id="12",
        send_path="messages",
        cancel_path="cancel",
        base_path="api/",
        causes=dict.fromkeys(("number_dead", "blocked_by_recipient", "congestion"), "undelivered"),
    ),
}


def vendors(*capabilities: str, arrays: bool = False) -> pytest.MarkDecorator:
    """All vendors that claim these, as the parameter of the `bench`."""
    able = {slug: vendor.capabilities for slug, vendor in PROVIDERS.items() if slug in CUSTOMERS}
    slugs = [slug for slug, can in able.items() if all(getattr(can, claimed) for claimed in capabilities)]
    return pytest.mark.parametrize("bench", [s for s in slugs if able[s].batch_size > arrays], indirect=True)


class Bench:
    """One vendor's adapter in front of its stand-in."""

    def __init__(self, slug: str, sandbox: SandboxServer) -> None:
        self.slug = slug
        self.customer = CUSTOMERS[slug]
        self.control = sandbox.control
        self.base_url = sandbox.base_url(slug) + self.customer.base_path
        self.shown: list[str] = []  # all that came of it, as a log or a report would show it

    def ask(self, question: Callable[[Provider], Awaitable[T]], **credentials: str) -> T:
        async def story() -> T:
            async with VendorClient(self.base_url) as client:
                return await question(PROVIDERS[self.slug](client, self.customer.credentials | credentials))

        try:
            result = asyncio.run(story())
        except ProviderError as error:
            self.shown += [*traceback.format_exception(error), repr(error)]
            raise
        self.shown.append(repr(result))
        return result

    def submit(self, *batch: OutboundSms) -> list[Outcome]:
        """One after the other over one connection."""

        async def story(provider: Provider) -> list[Outcome]:
            return [outcome for sms in batch for outcome in await submit_safely(provider, [sms])]

        return self.ask(story)

    def sms(self, reference: str = "r-1", fate: str = "delivered_fast", **changes: Any) -> OutboundSms:
        to = "+81801111" + MAGIC_NUMBERS[fate]
        plain = {"reference": reference, "to": to, "body": "テスト & 1+1", "sender_id": self.customer.sender_id}
        return OutboundSms(**{**plain, **changes})

    def submit_array(self, *batch: OutboundSms) -> list[Outcome]:
        return self.ask(lambda provider: submit_safely(provider, batch))

    def set_faults(self, *rules: dict[str, object], cancelling: bool = False) -> None:
        """Trouble with sends, or with cancellations."""
        path = self.customer.cancel_path if cancelling else self.customer.send_path
        self.control.faults(self.slug, self.customer.settings["client_id"], *({"path": path, **rule} for rule in rules))

    def handed_over(self, reference: str) -> int:
        """How often the stand-in gave this text to the pretend network."""
        return sum(entry["handed_over"] for entry in self.control.entries(reference=reference))

    def now(self) -> datetime:
        return datetime.fromisoformat(self.control.state()["now"])

    def noon_in(self, days: int) -> datetime:
        return (self.now() + timedelta(days=days)).replace(hour=12, minute=0, second=0, microsecond=0)

    def seconds_until(self, moment: datetime) -> float:
        return (moment - self.now()).total_seconds()

    def booked(self, moment: datetime, group: str = "") -> set[str]:
        sender_id = self.customer.sender_id
        found = self.ask(lambda provider: provider.bookings(moment.date(), sender_id=sender_id, group=group))
        return {booking.reference for booking in found}
