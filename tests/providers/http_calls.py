"""One call of a VendorClient to a server that runs a script, and what comes of it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any, TypeVar

import pytest

from providers.errors import NotReached, OutcomeUnknown, ProviderError, UnreadableReply
from providers.http import Timeouts, VendorClient

from .raw_server import Connection, RawServer, Script, reply_bytes

TOKEN = "s3cr3tt0k3n"
REPLY = reply_bytes(b'{"responseCode":0}', headers="Connection: keep-alive\r\n")
PATIENT = Timeouts()  # a busy machine gets its time
SHORT = Timeouts(read=0.2)  # where the server falls silent

T = TypeVar("T")
Call = Callable[[VendorClient], Awaitable[dict[str, Any]]]
CALLS: dict[str, Call] = {
    "GET": lambda client: client.get_json("path", {"token": TOKEN}),
    "POST": lambda client: client.post_form("path", {"token": TOKEN}),
}
both_methods = pytest.mark.parametrize("call", CALLS.values(), ids=CALLS)


def run(story: Coroutine[Any, Any, T]) -> T:
    return asyncio.run(asyncio.wait_for(story, timeout=60))


async def result_of(call: Call, client: VendorClient) -> dict[str, Any] | tuple[type[ProviderError], str]:
    try:
        return await call(client)
    except ProviderError as error:
        return type(error), error.code


def ask(script: Script, call: Call = CALLS["GET"], timeouts: Timeouts = PATIENT) -> tuple[Any, RawServer]:
    """One call to a server that runs this script: what came of it, and the server with what it saw."""

    async def story() -> tuple[Any, RawServer]:
        async with RawServer(script) as server, VendorClient(server.url, timeouts=timeouts) as client:
            return await result_of(call, client), server

    return run(story())


def answering(reply: bytes) -> Script:
    async def script(connection: Connection) -> None:
        await connection.read_request()
        await connection.send(reply)

    return script


NO_ANSWER = (OutcomeUnknown, "no_answer")
NOT_REACHED = (NotReached, "not_reached")
UNREADABLE = (UnreadableReply, "unreadable_reply")


async def closes_at_once(connection: Connection) -> None:
    """Accepts and hangs up."""


async def falls_silent(connection: Connection) -> None:
    await connection.read_request()
    await connection.hold()
