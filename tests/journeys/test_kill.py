"""Nobody gets the same text twice, and nobody is forgotten, when the worker is killed in the middle of it."""

import time

import pytest

from .portal import Portal

PEOPLE = 5_000
LONGEST_RECOVERY = 240.0  # a dead worker's lease and reservations end after a minute at most
WAKE_SECONDS = 5.0  # the schedule's minute, shortened

READY = "SELECT 1 FROM campaigns_campaign WHERE preparation = 'ready'"
HANDED_OVER = "SELECT count(*) FROM campaigns_message WHERE state NOT IN ('queued', 'sending')"
NOT_SETTLED = "SELECT count(*) FROM campaigns_message WHERE state IN ('queued', 'sending', 'unknown', 'accepted')"
STATES = "SELECT state, count(*) FROM campaigns_message GROUP BY state"


@pytest.mark.processes
def test_a_killed_worker_sends_nothing_twice_and_loses_nothing(portal: Portal) -> None:
    portal.call("open_account", requests_per_second=400)
    portal.wait(lambda: portal.sandbox.ledger()["accounts"], seconds=10)
    portal.sandbox.set_time_scale(0.1)
    portal.call("write_to", people=PEOPLE)
    portal.wait(lambda: portal.rows(READY), seconds=30)
    portal.call("send")
    portal.wait(lambda: portal.rows(HANDED_OVER)[0][0] > PEOPLE // 4, seconds=60)
    killed = portal.worker()
    portal.kill_worker()
    assert portal.rows(HANDED_OVER)[0][0] < PEOPLE, "the kill came too late to mean anything"

    wake = Every(WAKE_SECONDS)
    portal.wait(lambda: wake(portal) and portal.rows(NOT_SETTLED)[0][0] == 0, seconds=LONGEST_RECOVERY)
    assert portal.worker() != killed
    assert portal.rows(STATES) == [("delivered", PEOPLE)]
    assert portal.rows("SELECT state FROM campaigns_campaign") == [("completed",)]

    ledger = portal.sandbox.ledger()
    assert ledger["numbers"] == ledger["handed_over"] == ledger["rings"] == PEOPLE
    assert ledger["handed_over_twice"] == ledger["numbers_rung_twice"] == []


class Every:
    """Wakes the portal now and then while somebody waits; always true."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._next = 0.0

    def __call__(self, portal: Portal) -> bool:
        if time.monotonic() >= self._next:
            portal.call("wake")
            self._next = time.monotonic() + self._seconds
        return True
