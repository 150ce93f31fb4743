"""One sandbox, one customer and receivers, fresh for every test."""

from collections.abc import Iterator

import pytest

from providers.sandbox.server import Options, SandboxServer

from .helpers import ACCOUNT, Customer, OpenReceiver, Receiver


@pytest.fixture
def sandbox() -> Iterator[SandboxServer]:
    """Time runs as it does outside, so that a test sees every stage; `control.advance` moves it on."""
    with SandboxServer([ACCOUNT]) as server:
        yield server


@pytest.fixture
def quick_sandbox() -> Iterator[SandboxServer]:
    """A thousand times as fast, for what is waited for anyway."""
    with SandboxServer([ACCOUNT], Options(time_scale=0.001)) as server:
        yield server


@pytest.fixture
def customer(sandbox: SandboxServer) -> Customer:
    return Customer(sandbox)


@pytest.fixture
def receive() -> Iterator[OpenReceiver]:
    receivers: list[Receiver] = []

    def open_receiver(*statuses: int) -> Receiver:
        receivers.append(Receiver(list(statuses)))
        return receivers[-1]

    yield open_receiver
    for receiver in receivers:
        receiver.close()
