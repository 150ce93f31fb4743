"""A small synchronous caller of the control API, for tests and scripts."""

import json
import urllib.error
import urllib.parse
import urllib.request
from typing import Any

from .control import PREFIX

TIMEOUT = 10


class ControlError(Exception):
    """The control API refused; the text is its own."""


class SandboxControl:
    def __init__(self, url: str) -> None:
        self._url = url.rstrip("/") + PREFIX
        # Without proxies: the environment's settings are about other people's machines.
        self._opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))

    def register_account(self, vendor: str, **settings: Any) -> str:
        """A new account, or new settings for a known one; the key under which the ledger knows it."""
        return str(self._post("accounts", vendor=vendor, **settings)["account"])

    def faults(self, vendor: str, client_id: str, *rules: dict[str, object]) -> None:
        """These rules from now on; none at all ends all trouble."""
        self._post("faults", vendor=vendor, client_id=client_id, rules=rules)

    def ledger(self, **wanted: str) -> dict[str, Any]:
        """Totals, and what rang twice; `account`, `number`, `reference` narrow it."""
        return self._get("ledger", wanted)

    def entries(self, **wanted: str) -> list[dict[str, Any]]:
        """Line by line, narrowed like `ledger`."""
        entries: list[dict[str, Any]] = self._get("ledger/entries", wanted)["entries"]
        return entries

    def links(self, **wanted: str) -> list[dict[str, Any]]:
        """Short links and their clicks; `account`, `reference`, `long_url` narrow it."""
        links: list[dict[str, Any]] = self._get("links", wanted)["links"]
        return links

    def state(self) -> dict[str, Any]:
        return self._get("", {})

    def advance(self, seconds: float) -> None:
        self._post("clock", advance=seconds)

    def set_time_scale(self, time_scale: float) -> None:
        self._post("clock", time_scale=time_scale)

    def reset(self) -> None:
        self._post("reset")

    def _get(self, path: str, query: dict[str, str]) -> dict[str, Any]:
        return self._call(urllib.request.Request(f"{self._url}{path}?{urllib.parse.urlencode(query)}"))  # noqa: S310

    def _post(self, path: str, **fields: object) -> dict[str, Any]:
        request = urllib.request.Request(  # noqa: S310 - our own loopback address
            self._url + path, data=json.dumps(fields).encode(), headers={"Content-Type": "application/json"}
        )
        return self._call(request)

    def _call(self, request: urllib.request.Request) -> dict[str, Any]:
        try:
            with self._opener.open(request, timeout=TIMEOUT) as answer:
                fields: dict[str, Any] = json.load(answer)
                return fields
        except urllib.error.HTTPError as error:
            with error:
                raise ControlError(json.load(error)["error"]) from None
