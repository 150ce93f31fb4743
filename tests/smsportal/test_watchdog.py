import time
from datetime import timedelta

import pytest
from django.db import OperationalError
from django.utils import timezone

from campaigns.models import Heartbeat
from smsportal import watchdog
from smsportal.watchdog import SILENT_SECONDS, Watchdog

Tasks = list[tuple[str, tuple[int, ...]]]


class Worker:
    """Stands in for the supervisor's child."""

    def __init__(self, *, seconds_ago: float) -> None:
        self.started_at = time.monotonic() - seconds_ago
        self.replaced: list[str] = []

    def replace(self, why: str) -> None:
        self.replaced.append(why)


@pytest.fixture(autouse=True)
def kept_connection(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watchdog.connection, "close", lambda: None)


def beat(*, seconds_ago: float) -> None:
    Heartbeat.objects.create(pk=1, at=timezone.now() - timedelta(seconds=seconds_ago))


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    ("started", "last_beat", "is_replaced"),
    [
        pytest.param(1_000, 10, False, id="at work"),
        pytest.param(1_000, SILENT_SECONDS + 5, True, id="frozen"),
        pytest.param(30, 86_400, False, id="started again after a night"),
        pytest.param(SILENT_SECONDS + 5, None, True, id="never did anything"),
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
def test_what_is_due_is_woken_once_for_each_start(queued: Tasks, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watchdog, "LOOK_SECONDS", 0)
    worker = Worker(seconds_ago=1)
    chore = Watchdog(worker)  # type: ignore[arg-type]
    chore()
    chore()
    assert queued == [("wake_all", ())]
    worker.started_at += 1
    chore()
    assert queued == [("wake_all", ())] * 2


def test_an_unreachable_database_is_no_reason_to_act(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*args: object) -> None:
        raise OperationalError

    monkeypatch.setattr(watchdog, "enqueue", refuse)
    worker = Worker(seconds_ago=1_000)
    Watchdog(worker)()  # type: ignore[arg-type]
    assert not worker.replaced
