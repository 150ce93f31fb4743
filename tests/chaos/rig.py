"""A portal to be hurt: its sandbox stands apart and survives everything, database and broker can be taken away."""

import os
import re
import signal
import sqlite3
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import MappingProxyType
from typing import Protocol, Self

from tests.journeys.portal import Portal, Process, end
from tests.throwaway import Postgres, Redis, settings_for

TIME_SCALE = "0.1"  # phones answer ten times as fast


class Backend(Protocol):
    """Where the rows and the queue of a portal are kept, and how both may fail it."""

    settings: Mapping[str, str]

    def lose_queue(self) -> None:
        """The broker dies and comes back with nothing."""

    def break_connections(self) -> None:
        """The database is out of reach for a while."""


class OnSqlite:
    settings: Mapping[str, str] = MappingProxyType({})

    def __init__(self, var: Path) -> None:
        self._path = var / "portal.sqlite3"

    def lose_queue(self) -> None:
        with self._held() as database:
            database.execute("DELETE FROM django_q_ormq")

    def break_connections(self) -> None:
        """Somebody writes for so long that everybody else must wait."""
        with self._held():
            time.sleep(5)

    @contextmanager
    def _held(self) -> Iterator[sqlite3.Connection]:
        database = sqlite3.connect(self._path, isolation_level=None, timeout=20)
        try:
            database.execute("BEGIN IMMEDIATE")
            yield database
            database.execute("COMMIT")
        finally:
            database.close()


class OnPostgres:
    """`like`: a database that was prepared before."""

    def __init__(self, server: Postgres, broker: Redis, name: str, *, like: str) -> None:
        server.create_database(name, like=like)
        self._server = server
        self._broker = broker
        self._name = name
        self.settings = settings_for(server.url(name), broker.url)

    def lose_queue(self) -> None:
        self._broker.end(signal.SIGKILL)
        time.sleep(2)
        self._broker.start()

    def break_connections(self) -> None:
        self._server.end_sessions(self._name)


class Rig(Portal):
    parts = ("web", "worker")

    def __init__(self, var: Path, backend: Backend, *, like: Path, seed: int = 1) -> None:
        super().__init__(var, like=like, settings={"WORKERS": "2", **backend.settings})
        self.backend = backend
        self._of_the_sandbox = ("--seed", str(seed), "--time-scale", TIME_SCALE)
        self._others: list[Process] = []

    def __enter__(self) -> Self:
        self.prepare()
        self._others.append(self.spawn("manage.py", "sandbox", *self._of_the_sandbox, log="sandbox"))
        self.start()
        return self

    def __exit__(self, *error: object) -> None:
        super().__exit__()
        for other in reversed(self._others):
            end(other)

    def add_worker(self, **settings: str) -> None:
        """A worker of its own, as on another machine, until the end."""
        name = f"worker-{len(self._others)}"
        self._others.append(self.spawn("-m", "smsportal.run", "worker", log=name, settings=settings))

    def send_to(self, people: int) -> None:
        """Campaigns to so many people on each account, up to the first messages."""
        accounts = len(self.rows("SELECT id FROM campaigns_provideraccount"))
        self.wait(lambda: len(self.sandbox.ledger()["accounts"]) == accounts, seconds=20)
        self.call("write_to", people=people)
        self.wait(lambda: not self.rows(NOT_READY), seconds=60)
        self.call("send")
        self.wait(lambda: self.rows(HANDED_OVER)[0][0], seconds=30)

    def processes_of(self, program: str) -> list[int]:
        """All but the leader, once it has started them."""
        self.wait(lambda: len(self._group(program)) > 1, seconds=30)
        return self._group(program)[1:]

    def _group(self, program: str) -> list[int]:
        """The leader first."""
        leader = self.leader(program)
        return [leader, *(pid for pid in pids() if pid != leader and group_of(pid) == leader)]

    def ready_for_work(self) -> list[int]:
        """The processes of the worker that take tasks from its queue, as its log names them."""
        named = re.findall(r"ready for work at (\d+)", (self.log / "worker.log").read_text())
        return [int(pid) for pid in named]


NOT_READY = "SELECT 1 FROM campaigns_campaign WHERE preparation <> 'ready'"
HANDED_OVER = "SELECT count(*) FROM campaigns_message WHERE state NOT IN ('queued', 'sending')"


def pids() -> list[int]:
    return [int(path.name) for path in Path("/proc").glob("[0-9]*")]


def group_of(pid: int) -> int:
    try:
        return os.getpgid(pid)
    except ProcessLookupError:
        return 0
