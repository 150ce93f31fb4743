"""What the tests of Karaden have in common."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta, timezone
from typing import Any

import httpx

from providers.base import OutboundSms, Outcome, submit_safely
from providers.karaden import Karaden

from . import exchanges
from .exchanges import Answer

JST = timezone(timedelta(hours=9))
TOKEN = "karaden-token-0123456789"
TENANT = "5d0f6f0e-1111-4a4a-8c8c-000000000001"
CREDENTIALS = {"token": TOKEN, "tenant_id": TENANT}
REFERENCE = "c7f3a2000000000001"
MESSAGE_ID = "0b9a4c52-7d1e-4e0b-9d53-6f2f4f0c1a77"
NOW = datetime(2026, 4, 1, 10, 0, tzinfo=JST)

Question = Callable[[Karaden], Awaitable[Any]]


def make_sms(**changes: Any) -> OutboundSms:
    plain = {"reference": REFERENCE, "to": "+818011112222", "body": "テスト", "sender_id": "12"}
    return OutboundSms(**{**plain, **changes})


def row(**changes: Any) -> dict[str, Any]:
    """A message as in the fact sheet, just accepted."""
    plain = {
        "id": MESSAGE_ID,
        "object": "message",
        "project_id": 4,
        "service_id": 12,
        "billing_address_id": 2,
        "to": "08011112222",
        "body": "テスト",
        "tags": [REFERENCE, "c7f3a2"],
        "is_shorten": False,
        "is_shorten_clicked": False,
        "result": "processing",
        "status": "waiting",
        "sent_result": "none",
        "carrier": "checking",
        "charged_count_per_sent": 1,
        "scheduled_at": None,
        "limited_at": None,
        "sent_at": None,
        "received_at": None,
        "charged_at": None,
        "created_at": "2026-04-01T10:00:00+09:00",
        "updated_at": "2026-04-01T10:00:00+09:00",
    }
    return {**plain, **changes}


def delivered(**changes: Any) -> dict[str, Any]:
    final = {
        "result": "done",
        "status": "done",
        "sent_result": "received",
        "carrier": "docomo",
        "sent_at": "2026-04-01T10:00:02+09:00",
        "received_at": "2026-04-01T10:00:05+09:00",
        "charged_at": "2026-04-01T10:00:05+09:00",
        "updated_at": "2026-04-01T10:00:06+09:00",
    }
    return row(**{**final, **changes})


def listing(*found: dict[str, Any], has_more: bool = False) -> httpx.Response:
    return httpx.Response(200, json={"object": "list", "has_more": has_more, "data": list(found)})


def error(status: int, code: str, errors: dict[str, list[str]] | None = None) -> httpx.Response:
    fields = {"object": "error", "code": code, "message": "エラーです。", "errors": errors}
    return httpx.Response(status, json=fields)


def exchange(question: Question, *answers: Answer, **credentials: str) -> tuple[Any, list[httpx.Request]]:
    return exchanges.exchange(Karaden, CREDENTIALS | credentials, question, *answers)


def submit_one(answer: Answer, **changes: Any) -> Outcome:
    outcomes: list[Outcome]
    outcomes, _ = exchange(lambda vendor: submit_safely(vendor, [make_sms(**changes)]), answer)
    (outcome,) = outcomes
    return outcome
