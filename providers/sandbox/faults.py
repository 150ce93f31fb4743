"""Trouble on demand: what can go wrong between a caller and a vendor, per account, by rate and repeatable."""

import asyncio
import random
import socket
import struct
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

from aiohttp import web

Handler = Callable[[web.Request], Awaitable[web.Response]]
HttpError = Callable[[int], web.Response]

DELAYS = frozenset({"latency", "long_tail"})
HTTP_ERRORS = {"http_403": 403, "http_429": 429, "http_500": 500, "http_503": 503}
# These spoil a genuine answer, so the request was always taken in.
SPOILERS = frozenset({"truncated_json", "wrong_content_type", "slow_drip"})
KINDS = DELAYS | HTTP_ERRORS.keys() | SPOILERS | {"reset", "html_page"}

LONGEST_TAIL = 30.0
DRIPS = 10
HTML_PAGE = "<!DOCTYPE html><html><head><title>Service unavailable</title></head><body><h1>Sorry</h1></body></html>"


@dataclass(frozen=True, kw_only=True)
class Fault:
    """One rule; README.md explains each member."""

    kind: str
    rate: float = 1.0
    path: str = ""
    times: int = 0
    seconds: float = 0.0
    taken: bool = False
    status: int = 503

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise ValueError(f"kind is one of {', '.join(sorted(KINDS))}")
        if not 0 <= self.rate <= 1:
            raise ValueError("rate is a share between 0 and 1")
        if self.seconds < 0 or self.times < 0:
            raise ValueError("seconds and times are not negative")


class Faults:
    """The rules of one account; a seed of its own makes each run strike the same calls."""

    def __init__(self, seed: str) -> None:
        self._random = random.Random(seed)  # noqa: S311 - chance must be repeatable here, not secret
        self._rules: list[Fault] = []
        self._strikes: list[int] = []

    def set(self, rules: Sequence[Fault]) -> None:
        self._rules = list(rules)
        self._strikes = [0] * len(self._rules)

    async def answer(self, request: web.Request, handle: Handler, http_error: HttpError) -> web.StreamResponse:
        """All delays that strike, then at most one kind of harm."""
        if not self._rules:
            return await handle(request)
        striking = self._striking(request.path)
        delay = sum(self._seconds_of(rule) for rule in striking if rule.kind in DELAYS)
        if delay:
            await asyncio.sleep(delay)
        harm = next((rule for rule in striking if rule.kind not in DELAYS), None)
        return await _harmed(harm, request, handle, http_error) if harm else await handle(request)

    def _striking(self, path: str) -> list[Fault]:
        striking = []
        harmed = False
        for index, rule in enumerate(self._rules):
            skipped = harmed and rule.kind not in DELAYS
            if skipped or rule.path not in path or (rule.times and self._strikes[index] >= rule.times):
                continue
            if self._random.random() < rule.rate:
                self._strikes[index] += 1
                harmed = harmed or rule.kind not in DELAYS
                striking.append(rule)
        return striking

    def _seconds_of(self, rule: Fault) -> float:
        if rule.kind == "latency":
            return rule.seconds
        return min(rule.seconds * self._random.lognormvariate(0, 1.2), LONGEST_TAIL)


async def _harmed(harm: Fault, request: web.Request, handle: Handler, http_error: HttpError) -> web.StreamResponse:
    genuine = await handle(request) if harm.taken or harm.kind in SPOILERS else None
    if genuine is not None and harm.kind in SPOILERS:
        return await _spoilt(harm, request, genuine)
    if harm.kind == "reset":
        return reset_connection(request)
    if harm.kind == "html_page":
        return web.Response(status=harm.status, text=HTML_PAGE, content_type="text/html")
    answer = http_error(HTTP_ERRORS[harm.kind])
    if harm.seconds:
        answer.headers["Retry-After"] = f"{harm.seconds:.0f}"
    return answer


async def _spoilt(harm: Fault, request: web.Request, genuine: web.Response) -> web.StreamResponse:
    body = genuine.body if isinstance(genuine.body, bytes) else b""
    if harm.kind == "slow_drip":
        return await _drip(request, genuine, harm.seconds)
    if harm.kind == "truncated_json":
        return web.Response(status=genuine.status, body=body[: len(body) // 2], content_type="application/json")
    return web.Response(status=genuine.status, body=body, content_type="application/octet-stream")


def reset_connection(request: web.Request) -> web.StreamResponse:
    """Ends the connection with a TCP reset, not the polite end a server on its way down would send."""
    if request.transport is not None:
        connection = request.transport.get_extra_info("socket")
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        request.transport.abort()
    return web.Response()


async def _drip(request: web.Request, genuine: web.Response, seconds: float) -> web.StreamResponse:
    body = genuine.body if isinstance(genuine.body, bytes) else b""
    response = web.StreamResponse(status=genuine.status, headers=genuine.headers)
    response.content_length = len(body)
    await response.prepare(request)
    step = max(1, -(-len(body) // DRIPS))
    for start in range(0, len(body), step):
        await asyncio.sleep(seconds / DRIPS)
        await response.write(body[start : start + step])
    return response
