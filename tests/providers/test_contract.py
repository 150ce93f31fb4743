"""The same questions put to every registered vendor, over real HTTP, against its stand-in."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest

from providers.base import (
    Accepted,
    CancelOutcome,
    DeliveryReceipt,
    Duplicate,
    Outcome,
    Provider,
    ReceiptStatus,
    Refused,
    TurnedAway,
    Unknown,
    Webhook,
    submit_safely,
)
from providers.errors import AccountRefused, NotReached, OutcomeUnknown
from providers.registry import PROVIDERS

from .contract_bench import CUSTOMERS, JST, Bench, vendors
from .sandbox.helpers import Receiver

A_WHILE = 3600.0  # after which the pretend network has said its last word


def test_every_vendor_is_a_customer_here() -> None:
    assert set(CUSTOMERS) == set(PROVIDERS)


# The account.


@vendors()
def test_a_good_account_passes_the_check(bench: Bench) -> None:
    bench.ask(lambda provider: provider.check())


@vendors()
def test_each_credential_is_checked(bench: Bench) -> None:
    for name in PROVIDERS[bench.slug].credential_names:
        with pytest.raises(AccountRefused):
            bench.ask(lambda provider: provider.check(), **{name: "9" * 32})


@vendors()
def test_a_wrong_address_is_told_from_wrong_credentials(bench: Bench) -> None:
    bench.base_url += "elsewhere/"
    with pytest.raises(NotReached):
        bench.ask(lambda provider: provider.check())


@vendors()
def test_a_sender_that_is_not_ours_stops_the_account(bench: Bench) -> None:
    with pytest.raises(AccountRefused):
        bench.submit(bench.sms(sender_id=bench.customer.wrong_sender))
    assert bench.handed_over("r-1") == 0


# A message.


@vendors()
def test_a_message_is_taken_once(bench: Bench) -> None:
    (outcome,) = bench.submit(bench.sms(body="あ+い&う=え\n%20 #;"))
    assert isinstance(outcome, Accepted)
    (entry,) = bench.control.entries(reference="r-1")
    assert (entry["number"], entry["handed_over"]) == ("+818011119901", 1)


@vendors("rejects_duplicates")
def test_a_repeated_reference_is_told_and_not_sent_again(bench: Bench) -> None:
    first, second = bench.submit(bench.sms(), bench.sms())
    assert isinstance(first, Accepted)
    assert second == Duplicate()
    assert bench.handed_over("r-1") == 1


@vendors()
def test_a_number_it_cannot_take_is_refused(bench: Bench) -> None:
    wrong = bench.customer.wrong_number
    (outcome,) = bench.submit(bench.sms(to=wrong))
    assert isinstance(outcome, Refused)
    assert outcome.reason == "recipient_invalid"
    assert not PROVIDERS[bench.slug].accepts(wrong)


@vendors()
def test_a_body_too_long_is_refused(bench: Bench) -> None:
    (outcome,) = bench.submit(bench.sms(body="あ" * 5000))
    assert isinstance(outcome, Refused)
    assert outcome.reason == "body_too_long"


@vendors()
def test_many_at_once_are_each_taken_once(bench: Bench) -> None:
    async def story(provider: Provider) -> list[list[Outcome]]:
        return await asyncio.gather(*(submit_safely(provider, [bench.sms(f"r-{place}")]) for place in range(200)))

    outcomes = bench.ask(story)
    assert all(isinstance(outcome, Accepted) for (outcome,) in outcomes)
    ledger = bench.control.ledger()
    assert (ledger["parcels"], ledger["handed_over"]) == (200, 200)


# Trouble on the way.


@pytest.mark.parametrize(
    ("fault", "outcome"),
    [
        pytest.param({"kind": "http_429"}, TurnedAway("throttled"), id="throttled"),
        pytest.param({"kind": "http_503"}, Unknown("unexpected_status", "503"), id="503"),
        pytest.param({"kind": "html_page"}, Unknown("unexpected_status", "503"), id="a page with 503"),
        pytest.param({"kind": "html_page", "status": 200}, Unknown("unreadable_reply"), id="a page with 200"),
        pytest.param({"kind": "reset"}, Unknown("no_answer"), id="reset"),
    ],
)
@vendors()
def test_trouble_without_being_taken(bench: Bench, fault: dict[str, object], outcome: Outcome) -> None:
    bench.set_faults(fault)
    assert bench.submit(bench.sms()) == [outcome]
    assert bench.handed_over("r-1") == 0


@vendors()
def test_after_a_500_nobody_knows(bench: Bench) -> None:
    bench.set_faults({"kind": "http_500"})
    (outcome,) = bench.submit(bench.sms())
    assert isinstance(outcome, Unknown)


@pytest.mark.parametrize(
    "fault",
    [
        pytest.param({"kind": "reset", "taken": True}, id="reset"),
        pytest.param({"kind": "http_500", "taken": True}, id="500"),
        pytest.param({"kind": "http_503", "taken": True}, id="503"),
        pytest.param({"kind": "html_page", "taken": True}, id="a page"),
        pytest.param({"kind": "truncated_json"}, id="half an answer"),
    ],
)
@vendors()
def test_taken_with_the_answer_lost_is_unknown_and_not_repeated(bench: Bench, fault: dict[str, object]) -> None:
    bench.set_faults(fault)
    (outcome,) = bench.submit(bench.sms())
    assert isinstance(outcome, Unknown)
    assert bench.handed_over("r-1") == 1


@vendors("rejects_duplicates")
def test_after_a_lost_answer_the_same_reference_tells_that_it_was_taken(bench: Bench) -> None:
    bench.set_faults({"kind": "reset", "taken": True, "times": 1})
    first, second = bench.submit(bench.sms(), bench.sms())
    assert (first, second) == (Unknown("no_answer"), Duplicate())
    assert bench.handed_over("r-1") == 1


@vendors("look_up")
def test_after_a_lost_answer_a_look_up_finds_it(bench: Bench) -> None:
    bench.set_faults({"kind": "reset", "taken": True, "times": 1})
    bench.submit(bench.sms())
    assert bench.ask(lambda provider: provider.look_up("r-1")) is not None


@vendors()
def test_a_closed_door_stops_the_account(bench: Bench) -> None:
    bench.set_faults({"kind": "http_403"})
    with pytest.raises(AccountRefused):
        bench.submit(bench.sms())


@vendors()
def test_a_mislabelled_or_trickling_answer_still_counts(bench: Bench) -> None:
    bench.set_faults({"kind": "wrong_content_type", "times": 1}, {"kind": "slow_drip", "seconds": 0.1})
    outcomes = bench.submit(bench.sms("r-1"), bench.sms("r-2"))
    assert all(isinstance(outcome, Accepted) for outcome in outcomes)


# What became of it.

FATES = [
    pytest.param("delivered_fast", ReceiptStatus.DELIVERED, "", id="delivered"),
    pytest.param("dead_number", ReceiptStatus.UNDELIVERED, "number_dead", id="number not in use"),
    pytest.param("out_of_range", ReceiptStatus.UNDELIVERED, "out_of_reach", id="out of reach"),
    pytest.param("refused", ReceiptStatus.UNDELIVERED, "blocked_by_recipient", id="blocked"),
    pytest.param("congested", ReceiptStatus.UNDELIVERED, "congestion", id="congestion"),
    pytest.param("never_final", ReceiptStatus.IN_TRANSIT, "", id="on its way for ever"),
    pytest.param("failed_then_delivered", ReceiptStatus.DELIVERED, "", id="failed, then delivered"),
]


@pytest.mark.parametrize(("fate", "status", "reason"), FATES)
@vendors("look_up")
def test_look_up_tells_the_fate(bench: Bench, fate: str, status: ReceiptStatus, reason: str) -> None:
    bench.submit(bench.sms(fate=fate))
    bench.control.advance(A_WHILE)
    receipt = bench.ask(lambda provider: provider.look_up("r-1"))
    assert receipt is not None
    told = bench.customer.causes.get(reason, reason)
    assert (receipt.reference, receipt.status, receipt.reason) == ("r-1", status, told)
    if status is ReceiptStatus.DELIVERED:
        assert receipt.parts == 1
        assert receipt.carrier in ("docomo", "au", "softbank", "rakuten")
        assert receipt.occurred_at is not None
        assert abs(receipt.occurred_at - bench.now()) < timedelta(seconds=2 * A_WHILE)


@vendors("look_up")
def test_look_up_of_a_stranger_finds_none(bench: Bench) -> None:
    bench.submit(bench.sms("r-10"))
    assert bench.ask(lambda provider: provider.look_up("r-1")) is None


@vendors("look_up_day")
def test_a_day_tells_of_all(bench: Bench) -> None:
    bench.control.advance(bench.seconds_until(bench.noon_in(days=1)))  # no midnight in between
    bench.submit(bench.sms("r-1"), bench.sms("r-2", "dead_number"))
    day = bench.now().astimezone(JST).date()
    found = bench.ask(lambda provider: provider.look_up_day(day))
    assert {receipt.reference for receipt in found} == {"r-1", "r-2"}
    assert bench.ask(lambda provider: provider.look_up_day(day - timedelta(days=3))) == []


@pytest.mark.parametrize(
    ("fate", "told"),
    [
        pytest.param("delivered_fast", [ReceiptStatus.DELIVERED], id="delivered"),
        pytest.param("dead_number", [ReceiptStatus.UNDELIVERED], id="number not in use"),
        pytest.param("receipt_twice", [ReceiptStatus.DELIVERED] * 2, id="told twice"),
        pytest.param("receipt_before_answer", [ReceiptStatus.DELIVERED], id="told before the answer"),
        pytest.param(
            "receipts_out_of_order", [ReceiptStatus.DELIVERED, ReceiptStatus.IN_TRANSIT], id="told in the wrong order"
        ),
    ],
)
@vendors("receipts")
def test_receipts_tell_the_fate_in_every_form(bench: Bench, fate: str, told: list[ReceiptStatus]) -> None:
    if not bench.customer.tells_stages:
        told = [status for status in told if status is not ReceiptStatus.IN_TRANSIT]
    for place, settings in enumerate(bench.customer.receipt_settings):
        reference = f"r-{place}"
        receiver = Receiver([])
        try:
            address = {"callback_url": receiver.url}
            bench.control.register_account(bench.slug, **bench.customer.settings, **address, **settings)
            bench.submit(bench.sms(reference, fate))
            assert receiver.has(len(told))
        finally:
            receiver.close()
        receipts = [receipt for call in receiver.requests for receipt in parse(bench, *call)]
        assert [receipt.status for receipt in receipts] == told
        assert {receipt.reference for receipt in receipts} == {reference}


def parse(bench: Bench, content_type: str, body: bytes) -> list[DeliveryReceipt]:
    async def story(provider: Provider) -> list[DeliveryReceipt]:
        return provider.parse_receipts(Webhook(body, content_type))

    return bench.ask(story)


# Bookings.


@vendors("books")
def test_a_booking_waits_until_its_time(bench: Bench) -> None:
    noon = bench.noon_in(days=1)
    (outcome,) = bench.submit(bench.sms(scheduled_for=noon.astimezone(JST)))
    assert isinstance(outcome, Accepted)
    sender_id = bench.customer.sender_id
    (booking,) = bench.ask(lambda provider: provider.bookings(noon.date(), sender_id=sender_id))
    assert (booking.reference, booking.to, booking.scheduled_for) == ("r-1", "+818011119901", noon)
    assert bench.handed_over("r-1") == 0

    bench.control.advance(bench.seconds_until(noon) + 60)
    assert bench.booked(noon) == set()
    assert bench.handed_over("r-1") == 1


@vendors("books")
def test_a_time_gone_by_sends_nothing(bench: Bench) -> None:
    (outcome,) = bench.submit(bench.sms(scheduled_for=bench.now() - timedelta(hours=1)))
    assert isinstance(outcome, Refused)
    assert outcome.reason == "schedule_invalid"
    assert bench.handed_over("r-1") == 0


@vendors("cancels")
def test_a_booking_is_taken_back_once(bench: Bench) -> None:
    noon = bench.noon_in(days=1)
    bench.submit(bench.sms("r-1", scheduled_for=noon), bench.sms("r-2", scheduled_for=noon))
    assert bench.ask(lambda provider: provider.cancel("r-1")) is CancelOutcome.CANCELLED
    assert bench.booked(noon) == {"r-2"}
    again = bench.ask(lambda provider: provider.cancel("r-1"))
    assert again in (CancelOutcome.NOT_FOUND, CancelOutcome.CANCELLED)  # not every vendor remembers
    assert bench.ask(lambda provider: provider.cancel("stranger")) is CancelOutcome.NOT_FOUND


@vendors("cancels")
def test_what_has_gone_out_cannot_be_taken_back(bench: Bench) -> None:
    bench.submit(bench.sms())
    assert bench.ask(lambda provider: provider.cancel("r-1")) is CancelOutcome.TOO_LATE


@vendors("cancels")
def test_a_cancellation_with_its_answer_lost_is_raised(bench: Bench) -> None:
    noon = bench.noon_in(days=1)
    bench.submit(bench.sms(scheduled_for=noon))
    bench.set_faults({"kind": "reset", "taken": True, "times": 1}, cancelling=True)
    with pytest.raises(OutcomeUnknown):
        bench.ask(lambda provider: provider.cancel("r-1"))
    assert bench.booked(noon) == set()


@vendors("cancels_group")
def test_a_group_is_taken_back_and_nobody_elses(bench: Bench) -> None:
    noon, later = bench.noon_in(days=1), bench.noon_in(days=3)
    bench.submit(
        bench.sms("a-1", scheduled_for=noon, group="a"),
        bench.sms("a-2", scheduled_for=later, group="a"),
        bench.sms("b-1", scheduled_for=noon, group="b"),
    )
    assert bench.booked(noon, group="a") == {"a-1"}
    bench.ask(lambda provider: provider.cancel_group("a", last=noon.date()))
    assert (bench.booked(noon), bench.booked(later)) == ({"b-1"}, {"a-2"})
    bench.ask(lambda provider: provider.cancel_group("a"))
    assert (bench.booked(noon), bench.booked(later)) == ({"b-1"}, set())


@vendors("cancels_group")
def test_everything_at_once_cannot_be_taken_back(bench: Bench) -> None:
    noon = bench.noon_in(days=1)
    bench.submit(bench.sms(scheduled_for=noon))
    with pytest.raises(ValueError, match="every booking"):
        bench.ask(lambda provider: provider.cancel_group(""))
    assert bench.booked(noon) == {"r-1"}


# Counts.


@vendors("month_counts", "look_up_day")
def test_the_months_count_agrees_with_the_receipts(bench: Bench) -> None:
    bench.control.advance(bench.seconds_until(bench.noon_in(days=1)))  # no midnight in between
    bench.submit(*(bench.sms(f"r-{place}", to=f"+8180{place}1119901", body="あ" * 71) for place in range(1, 9)))
    bench.submit(bench.sms("failed", "dead_number"))
    today = bench.now().astimezone(JST).date()
    bench.control.advance(5)
    found = bench.ask(lambda provider: provider.look_up_day(today))
    by_carrier = dict.fromkeys(("docomo", "au", "softbank", "rakuten"), 0)
    for receipt in found:
        if receipt.status is ReceiptStatus.DELIVERED:
            by_carrier[receipt.carrier] += receipt.parts or 0
    assert sum(by_carrier.values()) == 16
    assert bench.ask(lambda provider: provider.month_counts(today)) == by_carrier


@vendors("month_counts")
def test_a_month_without_traffic_counts_nothing(bench: Bench) -> None:
    counts = bench.ask(lambda provider: provider.month_counts(bench.now().date()))
    assert set(counts.values()) == {0}
