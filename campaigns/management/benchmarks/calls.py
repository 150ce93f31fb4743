"""Many HTTP calls to our own address with next to no work per call, so that the server is what is measured."""

import asyncio
import time
from collections.abc import Iterator, Sequence
from urllib.parse import urlsplit

CONNECTIONS = 24  # as many as the sandbox keeps under way to one customer


def post_request(url: str, body: bytes, content_type: str) -> bytes:
    parts = urlsplit(url)
    head = f"POST {parts.path} HTTP/1.1\r\nHost: {parts.netloc}\r\nContent-Type: {content_type}\r\n"
    return f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body


def calls_per_second(url: str, requests: Sequence[bytes]) -> float:
    """Every one answered with 200, or it is no measurement."""
    began = time.monotonic()
    asyncio.run(_make_all(url, requests))
    return len(requests) / (time.monotonic() - began)


async def _make_all(url: str, requests: Sequence[bytes]) -> None:
    waiting = iter(requests)
    await asyncio.gather(*(_work(url, waiting) for _ in range(CONNECTIONS)))


async def _work(url: str, waiting: Iterator[bytes]) -> None:
    parts = urlsplit(url)
    reader, writer = await asyncio.open_connection(parts.hostname, parts.port)
    try:
        for request in waiting:
            writer.write(request)
            head = await reader.readuntil(b"\r\n\r\n")
            if not head.startswith(b"HTTP/1.1 200"):
                raise RuntimeError(head.split(b"\r\n", 1)[0].decode())
    finally:
        writer.close()
