"""The contract, continued: arrays, deadlines, short URLs, templates, cleaning, and tokens that end."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import httpx
import pytest

from providers.base import (
    Accepted,
    BinaryText,
    CleaningVerdict,
    ReceiptStatus,
    Refused,
    TemplateText,
    TurnedAway,
    Unknown,
)
from providers.errors import AccountRefused

from .contract_bench import JST, Bench, vendors
from .sandbox.helpers import Receiver

# Arrays.


@vendors(arrays=True)
def test_each_message_of_an_array_is_taken_once(bench: Bench) -> None:
    outcomes = bench.submit_array(*(bench.sms(f"r-{place}") for place in range(10)))
    assert all(isinstance(outcome, Accepted) for outcome in outcomes)
    assert [bench.handed_over(f"r-{place}") for place in range(10)] == [1] * 10


@vendors(arrays=True)
def test_one_message_an_array_cannot_take_keeps_none_of_the_others(bench: Bench) -> None:
    batch = bench.sms("r-1"), bench.sms("r-2", to=bench.customer.wrong_number), bench.sms("r-3")
    first, second, third = bench.submit_array(*batch)
    assert (type(first), type(second), type(third)) == (Accepted, Refused, Accepted)
    assert [bench.handed_over(sms.reference) for sms in batch] == [1, 0, 1]


@vendors(arrays=True)
def test_a_sender_that_is_wrong_for_some_keeps_none_of_the_others(bench: Bench) -> None:
    batch = bench.sms("r-1"), bench.sms("r-2", sender_id=bench.customer.wrong_sender)
    first, second = bench.submit_array(*batch)
    assert isinstance(first, Accepted)
    assert isinstance(second, Refused)
    assert second.reason == "sender_refused"


@vendors(arrays=True)
def test_a_sender_that_is_wrong_for_all_stops_the_account(bench: Bench) -> None:
    with pytest.raises(AccountRefused):
        bench.submit_array(*(bench.sms(f"r-{place}", sender_id=bench.customer.wrong_sender) for place in range(3)))


@vendors(arrays=True)
def test_an_array_taken_with_its_answer_lost_is_unknown_in_each_part(bench: Bench) -> None:
    bench.set_faults({"kind": "reset", "taken": True, "times": 1})
    outcomes = bench.submit_array(*(bench.sms(f"r-{place}") for place in range(3)))
    assert outcomes == [Unknown("no_answer")] * 3
    assert [bench.handed_over(f"r-{place}") for place in range(3)] == [1] * 3


@vendors(arrays=True)
def test_an_array_throttled_is_turned_away_whole(bench: Bench) -> None:
    bench.set_faults({"kind": "http_429"})
    outcomes = bench.submit_array(bench.sms("r-1"), bench.sms("r-2"))
    assert {(type(outcome), outcome.reason) for outcome in outcomes if isinstance(outcome, TurnedAway)} == {
        (TurnedAway, "throttled")
    }
    assert len(outcomes) == 2


# Credentials that end while one is sending: of no concern to the caller.


@vendors()
def test_a_log_in_that_ended_is_renewed_on_the_way(bench: Bench) -> None:
    bench.submit(bench.sms("r-1"))
    bench.control.advance(24 * 3600.0)
    (outcome,) = bench.submit(bench.sms("r-2"))
    assert isinstance(outcome, Accepted)
    assert bench.handed_over("r-2") == 1


# What a message may carry besides its text.


@vendors("calls_back_each")
def test_receipts_go_to_the_address_in_the_message(bench: Bench) -> None:
    receiver = Receiver([])
    try:
        bench.submit(bench.sms(callback_url=receiver.url))
        assert receiver.has(1)
    finally:
        receiver.close()


@vendors("stops_at")
def test_a_deadline_to_come_lets_a_message_through(bench: Bench) -> None:
    (outcome,) = bench.submit(bench.sms(valid_until=bench.now() + timedelta(hours=2)))
    assert isinstance(outcome, Accepted)


@vendors("fills_templates")
def test_a_template_is_filled_by_the_vendor(bench: Bench) -> None:
    templates = {"order": "{name}様 ご注文ありがとうございます。"}
    bench.control.register_account(bench.slug, **bench.customer.settings, templates=templates)
    sms = bench.sms("r-1", body="", content=TemplateText("order", {"name": "見本花子"}))
    unknown = bench.sms("r-2", body="", content=TemplateText("no-such", {}))
    taken, refused = bench.submit(sms, unknown)
    assert isinstance(taken, Accepted)
    assert isinstance(refused, Refused)


@vendors("binary")
def test_octets_are_taken(bench: Bench) -> None:
    (outcome,) = bench.submit(bench.sms(body="", content=BinaryText(b"\x01\x02", b"\x05\x00\x03")))
    assert isinstance(outcome, Accepted)


@vendors("shortens_in_text")
def test_urls_in_a_text_are_shortened_when_asked_for(bench: Bench) -> None:
    for reference, shorten in (("r-1", True), ("r-2", False), ("r-3", None)):
        (outcome,) = bench.submit(bench.sms(reference, body="詳細 https://example.jp/long ", shorten=shorten))
        assert isinstance(outcome, Accepted)


@vendors("tells_clicks")
def test_a_look_up_tells_whether_a_short_url_was_opened(bench: Bench) -> None:
    bench.submit(bench.sms(body="詳細 https://example.jp/long ", shorten=True))
    bench.control.advance(60.0)
    receipt = bench.ask(lambda provider: provider.look_up("r-1"))
    assert receipt is not None
    assert receipt.clicked is False


@vendors("tells_clicks")
def test_a_group_tells_which_of_its_short_urls_were_opened(bench: Bench) -> None:
    for reference in ("r-1", "r-2"):
        bench.submit(bench.sms(reference, body="詳細 https://example.jp/long ", shorten=True, group="g-1"))
    bench.submit(bench.sms("r-3", group="g-2"))
    (link,) = bench.control.links(reference="r-2")
    assert httpx.get(link["url"], follow_redirects=False, trust_env=False).is_redirect
    found, has_more = bench.ask(lambda provider: provider.look_up_group("g-1", 1))
    assert {receipt.reference: receipt.clicked for receipt in found} == {"r-1": False, "r-2": True}
    assert not has_more


# Questions of other kinds.


@vendors("shortens")
def test_a_short_url_leads_where_it_should(bench: Bench) -> None:
    target = f"{bench.base_url}elsewhere"
    short = bench.ask(lambda provider: provider.shorten(target))
    assert short != target
    assert httpx.get(short, follow_redirects=False, trust_env=False).headers["location"] == target


@vendors("lists_templates")
def test_registered_templates_are_told_with_our_fields(bench: Bench) -> None:
    templates = [{"title": "予約", "default_content": "{{%氏名%}}様 明日10時です。"}]
    bench.control.register_account(bench.slug, **bench.customer.settings, templates=templates)
    (template,) = bench.ask(lambda provider: provider.templates())
    assert (template.name, template.body, template.fields) == ("予約", "{{氏名}}様 明日10時です。", ("氏名",))


@pytest.mark.parametrize(
    ("fate", "verdict"),
    [("delivered_fast", CleaningVerdict.SAME), ("holder_changed", CleaningVerdict.CHANGED)],
)
@vendors("cleans")
def test_a_number_is_cleaned(bench: Bench, fate: str, verdict: CleaningVerdict) -> None:
    to, since = bench.sms(fate=fate).to, (bench.now() - timedelta(days=30)).astimezone(JST).date()
    assert bench.ask(lambda provider: provider.clean(to, since=since)) is verdict


@vendors("look_up")
def test_fifty_looked_up_at_once_are_all_found(bench: Bench) -> None:
    bench.submit(*(bench.sms(f"r-{place}") for place in range(50)))
    bench.control.advance(60.0)
    found = bench.ask(lambda p: asyncio.gather(*(p.look_up(f"r-{place}") for place in range(50))))
    assert {receipt.status for receipt in found if receipt} == {ReceiptStatus.DELIVERED}
    assert all(found)
