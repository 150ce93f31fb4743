"""One vendor's adapter in front of its stand-in, and what vendors keep between calls forgotten between tests."""

import logging
import re
from collections.abc import Iterator

import pytest

from providers.rakuten_cpaas.tokens import KEPT
from providers.sandbox.server import Options, SandboxServer

from .contract_bench import CUSTOMERS, Bench


@pytest.fixture(autouse=True)
def no_token_yet() -> Iterator[None]:
    KEPT.clear()
    yield
    KEPT.clear()


NUMBERS = re.compile(r"80\D?1111\D?99[0-9]{2}|80[0-9]1119901")  # those sent to here, in any form


@pytest.fixture
def bench(request: pytest.FixtureRequest, caplog: pytest.LogCaptureFixture) -> Iterator[Bench]:
    """At the end of each test, nothing logged, raised or told holds a secret or a whole number."""
    account = {"vendor": request.param, **CUSTOMERS[request.param].settings}
    with caplog.at_level(logging.DEBUG), SandboxServer([account], Options(time_scale=0.01)) as sandbox:
        bench = Bench(request.param, sandbox)
        yield bench
        secrets = [*bench.customer.credentials.values(), *(token.value for token in KEPT.values())]
    everything = "".join(bench.shown) + "".join(record.getMessage() for record in caplog.get_records("call"))
    assert not [secret for secret in secrets if len(secret) > 9 and secret in everything]
    assert not NUMBERS.search(everything)
