"""A vendor that gives one answer, and what the tests of 絶対リーチ have in common."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import date, datetime, timedelta, timezone
from typing import Any

import httpx
from hypothesis import strategies as st

from providers.base import DeliveryReceipt, OutboundSms, Outcome, ReceiptStatus, submit_safely
from providers.http import VendorClient
from providers.zettai_reach import ZettaiReach

JST = timezone(timedelta(hours=9))
TOKEN = "0123456789abcdefghijklmnopqrstuv"
CREDENTIALS = {"token": TOKEN, "client_id": "20001"}
SIGNED = f"token={TOKEN}&clientId=20001"
REFERENCE = "c7f3a2-0000000001"

Question = Callable[[ZettaiReach], Awaitable[Any]]
Answer = httpx.Response | httpx.TransportError


def make_sms(**changes: Any) -> OutboundSms:
    plain = {"reference": REFERENCE, "to": "+818011112222", "body": "テスト", "sender_id": "54321"}
    return OutboundSms(**{**plain, **changes})


def exchange(question: Question, answer: Answer) -> tuple[Any, list[httpx.Request]]:
    """One question put to a vendor that gives this answer: the result, and what went over the wire."""
    requests: list[httpx.Request] = []

    def vendor(request: httpx.Request) -> httpx.Response:
        requests.append(request)
        if isinstance(answer, httpx.TransportError):
            raise answer
        return answer

    async def story() -> Any:
        async with VendorClient(ZettaiReach.base_url, transport=httpx.MockTransport(vendor)) as client:
            return await question(ZettaiReach(client, CREDENTIALS))

    return asyncio.run(story()), requests


def ask(question: Question, reply: dict[str, Any]) -> Any:
    return exchange(question, httpx.Response(200, json=reply))[0]


def submit_one(answer: Answer) -> Outcome:
    outcomes: list[Outcome]
    outcomes, _ = exchange(lambda vendor: submit_safely(vendor, [make_sms()]), answer)
    (outcome,) = outcomes
    return outcome


def coded(code: object, message: str = "", **more: Any) -> httpx.Response:
    return httpx.Response(200, json={"responseCode": code, "responseMessage": message, **more})


DAY = date(2026, 2, 1)
NOON = datetime(2026, 2, 1, 9, 30, 12, tzinfo=JST)


def found(status: ReceiptStatus, **fields: Any) -> DeliveryReceipt:
    return DeliveryReceipt(REFERENCE, status, occurred_at=NOON, **fields)


D, U, T, X = ReceiptStatus.DELIVERED, ReceiptStatus.UNDELIVERED, ReceiptStatus.IN_TRANSIT, ReceiptStatus.UNKNOWN

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters(), max_size=12),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=8,
)
