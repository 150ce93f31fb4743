"""«Did not leave» against «may have left», asked of a server that breaks at every stage and byte."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import aiohttp
import certifi
import httpx
import pytest
from aiohttp.client_reqrep import ConnectionKey
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from providers.http import Timeouts, VendorClient, tls_context

from .http_calls import (
    CALLS,
    NO_ANSWER,
    NOT_REACHED,
    REPLY,
    SHORT,
    TOKEN,
    Call,
    answering,
    ask,
    both_methods,
    closes_at_once,
    falls_silent,
    result_of,
    run,
)
from .raw_server import Connection, RawServer, Script

# Before a connection stands: certainly not left.


@both_methods
def test_a_refused_connection_never_left(call: Call) -> None:
    async def story() -> Any:
        async with RawServer(answering(REPLY)) as server:
            url = server.url
        async with VendorClient(url) as client:  # nobody listens there any more
            return await result_of(call, client)

    assert run(story()) == NOT_REACHED


async def never_shakes_hands(connection: Connection) -> None:
    await connection.hold()


async def speaks_no_tls(connection: Connection) -> None:
    await connection.send(b"220 mail.example ready\r\n")


async def hangs_up(connection: Connection) -> None:
    connection.reset()


@pytest.mark.parametrize("script", [never_shakes_hands, speaks_no_tls, hangs_up])
@both_methods
def test_a_failed_tls_handshake_never_left(call: Call, script: Script) -> None:
    brief = Timeouts(connect=0.3)

    async def story() -> tuple[Any, RawServer]:
        async with RawServer(script) as server, VendorClient(f"https://{server.address}", timeouts=brief) as client:
            return await result_of(call, client), server

    result, server = run(story())
    assert result == NOT_REACHED
    assert server.accepted == 1


@both_methods
def test_waiting_in_vain_for_a_free_connection_never_left(call: Call) -> None:
    async def story() -> tuple[Any, int]:
        arrived = asyncio.Event()

        async def script(connection: Connection) -> None:
            await connection.read_request()
            arrived.set()
            await connection.hold()

        patient = Timeouts(pool=0.5, read=30)
        async with RawServer(script) as server, VendorClient(server.url, connections=1, timeouts=patient) as client:
            first = asyncio.create_task(result_of(call, client))
            await arrived.wait()
            second = await result_of(call, client)
            first.cancel()
            return second, len(server.requests)

    assert run(story()) == (NOT_REACHED, 1)


@pytest.fixture
def certificate(tmp_path: Path) -> Path:
    """A certificate for 127.0.0.1 and its key in one file, signed by itself."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "sandbox")])
    now = datetime.now(UTC)
    signed = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    pem = tmp_path / "sandbox.pem"
    private = serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    pem.write_bytes(
        signed.public_bytes(serialization.Encoding.PEM) + key.private_bytes(serialization.Encoding.PEM, *private)
    )
    return pem


def ask_over_tls(pem: Path, version: ssl.TLSVersion) -> tuple[Any, RawServer]:
    async def story() -> tuple[Any, RawServer]:
        tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        tls.load_cert_chain(pem)
        tls.set_ciphers("DEFAULT@SECLEVEL=0")  # else OpenSSL itself has no TLS 1.1
        tls.minimum_version = tls.maximum_version = version
        async with RawServer(answering(REPLY), tls=tls) as server, VendorClient(server.url) as client:
            return await result_of(CALLS["GET"], client), server

    return run(story())


def test_an_untrusted_certificate_gets_no_request(certificate: Path) -> None:
    result, server = ask_over_tls(certificate, ssl.TLSVersion.TLSv1_3)
    assert (result, server.requests) == (NOT_REACHED, [])


@pytest.fixture
def trusted(certificate: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """As if an authority had signed it. What clients trust is read once a process."""
    monkeypatch.setattr(certifi, "where", lambda: str(certificate))
    tls_context.cache_clear()
    yield certificate
    tls_context.cache_clear()


@pytest.mark.filterwarnings("ignore:.*TLSv1_1.*:DeprecationWarning")
@pytest.mark.parametrize(
    ("version", "expected"),
    [
        pytest.param(ssl.TLSVersion.TLSv1_3, {"responseCode": 0}, id="TLS 1.3"),
        pytest.param(ssl.TLSVersion.TLSv1_2, {"responseCode": 0}, id="TLS 1.2 only"),
        pytest.param(ssl.TLSVersion.TLSv1_1, NOT_REACHED, id="TLS 1.1 only"),
    ],
)
def test_tls_1_2_is_the_least_and_enough(trusted: Path, version: ssl.TLSVersion, expected: object) -> None:
    assert ask_over_tls(trusted, version)[0] == expected


# After a connection stood: it may have been carried out, and it is never repeated.

LONGEST_REQUEST = 140  # bytes that every call here has at least


async def resets_at_once(connection: Connection) -> None:
    connection.reset()


async def closes_after_the_headers(connection: Connection) -> None:
    await connection.reader.readuntil(b"\r\n\r\n")


async def closes_after_the_request(connection: Connection) -> None:
    await connection.read_request()


async def resets_after_the_request(connection: Connection) -> None:
    await connection.read_request()
    connection.reset()


async def falls_silent_half_way(connection: Connection) -> None:
    await connection.read_request()
    await connection.send(REPLY[:-3])
    await connection.hold()


@pytest.mark.parametrize(
    "script",
    [
        closes_at_once,
        resets_at_once,
        closes_after_the_headers,
        closes_after_the_request,
        resets_after_the_request,
        falls_silent,
        falls_silent_half_way,
    ],
)
@both_methods
def test_once_connected_it_may_have_left_and_is_not_repeated(call: Call, script: Script) -> None:
    result, server = ask(script, call, SHORT)
    assert result == NO_ANSWER
    assert server.accepted == 1


@pytest.mark.parametrize("end", ["close", "reset"])
@pytest.mark.parametrize("earlier", [0, 1], ids=["a new connection", "one used before"])
@both_methods
def test_a_request_broken_off_at_any_byte_may_have_left(call: Call, end: str, earlier: int) -> None:
    """However little of it the server has read; also on a connection that it closes while we write."""

    async def story() -> None:
        read = 0

        async def script(connection: Connection) -> None:
            for _ in range(earlier):
                await connection.read_request()
                await connection.send(REPLY)
            await connection.reader.readexactly(read)
            if end == "reset":
                connection.reset()

        async with RawServer(script) as server:
            for read in range(1, LONGEST_REQUEST, 7):
                async with VendorClient(server.url) as client:
                    for _ in range(earlier):
                        assert await result_of(call, client) == {"responseCode": 0}
                    assert await result_of(call, client) == NO_ANSWER, f"after {read} bytes of the request"
            assert len(server.requests) == earlier * len(range(1, LONGEST_REQUEST, 7))

    run(story())


@pytest.mark.parametrize("end", ["close", "reset"])
@both_methods
def test_an_answer_broken_off_at_any_byte_is_no_answer(call: Call, end: str) -> None:
    async def story() -> None:
        sent = 0

        async def script(connection: Connection) -> None:
            await connection.read_request()
            await connection.send(REPLY[:sent])
            if end == "reset":
                connection.reset()

        async with RawServer(script) as server, VendorClient(server.url) as client:
            for sent in range(len(REPLY)):
                assert await result_of(call, client) == NO_ANSWER, f"after {sent} bytes of the answer"
                assert len(server.requests) == sent + 1

    run(story())


@both_methods
def test_a_dripping_answer_ends_at_the_total(call: Call) -> None:
    async def script(connection: Connection) -> None:
        await connection.read_request()
        while True:
            await connection.send(b"HTTP/1.1 100 Continue\r\n\r\n")
            await asyncio.sleep(0.02)

    result, server = ask(script, call, Timeouts(read=1, total=0.3))
    assert (result, len(server.requests)) == (NO_ANSWER, 1)


@both_methods
def test_a_reused_connection_that_breaks_is_not_repeated(call: Call) -> None:
    """The server closes the idle connection when the second request is already on its way."""

    async def script(connection: Connection) -> None:
        await connection.read_request()
        await connection.send(REPLY)
        await connection.read_request()

    async def story() -> tuple[Any, Any, RawServer]:
        async with RawServer(script) as server, VendorClient(server.url) as client:
            return await result_of(call, client), await result_of(call, client), server

    first, second, server = run(story())
    assert first == {"responseCode": 0}
    assert second == NO_ANSWER
    assert (server.accepted, len(server.requests)) == (1, 2)


@both_methods
def test_an_idle_connection_closed_before_the_second_request_costs_no_doubt_about_sending(call: Call) -> None:
    async def story() -> tuple[Any, int]:
        async with RawServer(answering(REPLY)) as server, VendorClient(server.url) as client:
            await call(client)
            return await result_of(call, client), len(server.requests)

    result, arrived = run(story())
    # Either aiohttp saw it close in time and connected anew, or the request went into the void; never both.
    assert (result, arrived) in [({"responseCode": 0}, 2), (NO_ANSWER, 1)]


# A client's own exceptions, where loopback cannot bring them about.

KEY = ConnectionKey("sms.example", 443, True, True, None, None, None)


def mapped(error: aiohttp.ClientError) -> httpx.TransportError:
    """As httpx-aiohttp raises: nearly everything a ConnectTimeout, with aiohttp's own as the cause."""
    outer = httpx.ConnectTimeout("https://sms.example/?token=" + TOKEN)
    outer.__cause__ = error
    return outer


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        pytest.param(httpx.ConnectError("x"), NOT_REACHED, id="no connection"),
        pytest.param(httpx.ConnectTimeout("x"), NOT_REACHED, id="no connection in time"),
        pytest.param(httpx.PoolTimeout("x"), NOT_REACHED, id="none free in time"),
        pytest.param(httpx.ReadTimeout("x"), NO_ANSWER, id="silence"),
        pytest.param(httpx.WriteTimeout("x"), NO_ANSWER, id="could not write on"),
        pytest.param(httpx.ReadError("x"), NO_ANSWER, id="broken while reading"),
        pytest.param(httpx.RemoteProtocolError("x"), NO_ANSWER, id="not HTTP"),
        pytest.param(
            mapped(aiohttp.ClientConnectorDNSError(KEY, OSError("x"))), NOT_REACHED, id="aiohttp: unknown name"
        ),
        pytest.param(mapped(aiohttp.ClientConnectorError(KEY, OSError("x"))), NOT_REACHED, id="aiohttp: refused"),
        pytest.param(mapped(aiohttp.ConnectionTimeoutError("x")), NOT_REACHED, id="aiohttp: no connection in time"),
        pytest.param(mapped(aiohttp.ClientOSError(104, "x")), NO_ANSWER, id="aiohttp: reset"),
        pytest.param(mapped(aiohttp.ServerDisconnectedError()), NO_ANSWER, id="aiohttp: disconnected"),
        pytest.param(mapped(aiohttp.ClientConnectionResetError("x")), NO_ANSWER, id="aiohttp: closing transport"),
        pytest.param(mapped(aiohttp.SocketTimeoutError("x")), NO_ANSWER, id="aiohttp: silence"),
        pytest.param(mapped(aiohttp.ClientConnectionError("x")), NO_ANSWER, id="aiohttp: something unnamed"),
    ],
)
@both_methods
def test_only_what_never_connected_never_left(call: Call, error: Exception, expected: object) -> None:
    def fail(request: httpx.Request) -> httpx.Response:
        raise error

    async def story() -> Any:
        async with VendorClient("https://sms.example", transport=httpx.MockTransport(fail)) as client:
            return await result_of(call, client)

    assert run(story()) == expected
