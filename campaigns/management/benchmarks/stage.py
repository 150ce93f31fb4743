"""What every benchmark stands on: an empty database of its own, people in it, and processes beside it."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from tempfile import TemporaryDirectory

from django.conf import settings
from django.db import connection

from campaigns.models import Contact, ContactIndex, ContactList, ListMembership

STOP_SECONDS = 20.0


@contextmanager
def empty_database() -> Iterator[None]:
    """A database of its own beside the portal's, in a file where the portal's is one; gone afterwards."""
    name = connection.settings_dict["NAME"]
    with TemporaryDirectory() as folder:
        if connection.vendor == "sqlite":
            connection.settings_dict["TEST"]["NAME"] = f"{folder}/portal.sqlite3"
        connection.creation.create_test_db(verbosity=0, autoclobber=True)
        try:
            yield
        finally:
            connection.creation.destroy_test_db(str(name), verbosity=0)


def environment() -> dict[str, str]:
    """For processes of the portal that are to work on this database too; call it within empty_database()."""
    own = connection.settings_dict
    keys = {"SECRET_KEY": settings.SECRET_KEY, "FIELD_KEYS": ",".join(settings.FIELD_KEYS)}
    if connection.vendor == "sqlite":
        return os.environ | keys | {"SMSPORTAL_VAR": os.path.dirname(own["NAME"])}
    host, port = own["HOST"].replace("/", "%2F"), f":{own['PORT']}" if own["PORT"] else ""
    login = f"{own['USER']}:{own['PASSWORD']}@" if own["USER"] else ""
    return os.environ | keys | {"DATABASE_URL": f"postgres://{login}{host}{port}/{own['NAME']}"}


def make_people(size: int, *, name: str = "benchmark") -> ContactList:
    people = [Contact(phone=f"+8190{10_000_000 + number}", name=f"見本 {number}郎") for number in range(size)]
    Contact.objects.bulk_create(people)
    ContactIndex.objects.write(people)
    made = ContactList.objects.create(name=name)
    ListMembership.objects.bulk_create(ListMembership(contact_list=made, contact=person) for person in people)
    return made


def free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
        return port


@contextmanager
def process(*arguments: str, environment: dict[str, str] | None = None) -> Iterator[subprocess.Popen[bytes]]:
    """Python in a process of its own, so that it shares no interpreter with what is measured; ended afterwards."""
    command = [sys.executable, *arguments]
    child = subprocess.Popen(command, cwd=settings.BASE_DIR, env=environment, process_group=0)
    try:
        yield child
    finally:
        child.terminate()
        try:
            child.wait(timeout=STOP_SECONDS)
        except subprocess.TimeoutExpired:
            os.killpg(child.pid, signal.SIGKILL)
            child.wait()


def collect_static() -> None:
    """For a web process that is to show pages; within empty_database()."""
    command = [sys.executable, "manage.py", "collectstatic", "--no-input", "--verbosity", "0"]
    subprocess.run(command, cwd=settings.BASE_DIR, env=environment(), check=True)


@contextmanager
def workers(count: int) -> Iterator[None]:
    """Workers as in production, on the database of this benchmark."""
    with process("manage.py", "qcluster", environment=environment() | {"WORKERS": str(count), "LOG_LEVEL": "ERROR"}):
        yield


@dataclass(frozen=True, slots=True)
class Stub:
    """The vendor stub of this benchmark, seen from outside; README of it in vendor_stub.py."""

    address: str

    def set(self, *, latency: float = 0.0, tail: float = 0.0) -> None:
        self._ask(f"set?latency={latency}&tail={tail}")

    def report(self, *, pace: float = 0.0) -> dict[str, float]:
        """What came since the last report; keys as in vendor_stub.py."""
        return self._ask(f"report?pace={pace}")

    def _ask(self, path: str) -> dict[str, float]:
        with urllib.request.urlopen(f"{self.address}/{path}") as reply:  # noqa: S310 - our own loopback address
            said: dict[str, float] = json.load(reply)
            return said


@contextmanager
def stub() -> Iterator[Stub]:
    port = free_port()
    with process("-m", "campaigns.management.benchmarks.vendor_stub", str(port)):
        made = Stub(f"http://127.0.0.1:{port}")
        wait_for(f"{made.address}/report")
        yield made


def wait_for(url: str) -> None:
    for _ in range(100):
        try:
            urllib.request.urlopen(url).close()  # noqa: S310 - our own loopback address
        except OSError:
            time.sleep(0.1)
        else:
            return
    raise TimeoutError(url)
