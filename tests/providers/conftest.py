"""One vendor's adapter in front of its stand-in, and what vendors keep between calls forgotten between tests."""

import logging
from collections.abc import Iterator

import pytest

from providers.rakuten_cpaas.tokens import KEPT
from providers.sandbox.server import Options, SandboxServer

from .contract_bench import CUSTOMERS, Bench
from .leaks import leaks, secrets_of


@pytest.fixture(autouse=True)
def no_token_yet() -> Iterator[None]:
    KEPT.clear()
    yield
    KEPT.clear()


@pytest.fixture
def bench(request: pytest.FixtureRequest, caplog: pytest.LogCaptureFixture) -> Iterator[Bench]:
    """At the end of each test, nothing logged, raised or told holds a secret or a whole number."""
    account = {"vendor": request.param, **CUSTOMERS[request.param].settings}
    with caplog.at_level(logging.DEBUG), SandboxServer([account], Options(time_scale=0.01)) as sandbox:
        bench = Bench(request.param, sandbox)
        yield bench
        secrets = [*secrets_of(bench.customer.credentials), *(token.value for token in KEPT.values())]
    assert not leaks(caplog.get_records("call"), bench.shown, secrets)
