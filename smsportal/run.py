"""`python -m smsportal.run [web] [worker] [sandbox]`: the portal's processes under one supervisor; all by default.

Ctrl-C or SIGTERM ends them. README.md beside this file tells how to run them for real.
"""

import argparse
import errno
import http.client
import logging
import os
import socket
import sys
from pathlib import Path

import django
from django.conf import settings
from django.utils.module_loading import import_string

from .supervisor import Program, Supervisor

# In the order of their start; they stop in reverse.
PARTS = ("sandbox", "web", "worker")


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m smsportal.run", description=__doc__)
    parser.add_argument("parts", nargs="*", metavar="part", help=f"some of {', '.join(PARTS)}")
    parser.add_argument("--logs", type=Path, metavar="FOLDER", help="each part writes to a file of its own there")
    args = parser.parse_args()
    parts = [part for part in PARTS if part in (args.parts or PARTS)]
    if unknown := set(args.parts) - set(PARTS):
        parser.error(f"no such part: {', '.join(sorted(unknown))}")
    _prepare_environment()
    if trouble := _busy_port(parts):
        sys.exit(trouble)
    supervise(parts, args.logs)


def supervise(parts: list[str], logs: Path | None) -> None:
    django.setup()
    logging.getLogger("django-q").setLevel(logging.WARNING)  # the terminal is for people
    supervisor = Supervisor([_program(part) for part in parts], logs=logs, say=_say)
    if "web" in parts:
        supervisor.chores.append(Announcement(logs))
    if "worker" in parts:
        watchdog = import_string("smsportal.watchdog.Watchdog")  # its models can be imported now and not before
        supervisor.chores.append(watchdog(supervisor.children["worker"]))
    supervisor.run()
    _say("Stopped.")


def _prepare_environment() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "smsportal.settings")
    # A database that cannot be reached must not hold up the supervisor, which also has signals to answer.
    os.environ.setdefault("PGCONNECT_TIMEOUT", "10")
    os.environ["PYTHONUNBUFFERED"] = "1"


def _program(part: str) -> Program:
    manage = [sys.executable, str(settings.BASE_DIR / "manage.py")]
    commands = {
        "web": [sys.executable, "-m", "granian", *_web_options(), "smsportal.wsgi:application"],
        "worker": [*manage, "qcluster"],
        "sandbox": [*manage, "sandbox"],
    }
    return Program(part, commands[part])


def _web_options() -> list[str]:
    return [
        *("--interface", "wsgi", "--no-ws", "--http", "1"),
        *("--host", _web_host(), "--port", str(settings.PORT)),
        *("--workers", os.environ.get("WEB_PROCESSES", "1")),
        *("--blocking-threads", os.environ.get("WEB_THREADS", "16")),
        *("--workers-kill-timeout", "10", "--log-level", "warning"),
    ]


def _web_host() -> str:
    return os.environ.get("WEB_HOST", "127.0.0.1")


def _busy_port(parts: list[str]) -> str:
    """A sentence where a port that we need is taken, else nothing."""
    wanted = {
        "PORT": ("web", _web_host(), settings.PORT),
        "SANDBOX_PORT": ("sandbox", "127.0.0.1", settings.SANDBOX_PORT),
    }
    for name, (part, host, port) in wanted.items():
        if part not in parts:
            continue
        try:
            socket.create_server((host, port)).close()
        except OSError as error:
            why = "another program uses it" if error.errno == errno.EADDRINUSE else os.strerror(error.errno or 0)
            return f"Port {port} cannot be opened on {host}: {why}. Choose another: make run {name}={port + 100}"
    return ""


class Announcement:
    """A chore that says once where the portal is, when it answers."""

    def __init__(self, logs: Path | None) -> None:
        self._logs = logs
        self._is_made = False

    def __call__(self) -> None:
        if self._is_made or not _answers(_web_host(), settings.PORT):
            return
        self._is_made = True
        _say(f"\n  {settings.PORTAL_URL}/\n")
        if settings.DEMO_LOGINS.exists():
            _say(settings.DEMO_LOGINS.read_text(encoding="utf-8"))
        _say("Ctrl-C stops everything." + (f" Logs: {self._logs}/" if self._logs else ""))


def _answers(host: str, port: int) -> bool:
    """Any answer of the application will do; behind TLS it is a redirect."""
    web = http.client.HTTPConnection(host, port, timeout=1)
    try:
        web.request("GET", "/healthz")
        return web.getresponse().status < 500
    except OSError:
        return False
    finally:
        web.close()


def _say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
