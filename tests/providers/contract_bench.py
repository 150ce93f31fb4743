"""One vendor's adapter in front of its stand-in, and the customers the stand-ins know."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
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
from providers.http import VendorClient
from providers.registry import PROVIDERS
from providers.sandbox.network import MAGIC_NUMBERS
from providers.sandbox.server import SandboxServer

T = TypeVar("T")
JST = timezone(timedelta(hours=9))


@dataclass(frozen=True)
class Customer:
    """What one vendor's stand-in and its adapter are told; `receipt_settings` are the ways the vendor may call in."""

    settings: dict[str, Any]
    credentials: dict[str, str]
    sender_id: str
    receipt_settings: tuple[dict[str, Any], ...] = field(default=({},))


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
        receipt_settings=tuple({"receipt_format": form} for form in ("form_json", "form_xml", "raw_json")),
    ),
}


def vendors(*capabilities: str) -> pytest.MarkDecorator:
    """All vendors that claim these, as the parameter of the `bench`."""
    slugs = [slug for slug, vendor in PROVIDERS.items() if all(getattr(vendor.capabilities, c) for c in capabilities)]
    return pytest.mark.parametrize("bench", slugs, indirect=True)


class Bench:
    """One vendor's adapter in front of its stand-in."""

    def __init__(self, slug: str, sandbox: SandboxServer) -> None:
        self.slug = slug
        self.customer = CUSTOMERS[slug]
        self.control = sandbox.control
        self.base_url = sandbox.base_url(slug)

    def ask(self, question: Callable[[Provider], Awaitable[T]], **credentials: str) -> T:
        async def story() -> T:
            async with VendorClient(self.base_url) as client:
                return await question(PROVIDERS[self.slug](client, self.customer.credentials | credentials))

        return asyncio.run(story())

    def submit(self, *batch: OutboundSms) -> list[Outcome]:
        """One after the other over one connection."""

        async def story(provider: Provider) -> list[Outcome]:
            return [outcome for sms in batch for outcome in await submit_safely(provider, [sms])]

        return self.ask(story)

    def sms(self, reference: str = "r-1", fate: str = "delivered_fast", **changes: Any) -> OutboundSms:
        to = "+81801111" + MAGIC_NUMBERS[fate]
        plain = {"reference": reference, "to": to, "body": "テスト & 1+1", "sender_id": self.customer.sender_id}
        return OutboundSms(**{**plain, **changes})

    def set_faults(self, *rules: dict[str, object]) -> None:
        self.control.faults(self.slug, self.customer.settings["client_id"], *rules)

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
