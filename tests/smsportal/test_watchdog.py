import time
from datetime import timedelta
from socket import gethostname

import pytest
from django.db import OperationalError
from django.utils import timezone

from campaigns.models import Heartbeat
from campaigns.models.heartbeat import SILENT_AFTER
from smsportal import watchdog
from smsportal.watchdog import WAKE_SECONDS, Watchdog

Tasks = list[tuple[str, tuple[int, ...]]]
SILENT = SILENT_AFTER.total_seconds()


class Worker:
    """Stands in for the supervisor's child."""

    def __init__(self, *, seconds_ago: float) -> None:
        self.started_at = time.monotonic() - seconds_ago
        self.alive = {1, 2, 3}
        self.replaced: list[str] = []

    def processes(self) -> frozenset[int]:
        return frozenset(self.alive)

    def replace(self, why: str) -> None:
        self.replaced.append(why)


@pytest.fixture(autouse=True)
def looks_always_and_keeps_the_connection(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watchdog.connection, "close", lambda: None)
    monkeypatch.setattr(watchdog, "LOOK_SECONDS", 0)


def beat(*, seconds_ago: float, machine: str = "") -> None:
    at = timezone.now() - timedelta(seconds=seconds_ago)
    Heartbeat.objects.create(machine=machine or gethostname(), at=at)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    ("started", "last_beat", "is_replaced"),
    [
        pytest.param(1_000, 10, False, id="at work"),
        pytest.param(1_000, SILENT + 5, True, id="frozen"),
        pytest.param(30, 86_400, False, id="started again after a night"),
        pytest.param(SILENT + 5, None, True, id="never did anything"),
        pytest.param(30, None, False, id="just begun"),
    ],
)
def test_a_silent_worker_is_replaced(queued: Tasks, started: float, last_beat: float | None, is_replaced: bool) -> None:
    if last_beat is not None:
        beat(seconds_ago=last_beat)
    worker = Worker(seconds_ago=started)
    Watchdog(worker)()  # type: ignore[arg-type]
    assert bool(worker.replaced) is is_replaced


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    ("seconds_ago", "is_replaced"),
    [pytest.param(SILENT + 5, False, id="no turn"), pytest.param(2 * SILENT + 5, True, id="frozen")],
)
def test_one_of_two_machines_is_waited_for_twice_as_long(queued: Tasks, seconds_ago: float, is_replaced: bool) -> None:
    beat(seconds_ago=seconds_ago)
    beat(seconds_ago=1, machine="the other")
    worker = Worker(seconds_ago=1_000)
    Watchdog(worker)()  # type: ignore[arg-type]
    assert bool(worker.replaced) is is_replaced


@pytest.mark.django_db(transaction=True)
def test_what_is_due_is_woken_until_the_leases_of_the_dead_have_run_out(queued: Tasks) -> None:
    worker = Worker(seconds_ago=1)
    chore = Watchdog(worker)  # type: ignore[arg-type]
    chore()
    chore()
    assert queued == [("wake_all", ())] * 2
    worker.started_at -= WAKE_SECONDS
    chore()
    assert queued == [("wake_all", ())] * 2


@pytest.mark.django_db(transaction=True)
def test_a_worker_that_lost_a_process_is_replaced_and_one_that_gained_some_is_not(queued: Tasks) -> None:
    worker = Worker(seconds_ago=1)
    chore = Watchdog(worker)  # type: ignore[arg-type]
    chore()
    worker.alive |= {4}
    chore()
    assert not worker.replaced
    worker.alive = {1, 2, 4, 5}
    chore()
    assert worker.replaced == ["one of its processes ended"]


@pytest.mark.django_db(transaction=True)
def test_processes_of_another_start_are_not_missed(queued: Tasks) -> None:
    worker = Worker(seconds_ago=1)
    chore = Watchdog(worker)  # type: ignore[arg-type]
    chore()
    worker.started_at, worker.alive = worker.started_at + 0.5, {7, 8, 9}
    chore()
    assert not worker.replaced


def test_an_unreachable_database_is_no_reason_to_act(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*args: object) -> None:
        raise OperationalError

    monkeypatch.setattr(watchdog, "enqueue", refuse)
    worker = Worker(seconds_ago=1)
    Watchdog(worker)()  # type: ignore[arg-type]
    assert not worker.replaced
