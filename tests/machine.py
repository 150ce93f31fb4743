"""What tests need of the machine: missing, it is a sentence for the person at the terminal, and a failure in CI."""

import contextlib
import ctypes
import os
import signal
import socket
import sys

import pytest


def in_ci() -> bool:
    return os.environ.get("CI") == "true"


def demand(missing: str) -> None:
    """Skips the test that needs what this sentence says is missing; "" means all is there."""
    if missing:
        (pytest.fail if in_ci() else pytest.skip)(missing)


def free_ports(number: int) -> list[int]:
    """Nobody listens on them at this moment."""
    with contextlib.ExitStack() as stack:
        sockets = [stack.enter_context(socket.create_server(("127.0.0.1", 0))) for _ in range(number)]
        return [taken.getsockname()[1] for taken in sockets]


def end_with_parent() -> None:
    """In a new process: ends when the tests do, however they end."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(1, signal.SIGTERM)  # PR_SET_PDEATHSIG
