"""Due messages -> vendor: in waves, at the pace the vendor allows, for one slice of time."""

import gc
from contextlib import closing
from functools import cache
from threading import Thread
from time import monotonic
from uuid import UUID

from django.db import connection
from django.utils import timezone

from campaigns.models import Heartbeat, ProviderAccount
from campaigns.queue import enqueue
from campaigns.rules.pacing import SLACK_SECONDS

from ..results.settling import doubt_expired
from .outlook import finish_done, hold, hold_running, is_anything_coming, wake_if_due
from .recording import record_sent
from .sending_line import SendingLine
from .waves import Waves

SLICE_SECONDS = 5.0
IDLE_SECONDS = 1.0  # a slice with nothing to do makes room for other tasks
LEASE_SECONDS = 12.0  # renewed while its worker lives, so that a dead one is missed soon
RENEW_SECONDS = 3.0
GATHER_SECONDS = 0.05  # outcomes are written together that finish within it
LOW_WATER = 300  # requests waiting for their turn, below which the next wave is begun; half a second of 600/s


def dispatch_due(account: ProviderAccount, *, until: float) -> None:
    """Send what is due on this account for one time slice, then queue the next slice."""
    lease = account.take_lease(now=timezone.now(), seconds=LEASE_SECONDS)
    if lease is None:
        return
    try:
        Heartbeat.beat()
        if doubt_expired(account, timezone.now()):
            enqueue("look_due", account.pk)
        Slice(account, lease, until).work()
    finally:
        account.release_lease(lease)
    wake_if_due(account)
    enqueue("recount_touched")


class Slice:
    """One worker's turn on one account: it has the lease, a line to the vendor, and a moment to end."""

    def __init__(self, account: ProviderAccount, lease: UUID, until: float) -> None:
        self.account = account
        self.lease = lease
        self.until = until
        self.waves = Waves(account)
        self.renewed_at = monotonic()
        self.idle_since: float | None = None

    def work(self) -> None:
        if self.account.is_halted:
            hold_running(self.account, self.account.why_halted)
            return
        _look_past_what_is_loaded()
        line = SendingLine(self.account)
        try:
            self._send_through(line)
            self._make_way(line)
        except BaseException:
            line.close()
            raise
        self._end(line)

    def _send_through(self, line: SendingLine) -> None:
        while self._goes_on(line):
            self._renew()
            has_room = self.waves.is_time and line.waiting < LOW_WATER * self.waves.batch_size
            if not (has_room and self._begin_wave(line)):
                record_sent(self.account, line.take(after=GATHER_SECONDS), timezone.now())

    def _goes_on(self, line: SendingLine) -> bool:
        if line.refusal is not None or monotonic() >= self.until:
            return False
        return self.idle_since is None or bool(line.in_hand) or monotonic() - self.idle_since < IDLE_SECONDS

    def _begin_wave(self, line: SendingLine) -> bool:
        requests = self.waves.next(not_before=line.free_from)
        if not requests:
            self._rest(line)
            return False
        self.idle_since = None
        line.put(requests)
        return True

    def _rest(self, line: SendingLine) -> None:
        """Nothing is due: wait a little for what is coming or may come back, or end the slice when nothing is."""
        if self.idle_since is None:
            self.idle_since = monotonic()
        if not line.in_hand and not is_anything_coming(self.account):
            self.until = monotonic()

    def _renew(self) -> None:
        if monotonic() - self.renewed_at < RENEW_SECONDS:
            return
        self.renewed_at = monotonic()
        if not self.account.renew_lease(self.lease, now=timezone.now(), seconds=LEASE_SECONDS):
            self.until = self.renewed_at  # another worker took over: begin nothing more

    def _make_way(self, line: SendingLine) -> None:
        """The next line, wherever it is opened, begins where what is begun here leaves room."""
        self.account.buy_pace(0, now=max(line.make_way(), self.waves.bought_until + SLACK_SECONDS))

    def _end(self, line: SendingLine) -> None:
        """What is begun still leaves and comes home; where more is coming, the next slice need not wait for it."""
        if line.refusal is None and line.in_hand and is_anything_coming(self.account):
            Thread(target=_bring_home_apart, args=(self.account, line), name=f"homecoming-{self.account.pk}").start()
        else:
            _bring_home(self.account, line)


@cache
def _look_past_what_is_loaded() -> None:
    """Once a process: modules and models are never garbage, and looking through them stops the line for 40 to 75 ms."""
    gc.collect()
    gc.freeze()


def _bring_home(account: ProviderAccount, line: SendingLine) -> None:
    with closing(line):
        while line.in_hand:
            record_sent(account, line.take(after=GATHER_SECONDS), timezone.now())
    if line.refusal is not None:
        hold(account, line.refusal.code)
    finish_done(account)


def _bring_home_apart(account: ProviderAccount, line: SendingLine) -> None:
    """In a thread of its own, which a worker that is to stop waits for."""
    try:
        _bring_home(account, line)
        wake_if_due(account)
    finally:
        connection.close()
