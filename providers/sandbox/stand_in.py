"""What every vendor's stand-in has in common: its accounts, its place in the world, the way a call comes in."""

import asyncio
import time
from abc import ABC, abstractmethod
from collections import Counter, deque
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any, ClassVar

import aiohttp
from aiohttp import web

from .clock import Clock
from .faults import Fault, Faults, Handler
from .ledger import Ledger
from .links import Links
from .network import PhoneNetwork
from .pushing import Lane, check_callback_url

GuardedHandler = Callable[[web.Request], Awaitable[web.StreamResponse]]


@dataclass(frozen=True)
class World:
    """Shared by all stand-ins of one sandbox; `defaults` and `faults` are an account's own from its first day."""

    origin: str
    clock: Clock
    ledger: Ledger
    network: PhoneNetwork
    links: Links
    session: aiohttp.ClientSession
    seed: int
    defaults: Mapping[str, Any] = field(default_factory=dict)
    faults: Sequence[Fault] = ()


@dataclass(frozen=True, kw_only=True)
class Settings:
    """What a customer agreed with the vendor; README.md explains each member. Vendors add their own."""

    client_id: str
    callback_url: str = ""
    retry_seconds: float = 2.0
    answer_within: float = 10.0
    rate_limit: int = 0
    latency: float = 0.0

    def __post_init__(self) -> None:
        if not self.client_id:
            raise ValueError("client_id is needed")
        if min(self.retry_seconds, self.answer_within, self.rate_limit, self.latency) < 0:
            raise ValueError("retry_seconds, answer_within, rate_limit and latency are not negative")
        if self.callback_url:
            check_callback_url(self.callback_url)


class Account:
    """One customer: settings, troubles, receipts on their way, and how often what happened."""

    def __init__(self, vendor: str, settings: Settings, world: World) -> None:
        self.vendor = vendor
        self.settings = settings
        self.key = f"{vendor}/{settings.client_id}"
        self.faults = Faults(f"{world.seed}:{self.key}")
        self.tally: Counter[str] = Counter()
        self.lane = Lane(world.clock, world.session, self._count)
        self._recent: deque[float] = deque()

    def admit(self, count: int = 1, *, all_or_none: bool = True) -> int:
        """How many of so many the limit lets in now, within any one second; what is turned away does not count."""
        if not self.settings.rate_limit:
            return count
        now = time.monotonic()
        while self._recent and self._recent[0] <= now - 1:
            self._recent.popleft()
        room = max(0, self.settings.rate_limit - len(self._recent))
        admitted = count if room >= count else 0 if all_or_none else room
        self._recent.extend([now] * admitted)
        self.tally["turned_away"] += count - admitted
        return admitted

    def _count(self, event: str) -> None:
        self.tally[event] += 1


def mount_path(vendor: str) -> str:
    return f"/{vendor.replace('_', '-')}/"


class StandIn(ABC):
    """One vendor. A subclass names its types, its calls, and how it knows whose call it is."""

    slug: ClassVar[str]
    settings_type: ClassVar[type[Settings]]
    account_type: ClassVar[type[Account]]
    # False where the vendor's limit counts messages, of which one call may bring many.
    limits_calls: ClassVar[bool] = True

    def __init__(self, world: World) -> None:
        self.world = world
        self.mount = mount_path(self.slug)
        self.accounts: dict[str, Account] = {}

    @abstractmethod
    def calls(self) -> Iterable[tuple[str, str, Handler]]:
        """Method, path below the vendor's own, and who answers."""

    @abstractmethod
    async def account_of(self, request: web.Request) -> Account | None:
        """Whose call this is, before anything about it was checked."""

    def http_error(self, status: int) -> web.Response:
        """What the vendor's front door says, where its documents name nothing better."""
        return web.Response(status=status, text=HTTPStatus(status).phrase)

    def register(self, fields: Mapping[str, Any]) -> Account:
        """A known client gets the new settings and keeps its messages; ValueError or TypeError for nonsense."""
        settings = self.settings_type(**{**self.world.defaults, **fields})
        account = self.accounts.get(settings.client_id)
        if account:
            account.settings = settings
            return account
        return self._open(settings)

    async def reset(self) -> None:
        """Every account as on its first day, under its present settings."""
        former = list(self.accounts.values())
        for account in former:
            self._open(account.settings)
        for account in former:
            await account.lane.close()

    async def close(self) -> None:
        for account in self.accounts.values():
            await account.lane.close()

    def guard(self, handle: Handler) -> GuardedHandler:
        """A call as the account's limit, latency and faults let it through."""

        async def answer(request: web.Request) -> web.StreamResponse:
            account = await self.account_of(request)
            if account is None:
                return await handle(request)
            if self.limits_calls and not account.admit():
                return self.http_error(HTTPStatus.TOO_MANY_REQUESTS)
            if account.settings.latency:
                await asyncio.sleep(account.settings.latency)
            return await account.faults.answer(request, handle, self.http_error)

        return answer

    def _open(self, settings: Settings) -> Account:
        account = self.account_type(self.slug, settings, self.world)
        account.faults.set(self.world.faults)
        self.accounts[settings.client_id] = account
        return account
