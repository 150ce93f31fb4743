"""Questions put to a vendor that gives scripted answers, one for each call."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, TypeVar

import httpx

from providers.base import Provider
from providers.http import VendorClient

Answer = httpx.Response | httpx.TransportError
V = TypeVar("V", bound=Provider)


def exchange(
    vendor: type[V], credentials: Mapping[str, str], question: Callable[[V], Awaitable[Any]], *answers: Answer
) -> tuple[Any, list[httpx.Request]]:
    """The result, and what went over the wire. A call too many fails the test."""
    requests: list[httpx.Request] = []
    script = iter(answers)

    def answering(request: httpx.Request) -> httpx.Response:
        requests.append(request)
        answer = next(script)
        if isinstance(answer, httpx.TransportError):
            raise answer
        return answer

    async def story() -> Any:
        async with VendorClient(vendor.base_url, transport=httpx.MockTransport(answering)) as client:
            return await question(vendor(client, credentials))

    return asyncio.run(story()), requests


def heads(request: httpx.Request, *names: str) -> dict[str, str | None]:
    return {name: request.headers.get(name) for name in names}
