"""The open line to one vendor: an asyncio loop in a thread of its own, so that rows are written while requests fly."""

import asyncio
import logging
import threading
import time
from collections.abc import Sequence
from contextlib import suppress
from queue import Empty, SimpleQueue
from typing import NamedTuple

from campaigns.models import Leaving, ProviderAccount
from campaigns.rules.pacing import Pacer
from providers.base import OutboundSms, Outcome, Provider, TurnedAway, Unknown, submit_safely
from providers.errors import AccountRefused

from ..accounts import open_provider

IN_FLIGHT = 250  # enough for 600 requests/s at 200 ms, when one in a hundred takes five seconds
LATE_SECONDS = 0.5
SLIP_SECONDS = 5.0  # the longest wait for a moment: further off it only is when the clock was set back
NOT_BEGUN = "not_begun"  # turned away by ourselves: never offered to the vendor

logger = logging.getLogger(__name__)


class Request(NamedTuple):
    """One call of the vendor, not before this UNIX time."""

    starts_at: float
    batch: Sequence[OutboundSms]
    messages: Sequence[Leaving]


class Sent(NamedTuple):
    message: Leaving
    sms: OutboundSms
    outcome: Outcome


class SendingLine:
    """Put requests in, take outcomes out. Account trouble ends in `refusal`, and its messages come back turned away."""

    def __init__(self, account: ProviderAccount) -> None:
        self.account = account
        self.in_flight = min(IN_FLIGHT, max(4, account.requests_per_second))
        self.refusal: AccountRefused | None = None
        self.in_hand = 0
        self._put = self._turned = 0  # messages, and how many of them had their turn
        self._pacer = Pacer(limit=account.requests_per_second, pace=account.pace)  # in UNIX time
        self._done: SimpleQueue[list[Sent]] = SimpleQueue()
        self._loop = asyncio.new_event_loop()
        self._turn = asyncio.Lock()
        self._waiting: asyncio.Queue[Request | None] = asyncio.Queue()  # None ends one worker
        self._opened = threading.Event()
        self._thread = threading.Thread(target=self._run, name=f"line-{account.pk}")
        self._thread.start()
        self._opened.wait()  # nothing is begun while it could not leave

    def close(self) -> None:
        """When the last request is answered."""
        self._loop.call_soon_threadsafe(self._line_up, [None] * self.in_flight)
        self._thread.join()

    @property
    def waiting(self) -> int:
        """Messages that have not had their turn yet."""
        return self._put - self._turned

    @property
    def free_from(self) -> float:
        """UNIX time at which a further message might leave: later than was bought when the line stood still."""
        return self._pacer.next_at + self.waiting / self.account.pace

    def put(self, requests: Sequence[Request]) -> None:
        """Send each at its time."""
        messages = sum(len(request.batch) for request in requests)
        self._put += messages
        self.in_hand += messages
        self._loop.call_soon_threadsafe(self._line_up, requests)

    def take(self, *, after: float = 0.0) -> list[Sent]:
        """Everything finished by so many seconds from now: waiting makes few large writes of many small ones."""
        if after:
            time.sleep(after)
        finished: list[Sent] = []
        with suppress(Empty):
            while True:
                finished += self._done.get_nowait()
        self.in_hand -= len(finished)
        return finished

    def make_way(self) -> float:
        """Another line may begin at this UNIX time: what cannot leave at its place from now on comes back."""
        return asyncio.run_coroutine_threadsafe(self._make_way(), self._loop).result()

    async def _make_way(self) -> float:
        """In the thread of the loop, where no request is just about to start."""
        return self._pacer.make_way(self.waiting, time.time())

    def _line_up(self, requests: Sequence[Request | None]) -> None:
        for request in requests:
            self._waiting.put_nowait(request)

    def _run(self) -> None:
        try:
            self._loop.run_until_complete(self._serve())
        finally:
            self._opened.set()
            self._loop.close()

    async def _serve(self) -> None:
        try:
            async with open_provider(self.account, connections=self.in_flight) as provider:
                self._opened.set()
                workers = [asyncio.ensure_future(self._work(provider)) for _ in range(self.in_flight)]
                watcher = asyncio.ensure_future(self._turn_away_late())
                await asyncio.gather(*workers)
                watcher.cancel()
        except AccountRefused as error:  # an address we must not speak to
            await self._never_open(error)
        except Exception as error:
            if self._opened.is_set():
                raise
            await self._never_open(self._failed(error))

    async def _never_open(self, refusal: AccountRefused) -> None:
        self.refusal = refusal
        self._opened.set()
        await self._turn_away_all(refusal.code)

    async def _work(self, provider: Provider) -> None:
        while (request := await self._next()) is not None:
            self._finish(request, await self._submit(provider, request.batch))

    async def _next(self) -> Request | None:
        """One worker at a time waits for the next request's moment, so that each leaves at its place."""
        async with self._turn:
            while (request := await self._waiting.get()) is not None and not await self._may_leave(request):
                self._turn_away(request)
        if request is not None:
            self._turned += len(request.batch)
        return request

    async def _may_leave(self, request: Request) -> bool:
        """At its moment, True. After a standstill all others move back with it."""
        size, pacer = len(request.batch), self._pacer
        opens_at = pacer.opens_at(request.starts_at, size)
        if (wait := opens_at - time.time()) > 0:
            await asyncio.sleep(min(wait, SLIP_SECONDS))
        now = time.time()
        is_late, was_set_back = now - request.starts_at > LATE_SECONDS, opens_at - now > LATE_SECONDS
        if is_late or was_set_back or (pacer.is_followed and pacer.stood_still(request.starts_at, now)):
            return False
        pacer.start(request.starts_at, size, now)
        return True

    async def _submit(self, provider: Provider, batch: Sequence[OutboundSms]) -> Sequence[Outcome]:
        if self.refusal is not None:
            return [TurnedAway(self.refusal.code)] * len(batch)
        try:
            return await submit_safely(provider, batch)
        except AccountRefused as error:
            self.refusal = error
            return [TurnedAway(error.code)] * len(batch)
        except Exception as error:  # noqa: BLE001 - the edge of the thread: unseen, the messages would hang for ever
            self.refusal = self._failed(error)
            return [Unknown(self.refusal.code)] * len(batch)

    def _failed(self, error: Exception) -> AccountRefused:
        logger.error("%s: the adapter failed with %s", self.account.provider, type(error).__name__)
        return AccountRefused("adapter_failed")

    def _finish(self, request: Request, outcomes: Sequence[Outcome]) -> None:
        self._done.put([Sent(*item) for item in zip(request.messages, request.batch, outcomes, strict=True)])

    def _turn_away(self, request: Request, reason: str = NOT_BEGUN) -> None:
        self._turned += len(request.batch)
        self._finish(request, [TurnedAway(reason)] * len(request.batch))

    async def _turn_away_late(self) -> None:
        """What could not start in time is checked again before it leaves: meanwhile a person may have stopped it."""
        while True:
            await asyncio.sleep(LATE_SECONDS / 4)
            self._turn_away_before(time.time() - LATE_SECONDS)

    def _turn_away_before(self, moment: float) -> None:
        """Give back the requests at the head of the line that were to start before this UNIX time."""
        kept = []
        while not self._waiting.empty():
            request = self._waiting.get_nowait()
            if request is not None and request.starts_at < moment:
                self._turn_away(request)
            else:
                kept.append(request)
        self._line_up(kept)

    async def _turn_away_all(self, reason: str) -> None:
        ends = 0
        while ends < self.in_flight:
            request = await self._waiting.get()
            if request is None:
                ends += 1
            else:
                self._turn_away(request, reason)
