"""Calls whose error statuses tell something, and files behind signed links."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from providers.errors import AccountRefused, NotReached, OutcomeUnknown, ProviderError, Throttled, UnreadableReply
from providers.http import Reply, Request, VendorClient, basic_auth

from .http_calls import TOKEN, answering, run
from .raw_server import RawServer, Script, reply_bytes

Story = Callable[[VendorClient, RawServer], Coroutine[Any, Any, Any]]
ERROR = b'{"object":"error","code":"x"}'


def tell(script: Script, story: Story) -> tuple[Any, list[bytes]]:
    """What comes of the story with one server, and the whole requests it saw."""

    async def told() -> tuple[Any, list[bytes]]:
        async with RawServer(script) as server, VendorClient(server.url) as client:
            return await story(client, server), server.requests

    return run(told())


def ask(script: Script, request: Request) -> tuple[Reply, list[bytes]]:
    return tell(script, lambda client, server: client.ask(request))


# Statuses that tell something.


def test_a_status_the_caller_reads_comes_back_with_its_object() -> None:
    answer = reply_bytes(ERROR, "422 Unprocessable", "Retry-After: 7\r\nLocation: /x\r\n")
    reply, _ = ask(answering(answer), Request("GET", "a", readable=(400, 422)))
    assert (reply.status, reply.fields(), reply.retry_after, reply.location) == (
        422,
        {"object": "error", "code": "x"},
        7.0,
        "/x",
    )


def test_a_status_the_caller_does_not_read_is_raised() -> None:
    with pytest.raises(OutcomeUnknown):
        ask(answering(reply_bytes(ERROR, "422 Unprocessable")), Request("GET", "a", readable=(400,)))


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(reply_bytes(b"<html>", "404 Gone"), id="a page"),
        pytest.param(reply_bytes(b"[1]", "404 Gone"), id="a list"),
        pytest.param(reply_bytes(b"", "404 Gone"), id="nothing"),
        pytest.param(reply_bytes(b"{}", "404 Gone", "Content-Encoding: br\r\n"), id="packed in an unknown way"),
        pytest.param(reply_bytes(b"x" * 2000, "404 Gone"), id="too large"),
    ],
)
def test_an_error_without_an_object_has_no_fields(body: bytes) -> None:
    reply, _ = ask(answering(body), Request("GET", "a", readable=(404,), max_bytes=1000))
    assert (reply.status, reply.fields()) == (404, {})
    error = reply.error()
    assert (type(error), error.code) == (NotReached, "address_not_found")


@pytest.mark.parametrize(
    ("status", "kind"), [(401, AccountRefused), (403, AccountRefused), (429, Throttled), (500, OutcomeUnknown)]
)
def test_what_a_status_alone_says(status: int, kind: type[ProviderError]) -> None:
    error = Reply(status, b"", retry_after=3.0).error()
    assert (type(error), error.vendor_code, error.retry_after) == (kind, str(status), 3.0)


def test_success_has_to_be_readable() -> None:
    with pytest.raises(UnreadableReply):
        ask(answering(reply_bytes(b"x" * 2000)), Request("GET", "a", readable=(404,), max_bytes=1000))
    reply, _ = ask(answering(reply_bytes(b"<html>")), Request("GET", "a", readable=(404,)))
    with pytest.raises(UnreadableReply):
        reply.json()


# What leaves.


def test_names_of_a_form_may_repeat() -> None:
    fields = [("tags[]", "a"), ("to", "1"), ("tags[]", "b+あ")]
    _, (request,) = ask(answering(reply_bytes()), Request("POST", "a", form=fields))
    head, _, body = request.partition(b"\r\n\r\n")
    assert body == b"tags%5B%5D=a&to=1&tags%5B%5D=b%2B%E3%81%82"
    assert b"content-type: application/x-www-form-urlencoded" in head.lower()


def test_names_of_a_query_may_repeat() -> None:
    _, (request,) = ask(answering(reply_bytes()), Request("GET", "a", [("t", "1"), ("t", "2")]))
    assert request.startswith(b"GET /a?t=1&t=2 HTTP/1.1")


def test_an_empty_post_names_no_content() -> None:
    _, (request,) = ask(answering(reply_bytes()), Request("POST", "a"))
    assert b"content-type" not in request.lower()
    assert request.endswith(b"\r\n\r\n")


def test_basic_authentication() -> None:
    assert basic_auth("Aladdin", "open sesame") == {"Authorization": "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ=="}


def test_nothing_of_a_call_shows() -> None:
    request = Request("POST", "a", {"token": TOKEN}, form={"to": TOKEN}, headers={"x": TOKEN})
    assert TOKEN not in repr(request) + repr(Reply(200, TOKEN.encode(), location=TOKEN))


# Signed links.

SIGNED = "/put/a%20b?X-Credential=key%2F20260401&X-Signature=a%2Bb%3D&x=1"


def test_a_file_goes_to_the_link_as_it_is_signed() -> None:
    async def story(client: VendorClient, server: RawServer) -> None:
        await client.put_file(server.url + SIGNED, b"a,b\r\n", "text/csv")

    _, (request,) = tell(answering(reply_bytes(b"")), story)
    head, _, body = request.partition(b"\r\n\r\n")
    line, *headers = head.decode().split("\r\n")
    method, target, _ = line.split()
    assert (method, urlsplit(target).path, body) == ("PUT", "/put/a%20b", b"a,b\r\n")
    assert parse_qs(urlsplit(target).query) == parse_qs(urlsplit(SIGNED).query)
    named = {header.partition(":")[0].lower() for header in headers}
    assert not named & {"authorization", "cookie", "referer"}


def test_a_file_comes_from_the_link_whatever_it_holds() -> None:
    async def story(client: VendorClient, server: RawServer) -> bytes:
        return await client.get_file(server.url + SIGNED)

    found, (request,) = tell(answering(reply_bytes(b"\xff not JSON")), story)
    assert found == b"\xff not JSON"
    assert b"authorization" not in request.lower()


def test_a_file_too_large_is_not_read_on() -> None:
    async def story(client: VendorClient, server: RawServer) -> bytes:
        return await client.get_file(server.url, max_bytes=10)

    with pytest.raises(UnreadableReply) as caught:
        tell(answering(reply_bytes(b"x" * 11)), story)
    assert caught.value.code == "reply_too_large"


@pytest.mark.parametrize("status", ["400 Bad", "401 No", "403 Old", "404 Gone", "410 Gone"])
def test_an_old_link_says_nothing_about_the_account(status: str) -> None:
    async def story(client: VendorClient, server: RawServer) -> None:
        await client.put_file(server.url, b"x", "text/csv")

    with pytest.raises(ProviderError) as caught:
        tell(answering(reply_bytes(b"<Error/>", status)), story)
    assert (type(caught.value), caught.value.code, caught.value.vendor_code) == (
        ProviderError,
        "link_refused",
        status[:3],
    )


def test_a_link_that_redirects_is_not_followed() -> None:
    async def story(client: VendorClient, server: RawServer) -> bytes:
        return await client.get_file(server.url)

    with pytest.raises(OutcomeUnknown):
        tell(answering(reply_bytes(b"", "302 Found", "Location: /elsewhere\r\n")), story)


@pytest.mark.parametrize(
    "link",
    [
        pytest.param("http://sms.example/x", id="plain http"),
        pytest.param("http://127.0.0.1:9/x", id="this machine, told by a vendor elsewhere"),
        pytest.param("https://user:password@sms.example/x", id="credentials inside"),
        pytest.param("ftp://sms.example/x", id="not http"),
        pytest.param("https:///x", id="no host"),
        pytest.param("/x", id="no scheme"),
        pytest.param("", id="empty"),
        pytest.param("https://[::1", id="no URL"),
    ],
)
def test_an_unsafe_link_is_not_followed(link: str) -> None:
    async def story() -> None:
        async with VendorClient("https://sms.example") as client:
            await client.get_file(link)

    with pytest.raises(ProviderError) as caught:
        run(story())
    assert caught.value.code == "insecure_address"
