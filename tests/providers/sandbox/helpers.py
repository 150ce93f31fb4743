"""What the sandbox's tests share: a plain customer of 絶対リーチ, and a receiver of its receipts."""

import json
import threading
import time
import urllib.parse
import urllib.request
from collections.abc import Callable
from datetime import datetime, timedelta
from email.message import Message
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from providers.sandbox.network import MAGIC_NUMBERS
from providers.sandbox.server import SandboxServer

TOKEN = "TokenForTests" + "0" * 19
CLIENT = "20001"
SMS_CODE = "54321"
VENDOR = "zettai_reach"
ACCOUNT: dict[str, Any] = {"vendor": VENDOR, "client_id": CLIENT, "token": TOKEN, "sender_codes": [SMS_CODE]}
NUMBER = "+818011112222"
FORM = "application/x-www-form-urlencoded"
DEADLINE = 5.0

opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))


def number_for(fate: str) -> str:
    return "+81801111" + MAGIC_NUMBERS[fate]


def eventually(is_so: Callable[[], object]) -> bool:
    """True as soon as it is so, false if it is not within the deadline."""
    end = time.monotonic() + DEADLINE
    while time.monotonic() < end:
        if is_so():
            return True
        time.sleep(0.005)
    return False


class Customer:
    """Calls the vendor as its documents say, with valid values unless told otherwise; None leaves a member out."""

    def __init__(self, sandbox: SandboxServer) -> None:
        self._sandbox = sandbox
        self._base_url = sandbox.base_url(VENDOR)

    def send(self, tag: str | None = "t-1", **overrides: str | None) -> dict[str, Any]:
        values = {"smsCode": SMS_CODE, "phoneNumber": NUMBER, "message": "テスト", "clientTag": tag, **overrides}
        return self.post("p5/api/mt.json", **values)

    def reserve(self, tag: str | None = "t-1", *, due: datetime, **overrides: str | None) -> dict[str, Any]:
        return self.send(tag, scheduleTime=f"{due:%Y-%m-%d %H:%M}", **overrides)

    def check(self, **values: str | None) -> dict[str, Any]:
        return self.get("p5/api/checkreservation.json", **{"smsCode": SMS_CODE, **values})

    def reserved_tags(self, day: datetime) -> list[str]:
        return [row["clientTag"] for row in self.check(scheduleDate=f"{day:%Y%m%d}")["status"]]

    def cancel(self, tag: str) -> dict[str, Any]:
        return self.get("p5/api/cancelreservation.json", clientTag=tag)

    def cancel_all(self, **values: str | None) -> dict[str, Any]:
        return self.get("p5/api/cancelreservationall.json", **values)

    def status(self, tag: str = "t-1") -> dict[str, Any] | None:
        """The one row of the status call, if there is one."""
        rows = self.get("p5/api/status.json", clientTag=tag)["status"]
        return rows[0] if rows else None

    def status_id(self, tag: str = "t-1") -> str | None:
        row = self.status(tag)
        return row["statusId"] if row else None

    def counts(self, month: str) -> list[dict[str, int]]:
        counts: list[dict[str, int]] = self.get("p5/api/separatedsuccesscount.json", month=month)[
            "separatedSuccessCount"
        ]
        return counts

    def post(self, path: str, **values: str | None) -> dict[str, Any]:
        return _json(self._base_url + path, self._encoded(values))

    def get(self, path: str, **values: str | None) -> dict[str, Any]:
        return _json(f"{self._base_url}{path}?{self._encoded(values).decode()}")

    def now(self) -> datetime:
        return datetime.fromisoformat(self._sandbox.control.state()["now"])

    def in_days(self, days: int) -> datetime:
        """Noon, so that no test depends on when it is run."""
        return (self.now() + timedelta(days=days)).replace(hour=12, minute=0, second=0, microsecond=0)

    def _encoded(self, values: dict[str, str | None]) -> bytes:
        members = {"token": TOKEN, "clientId": CLIENT, **values}
        return urllib.parse.urlencode({name: value for name, value in members.items() if value is not None}).encode()


def _json(url: str, form: bytes | None = None) -> dict[str, Any]:
    with opener.open(url, form, timeout=DEADLINE) as answer:
        fields: dict[str, Any] = json.load(answer)
        return fields


class Receiver:
    """A customer's receipt address; answers with `statuses` in turn, then 200; a status of 0 stays silent."""

    def __init__(self, statuses: list[int]) -> None:
        self.requests: list[tuple[str, bytes]] = []
        self.headers: list[Message] = []
        self._statuses = statuses
        self._closing = threading.Event()
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                receiver.take(self)

            def do_GET(self) -> None:
                receiver.take(self)

            def log_message(self, *args: object) -> None:
                """Nothing to say."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}/receipts"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,))
        self._thread.start()

    def take(self, handler: BaseHTTPRequestHandler) -> None:
        body = handler.rfile.read(int(handler.headers.get("Content-Length", 0)))
        status = self._statuses.pop(0) if self._statuses else 200
        self.headers.append(handler.headers)
        self.requests.append((handler.headers.get("Content-Type", ""), body))
        if status == 0:
            self._closing.wait(2 * DEADLINE)
            return
        handler.send_response(status)
        handler.send_header("Content-Length", "0")
        handler.send_header("Location", self.url)
        handler.end_headers()

    def close(self) -> None:
        self._closing.set()
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def has(self, count: int) -> bool:
        """True once so many have come, waiting for them."""
        return eventually(lambda: len(self.requests) >= count)

    def events(self) -> list[dict[str, Any]]:
        """What came as a form with JSON, item by item."""
        bodies = [urllib.parse.parse_qs(body.decode())["json"][0] for _, body in self.requests]
        return [event for body in bodies for event in json.loads(body)["eventNotifications"]]

    def objects(self) -> list[dict[str, Any]]:
        """What came as JSON, one object a call."""
        return [json.loads(body) for _, body in self.requests]

    def status_ids(self) -> list[str]:
        return [event["statusId"] for event in self.events()]


OpenReceiver = Callable[..., Receiver]
