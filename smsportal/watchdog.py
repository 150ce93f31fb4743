"""Sees whether the worker still works, and not only whether its processes are there."""

import time
from datetime import timedelta
from socket import gethostname

from django.db import DatabaseError, connection

from campaigns.models import Heartbeat
from campaigns.queue import enqueue

from .supervisor import Child

LOOK_SECONDS = 5.0
# Long enough for the leases of a worker that died to run out: then its accounts are free, and woken once more.
WAKE_SECONDS = 20.0


class Watchdog:
    """A chore of the supervisor: wakes what is due when the worker starts, replaces one that is broken or silent."""

    def __init__(self, worker: Child) -> None:
        self._worker = worker
        self._next_look = 0.0
        self._seen: tuple[float, frozenset[int]] = (0.0, frozenset())  # start of the worker, its processes

    def __call__(self) -> None:
        if time.monotonic() < self._next_look:
            return
        self._next_look = time.monotonic() + LOOK_SECONDS
        if self._has_lost_one():
            self._worker.replace("one of its processes ended")
            return
        try:
            self._look()
        except DatabaseError:
            pass  # the worker says so in its own log, and nothing can be known now
        finally:
            connection.close()

    def _has_lost_one(self) -> bool:
        """A process killed while it waited for work takes the lock of the cluster's own queue with it.

        The cluster then looks healthy and runs nothing more (django-q2, issue 23). One that has grown too large is
        recycled, which looks the same from here and costs a restart.
        """
        started_at, former = self._seen
        self._seen = (self._worker.started_at, self._worker.processes())
        is_same_start = started_at == self._worker.started_at
        return is_same_start and bool(self._seen[1]) and not former <= self._seen[1]

    def _look(self) -> None:
        age = time.monotonic() - self._worker.started_at
        if age < WAKE_SECONDS:
            enqueue("wake_all")  # the queue's own schedule would wait half a minute
        elif (silence := min(timedelta(seconds=age), Heartbeat.silence_of(gethostname()))) > Heartbeat.patience():
            self._worker.replace(f"no sign of life for {silence.seconds} s")
