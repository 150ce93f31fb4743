"""When the next request may start, so that no window of one second ever sees more than a vendor's limit."""

from collections import deque

WINDOW_SECONDS = 1.02  # a second and a guard: on the way requests come closer to each other
SLACK_SECONDS = 0.02  # so late still counts as on time, and is caught up
CATCH_UP_SPEED = 2  # times the pace


class Pacer:
    """The starts of one line to a vendor. All moments are of one clock, which the caller reads."""

    def __init__(self, *, limit: int, pace: float) -> None:
        self.next_at = 0.0  # the place in the even row of whatever comes next
        self.is_followed = False  # by a line that knows nothing of the starts here
        self._limit = limit
        self._pace = pace
        self._started: deque[float] = deque(maxlen=limit)
        self._spaced_until = 0.0

    def opens_at(self, wanted_at: float, size: int) -> float:
        """Before it `size` more would be out of the row, on the heels of the last, or too many within a second."""
        before = len(self._started) - max(0, self._limit - size)
        full_until = self._started[before - 1] + WINDOW_SECONDS if before > 0 else 0.0
        return max(wanted_at, self.next_at, self._spaced_until, full_until)

    def stood_still(self, wanted_at: float, now: float) -> bool:
        """Too late for its place: whatever starts now moves the row back."""
        return now - max(wanted_at, self.next_at) > SLACK_SECONDS

    def start(self, wanted_at: float, size: int, now: float) -> None:
        """So many have started now."""
        place = now if self.stood_still(wanted_at, now) else max(wanted_at, self.next_at)
        self.next_at = place + size / self._pace
        self._spaced_until = now + size / self._pace / CATCH_UP_SPEED
        self._started.extend([now] * min(size, self._limit))

    def make_way(self, waiting: int, now: float) -> float:
        """Move the row back no more; the moment from which another line may begin, when `waiting` have started here."""
        self.is_followed = True
        self.next_at = max(self.next_at, now)
        return self.next_at + waiting / self._pace + SLACK_SECONDS  # after the latest that still counts as on time
