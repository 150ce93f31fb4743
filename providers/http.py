"""The only code that opens a connection to a vendor; turns HTTP trouble into the kinds of errors.py."""

from __future__ import annotations

import asyncio
import ipaddress
import json
import logging
import ssl
import time
from collections.abc import Mapping
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from http.cookiejar import CookieJar, DefaultCookiePolicy
from types import TracebackType
from typing import Any, Self

import aiohttp
import httpx
from httpx_aiohttp import AiohttpTransport

from .errors import AccountRefused, NotReached, OutcomeUnknown, ProviderError, Throttled, UnreadableReply

# At INFO httpx logs whole URLs, and some vendors take the token in the query.
logging.getLogger("httpx").setLevel(logging.WARNING)

MAX_REPLY_BYTES = 1024 * 1024

# Shorter than any server's own: a server that closes an idle connection just as we write leaves us not knowing.
KEEPALIVE_SECONDS = 4.0

# Identity, because a packed reply could unpack to far more than the cap before we see it.
HEADERS = {"accept": "application/json", "accept-encoding": "identity", "user-agent": "sms-portal"}
READABLE_ENCODINGS = frozenset({"", "identity", "gzip"})

# What certainly did not leave. httpx-aiohttp turns errors *after* the request was written into httpx.ConnectTimeout
# as well, so where aiohttp raised, its own exception decides; httpx's names count only without one (another transport).
NEVER_CONNECTED = (
    aiohttp.ClientConnectorError,  # name, address, refusal, TLS handshake
    aiohttp.ConnectionTimeoutError,  # the same in time, or no free connection
    httpx.ConnectError,
    httpx.ConnectTimeout,
    httpx.PoolTimeout,
)
# UnicodeError: httpx-aiohttp fails so on a status line that is not UTF-8, such as one in Shift_JIS.
TROUBLE = (httpx.HTTPError, aiohttp.ClientError, OSError, UnicodeError)

# ZR-A2, ZR-A3, ZR-A22: these take nothing; every other status than 200 leaves us not knowing.
STATUS_ERRORS: dict[int, tuple[type[ProviderError], str]] = {
    401: (AccountRefused, "credentials_refused"),
    403: (AccountRefused, "access_refused"),
    404: (NotReached, "address_not_found"),
    429: (Throttled, "throttled"),
}


@dataclass(frozen=True, slots=True)
class Timeouts:
    """Seconds. `pool` runs until a connection stands, `read` is the longest silence, `total` ends the call whatever."""

    pool: float = 10.0
    connect: float = 5.0  # ZR-A4
    read: float = 10.0  # ZR-A4
    total: float = 30.0


class VendorClient:
    """Keep-alive connections to one vendor. One per account and event loop, used as an async context manager."""

    _http: httpx.AsyncClient

    def __init__(
        self,
        base_url: str,
        *,
        connections: int = 20,
        timeouts: Timeouts = Timeouts(),
        transport: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        self._base_url = _safe_address(base_url)
        self._connections = connections
        self._timeouts = timeouts
        self._transport = transport

    async def __aenter__(self) -> Self:
        limits = self._timeouts
        self._http = httpx.AsyncClient(
            base_url=self._base_url,
            headers=HEADERS,
            cookies=CookieJar(DefaultCookiePolicy(allowed_domains=())),
            timeout=httpx.Timeout(limits.read, connect=limits.connect, pool=limits.pool),
            transport=self._transport or _aiohttp_transport(self._connections),
            follow_redirects=False,
            trust_env=False,
        )
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await self._http.aclose()

    async def get_json(
        self, path: str, params: Mapping[str, str], *, max_bytes: int = MAX_REPLY_BYTES
    ) -> dict[str, Any]:
        """Sent once and never repeated, for some vendors' GETs change things."""
        return _parsed(await self._call("GET", path, max_bytes, params=dict(params)))

    async def post_form(self, path: str, fields: Mapping[str, str]) -> dict[str, Any]:
        return _parsed(await self._call("POST", path, data=dict(fields)))

    async def post_json(
        self, path: str, body: Mapping[str, Any], headers: Mapping[str, str] | None = None
    ) -> dict[str, Any]:
        return _parsed(await self._call("POST", path, json=dict(body), headers=headers))

    async def _call(self, method: str, path: str, max_bytes: int = MAX_REPLY_BYTES, **content: Any) -> bytes:
        """The body of a reply with status 200. What httpx and aiohttp raise holds the URL, so it ends here."""
        try:
            async with (
                asyncio.timeout(self._timeouts.total),
                self._http.stream(method, path, **content) as response,
            ):
                _check_status(response)
                return await _read(response, max_bytes)
        except TROUBLE as error:
            raise _our_kind(error) from None


async def _never_repeat(request: aiohttp.ClientRequest, handler: aiohttp.ClientHandlerType) -> aiohttp.ClientResponse:
    """aiohttp by itself repeats a GET whose connection broke, unless the error is of a kind it does not know."""
    try:
        return await handler(request)
    except aiohttp.ClientConnectorError:
        raise
    except (aiohttp.ClientOSError, aiohttp.ServerDisconnectedError):
        raise aiohttp.ClientConnectionError("connection lost") from None


def _aiohttp_transport(connections: int) -> AiohttpTransport:
    """aiohttp below httpx: httpx's own pool slows to a tenth with a hundred requests in flight."""
    context = httpx.create_ssl_context(trust_env=False)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    session = aiohttp.ClientSession(
        connector=aiohttp.TCPConnector(limit=connections, keepalive_timeout=KEEPALIVE_SECONDS, ssl=context),
        cookie_jar=aiohttp.DummyCookieJar(),
        middlewares=(_never_repeat,),
        trust_env=False,
    )
    return AiohttpTransport(verify=context, trust_env=False, client=session)


def _safe_address(base_url: str) -> httpx.URL:
    """https, or plain http to this machine, and nothing in it but host, port and path."""
    try:
        url = httpx.URL(base_url)
    except httpx.InvalidURL:
        raise AccountRefused("insecure_address") from None
    is_safe = url.scheme == "https" or (url.scheme == "http" and _is_loopback(url.host))
    if not (is_safe and url.host) or url.userinfo or url.query or url.fragment:
        raise AccountRefused("insecure_address")
    return url


def _is_loopback(host: str) -> bool:
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _our_kind(error: Exception) -> ProviderError:
    origin = error.__cause__ or error
    if isinstance(origin, NEVER_CONNECTED):
        return NotReached()
    if isinstance(error, (httpx.DecodingError, aiohttp.ClientResponseError)):
        return UnreadableReply()
    return OutcomeUnknown()


def _check_status(response: httpx.Response) -> None:
    if response.status_code == httpx.codes.OK:
        return
    kind, code = STATUS_ERRORS.get(response.status_code, (OutcomeUnknown, "unexpected_status"))
    raise kind(
        code,
        vendor_code=str(response.status_code),
        retry_after=_seconds(response.headers.get("retry-after", "").strip()),
    )


def _seconds(retry_after: str) -> float | None:
    """Retry-After as seconds from now; it comes as a number or as a date."""
    if retry_after.isascii() and retry_after.isdigit():
        return float(retry_after[:9])
    try:
        return max(0.0, parsedate_to_datetime(retry_after).timestamp() - time.time())
    except ValueError:
        return None


async def _read(response: httpx.Response, max_bytes: int) -> bytes:
    if response.headers.get("content-encoding", "").strip().lower() not in READABLE_ENCODINGS:
        raise UnreadableReply
    body = bytearray()
    async for chunk in response.aiter_bytes():
        body += chunk
        if len(body) > max_bytes:
            raise UnreadableReply("reply_too_large")
    return bytes(body)


def _parsed(body: bytes) -> dict[str, Any]:
    """The content type is not asked: a JSON object proves itself, and an error page is none."""
    try:
        reply = json.loads(body)
    except (ValueError, RecursionError):
        raise UnreadableReply from None
    if not isinstance(reply, dict):
        raise UnreadableReply
    return reply
