"""Rakuten CPaaS: tokens, renewed before they end, once for all, and once more when one is refused."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
import time_machine

from providers.base import Outcome, TurnedAway, submit_safely
from providers.errors import AccountRefused, OutcomeUnknown, ProviderError, UnreadableReply
from providers.http import VendorClient
from providers.rakuten_cpaas import RakutenCpaas
from providers.rakuten_cpaas.tokens import KEPT

from .exchanges import Answer
from .rakuten_answers import (
    CREDENTIALS,
    NOW,
    exchange,
    make_sms,
    refusal,
    several,
    single,
    submit,
    token,
)


@dataclass
class TokenVendor:
    """Gives out token 1, 2, … each after a moment, and takes only the newest."""

    lifetime: timedelta = timedelta(minutes=15)
    form: str = "%Y/%m/%d %H:%M:%S"
    given: int = 0
    sent: list[str] = field(default_factory=list)
    login_fails: bool = False

    async def __call__(self, request: httpx.Request) -> httpx.Response:
        if request.url.path == "/auth/v1/token":
            self.given += 1
            await asyncio.sleep(0)
            await asyncio.sleep(0)
            if self.login_fails:
                raise httpx.ReadTimeout("late")
            return token(f"token-{self.given}", f"{datetime.now(UTC) + self.lifetime:{self.form}}")
        self.sent.append(request.headers["authorization"])
        if self.sent[-1] != f"Bearer token-{self.given}":
            return refusal(2, 401)
        return httpx.Response(200, json={"result_code": 0})

    def ask(self, story: Callable[[RakutenCpaas], Awaitable[Any]]) -> Any:
        async def run() -> Any:
            async with VendorClient(RakutenCpaas.base_url, transport=httpx.MockTransport(self)) as client:
                return await story(RakutenCpaas(client, CREDENTIALS))

        return asyncio.run(run())


async def send(vendor: RakutenCpaas) -> Outcome:
    return (await submit_safely(vendor, [make_sms()]))[0]


async def send_fifty(vendor: RakutenCpaas) -> list[Outcome]:
    return await asyncio.gather(*(send(vendor) for _ in range(50)))


def test_fifty_senders_wait_for_one_token() -> None:
    vendor = TokenVendor()
    vendor.ask(send_fifty)
    assert (vendor.given, set(vendor.sent)) == (1, {"Bearer token-1"})


def test_fifty_senders_refused_at_once_renew_once_and_all_get_through() -> None:
    vendor = TokenVendor()
    vendor.ask(send)
    vendor.given += 1  # somebody else has asked, and this vendor takes only the newest
    outcomes = vendor.ask(send_fifty)
    assert vendor.given == 3
    assert len(vendor.sent) == 1 + 50 + 50
    assert {type(outcome).__name__ for outcome in outcomes} == {"Accepted"}


def test_a_failed_renewal_fails_once_for_all_and_nothing_has_left() -> None:
    vendor = TokenVendor(login_fails=True)
    outcomes = vendor.ask(send_fifty)
    assert outcomes == [TurnedAway("not_reached")] * 50
    assert (vendor.given, vendor.sent) == (1, [])


@pytest.mark.parametrize(
    ("lifetime", "form", "renewed"),
    [
        pytest.param(timedelta(minutes=15), "%Y/%m/%d %H:%M:%S", 12, id="one way to write it"),
        pytest.param(timedelta(minutes=15), "%Y-%m-%d %H:%M:%S", 12, id="the other way"),
        pytest.param(timedelta(minutes=5), "%Y/%m/%d %H:%M:%S", 4, id="a shorter life"),
        pytest.param(timedelta(minutes=15), "later", 12, id="unreadable: a quarter of an hour"),
        pytest.param(timedelta(hours=-9), "%Y/%m/%d %H:%M:%S", 12, id="clocks that disagree"),
        pytest.param(timedelta(hours=9), "%Y/%m/%d %H:%M:%S", 12, id="clocks that disagree the other way"),
    ],
)
def test_a_token_is_renewed_at_four_fifths_of_its_life(lifetime: timedelta, form: str, renewed: int) -> None:
    vendor = TokenVendor(lifetime, form)
    with time_machine.travel(NOW, tick=False) as clock:
        vendor.ask(send)
        clock.shift(timedelta(minutes=renewed, seconds=-2))
        vendor.ask(send)
        before = vendor.given
        clock.shift(timedelta(seconds=4))
        vendor.ask(send)
    assert (before, vendor.given) == (1, 2)


def test_a_token_outlives_the_connections_but_not_another_secret() -> None:
    exchange(lambda v: v.submit([make_sms()]), token("one"), single())
    _, (again,) = exchange(lambda v: v.submit([make_sms()]), single())
    assert again.headers["authorization"] == "Bearer one"
    _, (login, _) = exchange(lambda v: v.submit([make_sms()]), token("two"), single(), api_secret="changed")
    assert login.url.path == "/auth/v1/token"


def test_the_check_always_asks_for_a_token() -> None:
    exchange(lambda v: v.check(), token())
    with pytest.raises(AccountRefused):
        exchange(lambda v: v.check(), httpx.Response(401))


@pytest.mark.parametrize(
    "refused",
    [
        pytest.param(refusal(2, 401), id="401 with 2"),
        pytest.param(httpx.Response(401, text="expired"), id="401 with words"),
        pytest.param(refusal(2), id="400 with 2"),
        pytest.param(single(2, "r-1"), id="200 with 2"),
    ],
)
def test_a_refused_token_is_renewed_once(refused: Answer) -> None:
    outcomes, requests = submit(refused, token("second"), single(reference="r-1"))
    assert [request.url.path for request in requests] == ["/sms/v1/submit", "/auth/v1/token", "/sms/v1/submit"]
    assert requests[-1].headers["authorization"] == "Bearer second"
    assert requests[0].content == requests[2].content
    assert [type(outcome).__name__ for outcome in outcomes] == ["Accepted"]


def test_a_token_refused_for_every_message_of_an_array_is_renewed() -> None:
    twos = [{"result_code": 2, "client_reference": f"r-{place}"} for place in (1, 2)]
    zeros = [{"result_code": 0, "client_reference": f"r-{place}"} for place in (1, 2)]
    outcomes, requests = submit(several(*twos), token("second"), several(*zeros), batch=2)
    assert len(requests) == 3
    assert [type(outcome).__name__ for outcome in outcomes] == ["Accepted", "Accepted"]


def test_refused_with_a_fresh_token_too_stops_the_account() -> None:
    with pytest.raises(AccountRefused) as caught:
        submit(refusal(2, 401), token("second"), refusal(2, 401))
    assert (caught.value.code, caught.value.vendor_code) == ("credentials_refused", "2")


@pytest.mark.parametrize(
    ("answer", "kind", "code"),
    [
        pytest.param(refusal(2, 401), AccountRefused, "credentials_refused", id="wrong key or secret"),
        pytest.param(httpx.Response(403), AccountRefused, "access_refused", id="403"),
        pytest.param(token(product="TWOFA"), AccountRefused, "wrong_product", id="a key of another product"),
        pytest.param(httpx.Response(503), OutcomeUnknown, "unexpected_status", id="503"),
        pytest.param(httpx.Response(200, json={}), UnreadableReply, "unreadable_reply", id="no token in it"),
        pytest.param(
            httpx.Response(200, json={"jwt_token": True}), UnreadableReply, "unreadable_reply", id="a strange one"
        ),
        pytest.param(
            httpx.Response(200, json={"jwt_token": "x", "account": 7}), None, "", id="an account we cannot read"
        ),
    ],
)
def test_the_check_says_what_is_wrong(answer: Answer, kind: type[ProviderError] | None, code: str) -> None:
    if kind is None:
        exchange(lambda v: v.check(), answer)
        return
    with pytest.raises(kind) as caught:
        exchange(lambda v: v.check(), answer)
    assert caught.value.code == code


@pytest.mark.parametrize(
    ("answer", "outcome"),
    [
        pytest.param(httpx.Response(429, headers={"Retry-After": "7"}), TurnedAway("throttled", 7.0), id="429"),
        pytest.param(httpx.Response(404), TurnedAway("address_not_found"), id="404"),
        pytest.param(httpx.Response(503, headers={"Retry-After": "9"}), TurnedAway("not_reached", 9.0), id="503"),
        pytest.param(httpx.Response(200, text="<html>"), TurnedAway("not_reached"), id="a page"),
        pytest.param(httpx.ReadTimeout("x"), TurnedAway("not_reached"), id="no answer"),
        pytest.param(httpx.ConnectError("x"), TurnedAway("not_reached"), id="no connection"),
    ],
)
def test_without_a_token_no_message_has_left(answer: Answer, outcome: Outcome) -> None:
    outcomes, requests = exchange(lambda v: submit_safely(v, [make_sms()]), answer)
    assert outcomes == [outcome]
    assert len(requests) == 1


def test_no_key_and_no_token_shows(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG), pytest.raises(AccountRefused) as caught:
        submit(refusal(2, 401), token("second-token"), refusal(2, 401))
    shown = f"{caught.value!r} {caplog.text} {KEPT!r} {caught.value.__traceback__!r}"
    for secret in (CREDENTIALS["api_secret"], "second-token", "eyJhbGciOi"):
        assert secret not in shown
