"""Tokens: fetched with key and secret, good for a quarter of an hour, shared by all calls of this process."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC
from typing import Any, Final

from ..errors import AccountRefused, NotReached, OutcomeUnknown, UnreadableReply
from ..http import Request, VendorClient, basic_auth
from ..lenient import moment, text

LIFETIME: Final = 15 * 60.0  # seconds
RENEW_AFTER: Final = 0.8  # RK-A1: of the lifetime
EXPIRY_FORMATS = ("%Y/%m/%d %H:%M:%S", "%Y-%m-%d %H:%M:%S")  # the vendor prints both; UTC
LONGEST_TOKEN = 8192


@dataclass(frozen=True, slots=True)
class Token:
    value: str = field(repr=False)
    renew_at: float  # UNIX time


@dataclass(frozen=True, slots=True)
class Key:
    """One API key. Each product of the vendor has its own."""

    product: str
    name: str
    secret: str = field(repr=False)


# RK-A2: a new token leaves older ones valid, so processes need not agree on one. A worker opens its connections anew
# every few seconds; the token outlives them.
KEPT: dict[tuple[str, Key], Token] = {}


class TokenDesk:
    """The token of one key, for all who send over one client."""

    def __init__(self, client: VendorClient, key: Key) -> None:
        self._client = client
        self._key = key
        self._renewal: asyncio.Task[Token] | None = None

    async def current(self, *, refused: str = "") -> str:
        """A token to send with, and not the one the vendor has just `refused`.

        Whatever becomes of a renewal, no message has left: only account trouble is told from not having got there.
        """
        kept = KEPT.get(self._place)
        if kept is None or kept.value == refused or time.time() >= kept.renew_at:
            try:
                kept = await self._renewed()
            except OutcomeUnknown as error:
                raise NotReached(vendor_code=error.vendor_code, retry_after=error.retry_after) from None
        return kept.value

    async def fetch(self) -> Token:
        """A fresh one, always asked of the vendor."""
        headers = basic_auth(self._key.name, self._key.secret)
        reply = (await self._client.ask(Request("GET", "auth/v1/token", headers=headers))).json()
        account = reply.get("account")
        product = text(account.get("product"), 40) if isinstance(account, dict) else ""
        if product not in ("", self._key.product):
            raise AccountRefused("wrong_product", vendor_code=product)
        token = _token(reply)
        KEPT[self._place] = token
        return token

    @property
    def _place(self) -> tuple[str, Key]:
        return self._client.address, self._key

    async def _renewed(self) -> Token:
        """One renewal for all who wait for it, and one failure."""
        if self._renewal is None:
            self._renewal = asyncio.create_task(self._renew())
        return await asyncio.shield(self._renewal)

    async def _renew(self) -> Token:
        try:
            return await self.fetch()
        finally:
            self._renewal = None


def _token(reply: Mapping[str, Any]) -> Token:
    value = text(reply.get("jwt_token"), LONGEST_TOKEN)
    if not value:
        raise UnreadableReply
    now = time.time()
    read = (moment(reply.get("token_valid_until"), form, UTC) for form in EXPIRY_FORMATS)
    ends_at = next((found.timestamp() for found in read if found), 0.0)
    # Where the vendor's clock and ours disagree, its own figure for the lifetime counts.
    lifetime = ends_at - now if 0 < ends_at - now < LIFETIME else LIFETIME
    return Token(value, now + RENEW_AFTER * lifetime)
