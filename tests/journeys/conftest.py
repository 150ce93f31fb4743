"""Stories through running processes. They begin with an empty portal in a folder of its own."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from . import chromium
from .portal import Portal


@pytest.fixture
def portal(tmp_path: Path) -> Iterator[Portal]:
    with Portal(tmp_path / "var") as running:
        yield running
        assert not running.leaks()


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """At the very end, where it is read: what was not run."""
    if sentence := chromium.missing():
        terminalreporter.write_line(sentence, yellow=True)
