"""Receipts on their way to customers: loopback addresses only, few connections at once, the vendor's own patience."""

import asyncio
import ipaddress
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import lru_cache
from urllib.parse import urlsplit

import aiohttp

from .clock import Clock

# Requests under way at once to one customer: at 25 ms an answer this is about 1,000 receipts a second.
UNDER_WAY = 24


@dataclass(frozen=True)
class Push:
    """One request to a customer; `waits` are the unscaled seconds before each repetition, `answer_within` real ones."""

    url: str
    body: bytes
    content_type: str
    waits: tuple[float, ...]
    answer_within: float
    headers: Mapping[str, str] = field(default_factory=dict)


def check_callback_url(url: str) -> None:
    """The sandbox must never be able to call anybody but this machine."""
    if not may_be_called(url):
        raise ValueError("callback_url must be http and point to a loopback address")


@lru_cache(maxsize=1024)
def may_be_called(url: str) -> bool:
    try:
        parts = urlsplit(url)
        return parts.scheme == "http" and is_loopback(parts.hostname or "")
    except ValueError:
        return False


def is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


class Lane:
    """The receipts of one account, in the order they came about; slow customers do not hold up the others."""

    def __init__(self, clock: Clock, session: aiohttp.ClientSession, tell: Callable[[str], None]) -> None:
        self._clock = clock
        self._session = session
        self._tell = tell
        self._waiting: deque[tuple[Push, asyncio.Future[None]]] = deque()
        self._workers: set[asyncio.Task[None]] = set()
        self._working = 0
        self._is_closed = False

    def push(self, push: Push) -> asyncio.Future[None]:
        """What comes back is done once the customer was called for the first time, whatever the answer."""
        tried = asyncio.get_running_loop().create_future()
        if self._is_closed:
            tried.set_result(None)
            return tried
        self._waiting.append((push, tried))
        if self._working < UNDER_WAY:
            self._working += 1
            worker = asyncio.create_task(self._work())
            self._workers.add(worker)
            worker.add_done_callback(self._workers.discard)
        return tried

    async def close(self) -> None:
        """Nobody is called any more, not even by a repetition that is still on the clock's agenda."""
        self._is_closed = True
        while self._waiting:
            self._waiting.pop()[1].set_result(None)
        workers = list(self._workers)
        for worker in workers:
            worker.cancel()
        await asyncio.gather(*workers, return_exceptions=True)

    async def _work(self) -> None:
        while self._waiting:
            push, tried = self._waiting.popleft()
            try:
                taken = await self._is_taken(push)
            finally:
                if not tried.done():
                    tried.set_result(None)
            self._conclude(push, taken)
        # Not counted by the set of tasks: one that has ended stays in it for a moment, and a push would wait for ever.
        self._working -= 1

    def _conclude(self, push: Push, taken: bool) -> None:
        if taken:
            self._tell("receipts_taken")
        elif not push.waits:
            self._tell("receipts_given_up")
        else:
            self._tell("receipts_repeated")
            wait, *later = push.waits
            self._clock.after(wait, lambda: self.push(replace(push, waits=tuple(later))))

    async def _is_taken(self, push: Push) -> bool:
        """Only 200 counts: where a vendor's documents waver between 2xx and 200, the strict reading is the safe one."""
        check_callback_url(push.url)
        request = self._session.post(
            push.url,
            data=push.body,
            headers={"Content-Type": push.content_type, **push.headers},
            timeout=aiohttp.ClientTimeout(total=push.answer_within),
            allow_redirects=False,
        )
        try:
            async with request as answer:
                return answer.status == 200
        except (aiohttp.ClientError, TimeoutError):
            return False
