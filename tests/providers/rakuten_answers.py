"""What the tests of Rakuten CPaaS have in common."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, datetime
from typing import Any

import httpx

from providers.base import OutboundSms, Outcome, submit_safely
from providers.rakuten_cpaas import RakutenCpaas

from . import exchanges
from .exchanges import Answer

CREDENTIALS = {"api_key": "sms-key-01", "api_secret": "s3cr3t-of-the-key"}
TOKEN = "eyJhbGciOi.token-one"
REFERENCE = "c7f3a2000000000001"
NOW = datetime(2026, 4, 1, 3, 0, tzinfo=UTC)

Question = Callable[[RakutenCpaas], Awaitable[Any]]


def make_sms(reference: str = REFERENCE, **changes: Any) -> OutboundSms:
    plain = {"to": "+818011112222", "body": "テスト", "sender_id": "0501112222"}
    return OutboundSms(**{"reference": reference, **plain, **changes})


def token(value: str = TOKEN, until: str = "2026/04/01 03:15:00", product: str = "SMS") -> httpx.Response:
    account = {"account_id": "sms-key-01", "product": product}
    return httpx.Response(200, json={"account": account, "jwt_token": value, "token_valid_until": until})


def element(code: object = 0, reference: str | None = REFERENCE, **more: Any) -> dict[str, Any]:
    fields: dict[str, Any] = {"result_code": code, "result_message": "…"}
    if code in (0, "0"):
        fields |= {"message_id": f"id-of-{reference}", "how_many_message_parts": 1}
    if reference is not None:
        fields["client_reference"] = reference
    return fields | more


def single(code: object = 0, reference: str | None = REFERENCE, *, status: int = 200, **more: Any) -> httpx.Response:
    return httpx.Response(status, json=element(code, reference, **more))


def several(*elements: Mapping[str, Any]) -> httpx.Response:
    return httpx.Response(200, json={"smsResponses": list(elements), "correlation_id": "c7f3a2"})


def refusal(code: object, status: int = 400) -> httpx.Response:
    """One object for the whole request, its code a string."""
    return httpx.Response(status, json={"result_code": str(code), "result_message": "…"})


def exchange(question: Question, *answers: Answer, **credentials: str) -> tuple[Any, list[httpx.Request]]:
    """All calls, that for the token first."""
    return exchanges.exchange(RakutenCpaas, CREDENTIALS | credentials, question, *answers)


def submit(answer: Answer, *more: Answer, batch: int = 1) -> tuple[list[Outcome], list[httpx.Request]]:
    """What became of r-1, r-2, … and the calls after that for the token."""
    messages = [make_sms(f"r-{place}") for place in range(1, batch + 1)]
    outcomes, requests = exchange(lambda vendor: submit_safely(vendor, messages), token(), answer, *more)
    return outcomes, requests[1:]
