"""Sees whether the worker still works, and not only whether its processes are there."""

import time

from django.db import DatabaseError, connection
from django.utils import timezone

from campaigns.models import Heartbeat
from campaigns.queue import enqueue

from .supervisor import Child

LOOK_SECONDS = 15.0
# A cluster whose waiting process was killed looks healthy and runs nothing more (django-q2, issue 23); its task of
# every minute then fails to come. Long enough for a busy queue, and for the database to come back.
SILENT_SECONDS = 180.0


class Watchdog:
    """A chore of the supervisor: wakes what is due when the worker starts, replaces a worker that fell silent."""

    def __init__(self, worker: Child) -> None:
        self._worker = worker
        self._next_look = 0.0
        self._woken_for: float | None = None

    def __call__(self) -> None:
        if time.monotonic() < self._next_look:
            return
        self._next_look = time.monotonic() + LOOK_SECONDS
        try:
            self._look()
        except DatabaseError:
            pass  # the worker says so in its own log, and nothing can be known now
        finally:
            connection.close()

    def _look(self) -> None:
        started_at = self._worker.started_at
        if started_at != self._woken_for:
            enqueue("wake_all")  # the queue's own schedule would wait half a minute
            self._woken_for = started_at
        silence = min(time.monotonic() - started_at, _seconds_since_beat())
        if silence > SILENT_SECONDS:
            self._worker.replace(f"no sign of life for {silence:.0f} s")


def _seconds_since_beat() -> float:
    beat = Heartbeat.objects.first()
    return (timezone.now() - beat.at).total_seconds() if beat else float("inf")
