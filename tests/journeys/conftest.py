"""Stories through running processes, each portal in a folder of its own."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from django.utils.module_loading import import_string
from playwright.sync_api import Browser, sync_playwright

from campaigns.models import PortalSettings, User
from tests.factories import make_user
from tests.fakes import wait_for_homecoming
from tests.providers.sandbox.helpers import Receiver

from . import chromium
from .portal import Portal


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    receiver = Receiver([])
    yield receiver
    receiver.close()


@pytest.fixture
def operator() -> User:
    PortalSettings.objects.create(pk=1, approval_above=None, undo_seconds=0)
    return make_user("operator")


@pytest.fixture
def work(queued: list[tuple[str, tuple[int, ...]]]) -> Callable[[], None]:
    """Do everything that waits in the queue, and what that queues, until nothing is left."""

    def work_off() -> None:
        while queued:
            name, ids = queued.pop(0)
            import_string(f"campaigns.tasks.{name}")(*ids)
            wait_for_homecoming()

    return work_off


@pytest.fixture(scope="session")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What the set-up with demo data leaves, made once for all portals."""
    var = tmp_path_factory.mktemp("prepared") / "var"
    Portal(var).prepare("--demo")
    return var


@pytest.fixture(scope="session")
def demo(prepared: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Portal]:
    """For tests that look at pages and change little."""
    with Portal(tmp_path_factory.mktemp("demo") / "var", like=prepared) as running:
        yield running


@pytest.fixture(scope="module")
def portal(prepared: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Portal]:
    """For tests that change much; nobody's number and no secret may stand in a log in the end."""
    with Portal(tmp_path_factory.mktemp("demo") / "var", like=prepared) as running:
        yield running
        assert not running.leaks()


@pytest.fixture(scope="module")  # no longer: its event loop would run beside the tests that follow
def chrome() -> Iterator[Browser]:
    chromium.demand()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium.find(), args=chromium.arguments())
        yield browser
        browser.close()


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """At the very end, where it is read: what was not run."""
    if sentence := chromium.missing():
        terminalreporter.write_line(sentence, yellow=True)
