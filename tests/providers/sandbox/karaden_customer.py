"""A plain customer of Karaden, speaking its API as the vendor's documents say."""

import json
import urllib.error
import urllib.parse
import urllib.request
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from providers.sandbox.network import MAGIC_NUMBERS
from providers.sandbox.server import SandboxServer

from .helpers import DEADLINE, FORM

VENDOR = "karaden"
PROJECT = "4"
TENANT = "5d0f6f0e-1111-4a4a-8c8c-000000000001"
TOKEN = "token-for-tests"
SERVICE = 12
ACCOUNT: dict[str, Any] = {
    "vendor": VENDOR,
    "client_id": PROJECT,
    "tenant_id": TENANT,
    "token": TOKEN,
    "services": [{"id": SERVICE}, {"id": 13, "is_shorten": True, "callback_version": "2023-01-01"}],
}
NUMBER = "08011112222"
LATEST = "2024-03-01"


def number_for(fate: str) -> str:
    return "0801111" + MAGIC_NUMBERS[fate]


class Reply(NamedTuple):
    status: int
    body: bytes
    headers: Any

    @property
    def fields(self) -> dict[str, Any]:
        fields: dict[str, Any] = json.loads(self.body)
        return fields


class Customer:
    """Valid values unless told otherwise; None leaves a member or a header out."""

    def __init__(self, sandbox: SandboxServer, version: str | None = LATEST, token: str | None = TOKEN) -> None:
        self._sandbox = sandbox
        self._root = f"{sandbox.base_url(VENDOR)}api/"
        self._headers = {"Karaden-Version": version, "Authorization": f"Bearer {token}" if token else None}
        self.tenant = TENANT

    def post(self, path: str, members: list[tuple[str, str]] | None = None) -> Reply:
        """Without members, without a body and its type, as cancelling is done."""
        body = urllib.parse.urlencode(members).encode() if members is not None else None
        return self.call("POST", path, body)

    def send(self, **overrides: str | None) -> Reply:
        values = {"service_id": str(SERVICE), "to": NUMBER, "body": "テスト", "tags[]": "t-1", **overrides}
        return self.post("messages", [(name, value) for name, value in values.items() if value is not None])

    def sent(self, **overrides: str | None) -> dict[str, Any]:
        return self.send(**overrides).fields

    def schedule(self, due: datetime, **overrides: str | None) -> dict[str, Any]:
        return self.sent(scheduled_at=due.isoformat(timespec="seconds"), **overrides)

    def found(self, **query: object) -> Reply:
        return self.call("GET", f"messages?{urllib.parse.urlencode(query)}")

    def tags(self, **query: object) -> list[str]:
        """The first tag of each message found, in the order of the answer."""
        return [row["tags"][0] for row in self.found(**query).fields["data"]]

    def detail(self, message_id: str) -> dict[str, Any]:
        return self.call("GET", f"messages/{message_id}").fields

    def state(self, message_id: str) -> tuple[str, str, str]:
        row = self.detail(message_id)
        return row["status"], row["result"], row["sent_result"]

    def cancel(self, message_id: str) -> Reply:
        return self.post(f"messages/{message_id}/cancel")

    def call(self, method: str, path: str, body: bytes | None = None) -> Reply:
        headers = {name: value for name, value in self._headers.items() if value is not None}
        if body is not None:
            headers["Content-Type"] = FORM
        return request(method, f"{self._root}{self.tenant}/{path}", body, headers)

    def now(self) -> datetime:
        return datetime.fromisoformat(self._sandbox.control.state()["now"])

    def in_minutes(self, minutes: float) -> datetime:
        return (self.now() + timedelta(minutes=minutes)).replace(microsecond=0)


class _KeepRedirects(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *args: object, **kwargs: object) -> None:
        """A redirect is an answer like any other."""


unredirected = urllib.request.build_opener(urllib.request.ProxyHandler({}), _KeepRedirects)


def request(method: str, url: str, body: bytes | None = None, headers: dict[str, str] | None = None) -> Reply:
    """Refusals and redirects are answers, too."""
    call = urllib.request.Request(url, body, headers or {}, method=method)  # noqa: S310 - loopback
    try:
        with unredirected.open(call, timeout=DEADLINE) as answer:
            return Reply(answer.status, answer.read(), answer.headers)
    except urllib.error.HTTPError as answer:
        with answer:
            return Reply(answer.code, answer.read(), answer.headers)
