"""The only code that opens a connection to a vendor; turns HTTP trouble into the kinds of errors.py."""

from __future__ import annotations

import asyncio
import base64
import ipaddress
import json
import logging
import ssl
import time
from collections.abc import Collection, Mapping, Sequence
from contextlib import aclosing
from dataclasses import dataclass, replace
from email.utils import parsedate_to_datetime
from functools import cache, lru_cache
from http.cookiejar import CookieJar, DefaultCookiePolicy
from types import TracebackType
from typing import Any, Self, TypeAlias
from urllib.parse import urlencode

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
LONGEST_WAIT = 600.0  # seconds; asked for longer we ask anew, for a proxy's slip must not close an account for years
LINK_REFUSALS = range(400, 500)  # an old or used link says nothing about the account


@dataclass(frozen=True, slots=True)
class Timeouts:
    """Seconds. `pool` runs until a connection stands, `read` is the longest silence, `total` ends the call whatever."""

    pool: float = 10.0
    connect: float = 5.0  # ZR-A4
    read: float = 10.0  # ZR-A4
    total: float = 30.0


# Names may repeat: some vendors take lists as `tags[]=a&tags[]=b`.
Fields: TypeAlias = Mapping[str, str] | Sequence[tuple[str, str]]


@dataclass(frozen=True, slots=True, repr=False)
class Request:
    """One call with one of form, json and content, or none; `readable` are the statuses besides 200 that tell more."""

    method: str
    path: str
    params: Fields = ()
    form: Fields = ()
    json: dict[str, Any] | None = None
    content: bytes = b""
    headers: Mapping[str, str] | None = None
    readable: Collection[int] = ()
    max_bytes: int = MAX_REPLY_BYTES


@dataclass(frozen=True, slots=True, repr=False)
class Reply:
    """An answer of status 200, or of one the caller said it can read."""

    status: int
    body: bytes
    retry_after: float | None = None
    location: str = ""

    def json(self) -> dict[str, Any]:
        """The content type is not asked: a JSON object proves itself, and an error page is none."""
        try:
            fields = json.loads(self.body)
        except (ValueError, RecursionError):
            raise UnreadableReply from None
        if not isinstance(fields, dict):
            raise UnreadableReply
        return fields

    def fields(self) -> dict[str, Any]:
        """The JSON object, or nothing where there is none: what a proxy answers beside what the vendor does."""
        try:
            return self.json()
        except UnreadableReply:
            return {}

    def error(self) -> ProviderError:
        """What the status alone says."""
        kind, code = STATUS_ERRORS.get(self.status, (OutcomeUnknown, "unexpected_status"))
        return kind(code, vendor_code=str(self.status), retry_after=self.retry_after)


def basic_auth(user: str, password: str) -> dict[str, str]:
    return {"Authorization": "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()}


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
        limits = httpx.Timeout(timeouts.read, connect=timeouts.connect, pool=timeouts.pool)
        self._extensions = {"timeout": limits.as_dict()}
        self._address_of = lru_cache(maxsize=64)(lambda path: self._http.build_request("GET", path).url)

    async def __aenter__(self) -> Self:
        self._http = httpx.AsyncClient(
            base_url=self._base_url,
            cookies=CookieJar(DefaultCookiePolicy(allowed_domains=())),
            transport=self._transport or _aiohttp_transport(self._connections),
            follow_redirects=False,
            trust_env=False,
        )
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await self._http.aclose()

    @property
    def address(self) -> str:
        return str(self._base_url)

    async def ask(self, request: Request) -> Reply:
        """Sent once and never repeated, for some vendors' GETs change things.

        What httpx and aiohttp raise holds the URL, so it ends here.
        """
        try:
            async with (
                asyncio.timeout(self._timeouts.total),
                aclosing(await self._http.send(self._call(request), stream=True)) as response,
            ):
                return await _reply(response, request)
        except TROUBLE as error:
            raise _our_kind(error) from None

    def _call(self, request: Request) -> httpx.Request:
        """Not by httpx's client: reading the address and merging headers anew each time is a third of its work."""
        headers = {**HEADERS, **(request.headers or {})}
        if request.form:
            headers["content-type"] = "application/x-www-form-urlencoded"
        return httpx.Request(
            request.method,
            self._address_of(request.path),
            params=tuple(_pairs(request.params)) or None,
            headers=headers,
            content=urlencode(_pairs(request.form)).encode() or request.content or None,
            json=request.json,
            extensions=self._extensions,
        )

    async def get_json(self, path: str, params: Fields, *, max_bytes: int = MAX_REPLY_BYTES) -> dict[str, Any]:
        return (await self.ask(Request("GET", path, params, max_bytes=max_bytes))).json()

    async def post_form(self, path: str, fields: Fields) -> dict[str, Any]:
        return (await self.ask(Request("POST", path, form=fields))).json()

    async def post_json(
        self, path: str, body: Mapping[str, Any], headers: Mapping[str, str] | None = None
    ) -> dict[str, Any]:
        return (await self.ask(Request("POST", path, json=dict(body), headers=headers))).json()

    async def put_file(self, link: str, content: bytes, content_type: str) -> None:
        """To a signed address a vendor gave us: the link itself is the permission, so no credentials go with it."""
        headers = {"content-type": content_type}
        await self._follow(Request("PUT", link, content=content, headers=headers, readable=LINK_REFUSALS))

    async def get_file(self, link: str, *, max_bytes: int = MAX_REPLY_BYTES) -> bytes:
        """From a signed address, likewise."""
        return (await self._follow(Request("GET", link, readable=LINK_REFUSALS, max_bytes=max_bytes))).body

    async def _follow(self, request: Request) -> Reply:
        self._require_safe_link(request.path)
        reply = await self.ask(request)
        if reply.status != httpx.codes.OK:
            raise ProviderError("link_refused", vendor_code=str(reply.status))
        return reply

    def _require_safe_link(self, link: str) -> None:
        """Only a vendor on this machine may send us to this machine."""
        try:
            url = httpx.URL(link)
        except httpx.InvalidURL:
            raise ProviderError("insecure_address") from None
        is_safe = url.scheme == "https" or (url.scheme == self._base_url.scheme and _is_loopback(url.host))
        if not (is_safe and url.host) or url.userinfo:
            raise ProviderError("insecure_address")


async def _never_repeat(request: aiohttp.ClientRequest, handler: aiohttp.ClientHandlerType) -> aiohttp.ClientResponse:
    """aiohttp by itself repeats a GET whose connection broke, unless the error is of a kind it does not know."""
    try:
        return await handler(request)
    except aiohttp.ClientConnectorError:
        raise
    except (aiohttp.ClientOSError, aiohttp.ServerDisconnectedError):
        raise aiohttp.ClientConnectionError("connection lost") from None


@cache
def tls_context() -> ssl.SSLContext:
    """Reading all the world's certificates takes 20 ms, and a worker opens its connections anew every few seconds."""
    context = httpx.create_ssl_context(trust_env=False)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    return context


def _aiohttp_transport(connections: int) -> AiohttpTransport:
    """aiohttp below httpx: httpx's own pool slows to a tenth with a hundred requests in flight."""
    context = tls_context()
    session = aiohttp.ClientSession(
        connector=aiohttp.TCPConnector(limit=connections, keepalive_timeout=KEEPALIVE_SECONDS, ssl=context),
        cookie_jar=aiohttp.DummyCookieJar(),
        middlewares=(_never_repeat,),
        skip_auto_headers=("Content-Type",),  # httpx names the type where there is content
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


async def _reply(response: httpx.Response, request: Request) -> Reply:
    status = response.status_code
    head = Reply(
        status,
        b"",
        retry_after=_seconds(response.headers.get("retry-after", "").strip()),
        location=response.headers.get("location", ""),
    )
    if status != httpx.codes.OK and status not in request.readable:
        raise head.error()
    try:
        return replace(head, body=await _read(response, request.max_bytes))
    except UnreadableReply:
        if status == httpx.codes.OK:
            raise
        return head


def _seconds(retry_after: str) -> float | None:
    """Retry-After as seconds from now; it comes as a number or as a date."""
    if retry_after.isascii() and retry_after.isdigit():
        return min(LONGEST_WAIT, float(retry_after[:9]))
    try:
        return min(LONGEST_WAIT, max(0.0, parsedate_to_datetime(retry_after).timestamp() - time.time()))
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


def _pairs(fields: Fields) -> list[tuple[str, str]]:
    return list(fields.items() if isinstance(fields, Mapping) else fields)
