"""`python -m …vendor_stub PORT`: the least of 絶対リーチ and Rakuten CPaaS, so that it never limits what is measured.

It takes everything, after a latency if told so, and notes when each call came: by the kernel's clock, for on a busy
machine this process may be late to look. `GET /report` tells what came since the
last one, `GET /set?latency=0.05&tail=0.01` changes the latency, and which share of the calls takes five seconds.
"""

import asyncio
import json
import socket
import struct
import sys
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import accumulate
from urllib.parse import parse_qsl, urlsplit

TAIL_SECONDS = 5.0
SO_TIMESTAMPNS = 35  # of Linux; what is received is told together with its UNIX time, in whole seconds and nanoseconds
STAMP = struct.Struct("qq")
HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n"
REFERENCE = b'"client_reference":"'
TAKEN = {"responseCode": 0, "responseMessage": "Success.", "smsMessage": "*" * 20}
TOKEN = {"jwt_token": "stub", "token_valid_until": "", "account": {"account_id": "stub", "product": "SMS"}}


def reply_of(fields: Mapping[str, object]) -> bytes:
    body = json.dumps(fields).encode()
    return HEAD % len(body) + body


SINGLE_REPLY, TOKEN_REPLY = reply_of(TAKEN), reply_of(TOKEN)


@dataclass
class Vendor:
    latency: float = 0.0
    tail: float = 0.0
    came_at: list[float] = field(default_factory=list)  # calls with messages in them
    messages: int = 0

    def reply(self, path: bytes, body: bytes, came_at: float) -> tuple[bytes, float]:
        """The answer, and the seconds to wait before giving it."""
        if path.startswith(b"/auth"):
            return TOKEN_REPLY, 0.0
        if path.startswith((b"/report", b"/set")):
            return self._control(path.decode()), 0.0
        self.came_at.append(came_at)
        waits = self.tail and len(self.came_at) % round(1 / self.tail) == 0
        if path.startswith(b"/sms"):
            return self._array(body), self.latency
        self.messages += 1
        return SINGLE_REPLY, TAIL_SECONDS if waits else self.latency

    def _array(self, body: bytes) -> bytes:
        references = [piece[: piece.index(b'"')].decode() for piece in body.split(REFERENCE)[1:]]
        self.messages += len(references)
        taken = [
            {"result_code": 0, "client_reference": reference, "message_id": reference, "how_many_message_parts": 1}
            for reference in references
        ]
        return reply_of({"smsResponses": taken})

    def _control(self, path: str) -> bytes:
        wanted = {name: float(value) for name, value in parse_qsl(urlsplit(path).query)}
        self.latency, self.tail = wanted.get("latency", self.latency), wanted.get("tail", self.tail)
        said: dict[str, object] = {"messages": self.messages, "worst": worst_second(self.came_at)}
        said["last"] = self.came_at[-1] if self.came_at else 0.0
        said |= {"rate": steady_rate(self.came_at), "late": lateness(self.came_at, wanted.get("pace", 0.0))}
        if path.startswith("/report"):
            self.came_at.clear()
            self.messages = 0
        return reply_of(said)


def worst_second(came_at: Sequence[float]) -> int:
    """The most calls in any window of one second."""
    worst, first = 0, 0
    for last, moment in enumerate(came_at):
        while came_at[first] <= moment - 1:
            first += 1
        worst = max(worst, last - first + 1)
    return worst


def steady_rate(came_at: Sequence[float]) -> float:
    return (len(came_at) - 1) / (came_at[-1] - came_at[0]) if len(came_at) > 1 else 0.0


def lateness(came_at: Sequence[float], pace: float) -> float:
    """Seconds, 99th percentile: how far a call comes after its place in the even row that all later ones keep."""
    if not pace or not came_at:
        return 0.0
    offsets = [moment - place / pace for place, moment in enumerate(came_at)]
    kept = list(accumulate(reversed(offsets), min))[::-1]
    late = sorted(offset - row for offset, row in zip(offsets, kept, strict=True))
    return late[int(len(late) * 0.99)]


class Line:
    """One connection, one call at a time."""

    def __init__(self, vendor: Vendor, link: socket.socket) -> None:
        self._vendor = vendor
        self._link = link
        self._received = b""
        self._loop = asyncio.get_running_loop()
        self._loop.add_reader(link, self._read)

    def _read(self) -> None:
        try:
            data, told, _, _ = self._link.recvmsg(65536, 64)
        except ConnectionError:
            data, told = b"", []
        if not data:
            self._loop.remove_reader(self._link)
            self._link.close()
            return
        self._received += data
        head, end, body = self._received.partition(b"\r\n\r\n")
        if end and len(body) >= _length(head):
            self._received = b""
            reply, wait = self._vendor.reply(head.split(b" ", 2)[1], body, _came_at(told))
            if wait:
                self._loop.call_later(wait, self._answer, reply)
            else:
                self._answer(reply)

    def _answer(self, reply: bytes) -> None:
        with suppress(OSError):  # the other side may have gone; so short an answer always fits
            self._link.sendall(reply)


def _came_at(told: Sequence[tuple[int, int, bytes]]) -> float:
    """On the monotonic clock."""
    for _, kind, stamp in told:
        if kind == SO_TIMESTAMPNS:
            seconds, nanoseconds = map(int, STAMP.unpack(stamp))
            return time.monotonic() - (time.time() - seconds - nanoseconds / 1e9)
    return time.monotonic()


def _length(head: bytes) -> int:
    _, _, rest = head.lower().partition(b"content-length:")
    return int(rest.split(b"\r\n", 1)[0] or 0)


async def serve(port: int) -> None:
    vendor, loop = Vendor(), asyncio.get_running_loop()
    with socket.create_server(("127.0.0.1", port), backlog=1024) as server:
        server.setblocking(False)
        server.setsockopt(socket.SOL_SOCKET, SO_TIMESTAMPNS, 1)  # of all that connect
        while True:
            link, _ = await loop.sock_accept(server)
            link.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            link.setblocking(False)
            Line(vendor, link)


if __name__ == "__main__":
    asyncio.run(serve(int(sys.argv[1])))
