"""Stories through running processes, each portal in a folder of its own."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, sync_playwright

from . import chromium
from .portal import Portal


@pytest.fixture(scope="session")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Portal]:
    """With demo data, for tests that look at pages and change little."""
    with Portal(tmp_path_factory.mktemp("demo") / "var", demo=True) as running:
        yield running


@pytest.fixture(scope="session")
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
