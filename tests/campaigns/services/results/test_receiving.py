from dataclasses import replace
from datetime import timedelta
from math import inf

import pytest
from django.utils import timezone

from campaigns.models import DayCount, DueMessage, Message, OpenMessage, ReceiptLog, Suppression
from campaigns.services.results.applying import apply_receipts
from campaigns.services.results.counting import fetch_vendor_counts, recount_touched
from campaigns.services.results.hearing import hear
from campaigns.services.results.polling import look_due
from campaigns.services.results.receiving import receive
from providers.base import Accepted, DeliveryReceipt, Duplicate, ReceiptStatus, Refused, TurnedAway
from providers.errors import NotReached
from tests.factories import make_account, make_campaign, make_message

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def message(vendor, queued):
    campaign = make_campaign(account=make_account(provider="scripted"), state="sending", starts_at=timezone.now())
    return make_message(campaign, state="accepted")


def receipt(message, status: ReceiptStatus, **details) -> DeliveryReceipt:
    return DeliveryReceipt(message.reference, status, **details)


def opened(message, **overrides) -> OpenMessage:
    now = timezone.now()
    values = {"message": message, "account": message.account, "next_look_at": now, "since": now} | overrides
    return OpenMessage.objects.create(**values)


def state_of(message) -> str:
    message.refresh_from_db()
    return message.state


@pytest.mark.parametrize(
    ("before", "word", "after"),
    [
        ("accepted", "delivered", "delivered"),
        ("accepted", "undelivered", "undelivered"),
        ("sending", "delivered", "delivered"),
        ("queued", "delivered", "delivered"),
        ("unknown", "in_transit", "accepted"),
        ("unknown", "delivered", "delivered"),
        ("booked", "in_transit", "accepted"),
        ("undelivered", "delivered", "delivered"),
        ("delivered", "undelivered", "delivered"),
        ("delivered", "in_transit", "delivered"),
        ("undelivered", "in_transit", "undelivered"),
        ("no_result", "delivered", "delivered"),
        ("accepted", "unknown", "accepted"),
        ("booked", "cancelled", "cancelled"),
        ("accepted", "cancelled", "cancelled"),
        ("cancelled", "in_transit", "cancelled"),
        ("suppressed", "delivered", "delivered"),
        ("expired", "undelivered", "undelivered"),
        ("queued", "in_transit", "accepted"),
        ("excluded", "delivered", "excluded"),
    ],
)
def test_a_later_word_moves_a_message_forward_only(message, before, word, after):
    Message.objects.update(state=before)
    hear(message.account, [receipt(message, ReceiptStatus(word))], timezone.now())
    assert state_of(message) == after


def test_a_final_word_closes_the_message_everywhere(message):
    opened(message)
    facts = {"vendor_code": "2", "carrier": "docomo", "parts": 2, "occurred_at": timezone.now() - timedelta(minutes=3)}
    hear(message.account, [receipt(message, ReceiptStatus.DELIVERED, **facts)], timezone.now())
    message.refresh_from_db()
    assert (message.carrier, message.billed_parts, message.final_at) == ("docomo", 2, facts["occurred_at"])
    assert not OpenMessage.objects.exists()


def test_a_message_the_vendor_speaks_of_is_not_sent_again(message):
    Message.objects.update(state="queued")
    DueMessage.objects.create(
        message=message, account=message.account, campaign=message.campaign, phone=message.phone, due_at=timezone.now()
    )
    hear(message.account, [receipt(message, ReceiptStatus.DELIVERED)], timezone.now())
    assert not DueMessage.objects.exists()


def test_another_account_s_receipt_changes_nothing(message):
    hear(make_account(provider="scripted"), [receipt(message, ReceiptStatus.DELIVERED)], timezone.now())
    assert state_of(message) == "accepted"


def test_a_call_is_stored_first_and_applied_by_one_task(message, vendor, queued):
    vendor.known = {message.reference: receipt(message, ReceiptStatus.DELIVERED)}
    receive(message.account_id, message.reference.encode(), "text/plain")
    receive(message.account_id, message.reference.encode(), "text/plain")
    assert queued == [("apply_receipts", (message.account_id,))]
    assert state_of(message) == "accepted"
    apply_receipts(message.account, until=inf)
    assert state_of(message) == "delivered"
    assert list(ReceiptLog.objects.values_list("words", "matched", "note")) == [(1, 1, ""), (1, 1, "")]


def test_a_receipt_that_names_only_the_vendor_s_id_finds_its_message(message, vendor):
    Message.objects.update(provider_message_id="v-77")
    vendor.known = {"v-77": DeliveryReceipt("", ReceiptStatus.DELIVERED, provider_message_id="v-77")}
    receive(message.account_id, b"v-77", "text/plain")
    apply_receipts(message.account, until=inf)
    assert state_of(message) == "delivered"


def test_a_receipt_that_is_too_early_is_kept_and_tried_again(message, vendor):
    early = DeliveryReceipt("not-here-yet", ReceiptStatus.DELIVERED)
    vendor.known = {early.reference: early}
    receive(message.account_id, b"not-here-yet", "text/plain")
    apply_receipts(message.account, until=inf)
    log = ReceiptLog.objects.get()
    assert log.applied_at is None
    assert log.retry_at > timezone.now()
    ReceiptLog.objects.update(received_at=timezone.now() - timedelta(hours=25), retry_at=timezone.now())
    apply_receipts(message.account, until=inf)
    assert ReceiptLog.objects.get().note == "unmatched"


def test_counts_follow_the_ledger(message):
    recount_touched(timezone.now())
    hear(message.account, [receipt(message, ReceiptStatus.DELIVERED, parts=1, carrier="au")], timezone.now())
    recount_touched(timezone.now())
    (count,) = DayCount.objects.filter(campaign=message.campaign)
    assert (count.state, count.carrier, count.messages, count.billed_parts) == ("delivered", "au", 1, 1)


def test_the_vendor_s_own_count_is_kept_beside_ours(message):
    assert fetch_vendor_counts(message.account, timezone.now().date()) == {"docomo": 3, "au": 2}
    fetch_vendor_counts(message.account, timezone.now().date())
    assert message.account.vendor_counts.count() == 2


def test_without_a_receipt_the_vendor_is_asked(message, vendor):
    vendor.known = {message.reference: receipt(message, ReceiptStatus.UNDELIVERED, reason="out_of_reach")}
    opened(message)
    look_due(message.account)
    assert state_of(message) == "undelivered"
    assert message.reason == "out_of_reach"


def test_many_messages_of_a_day_are_asked_about_at_once(message, vendor, monkeypatch):
    monkeypatch.setattr(vendor, "capabilities", replace(vendor.capabilities, look_up_day=True))
    monkeypatch.setattr("campaigns.services.results.polling.SLICE", 20)
    others = [make_message(message.campaign, state="accepted") for _ in range(29)]
    for each in (message, *others):
        opened(each)
    asked = []

    async def look_up_day(self, day):
        asked.append(day)
        return [receipt(message, ReceiptStatus.DELIVERED)]

    monkeypatch.setattr(vendor, "look_up_day", look_up_day)
    look_due(message.account)
    look_due(message.account)  # nothing is due any more, however many there were
    assert asked == [message.day]
    assert state_of(message) == "delivered"
    assert OpenMessage.objects.filter(looks=1).count() == 29


def test_every_doubt_of_a_lost_wave_is_settled_however_many_they_are(message, vendor, monkeypatch):
    monkeypatch.setattr(vendor, "capabilities", replace(vendor.capabilities, look_up_day=True))
    monkeypatch.setattr("campaigns.services.results.polling.SLICE", 20)

    async def look_up_day(self, day):
        return []

    monkeypatch.setattr(vendor, "look_up_day", look_up_day)
    lost = [message, *(make_message(message.campaign) for _ in range(44))]
    Message.objects.update(state="unknown", reason="worker_lost")
    for each in lost:
        opened(each, in_doubt=True)
    for _ in range(3):  # the successors that each task queues
        look_due(message.account)
    assert set(Message.objects.values_list("state", flat=True)) == {"accepted"}
    assert len(vendor.asked) == 45


def test_a_message_without_a_result_is_asked_about_again_later_and_ends_as_no_result(message, vendor):
    row = opened(message)
    look_due(message.account)
    row.refresh_from_db()
    assert row.looks == 1
    assert row.next_look_at > timezone.now()
    OpenMessage.objects.update(looks=20, next_look_at=timezone.now())
    look_due(message.account)
    assert state_of(message) == "no_result"
    assert not OpenMessage.objects.exists()


@pytest.mark.parametrize(
    ("answer", "state"),
    [
        pytest.param(Accepted(), "accepted", id="taken now"),
        pytest.param(Duplicate(), "accepted", id="had been taken"),
        pytest.param(Refused("recipient_invalid"), "refused", id="refused"),
        pytest.param(TurnedAway("throttled"), "unknown", id="turned away says nothing of the first time"),
        pytest.param(NotReached(), "unknown", id="not reached"),
    ],
)
def test_doubt_is_settled_by_the_same_reference_again(message, vendor, answer, state):
    Message.objects.update(state="unknown")
    opened(message, in_doubt=True)
    vendor.answers = [answer]
    look_due(message.account)
    assert state_of(message) == state
    assert [sms.reference for sms in vendor.asked] == [message.reference]


def test_who_had_refused_when_a_doubt_is_settled_is_not_texted_again(message, vendor):
    Message.objects.update(state="unknown")
    opened(message, in_doubt=True)
    vendor.answers = [Refused("recipient_opted_out", "113")]
    look_due(message.account)
    assert Suppression.objects.filter(phone=message.phone, reason="opt_out").exists()


@pytest.mark.parametrize(
    ("campaign", "since"),
    [
        pytest.param({"state": "cancelled"}, timedelta(0), id="a person stopped it"),
        pytest.param({"deadline_at": timezone.now() - timedelta(minutes=1)}, timedelta(0), id="its deadline passed"),
        pytest.param({}, timedelta(hours=1), id="too long ago"),
    ],
)
def test_doubt_is_only_looked_up_when_nobody_wants_the_text_any_more(message, vendor, campaign, since):
    Message.objects.update(state="unknown")
    type(message.campaign).objects.update(**campaign)
    opened(message, in_doubt=True, since=timezone.now() - since)
    look_due(message.account)
    assert vendor.asked == []
    assert state_of(message) == "unknown"


def test_a_vendor_that_does_not_reject_duplicates_is_never_asked_twice(message, vendor, monkeypatch):
    monkeypatch.setattr(vendor, "capabilities", replace(vendor.capabilities, rejects_duplicates=False))
    Message.objects.update(state="unknown")
    opened(message, in_doubt=True)
    look_due(message.account)
    assert vendor.asked == []
