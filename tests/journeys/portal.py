"""The portal as it runs for people: web server, worker and sandbox as real processes under the supervisor."""

import http.client
import json
import os
import re
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import Any, Self

import psycopg

from providers.sandbox.client import SandboxControl
from tests.machine import end_with_parent, free_ports

ROOT = Path(__file__).resolve().parent.parent.parent
Process = subprocess.Popen[bytes]
START_SECONDS = 60.0
STOP_SECONDS = 30.0
PHONE_NUMBER = re.compile(rb"(?<![0-9a-f])(?:\+81|0)[6-9]0[1-9][0-9]{7}(?![0-9a-f])")
# Runs functions of inside.py in a process of the portal's own settings and database: a line each, and a line back.
INSIDE = """
import json, os, sys
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "smsportal.settings")
import django; django.setup()
from django.db import close_old_connections
from tests.journeys import inside
answers, sys.stdout = sys.stdout, sys.stderr
for line in sys.stdin:
    function, arguments = json.loads(line)
    close_old_connections()
    print(json.dumps(getattr(inside, function)(**arguments)), file=answers, flush=True)
"""
# A developer's own environment must not decide what is tested.
SETTINGS_OF_OTHERS = {"DATABASE_URL", "BROKER_URL", "SECRET_KEY", "FIELD_KEYS", "PORTAL_URL", "DEBUG", "LOG_LEVEL"}


class Portal:
    """Starts in `with`, ends its own processes and nobody else's; everything it writes lies in `var`."""

    parts: Sequence[str] = ()  # of smsportal.run; none named is all

    def __init__(
        self, var: Path, *, like: Path | None = None, settings: Mapping[str, str] = MappingProxyType({})
    ) -> None:
        """`like`: a folder that was prepared before, to begin with a copy of it."""
        self.var = var
        self.log = var / "log"
        self._like = like
        self.port, self.sandbox_port = free_ports(2)
        self.url = f"http://127.0.0.1:{self.port}"
        self.sandbox = SandboxControl(f"http://127.0.0.1:{self.sandbox_port}")
        own = {"SMSPORTAL_VAR": str(var), "PORT": str(self.port), "SANDBOX_PORT": str(self.sandbox_port)}
        former = {name: value for name, value in os.environ.items() if name not in SETTINGS_OF_OTHERS}
        self.environment = former | own | settings
        self._inside: subprocess.Popen[str] | None = None
        self._database: Any = None

    def __enter__(self) -> Self:
        self.prepare()
        self.start()
        return self

    def prepare(self, *options: str) -> None:
        if self._like:
            shutil.copytree(self._like, self.var, dirs_exist_ok=True)
        else:
            self.python("-m", "smsportal.prepare", *options)

    def __exit__(self, *error: object) -> None:
        self.stop()
        self.hang_up()

    def start(self) -> None:
        self._supervisor = self.spawn("-m", "smsportal.run", "--logs", str(self.log), *self.parts, log="supervisor")
        try:
            self.wait(self._is_up, seconds=START_SECONDS)
        except BaseException:
            self.stop()
            raise

    def stop(self) -> None:
        """As `systemctl stop` does."""
        end(self._supervisor)

    def call(self, function: str, **arguments: Any) -> Any:
        """What a function of inside.py says, run against the portal's database."""
        self._inside = self._inside or self._open_inside()
        assert self._inside.stdin
        assert self._inside.stdout
        print(json.dumps([function, arguments]), file=self._inside.stdin, flush=True)
        answer = self._inside.stdout.readline()
        assert answer, (self.var / "inside.log").read_text(errors="replace")[-4000:]
        return json.loads(answer)

    def _open_inside(self) -> "subprocess.Popen[str]":
        with (self.var / "inside.log").open("ab") as errors:
            return subprocess.Popen(
                [sys.executable, "-c", INSIDE],
                cwd=ROOT,
                env=self.environment,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=errors,
                text=True,
                preexec_fn=end_with_parent,
            )

    def hang_up(self) -> None:
        """Neither call() nor rows() has anything open any more."""
        if self._inside:
            with self._inside:
                self._inside.kill()
            self._inside = None
        if self._database:
            self._database.close()
            self._database = None

    def password_of(self, username: str) -> str:
        """Of one of the demo's people."""
        logins = (line.split() for line in (self.var / "demo-logins.txt").read_text(encoding="utf-8").splitlines())
        return next(fields[1] for fields in logins if fields and fields[0] == username)

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        """Read from the database beside the running portal."""
        try:
            return self._ask(query)
        except psycopg.OperationalError:  # a disaster ended our connection with all others
            self._database = None
            return self._ask(query)

    def _ask(self, query: str) -> list[tuple[Any, ...]]:
        self._database = self._database or self.connect()
        found: list[tuple[Any, ...]] = self._database.execute(query).fetchall()
        return found

    def connect(self) -> Any:
        if url := self.environment.get("DATABASE_URL"):
            return psycopg.connect(url, autocommit=True)
        return sqlite3.connect(self.var / "portal.sqlite3", isolation_level=None, timeout=20)

    def wait(self, is_so: Callable[[], Any], *, seconds: float) -> float:
        """Seconds until it was so; the logs go with the complaint when it takes longer than it may."""
        start = time.monotonic()
        while not is_so():
            assert self._supervisor.poll() is None, f"the portal ended\n{self.logs()}"
            assert time.monotonic() - start < seconds, f"waited {seconds} s\n{self.logs()}"
            time.sleep(0.1)
        return time.monotonic() - start

    def leader(self, program: str) -> int:
        """The process at the head of the session of a part, known by what it runs: "qcluster", "granian".

        Waits while it is started again.
        """
        self.wait(lambda: self.leaders(program), seconds=START_SECONDS)
        return self.leaders(program)[0]

    def leaders(self, program: str) -> list[int]:
        pids = children(self._supervisor.pid)
        return [pid for pid in pids if program.encode() in Path(f"/proc/{pid}/cmdline").read_bytes()]

    def kill(self, program: str) -> None:
        """As when the machine runs out of memory or loses its power: nobody in it gets to say a word."""
        os.killpg(self.leader(program), signal.SIGKILL)

    def logs(self) -> str:
        """How far the messages are, and the last of everything that was written."""
        states = self.rows("SELECT state, reason, count(*) FROM campaigns_message GROUP BY state, reason")
        return f"{states}\n" + "\n".join(
            f"--- {file.name}\n{file.read_text(errors='replace')[-4000:]}" for file in self._log_files()
        )

    def leaks(self) -> list[str]:
        """What stands in a log and must not: numbers of people, tokens, callback keys."""
        kept = [value.encode() for value in self.call("secrets")]
        return [
            f"{file.name}: {line[:200]!r}"
            for file in self._log_files()
            for line in file.read_bytes().splitlines()
            if PHONE_NUMBER.search(line) or any(secret in line for secret in kept)
        ]

    def _log_files(self) -> list[Path]:
        return [*sorted(self.var.glob("*.log")), *sorted(self.log.glob("*.log"))]

    def spawn(self, *arguments: str, log: str, settings: Mapping[str, str] = MappingProxyType({})) -> Process:
        with (self.var / f"{log}.log").open("ab") as output:
            return subprocess.Popen(
                [sys.executable, *arguments],
                cwd=ROOT,
                env=self.environment | settings,
                stdout=output,
                stderr=output,
                preexec_fn=end_with_parent,
            )

    def python(self, *arguments: str) -> str:
        done = subprocess.run(
            [sys.executable, *arguments], cwd=ROOT, env=self.environment, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    def _is_up(self) -> bool:
        web = http.client.HTTPConnection("127.0.0.1", self.port, timeout=2)
        try:
            web.request("GET", "/accounts/login/")
            return web.getresponse().status == 200 and bool(self.sandbox.state())
        except OSError:
            return False
        finally:
            web.close()


def end(process: Process) -> None:
    process.terminate()
    try:
        process.wait(STOP_SECONDS)
    finally:
        process.kill()


def children(pid: int) -> list[int]:
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
