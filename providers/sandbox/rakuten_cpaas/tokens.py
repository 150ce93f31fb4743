"""Tokens: each good for one product of one customer, for a quarter of an hour."""

import base64
import json
import secrets
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from .accounts import Product

# The vendor prints two forms of the expiry on the pages of different products.
EXPIRY_FORMS = {Product.SMS: "%Y/%m/%d %H:%M:%S", Product.SHORT_URL: "%Y-%m-%d %H:%M:%S"}


@dataclass(frozen=True)
class Grant:
    client_id: str
    product: Product
    valid_until: datetime


class Tokens:
    def __init__(self) -> None:
        self._grants: dict[str, Grant] = {}

    def issue(self, key: str, grant: Grant, now: datetime) -> dict[str, object]:
        """A new token beside those there are; those that have run out are forgotten."""
        self._grants = {token: known for token, known in self._grants.items() if now < known.valid_until}
        token = _looking_like_a_jwt(key, grant)
        self._grants[token] = grant
        return {
            "account": {"account_id": key, "product": grant.product},
            "jwt_token": token,
            "token_valid_until": grant.valid_until.astimezone(UTC).strftime(EXPIRY_FORMS[grant.product]),
        }

    def grant_of(self, token: str) -> Grant | None:
        """Of a token that may have run out."""
        return self._grants.get(token)


def expiry(now: datetime, seconds: float) -> datetime:
    """The next whole second, as the vendor prints no fractions and a token must live as long as it says."""
    return (now + timedelta(seconds=seconds + 1)).replace(microsecond=0)


def _looking_like_a_jwt(key: str, grant: Grant) -> str:
    claims = {"sub": key, "product": grant.product, "exp": int(grant.valid_until.timestamp())}
    return ".".join([_encoded({"alg": "HS256", "typ": "JWT"}), _encoded(claims), secrets.token_urlsafe(32)])


def _encoded(fields: dict[str, object]) -> str:
    return base64.urlsafe_b64encode(json.dumps(fields).encode()).rstrip(b"=").decode()
