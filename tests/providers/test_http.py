"""What an answer is worth, and what must never leak."""

from __future__ import annotations

import asyncio
import gzip
import json
import logging
import subprocess
import sys
import traceback
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest
import time_machine
from hypothesis import given, settings
from hypothesis import strategies as st

from providers.errors import (
    AccountRefused,
    NotReached,
    OutcomeUnknown,
    ProviderError,
    Throttled,
    UnreadableReply,
)
from providers.http import MAX_REPLY_BYTES, VendorClient

from .http_calls import (
    CALLS,
    NO_ANSWER,
    NOT_REACHED,
    REPLY,
    SHORT,
    TOKEN,
    UNREADABLE,
    Call,
    answering,
    ask,
    both_methods,
    closes_at_once,
    falls_silent,
    run,
)
from .raw_server import Connection, RawServer, Script, reply_bytes

# An answer came.


@pytest.mark.parametrize(
    ("reply", "expected"),
    [
        pytest.param(reply_bytes(b'{"a":"\xe3\x81\x82"}'), {"a": "あ"}, id="JSON"),
        pytest.param(
            REPLY.replace(b"application/json", b"text/html; x=1"), {"responseCode": 0}, id="JSON called a page"
        ),
        pytest.param(reply_bytes(gzip.compress(b'{"a":1}'), headers="Content-Encoding: gzip\r\n"), {"a": 1}, id="gzip"),
        pytest.param(
            b'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\n{"a\r\n4\r\n":1}\r\n0\r\n\r\n',
            {"a": 1},
            id="in chunks",
        ),
        pytest.param(b'HTTP/1.1 200 OK\r\n\r\n{"a":1}', {"a": 1}, id="without a length"),
        pytest.param(b'HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\n\r\n{"a":1}', {"a": 1}, id="after a 100"),
        pytest.param(reply_bytes(b'{"responseCode":'), UNREADABLE, id="truncated JSON"),
        pytest.param(reply_bytes(b"<html>Sorry</html>"), UNREADABLE, id="a page"),
        pytest.param(reply_bytes(b""), UNREADABLE, id="empty"),
        pytest.param(reply_bytes(b"[0]"), UNREADABLE, id="JSON, but no object"),
        pytest.param(reply_bytes(b'{"a":"\xff"}'), UNREADABLE, id="not UTF-8"),
        pytest.param(reply_bytes(b"[" * 100_000), UNREADABLE, id="nested too deep"),
        pytest.param(reply_bytes(b"1" * 10_000), UNREADABLE, id="a number too long"),
        pytest.param(reply_bytes(b"{}", headers="Content-Encoding: gzip\r\n"), UNREADABLE, id="not really gzip"),
        pytest.param(reply_bytes(b"{}", headers="Content-Encoding: br\r\n"), UNREADABLE, id="unknown encoding"),
        pytest.param(
            reply_bytes(b'{"a":"' + b"x" * MAX_REPLY_BYTES + b'"}'),
            (UnreadableReply, "reply_too_large"),
            id="too large",
        ),
        pytest.param(
            reply_bytes(gzip.compress(b"x" * (MAX_REPLY_BYTES + 1)), headers="Content-Encoding: gzip\r\n"),
            (UnreadableReply, "reply_too_large"),
            id="too large once unpacked",
        ),
        pytest.param(b"SSH-2.0-OpenSSH_9.6\r\n\r\n", UNREADABLE, id="not HTTP at all"),
        pytest.param(REPLY.replace(b"200 OK", b"200 \x8e\xf3\x95t"), NO_ANSWER, id="a status line in Shift_JIS"),
    ],
)
@both_methods
def test_an_answer_is_a_json_object_or_unreadable(call: Call, reply: bytes, expected: object) -> None:
    result, server = ask(answering(reply), call)
    assert (result, len(server.requests)) == (expected, 1)


def test_a_long_list_may_be_asked_for() -> None:
    rows = {"rows": ["x" * 1000] * 2000}
    script = answering(reply_bytes(json.dumps(rows).encode()))
    assert ask(script, lambda client: client.get_json("day", {}, max_bytes=4 * MAX_REPLY_BYTES))[0] == rows


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        pytest.param("401 Unauthorized", (AccountRefused, "credentials_refused", None), id="401"),
        pytest.param("403 Forbidden", (AccountRefused, "access_refused", None), id="403"),
        pytest.param("404 Not Found", (NotReached, "address_not_found", None), id="404"),
        pytest.param("429 Too Many Requests\r\nRetry-After: 7", (Throttled, "throttled", 7.0), id="429 with a wait"),
        pytest.param("429 Too Many Requests", (Throttled, "throttled", None), id="429"),
        pytest.param("201 Created", (OutcomeUnknown, "unexpected_status", None), id="201"),
        pytest.param("400 Bad Request", (OutcomeUnknown, "unexpected_status", None), id="400"),
        pytest.param("408 Request Timeout", (OutcomeUnknown, "unexpected_status", None), id="408"),
        pytest.param("500 Oops", (OutcomeUnknown, "unexpected_status", None), id="500"),
        pytest.param("502 Bad Gateway", (OutcomeUnknown, "unexpected_status", None), id="502"),
        pytest.param("503 Busy\r\nRetry-After: 30", (OutcomeUnknown, "unexpected_status", 30.0), id="503 with a wait"),
        pytest.param("302 Found\r\nLocation: /elsewhere", (OutcomeUnknown, "unexpected_status", None), id="302"),
        pytest.param("307 Again\r\nLocation: /elsewhere", (OutcomeUnknown, "unexpected_status", None), id="307"),
        pytest.param("101 Up\r\nUpgrade: x", (OutcomeUnknown, "unexpected_status", None), id="101"),
    ],
)
@pytest.mark.parametrize("method", CALLS)
def test_a_status_other_than_200_says_whether_it_was_taken(
    method: str, status: str, expected: tuple[type[ProviderError], str, float | None]
) -> None:
    found: list[ProviderError] = []

    async def call(client: VendorClient) -> dict[str, Any]:
        try:
            return await CALLS[method](client)
        except ProviderError as error:
            found.append(error)
            raise

    _, server = ask(answering(reply_bytes(b'{"responseCode":0}', status=status)), call)
    (error,) = found
    assert (type(error), error.code, error.retry_after) == expected
    assert error.vendor_code == status[:3]
    assert len(server.requests) == 1


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        pytest.param("120", 120.0, id="seconds"),
        pytest.param("Sun, 22 Nov 2026 00:01:30 GMT", 90.0, id="a date"),
        pytest.param("Sat, 21 Nov 2026 00:00:00 GMT", 0.0, id="a date gone by"),
        pytest.param("soon", None, id="neither"),
        pytest.param("-5", None, id="less than none"),
        pytest.param("9" * 5000, 600.0, id="absurd"),
        pytest.param("Sun, 29 Nov 2026 00:00:00 GMT", 600.0, id="a week"),
    ],
)
def test_retry_after_is_seconds_from_now(header: str, seconds: float | None) -> None:
    async def story() -> float | None:
        transport = httpx.MockTransport(lambda request: httpx.Response(429, headers={"Retry-After": header}))
        async with VendorClient("https://sms.example", transport=transport) as client:
            with pytest.raises(Throttled) as caught:
                await CALLS["POST"](client)
            return caught.value.retry_after

    with time_machine.travel(datetime(2026, 11, 22, tzinfo=UTC), tick=False):
        assert run(story()) == seconds


@settings(max_examples=100, deadline=None)
@given(
    reply=st.sampled_from([REPLY, b"HTTP/1.1 100 Continue\r\n\r\n" + REPLY, b'HTTP/1.1 200 OK\r\n\r\n{"a":1}']),
    changes=st.lists(st.tuples(st.integers(0, 200), st.binary(max_size=4), st.integers(0, 4)), max_size=6),
)
def test_whatever_bytes_come_back_the_result_is_an_object_or_one_of_our_errors(
    reply: bytes, changes: list[tuple[int, bytes, int]]
) -> None:
    for position, new, dropped in changes:
        at = position % (len(reply) + 1)
        reply = reply[:at] + new + reply[at + dropped :]
    result, server = ask(answering(reply))
    assert result != NOT_REACHED
    assert len(server.requests) == 1


# What leaves, and what must not leak.


def test_what_leaves_is_what_was_given() -> None:
    _, server = ask(answering(REPLY), lambda client: client.get_json("a/b.json", {"tag": "+81 &=あ%2B", "empty": ""}))
    (request,) = server.requests
    line, *headers = request.decode().lower().split("\r\n")
    assert line == "get /a/b.json?tag=%2b81+%26%3d%e3%81%82%252b&empty= http/1.1"
    assert "accept-encoding: identity" in headers
    assert "user-agent: sms-portal" in headers


def test_json_leaves_with_its_headers() -> None:
    _, server = ask(answering(REPLY), lambda client: client.post_json("a", {"to": "あ"}, {"Authorization": "Bearer x"}))
    head, _, body = server.requests[0].partition(b"\r\n\r\n")
    assert json.loads(body) == {"to": "あ"}
    assert {b"authorization: bearer x", b"content-type: application/json"} <= set(head.lower().split(b"\r\n"))


def test_a_base_path_stays() -> None:
    async def story() -> list[bytes]:
        async with RawServer(answering(REPLY)) as server, VendorClient(server.url + "/vendor/v2") as client:
            await client.post_form("send", {})
            return server.requests

    assert run(story())[0].startswith(b"POST /vendor/v2/send HTTP/1.1\r\n")


def test_cookies_are_not_kept() -> None:
    async def script(connection: Connection) -> None:
        for _ in range(2):
            await connection.read_request()
            await connection.send(reply_bytes(headers="Set-Cookie: session=1; Path=/\r\n"))

    async def story() -> list[bytes]:
        async with RawServer(script) as server:
            by_name = server.url.replace("127.0.0.1", "localhost")  # for a bare address nobody keeps cookies
            async with VendorClient(by_name) as client:
                await CALLS["GET"](client)
                await CALLS["POST"](client)
            return server.requests

    assert [b"cookie" in request.lower() for request in run(story())] == [False, False]


def test_proxies_of_the_environment_are_not_used(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    assert ask(answering(REPLY))[0] == {"responseCode": 0}


def test_connections_are_reused_and_limited() -> None:
    async def script(connection: Connection) -> None:
        while True:
            await connection.read_request()
            await connection.send(REPLY)

    async def story() -> tuple[int, int]:
        async with RawServer(script) as server, VendorClient(server.url, connections=3) as client:
            await asyncio.gather(*(CALLS["POST"](client) for _ in range(30)))
            return server.accepted, len(server.requests)

    accepted, requests = run(story())
    assert accepted <= 3
    assert requests == 30


@pytest.mark.parametrize(
    "script",
    [
        pytest.param(closes_at_once, id="closed"),
        pytest.param(falls_silent, id="silent"),
        pytest.param(answering(reply_bytes(b"nonsense " + TOKEN.encode())), id="unreadable"),
        pytest.param(answering(b"nonsense\r\n\r\n"), id="not HTTP"),
        pytest.param(answering(reply_bytes(status="403 Forbidden")), id="refused"),
        pytest.param(answering(reply_bytes(status="302 Found\r\nLocation: /?" + TOKEN)), id="redirect"),
    ],
)
@both_methods
def test_no_error_and_no_log_carries_the_token(call: Call, script: Script, caplog: pytest.LogCaptureFixture) -> None:
    shown: list[str] = []

    async def telling(client: VendorClient) -> dict[str, Any]:
        try:
            return await call(client)
        except ProviderError as error:
            shown.extend([*traceback.format_exception(error), str(error), repr(error), repr(client)])
            raise

    with caplog.at_level(logging.INFO):
        ask(script, telling, SHORT)
    everything = "".join(shown) + caplog.text
    assert shown
    assert TOKEN not in everything
    assert "127.0.0.1" not in everything


def test_addresses_stay_out_of_the_log_without_our_settings() -> None:
    script = (
        "import logging; logging.basicConfig(level=logging.INFO); import providers.http;"
        "print(logging.getLogger('httpx').isEnabledFor(logging.INFO))"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"


@pytest.mark.parametrize(
    "url",
    [
        pytest.param("http://sms.example", id="plain http"),
        pytest.param("http://127.0.0.1.sms.example", id="looks like loopback"),
        pytest.param("http://localhost.sms.example", id="looks like localhost"),
        pytest.param("http://10.0.0.1", id="plain http in our own network"),
        pytest.param("ftp://127.0.0.1", id="not http"),
        pytest.param("https://user:password@sms.example", id="credentials inside"),
        pytest.param("https://sms.example/?token=x", id="query inside"),
        pytest.param("https://sms.example/#x", id="fragment inside"),
        pytest.param("https://", id="no host"),
        pytest.param("sms.example", id="no scheme"),
        pytest.param("", id="empty"),
        pytest.param("https://[::1", id="not a URL"),
        pytest.param("https://sms.example:port", id="not a port"),
    ],
)
def test_an_insecure_address_is_refused(url: str) -> None:
    with pytest.raises(AccountRefused) as caught:
        VendorClient(url)
    assert caught.value.code == "insecure_address"


@pytest.mark.parametrize(
    "url", ["https://sms.example", "http://127.0.0.1:8", "http://127.9.9.9", "http://[::1]:8/x", "http://localhost:8"]
)
def test_https_and_loopback_are_taken(url: str) -> None:
    VendorClient(url)
