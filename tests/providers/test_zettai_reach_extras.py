"""絶対リーチ: single bookings, short URLs, registered templates and cleaning."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import httpx
import pytest

from providers.base import Booking, CleaningVerdict, VendorTemplate
from providers.errors import ProviderError, UnreadableReply

from .zettai_answers import DAY, JST, REFERENCE, SIGNED, ask, coded, exchange

HELD = {"scheduleTime": "2026-02-01 09:30", "phoneNumber": "+818011112222", "message": "x", "clientTag": REFERENCE}


@pytest.mark.parametrize(
    ("reply", "found"),
    [
        pytest.param({"responseCode": 0, "count": 1, "status": [HELD]}, True, id="held"),
        pytest.param({"responseCode": 0, "count": 0, "status": []}, False, id="none"),
        pytest.param(
            {"responseCode": 0, "status": [{**HELD, "clientTag": REFERENCE + "9"}]}, False, id="one that begins alike"
        ),
        pytest.param({"responseCode": 130, "responseMessage": "Already send."}, False, id="gone out"),
    ],
)
def test_one_booking(reply: dict[str, Any], found: bool) -> None:
    expected = Booking(REFERENCE, "+818011112222", datetime(2026, 2, 1, 9, 30, tzinfo=JST)) if found else None
    assert ask(lambda vendor: vendor.booking(REFERENCE, sender_id="54321"), reply) == expected


def test_a_short_url_is_asked_for_with_this_form() -> None:
    answer = coded(0, "Success", shortUrl="https://ai9.jp/a1B2c3", name="Shorturl-1")
    found, (request,) = exchange(lambda vendor: vendor.shorten("https://example.jp/?a=1&b=あ"), answer)
    assert found == "https://ai9.jp/a1B2c3"
    assert (request.method, str(request.url)) == ("POST", "https://sms-api.aossms.com/p1/api/shortenurl.json")
    assert request.content.decode() == f"{SIGNED}&longUrl=https%3A%2F%2Fexample.jp%2F%3Fa%3D1%26b%3D%E3%81%82"


@pytest.mark.parametrize("reply", [{"responseCode": 0}, {"responseCode": 0, "shortUrl": None}])
def test_no_short_url_in_the_answer(reply: dict[str, Any]) -> None:
    with pytest.raises(UnreadableReply):
        ask(lambda vendor: vendor.shorten("https://example.jp/"), reply)


def test_a_url_too_long_is_a_refusal_of_this_call() -> None:
    with pytest.raises(ProviderError) as caught:
        exchange(lambda vendor: vendor.shorten("https://example.jp/"), coded(120, "longUrl too long."))
    assert caught.value.code == "call_refused"


def test_templates_have_their_fields_written_as_ours() -> None:
    items = [
        {
            "title": "予約の確認",
            "default_content": "{{%氏名%}}様\n{{%日時%}}にお待ちしています。{{合計}}%",
            "parameters": [{"parameter_name": "氏名"}, {"parameter_name": "日時"}],
        },
        {"title": "お知らせ", "default_content": "本日休業です。", "parameters": []},
        {"title": "項目なし", "default_content": "x"},
    ]
    assert ask(lambda vendor: vendor.templates(), {"responseCode": 0, "count": 3, "templates": items}) == [
        VendorTemplate("予約の確認", "{{氏名}}様\n{{日時}}にお待ちしています。{{合計}}%", ("氏名", "日時")),
        VendorTemplate("お知らせ", "本日休業です。"),
        VendorTemplate("項目なし", "x"),
    ]


@pytest.mark.parametrize("items", ["x", [1], [{"title": "a", "parameters": "x"}], [{"title": "a", "parameters": [1]}]])
def test_templates_nobody_can_read(items: object) -> None:
    with pytest.raises(UnreadableReply):
        ask(lambda vendor: vendor.templates(), {"responseCode": 0, "templates": items})


def clean(status: object, number: str = "+818011112222") -> CleaningVerdict:
    answer = coded(0, "Success.", phoneNumber=number, referenceDate="20260201", status=status)
    verdict: CleaningVerdict
    verdict, _ = exchange(lambda vendor: vendor.clean("+818011112222", since=DAY), answer)
    return verdict


def test_a_number_to_be_cleaned_leaves_as_this_address() -> None:
    _, (request,) = exchange(lambda vendor: vendor.clean("+818011112222", since=DAY), coded(0, status="N"))
    assert str(request.url) == (
        f"https://sms-api.aossms.com/p5/api/numbercleaning.json?{SIGNED}"
        "&phoneNumber=%2B818011112222&referenceDate=20260201"
    )


@pytest.mark.parametrize(
    ("status", "verdict"),
    [("T", CleaningVerdict.CHANGED), ("N", CleaningVerdict.SAME), ("ERROR", CleaningVerdict.NO_VERDICT)],
)
def test_verdicts(status: str, verdict: CleaningVerdict) -> None:
    assert clean(status) is verdict


@pytest.mark.parametrize("status", ["t", "X", "", None, 1])
def test_a_verdict_that_is_none_is_never_guessed(status: object) -> None:
    with pytest.raises(UnreadableReply):
        clean(status)


def test_a_verdict_on_another_number_is_not_ours() -> None:
    with pytest.raises(UnreadableReply):
        clean("T", "+818033334444")


def test_a_number_nobody_can_clean() -> None:
    answer = httpx.Response(200, json={"responseCode": 110, "responseMessage": "Invalid phoneNumber."})
    with pytest.raises(ProviderError) as caught:
        exchange(lambda vendor: vendor.clean("+81312345678", since=DAY), answer)
    assert caught.value.code == "call_refused"
