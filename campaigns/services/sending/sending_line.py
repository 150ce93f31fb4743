"""The open line to one vendor: an asyncio loop in a thread of its own, so that rows are written while requests fly."""

import asyncio
import threading
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from queue import Empty, SimpleQueue
from types import TracebackType

from campaigns.models import ProviderAccount
from providers.base import OutboundSms, Outcome, Provider, TurnedAway, submit_safely
from providers.errors import AccountRefused

from ..accounts import open_provider

IN_FLIGHT = 150  # enough for 600 requests/s at 200 ms


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
                await asyncio.gather(*(self._work(provider) for _ in range(self.in_flight)))
        except AccountRefused as error:  # an address we must not speak to
            self.refusal = error
            await self._turn_away_all()

    async def _work(self, provider: Provider) -> None:
        while (request := await self._waiting.get()) is not None:
            if (wait := request.starts_at - time.time()) > 0:
                await asyncio.sleep(wait)
            outcomes = await self._submit(provider, request.batch)
            self._done.put([Sent(sms, outcome) for sms, outcome in zip(request.batch, outcomes, strict=True)])

    async def _submit(self, provider: Provider, batch: Sequence[OutboundSms]) -> list[Outcome]:
        if self.refusal is None:
            try:
                return await submit_safely(provider, batch)
            except AccountRefused as error:
                self.refusal = error
        return [TurnedAway(self.refusal.code)] * len(batch)

    async def _turn_away_all(self) -> None:
        assert self.refusal is not None
        ends = 0
        while ends < self.in_flight:
            request = await self._waiting.get()
            if request is None:
                ends += 1
            else:
                self._done.put([Sent(sms, TurnedAway(self.refusal.code)) for sms in request.batch])
