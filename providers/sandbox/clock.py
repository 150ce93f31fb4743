"""The sandbox's clock: Japan time that can be moved forward, and an agenda of what happens when."""

import asyncio
import heapq
import itertools
from collections.abc import Callable
from datetime import datetime, timedelta, timezone

JST = timezone(timedelta(hours=9), "JST")
# So many entries run before the event loop may look after its connections again.
ENTRIES_AT_ONCE = 200

Entry = tuple[float, int, Callable[[], object]]


class Clock:
    """Belongs to the event loop it is made in; nothing here may be called from another thread."""

    def __init__(self, time_scale: float = 1.0) -> None:
        self.time_scale = time_scale
        self._loop = asyncio.get_running_loop()
        self._ahead = 0.0
        self._agenda: list[Entry] = []
        self._order = itertools.count()
        self._wake: asyncio.Handle | None = None

    def now(self) -> datetime:
        return datetime.now(JST) + timedelta(seconds=self._ahead)

    def after(self, seconds: float, action: Callable[[], object]) -> None:
        """Waits `seconds` times the time scale."""
        self._enter(self._time() + seconds * self.time_scale, action)

    def at(self, moment: datetime, action: Callable[[], object]) -> None:
        """Waits for a moment of the day; the time scale does not bend the calendar."""
        self._enter(self._time() + (moment - self.now()).total_seconds(), action)

    def advance(self, seconds: float) -> None:
        """Moves the time of day forward; what falls due on the way happens at once, in order."""
        self._ahead += seconds
        self._run()

    def clear(self) -> None:
        self._agenda.clear()

    def _time(self) -> float:
        return self._loop.time() + self._ahead

    def _enter(self, due: float, action: Callable[[], object]) -> None:
        heapq.heappush(self._agenda, (due, next(self._order), action))
        if self._agenda[0][0] == due:
            self._set_alarm()

    def _set_alarm(self) -> None:
        if self._wake:
            self._wake.cancel()
        self._wake = self._loop.call_at(self._agenda[0][0] - self._ahead, self._run) if self._agenda else None

    def _run(self) -> None:
        try:
            for _ in range(ENTRIES_AT_ONCE):
                if not self._agenda or self._agenda[0][0] > self._time():
                    break
                heapq.heappop(self._agenda)[2]()
        finally:
            self._set_alarm()
