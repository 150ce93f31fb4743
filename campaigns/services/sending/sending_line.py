"""The open line to one vendor: an asyncio loop in a thread of its own, so that rows are written while requests fly."""

import asyncio
import logging
import threading
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from queue import Empty, SimpleQueue
from types import TracebackType

from campaigns.models import ProviderAccount
from providers.base import OutboundSms, Outcome, Provider, TurnedAway, Unknown, submit_safely
from providers.errors import AccountRefused

from ..accounts import open_provider

IN_FLIGHT = 150  # enough for 600 requests/s at 200 ms
LATE_SECONDS = 0.5
SLIP_SECONDS = 5.0  # so far from its time only when the machine slept, or its clock was set: begin it anew
NOT_BEGUN = "not_begun"  # turned away by ourselves: never offered to the vendor

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Request:
    """One call of the vendor, not before this UNIX time."""

    starts_at: float
    batch: Sequence[OutboundSms]


@dataclass(frozen=True, slots=True)
class Sent:
    sms: OutboundSms
    outcome: Outcome


class SendingLine:
    """Put batches in, take outcomes out. Account trouble ends in `refusal`, and its messages come back turned away."""

    def __init__(self, account: ProviderAccount) -> None:
        self.account = account
        self.in_flight = min(IN_FLIGHT, max(4, account.requests_per_second))
        self.refusal: AccountRefused | None = None
        self.in_hand = 0
        self._done: SimpleQueue[list[Sent]] = SimpleQueue()
        self._loop = asyncio.new_event_loop()
        self._waiting: asyncio.Queue[Request | None] = asyncio.Queue()  # None ends one worker
        self._thread = threading.Thread(target=self._run, name=f"line-{account.pk}")

    def __enter__(self) -> "SendingLine":
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        self._loop.call_soon_threadsafe(self._line_up, [None] * self.in_flight)
        self._thread.join()

    def put(self, requests: Sequence[Request]) -> None:
        """Send each at its time."""
        self.in_hand += sum(len(request.batch) for request in requests)
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

    def turn_away_waiting(self) -> None:
        """Whatever no worker has picked up yet comes back: a slice that ends sends nothing more."""
        self._loop.call_soon_threadsafe(self._turn_away, float("inf"))

    def _line_up(self, requests: Sequence[Request | None]) -> None:
        for request in requests:
            self._waiting.put_nowait(request)

    def _run(self) -> None:
        try:
            self._loop.run_until_complete(self._serve())
        finally:
            self._loop.close()

    async def _serve(self) -> None:
        try:
            async with open_provider(self.account, connections=self.in_flight) as provider:
                workers = [asyncio.ensure_future(self._work(provider)) for _ in range(self.in_flight)]
                watcher = asyncio.ensure_future(self._turn_away_late())
                await asyncio.gather(*workers)
                watcher.cancel()
        except AccountRefused as error:  # an address we must not speak to
            self.refusal = error
            await self._turn_away_all()

    async def _work(self, provider: Provider) -> None:
        while (request := await self._waiting.get()) is not None:
            if (wait := request.starts_at - time.time()) > 0:
                await asyncio.sleep(min(wait, SLIP_SECONDS))
            if abs(request.starts_at - time.time()) > SLIP_SECONDS:
                self._finish(request, [TurnedAway(NOT_BEGUN)] * len(request.batch))
            else:
                self._finish(request, await self._submit(provider, request.batch))

    async def _submit(self, provider: Provider, batch: Sequence[OutboundSms]) -> Sequence[Outcome]:
        if self.refusal is not None:
            return [TurnedAway(self.refusal.code)] * len(batch)
        try:
            return await submit_safely(provider, batch)
        except AccountRefused as error:
            self.refusal = error
            return [TurnedAway(error.code)] * len(batch)
        except Exception as error:  # noqa: BLE001 - the edge of the thread: unseen, the messages would hang for ever
            logger.error("%s: the adapter failed with %s", self.account.provider, type(error).__name__)  # noqa: TRY400
            self.refusal = AccountRefused("adapter_failed")
            return [Unknown("adapter_failed")] * len(batch)

    def _finish(self, request: Request, outcomes: Sequence[Outcome]) -> None:
        self._done.put([Sent(sms, outcome) for sms, outcome in zip(request.batch, outcomes, strict=True)])

    async def _turn_away_late(self) -> None:
        """What could not start in time is checked again before it leaves: meanwhile a person may have stopped it."""
        while True:
            await asyncio.sleep(LATE_SECONDS / 4)
            self._turn_away(time.time() - LATE_SECONDS)

    def _turn_away(self, before: float) -> None:
        """Give back the requests at the head of the line that were to start before this UNIX time."""
        kept = []
        while not self._waiting.empty():
            request = self._waiting.get_nowait()
            if request is not None and request.starts_at < before:
                self._finish(request, [TurnedAway(NOT_BEGUN)] * len(request.batch))
            else:
                kept.append(request)
        self._line_up(kept)

    async def _turn_away_all(self) -> None:
        assert self.refusal is not None
        ends = 0
        while ends < self.in_flight:
            request = await self._waiting.get()
            if request is None:
                ends += 1
            else:
                self._finish(request, [TurnedAway(self.refusal.code)] * len(request.batch))
