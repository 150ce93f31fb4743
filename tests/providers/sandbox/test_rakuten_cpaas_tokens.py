"""Tokens: who gets one, what for, and for how long."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from providers.sandbox.client import ControlError
from providers.sandbox.server import Options, SandboxServer

from .rakuten_customer import ACCOUNT, KEY, SECRET, SHORT_KEY, SHORT_SECRET, Customer


@pytest.fixture
def sandbox() -> Iterator[SandboxServer]:
    with SandboxServer([ACCOUNT]) as server:
        yield server


@pytest.mark.parametrize(
    ("key", "secret", "product", "form"),
    [
        pytest.param(KEY, SECRET, "SMS", "%Y/%m/%d %H:%M:%S", id="SMS"),
        pytest.param(SHORT_KEY, SHORT_SECRET, "SHORT_URL", "%Y-%m-%d %H:%M:%S", id="short URLs, another form of time"),
    ],
)
def test_a_token_for_each_product(sandbox: SandboxServer, key: str, secret: str, product: str, form: str) -> None:
    customer = Customer(sandbox, key, secret)
    fields = customer.token(key, secret).fields
    assert fields["account"] == {"account_id": key, "product": product}
    assert fields["jwt_token"].count(".") == 2
    valid_until = datetime.strptime(fields["token_valid_until"], form).replace(tzinfo=UTC)
    assert timedelta(seconds=895) < valid_until - customer.now() <= timedelta(seconds=901)


@pytest.mark.parametrize(
    ("key", "secret"),
    [
        pytest.param(KEY, "wrong", id="wrong secret"),
        pytest.param("nobody", SECRET, id="unknown key"),
        pytest.param(KEY, SHORT_SECRET, id="the secret of the other key"),
        pytest.param("", "", id="nothing"),
    ],
)
def test_no_token(sandbox: SandboxServer, key: str, secret: str) -> None:
    reply = Customer(sandbox).token(key, secret)
    assert (reply.status, reply.fields["result_code"]) == (401, "2")


def test_a_token_runs_out_and_a_newer_one_does_not_end_it_sooner(sandbox: SandboxServer) -> None:
    first = Customer(sandbox)
    sandbox.control.advance(600)
    second = Customer(sandbox)
    assert (first.submit().status, second.submit().status) == (200, 200)
    sandbox.control.advance(400)
    reply = first.submit()
    assert (reply.status, reply.fields["result_code"]) == (401, "2")
    assert second.submit().status == 200


def test_the_time_scale_shortens_a_token_s_life_and_it_says_so() -> None:
    with SandboxServer([ACCOUNT], Options(time_scale=0.1)) as sandbox:
        customer = Customer(sandbox)
        sandbox.control.advance(85)
        assert customer.submit().status == 200
        sandbox.control.advance(10)
        assert customer.submit().status == 401


@pytest.mark.parametrize(
    ("key", "secret", "path"),
    [
        pytest.param(SHORT_KEY, SHORT_SECRET, "sms/v1/submit", id="no SMS with a token for short URLs"),
        pytest.param(KEY, SECRET, "short-url/v1/url/", id="no short URL with a token for SMS"),
    ],
)
def test_a_token_is_good_for_its_product_only(sandbox: SandboxServer, key: str, secret: str, path: str) -> None:
    reply = Customer(sandbox, key, secret).call("POST", path, {})
    assert (reply.status, reply.fields["result_code"]) == (401, "2")


@pytest.mark.parametrize("authorization", [None, "Bearer nonsense", "Basic bm9ib2R5", "Basic ?", "bearer"])
def test_calls_without_a_token(sandbox: SandboxServer, authorization: str | None) -> None:
    reply = Customer(sandbox).call("POST", "sms/v1/submit", {}, authorization=authorization)
    assert (reply.status, reply.fields["result_code"]) == (401, "2")


def test_a_token_outlives_the_reset(sandbox: SandboxServer) -> None:
    customer = Customer(sandbox)
    sandbox.control.reset()
    assert customer.submit().status == 200


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        pytest.param({"secret": ""}, "secret", id="no secret"),
        pytest.param({"sender_codes": []}, "sender_codes", id="no sender"),
        pytest.param({"short_url_secret": ""}, "short_url_key", id="a key without its secret"),
        pytest.param({"short_url_key": KEY}, "short_url_key", id="one key for two products"),
        pytest.param({"batch_limit": 0}, "batch_limit", id="no batch at all"),
        pytest.param({"token_seconds": 0}, "token_seconds", id="token without a life"),
        pytest.param({"disabled": ["coffee"]}, "coffee", id="unknown function"),
    ],
)
def test_accounts_that_make_no_sense(sandbox: SandboxServer, change: dict[str, Any], reason: str) -> None:
    with pytest.raises(ControlError, match=reason):
        sandbox.control.register_account(**{**ACCOUNT, **change})
