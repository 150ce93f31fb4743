"""The search of the contract suite finds what it is there to find."""

import base64
import logging
from collections.abc import Callable

import httpx
import pytest

from providers.sandbox.server import SandboxServer

from .contract_bench import CUSTOMERS, Bench
from .leaks import leaks, secrets_of

CREDENTIALS = CUSTOMERS["rakuten_cpaas"].credentials
SECRET = CREDENTIALS["api_secret"]
logger = logging.getLogger("providers.somebody")


def address_with_it() -> None:
    logger.debug("GET %s", f"https://vendor.example/p5/api/status.json?token={SECRET}")


def header_with_it() -> None:
    pair = base64.b64encode(f"{CREDENTIALS['api_key']}:{SECRET}".encode()).decode()
    logger.debug("headers: %s", {"authorization": f"Basic {pair}"})


def traceback_with_it() -> None:
    try:
        raise httpx.ConnectError(f"no route to https://vendor.example/?token={SECRET}")
    except httpx.ConnectError:
        logger.exception("failed")


def number_in_it() -> None:
    logger.info("sent to 080-1111-9901")


@pytest.mark.parametrize("careless", [address_with_it, header_with_it, traceback_with_it, number_in_it])
def test_a_leak_is_found(caplog: pytest.LogCaptureFixture, careless: Callable[[], None]) -> None:
    with caplog.at_level(logging.DEBUG):
        careless()
    assert leaks(caplog.records, [], secrets_of(CREDENTIALS))


def test_httpx_would_be_caught_if_it_were_let_speak(caplog: pytest.LogCaptureFixture) -> None:
    """It logs whole addresses, and 絶対リーチ's hold the token; providers/http.py keeps it quiet."""
    account = {"vendor": "zettai_reach", **CUSTOMERS["zettai_reach"].settings}
    with SandboxServer([account]) as sandbox:
        bench = Bench("zettai_reach", sandbox)
        for level, is_caught in ((None, False), (logging.INFO, True)):
            caplog.clear()
            with caplog.at_level(logging.DEBUG), caplog.at_level(level or logging.WARNING, logger="httpx"):
                bench.ask(lambda provider: provider.look_up("r-1"))
            secrets = secrets_of(bench.customer.credentials)
            assert bool(leaks(caplog.records, bench.shown, secrets)) is is_caught


def test_what_an_outcome_shows_is_looked_through_as_well() -> None:
    assert leaks([], [f"Refused(text='{SECRET}')"], secrets_of(CREDENTIALS)) == [SECRET]


def test_an_ordinary_line_is_none(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG):
        logger.info("POST /p5/api/mt.json 200")
    assert not leaks(caplog.records, ["Accepted(parts=1)"], secrets_of(CREDENTIALS))
