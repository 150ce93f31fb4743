"""Rakuten CPaaS: the exact wire of every call."""

from __future__ import annotations

import base64
import json
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
import time_machine

from providers.base import BinaryText, TemplateText
from providers.errors import AccountRefused, ProviderError
from providers.rakuten_cpaas import RakutenCpaas

from .exchanges import Answer
from .rakuten_answers import (
    NOW,
    REFERENCE,
    TOKEN,
    element,
    exchange,
    make_sms,
    refusal,
    several,
    single,
    token,
)

ROOT = "https://api.cpaas.symphony.rakuten.net"


def message(**changes: Any) -> dict[str, Any]:
    plain = {
        "from": "0501112222",
        "to": "818011112222",
        "message_type": "unicode",
        "unicode_message": {"text": "テスト"},
        "delivery_receipts": {"required": True, "intermediate_dlr": False},
        "metadata": {"client_reference": REFERENCE},
    }
    return {name: value for name, value in {**plain, **changes}.items() if value is not None}


def content(kind: str, **fields: Any) -> dict[str, Any]:
    return message(message_type=kind, unicode_message=None, **{f"{kind}_message": fields})


CALLBACK = "https://sms.example.jp/dlr/7f3c"


@pytest.mark.parametrize(
    ("changes", "body"),
    [
        pytest.param({}, message(), id="unicode"),
        pytest.param({"body": "Hello {name}"}, content("text", text="Hello {name}"), id="GSM"),
        pytest.param({"body": "a\r\nb\n"}, content("text", text="a\nb\n"), id="line breaks are LF"),
        pytest.param({"body": "`"}, message(unicode_message={"text": "`"}), id="one character outside GSM"),
        pytest.param({"group": "c7f3a2"}, {**message(), "correlation_id": "c7f3a2"}, id="a group"),
        pytest.param({"group": "g" * 60}, {**message(), "correlation_id": "g" * 50}, id="a long group"),
        pytest.param(
            {"callback_url": CALLBACK},
            message(delivery_receipts={"required": True, "intermediate_dlr": False, "custom_callback_url": CALLBACK}),
            id="an address for receipts",
        ),
        pytest.param(
            {"valid_until": NOW + timedelta(hours=1, milliseconds=1)},
            message(validity_period={"seconds": "3601"}),
            id="exactly one form of validity",
        ),
        pytest.param(
            {"valid_until": NOW + timedelta(days=9)}, message(validity_period={"seconds": "259200"}), id="at most 72 h"
        ),
        pytest.param(
            {"valid_until": NOW - timedelta(hours=1)}, message(validity_period={"seconds": "1"}), id="never negative"
        ),
        pytest.param(
            {"body": "", "content": TemplateText("T-7", {"fname": "花子", "day": "4月1日"})},
            content(
                "template",
                template_id="T-7",
                substitutions=[{"name": "fname", "value": "花子"}, {"name": "day", "value": "4月1日"}],
            ),
            id="a template",
        ),
        pytest.param(
            {"body": "", "content": BinaryText(b"\x00\xff", b"\x05\x00\x03")},
            content("binary", body="00ff", udh="050003"),
            id="binary with a header",
        ),
        pytest.param({"body": "", "content": BinaryText(b"\x7f")}, content("binary", body="7f"), id="binary"),
    ],
)
def test_one_message_leaves_as_this_object(changes: dict[str, Any], body: dict[str, Any]) -> None:
    with time_machine.travel(NOW, tick=False):
        _, (_, request) = exchange(lambda v: v.submit([make_sms(**changes)]), token(), single())
    assert (request.method, str(request.url)) == ("POST", f"{ROOT}/sms/v1/submit")
    assert request.headers["authorization"] == f"Bearer {TOKEN}"
    assert request.headers["accept"] == "application/json"
    assert request.headers["content-type"] == "application/json; charset=UTF-8"
    assert json.loads(request.content) == body


def test_several_messages_leave_in_one_array() -> None:
    batch = [make_sms("r-1", group="c7"), make_sms("r-2", group="c7", body="ok", sender_id="RAKUTEN")]
    answer = several(element(reference="r-1"), element(reference="r-2"))
    _, (_, request) = exchange(lambda v: v.submit(batch), token(), answer)
    assert str(request.url) == f"{ROOT}/sms/v1/multi/submit"
    sent = json.loads(request.content)
    assert list(sent) == ["sms_messages", "correlation_id"]
    assert sent["correlation_id"] == "c7"
    first, second = sent["sms_messages"]
    assert first == message(metadata={"client_reference": "r-1"})
    assert (second["from"], second["message_type"], second["metadata"]) == (
        "RAKUTEN",
        "text",
        {"client_reference": "r-2"},
    )


def test_messages_of_different_groups_leave_without_one() -> None:
    batch = [make_sms("r-1", group="a"), make_sms("r-2", group="b")]
    answer = several(element(reference="r-1"), element(reference="r-2"))
    _, (_, request) = exchange(lambda v: v.submit(batch), token(), answer)
    assert "correlation_id" not in json.loads(request.content)


GSM_BASIC = (
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
GSM_EXTENSION = "\f^{}\\[~]|€"


def alphabet_of(body: str) -> str:
    _, (_, request) = exchange(lambda v: v.submit([make_sms(body=body)]), token(), single())
    return str(json.loads(request.content)["message_type"])


def test_the_whole_gsm_alphabet_goes_as_text() -> None:
    assert len(GSM_BASIC) == 127  # 128 places, one of them the escape
    assert alphabet_of(GSM_BASIC + GSM_EXTENSION) == "text"


@pytest.mark.parametrize("character", [*"`\tç“”…￥ｱ　１〜、あ👍", "\u00a0"])
def test_what_is_not_gsm_goes_as_unicode(character: str) -> None:
    assert alphabet_of(f"a{character}b") == "unicode"


def test_a_token_is_asked_for_with_basic_authentication() -> None:
    _, (request,) = exchange(lambda v: v.check(), token())
    assert (request.method, str(request.url)) == ("GET", f"{ROOT}/auth/v1/token")
    assert request.headers["accept"] == "application/json"
    assert base64.b64decode(request.headers["authorization"].removeprefix("Basic ")) == b"sms-key-01:s3cr3t-of-the-key"


def report(*rows: dict[str, Any]) -> httpx.Response:
    return httpx.Response(200, json={"page": 1, "_embedded": {"total_found": len(rows), "rows": list(rows)}})


@pytest.mark.parametrize(
    ("credentials", "more"),
    [({}, {}), ({"enterprise_id": "E-9"}, {"enterprise-id": "E-9"})],
    ids=["plain", "with an enterprise"],
)
def test_a_report_is_asked_for_one_reference(credentials: dict[str, str], more: dict[str, str]) -> None:
    with time_machine.travel(NOW, tick=False):
        _, (_, request) = exchange(lambda v: v.look_up("r+1"), token(), report(), **credentials)
    assert (request.method, request.url.path) == ("GET", "/cdr/v1/report/query/sms/transaction-history/mt")
    assert b"client-reference=r%2B1" in request.url.query
    assert request.headers["content-type"] == "application/json; charset=UTF-8"
    expected = {
        "date-from": "2026-03-25 03:00:00",
        "date-to": "2026-04-01 03:10:00",
        "tz": "UTC",
        "client-reference": "r+1",
        "page-size": "100",
        "page": "1",
    }
    assert dict(request.url.params) == expected | more


SHORT_KEYS = {"short_url_key": "short-key", "short_url_secret": "short-secret"}
SHORT = "https://short.example/a1b2"


def test_a_short_url_has_a_key_of_its_own_and_lives_as_long_as_it_may() -> None:
    answer = httpx.Response(200, json={"result_code": 0, "masked_url_id": "a1b2", "public_masked_url": SHORT})
    with time_machine.travel(NOW, tick=False):
        found, (login, request) = exchange(
            lambda v: v.shorten("https://example.jp/?a=1"), token("two", product="SHORT_URL"), answer, **SHORT_KEYS
        )
    assert found == SHORT
    assert base64.b64decode(login.headers["authorization"].removeprefix("Basic ")) == b"short-key:short-secret"
    assert (request.method, str(request.url)) == ("POST", f"{ROOT}/short-url/v1/url/")
    assert request.headers["authorization"] == "Bearer two"
    assert json.loads(request.content) == {
        "masked_url": {"remote_url": "https://example.jp/?a=1", "valid_until_date": "2026-05-01 02:00:00"}
    }


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        pytest.param(refusal(108), "call_refused", id="refused"),
        pytest.param(single(105), "call_refused", id="refused with 200"),
        pytest.param(httpx.Response(200, json={"result_code": 0}), "unreadable_reply", id="no URL in it"),
        pytest.param(httpx.Response(403), "access_refused", id="403"),
        pytest.param(refusal(-1, 500), "system_error", id="500"),
    ],
)
def test_no_short_url(answer: Answer, code: str) -> None:
    with pytest.raises(ProviderError) as caught:
        exchange(lambda v: v.shorten("https://example.jp/"), token(product="SHORT_URL"), answer, **SHORT_KEYS)
    assert caught.value.code == code


def test_without_a_key_of_its_own_nothing_is_shortened() -> None:
    with pytest.raises(AccountRefused) as caught:
        exchange(lambda v: v.shorten("https://example.jp/"))
    assert caught.value.code == "not_set_up"


@pytest.mark.parametrize(
    ("own", "size"),
    [({}, 10), ({"batch_size": "50"}, 50), ({"batch_size": "1"}, 1), ({"batch_size": ""}, 10)]
    + [({"batch_size": wrong}, 10) for wrong in ("0", "-3", "many", "99999")],
)
def test_an_account_may_have_its_own_batch_size(own: dict[str, str], size: int) -> None:
    assert RakutenCpaas.batch_size(own) == size


@pytest.mark.parametrize(
    ("number", "accepted"),
    [("+819012345678", True), ("+816012345678", True), ("+817012345678", True)]
    + [(other, False) for other in ("+819002345678", "+812012345678", "+81312345678", "819012345678", "+14155550100")],
)
def test_the_numbers_it_takes(number: str, accepted: bool) -> None:
    assert RakutenCpaas.accepts(number) is accepted


def test_a_time_of_the_report_is_utc_whatever_the_machines_zone() -> None:
    fields = {"client_reference": REFERENCE, "status": "DELIVRD", "done_time": "2026-04-01 03:00:04"}
    found, _ = exchange(lambda v: v.look_up(REFERENCE), token(), report(fields))
    assert found.occurred_at == datetime(2026, 4, 1, 3, 0, 4, tzinfo=UTC)
