"""The portal as it runs for people: web server, worker and sandbox as real processes under the supervisor."""

import contextlib
import http.client
import json
import os
import re
import signal
import socket
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Self

from providers.sandbox.client import SandboxControl

ROOT = Path(__file__).resolve().parent.parent.parent
START_SECONDS = 60.0
STOP_SECONDS = 30.0
PHONE_NUMBER = re.compile(rb"(?<![0-9a-f])(?:\+81|0)[6-9]0[1-9][0-9]{7}(?![0-9a-f])")
# Runs one function of inside.py in a process of the portal's own settings and database.
CALL = """
import json, os, sys
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "smsportal.settings")
import django; django.setup()
from tests.journeys import inside
print(json.dumps(getattr(inside, sys.argv[1])(**json.loads(sys.argv[2]))))
"""


class Portal:
    """Starts in `with`, ends its own processes and nobody else's; everything it writes lies in `var`."""

    def __init__(self, var: Path, *, demo: bool = False) -> None:
        self.var = var
        self.log = var / "log"
        self._demo = ["--demo"] if demo else []
        self.port, sandbox_port = free_ports(2)
        self.url = f"http://127.0.0.1:{self.port}"
        self.sandbox = SandboxControl(f"http://127.0.0.1:{sandbox_port}")
        own = {"SMSPORTAL_VAR": str(var), "PORT": str(self.port), "SANDBOX_PORT": str(sandbox_port)}
        former = {name: value for name, value in os.environ.items() if name not in SETTINGS_OF_OTHERS}
        self.environment = former | own

    def __enter__(self) -> Self:
        self._python("-m", "smsportal.prepare", *self._demo)
        self._output = (self.var / "supervisor.log").open("wb")
        self._supervisor = subprocess.Popen(
            [sys.executable, "-m", "smsportal.run", "--logs", str(self.log)],
            cwd=ROOT,
            env=self.environment,
            stdout=self._output,
            stderr=self._output,
        )
        try:
            self.wait(self._is_up, seconds=START_SECONDS)
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *error: object) -> None:
        self._supervisor.terminate()
        try:
            self._supervisor.wait(STOP_SECONDS)
        finally:
            self._supervisor.kill()
            self._output.close()

    def call(self, function: str, **arguments: Any) -> Any:
        """What a function of inside.py says, run against the portal's database."""
        return json.loads(self._python("-c", CALL, function, json.dumps(arguments)).splitlines()[-1])

    def password_of(self, username: str) -> str:
        """Of one of the demo's people."""
        logins = (line.split() for line in (self.var / "demo-logins.txt").read_text(encoding="utf-8").splitlines())
        return next(fields[1] for fields in logins if fields and fields[0] == username)

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        """Read from the database beside the running portal."""
        with contextlib.closing(sqlite3.connect(f"file:{self.var / 'portal.sqlite3'}?mode=ro", uri=True)) as database:
            return database.execute(query).fetchall()

    def wait(self, is_so: Callable[[], Any], *, seconds: float) -> None:
        """Until it is so; the logs go with the complaint when it takes longer."""
        end = time.monotonic() + seconds
        while not is_so():
            assert self._supervisor.poll() is None, f"the portal ended\n{self.logs()}"
            assert time.monotonic() < end, f"waited {seconds} s\n{self.logs()}"
            time.sleep(0.1)

    def worker(self) -> int:
        """The process at the head of the worker's session."""
        children = Path(f"/proc/{self._supervisor.pid}/task/{self._supervisor.pid}/children").read_text().split()
        return next(int(pid) for pid in children if b"qcluster" in Path(f"/proc/{pid}/cmdline").read_bytes())

    def kill_worker(self) -> None:
        """As when the machine runs out of memory or loses its power: nobody in it gets to say a word."""
        os.killpg(self.worker(), signal.SIGKILL)

    def logs(self) -> str:
        """How far the messages are, and the last of everything that was written."""
        states = self.rows("SELECT state, reason, count(*) FROM campaigns_message GROUP BY state, reason")
        files = [self.var / "supervisor.log", *sorted(self.log.glob("*.log"))]
        return f"{states}\n" + "\n".join(
            f"--- {file.name}\n{file.read_text(errors='replace')[-4000:]}" for file in files
        )

    def leaks(self) -> list[str]:
        """What stands in a log and must not: numbers of people, tokens, callback keys."""
        kept = [value.encode() for value in self.call("secrets")]
        return [
            f"{file.name}: {line[:200]!r}"
            for file in self.log.glob("*.log")
            for line in file.read_bytes().splitlines()
            if PHONE_NUMBER.search(line) or any(secret in line for secret in kept)
        ]

    def _is_up(self) -> bool:
        web = http.client.HTTPConnection("127.0.0.1", self.port, timeout=2)
        try:
            web.request("GET", "/accounts/login/")
            return web.getresponse().status == 200 and bool(self.sandbox.state())
        except OSError:
            return False
        finally:
            web.close()

    def _python(self, *arguments: str) -> str:
        done = subprocess.run(
            [sys.executable, *arguments], cwd=ROOT, env=self.environment, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stderr
        return done.stdout


# A developer's own environment must not decide what is tested.
SETTINGS_OF_OTHERS = {"DATABASE_URL", "BROKER_URL", "SECRET_KEY", "FIELD_KEYS", "PORTAL_URL", "DEBUG", "LOG_LEVEL"}


def free_ports(number: int) -> list[int]:
    with contextlib.ExitStack() as stack:
        sockets = [stack.enter_context(socket.create_server(("127.0.0.1", 0))) for _ in range(number)]
        return [taken.getsockname()[1] for taken in sockets]
