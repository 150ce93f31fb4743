"""A loopback server of bare bytes: it answers, breaks off, resets or falls silent exactly where a test says."""

from __future__ import annotations

import asyncio
import socket
import ssl
import struct
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

RESET_ON_CLOSE = struct.pack("ii", 1, 0)  # SO_LINGER with 0 seconds: closing sends RST instead of FIN


@dataclass
class Connection:
    """One accepted connection, with the verbs a test script needs."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter
    requests: list[bytes]

    async def read_request(self) -> bytes:
        head = await self.reader.readuntil(b"\r\n\r\n")
        length = next((int(v) for k, _, v in _header_lines(head) if k == b"content-length"), 0)
        request = head + await self.reader.readexactly(length)
        self.requests.append(request)
        return request

    async def send(self, reply: bytes) -> None:
        self.writer.write(reply)
        await self.writer.drain()

    def reset(self) -> None:
        sock = self.writer.get_extra_info("socket")
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET_ON_CLOSE)
        self.writer.transport.abort()

    async def hold(self) -> None:
        """Say nothing until the other side gives up."""
        await self.reader.read()


Script = Callable[[Connection], Awaitable[None]]


@dataclass
class RawServer:
    """Runs `script` for every connection; `requests` holds each whole request that arrived."""

    script: Script
    tls: ssl.SSLContext | None = None
    requests: list[bytes] = field(default_factory=list)
    accepted: int = 0

    async def __aenter__(self) -> RawServer:
        self._tasks: list[asyncio.Task[None]] = []
        self._server = await asyncio.start_server(self._accept, "127.0.0.1", 0, ssl=self.tls)
        self.address = f"127.0.0.1:{self._server.sockets[0].getsockname()[1]}"
        self.url = f"{'https' if self.tls else 'http'}://{self.address}"
        return self

    async def __aexit__(self, *exception: object) -> None:
        self._server.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._server.wait_closed()

    def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._tasks.append(asyncio.create_task(self._serve(reader, writer)))

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.accepted += 1
        try:
            await self.script(Connection(reader, writer, self.requests))
        except (OSError, asyncio.IncompleteReadError):
            pass  # the client hung up first, as some tests want it to
        finally:
            writer.close()


def _header_lines(head: bytes) -> list[tuple[bytes, bytes, bytes]]:
    return [line.lower().partition(b": ") for line in head.split(b"\r\n")[1:]]


def reply_bytes(body: bytes = b'{"responseCode":0}', status: str = "200 OK", headers: str = "") -> bytes:
    head = f"HTTP/1.1 {status}\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n{headers}\r\n"
    return head.encode() + body
