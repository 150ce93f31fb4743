"""A plain customer of Rakuten CPaaS, speaking its APIs as the vendor's documents say."""

import base64
import json
import urllib.parse
from datetime import UTC, datetime, timedelta
from typing import Any

from providers.sandbox.network import MAGIC_NUMBERS
from providers.sandbox.server import SandboxServer

from .karaden_customer import Reply, request

VENDOR = "rakuten_cpaas"
KEY, SECRET = "sms-key-01", "secret-for-tests"
SHORT_KEY, SHORT_SECRET = "short-key-01", "another-secret"
SENDER = "0501112222"
ACCOUNT: dict[str, Any] = {
    "vendor": VENDOR,
    "client_id": KEY,
    "secret": SECRET,
    "sender_codes": [SENDER],
    "short_url_key": SHORT_KEY,
    "short_url_secret": SHORT_SECRET,
    "templates": {"gsm": "Hello {fname}, {fname}!", "ucs2": "{name}様 ご予約は{date}です。"},
}
NUMBER = "818011112222"
HISTORY = "cdr/v1/report/query/sms/transaction-history/mt"
HEADERS = {"Accept": "application/json", "Content-Type": "application/json; charset=UTF-8"}


def number_for(fate: str) -> str:
    return "81801111" + MAGIC_NUMBERS[fate]


def message(**overrides: Any) -> dict[str, Any]:
    """Valid unless told otherwise; None leaves a member out."""
    fields = {
        "from": SENDER,
        "to": NUMBER,
        "message_type": "unicode",
        "unicode_message": {"text": "テスト"},
        "delivery_receipts": {"required": True},
        "metadata": {"client_reference": "r-1"},
        **overrides,
    }
    return {name: value for name, value in fields.items() if value is not None}


def numbered(count: int) -> list[dict[str, Any]]:
    return [message(metadata={"client_reference": f"r-{number}"}) for number in range(count)]


class Customer:
    def __init__(self, sandbox: SandboxServer, key: str = KEY, secret: str = SECRET) -> None:
        self._sandbox = sandbox
        self._base_url = sandbox.base_url(VENDOR)
        self.authorization = f"Bearer {self.token(key, secret).fields['jwt_token']}"

    def token(self, key: str = KEY, secret: str = SECRET) -> Reply:
        credentials = base64.b64encode(f"{key}:{secret}".encode()).decode()
        headers = {"Authorization": f"Basic {credentials}", "Accept": "application/json"}
        return request("GET", f"{self._base_url}auth/v1/token", None, headers)

    def submit(self, **overrides: Any) -> Reply:
        return self.call("POST", "sms/v1/submit", message(**overrides))

    def submit_many(self, *elements: Any, **top: Any) -> Reply:
        return self.call("POST", "sms/v1/multi/submit", {"sms_messages": list(elements), **top})

    def codes(self, *elements: Any) -> list[int]:
        return [answer["result_code"] for answer in self.submit_many(*elements).fields["smsResponses"]]

    def history(self, **query: object) -> Reply:
        """Of this hour, unless told otherwise; names are written with underscores."""
        now = self.now().astimezone(UTC)
        window = {"date_from": shown(now - timedelta(hours=1)), "date_to": shown(now + timedelta(hours=1))}
        named = {name.replace("_", "-"): value for name, value in {**window, **query}.items() if value is not None}
        return self.call("GET", f"{HISTORY}?{urllib.parse.urlencode(named)}")

    def records(self, **query: object) -> list[dict[str, Any]]:
        records: list[dict[str, Any]] = self.history(**query).fields["_embedded"]["transactions"]
        return records

    def status(self, reference: str = "r-1") -> str:
        (record,) = self.records(client_reference=reference)
        return str(record["status"])

    def call(self, method: str, path: str, fields: object = None, **headers: str | None) -> Reply:
        """`headers` replace the right ones, written with underscores; None leaves one out."""
        replaced = {name.replace("_", "-").title(): value for name, value in headers.items()}
        all_headers = {**HEADERS, "Authorization": self.authorization, **replaced}
        body = None if fields is None else fields if isinstance(fields, bytes) else json.dumps(fields).encode()
        given = {name: value for name, value in all_headers.items() if value is not None}
        return request(method, self._base_url + path, body, given)

    def now(self) -> datetime:
        return datetime.fromisoformat(self._sandbox.control.state()["now"])


def shown(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M:%S}"
