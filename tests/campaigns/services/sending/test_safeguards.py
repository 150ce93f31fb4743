"""What must hold when something comes at a bad moment: a wait, a slow vendor, an opt-out, a lost answer, a halt."""

import asyncio
import threading
import time
from contextlib import closing
from datetime import timedelta
from time import monotonic

import pytest
from django.utils import timezone

from campaigns.models import Campaign, DueMessage, Leaving, Message, OpenMessage, ProviderAccount
from campaigns.rules.pacing import SLACK_SECONDS
from campaigns.services.planning.launching import start_due_campaigns
from campaigns.services.results.polling import look_due
from campaigns.services.sending import stopping
from campaigns.services.sending.dispatching import dispatch_due
from campaigns.services.sending.sending_line import NOT_BEGUN, Request, SendingLine, Sent
from campaigns.services.sending.waking import wake_all
from campaigns.services.suppressing import suppress
from providers.base import Duplicate, OutboundSms, TurnedAway, Unknown
from tests.factories import make_account, make_phone
from tests.fakes import wait_for_homecoming

from .test_dispatching import dispatch, launched_campaign, ready_campaign, states
from .test_stopping import booked_campaign

pytestmark = pytest.mark.django_db(transaction=True)


def test_nothing_begins_while_the_account_must_wait(vendor, queued):
    campaign = launched_campaign(contacts=3)
    campaign.account.hold_back(30, now=time.time())
    dispatch(campaign)
    assert set(states(campaign)) == {"queued"}
    assert vendor.asked == []


def test_what_a_slow_vendor_keeps_waiting_is_checked_again_before_it_leaves(vendor, queued, monkeypatch):
    """Four requests at once, a second and a half each: the rest may not lie in our hand, begun and beyond a stop."""
    account = make_account(provider="scripted", requests_per_second=4)
    quick = vendor.submit

    async def slow(self, batch):
        await asyncio.sleep(1.5)
        return await quick(self, batch)

    monkeypatch.setattr(vendor, "submit", slow)
    monkeypatch.setattr("campaigns.services.sending.waves.AHEAD_SECONDS", 60)
    monkeypatch.setattr("campaigns.services.sending.waves.Waves.size", 20)
    monkeypatch.setattr(ProviderAccount, "pace", 1000.0)
    campaign = launched_campaign(contacts=20, account=account)
    dispatch(campaign, seconds=1)
    assert sorted(states(campaign)) == ["accepted"] * 4 + ["queued"] * 16
    assert len(vendor.asked) == 4


@pytest.mark.parametrize(
    "slip", [pytest.param(-60.0, id="the machine slept"), pytest.param(3_600.0, id="the clock was set back")]
)
def test_a_request_far_from_its_time_comes_back_unsent(vendor, monkeypatch, slip):
    monkeypatch.setattr("campaigns.services.sending.sending_line.SLIP_SECONDS", 0.1)
    sms = OutboundSms(reference="r" * 24, to=make_phone(), body="ご予約は明日です。", sender_id="54321")
    message = Leaving(1, 1, sms.reference, sms.to, sms.body)
    sent: list[Sent] = []
    with closing(SendingLine(make_account(provider="scripted"))) as line:
        line.put([Request(time.time() + slip, [sms], [message])])
        while line.in_hand:
            sent += line.take(after=0.02)
    assert sent == [Sent(message, sms, TurnedAway(NOT_BEGUN))]
    assert vendor.asked == []


def test_what_a_dead_worker_held_is_waited_for_and_then_asked_about(vendor, queued):
    """By the slices themselves: the schedule's minute would come a minute later."""
    campaign = launched_campaign(contacts=2)
    now = timezone.now()
    start_due_campaigns(now)
    token = DueMessage.objects.reserve([campaign.pk], 2, now=now, seconds=30)
    Message.objects.begin_send(token, [campaign.pk], now)
    queued.clear()
    dispatch(campaign)
    assert ("dispatch_account", (campaign.account_id,)) in queued
    assert set(states(campaign)) == {"sending"}
    DueMessage.objects.update(reserved_until=now - timedelta(seconds=1))
    queued.clear()
    dispatch(campaign)
    assert set(states(campaign)) == {"unknown"}
    assert ("look_due", (campaign.account_id,)) in queued
    assert ("dispatch_account", (campaign.account_id,)) not in queued


def test_an_adapter_that_fails_leaves_no_message_hanging(vendor, queued):
    campaign = launched_campaign(contacts=2)
    vendor.answers = [KeyError("client_id")] * 2
    dispatch(campaign)
    assert set(states(campaign)) <= {"unknown", "queued"}
    assert campaign.state == "holding"
    assert campaign.hold_reason == "adapter_failed"


def test_schedules_far_ahead_take_no_share_of_a_wave(vendor, queued):
    account = make_account(provider="scripted")
    for _ in range(3):
        later = ready_campaign(1, account=account, scheduled_for=timezone.now() + timedelta(days=9))
        Campaign.objects.filter(pk=later.pk).update(state="scheduled", starts_at=later.scheduled_for)
    now = launched_campaign(contacts=40, account=account)
    dispatch(now, seconds=0.3)
    assert set(states(now)) == {"accepted"}


def test_a_booking_is_complete_once_its_time_has_come(vendor, queued):
    campaign = booked_campaign(vendor)
    Campaign.objects.update(starts_at=timezone.now())
    wake_all()
    campaign.refresh_from_db()
    assert campaign.state == "completed"


def test_who_opts_out_is_taken_out_of_a_booking(vendor, queued):
    campaign = booked_campaign(vendor)
    phone = Message.objects.first().phone
    suppress([phone], reason="opt_out", source="電話")
    assert ("recall_opted_out", ()) in queued
    stopping.recall_opted_out(campaign.account)
    assert Message.objects.get(phone=phone).state == "suppressed"
    assert Message.objects.exclude(phone=phone).get().state == "booked"


def test_a_booking_without_an_answer_is_taken_back_too(vendor, queued):
    vendor.answers = [Unknown("no_answer")] * 2
    campaign = booked_campaign(vendor)
    assert set(states(campaign)) == {"unknown"}
    receipt = stopping.stop_campaign(campaign, campaign.created_by)
    stopping.recall_messages(Campaign.objects.get(pk=campaign.pk), until=monotonic() + 5)
    assert (receipt.at_vendor, set(states(campaign))) == (2, {"cancelled"})


def test_a_booking_without_an_answer_is_settled_before_its_time(vendor, queued):
    vendor.answers = [Unknown("no_answer")] * 2
    campaign = booked_campaign(vendor)
    assert OpenMessage.objects.filter(next_look_at__lt=timezone.now() + timedelta(minutes=1)).count() == 2
    OpenMessage.objects.update(next_look_at=timezone.now())
    vendor.answers = [Duplicate(), Duplicate()]
    look_due(campaign.account)
    assert set(states(campaign)) == {"booked"}


def test_a_campaign_that_starts_on_a_halted_account_is_held(vendor, queued):
    campaign = launched_campaign(contacts=1)
    campaign.account.halt("quota_used_up", now=timezone.now())
    wake_all()
    campaign.refresh_from_db()
    assert (campaign.state, campaign.hold_reason) == ("holding", "quota_used_up")


def test_a_worker_whose_lease_was_taken_begins_nothing_more(vendor, queued, monkeypatch):
    campaign = launched_campaign(contacts=60, account=make_account(provider="scripted", requests_per_second=40))
    monkeypatch.setattr("campaigns.services.sending.dispatching.RENEW_SECONDS", 0)
    monkeypatch.setattr(ProviderAccount, "renew_lease", lambda self, lease, **_: not vendor.asked)
    dispatch(campaign)
    assert 0 < len(vendor.asked) < 60
    assert DueMessage.objects.filter(token="").count() == 60 - len(vendor.asked)


def test_after_a_standstill_nothing_is_caught_up_in_a_burst(vendor, queued):
    """A vendor counts what comes in a second, not what we meant to send in the one before."""
    campaign = launched_campaign(contacts=10, account=make_account(provider="scripted", requests_per_second=50))
    left_at = []
    vendor.on_submit = staticmethod(lambda sms: (left_at.append(time.time()), len(left_at) == 1 and time.sleep(0.3)))
    dispatch(campaign)
    assert len(left_at) == 10
    assert left_at[-1] - left_at[1] >= 8 / campaign.account.pace - SLACK_SECONDS


def test_a_slice_that_ends_leaves_its_account_to_the_next_while_answers_are_outstanding(vendor, queued, monkeypatch):
    quick = vendor.submit
    may_answer = threading.Event()

    async def slow(self, batch):
        while not may_answer.is_set():
            await asyncio.sleep(0.01)
        return await quick(self, batch)

    monkeypatch.setattr(vendor, "submit", slow)
    account = make_account(provider="scripted", requests_per_second=40)
    campaign = launched_campaign(contacts=60, account=account)
    dispatch_due(ProviderAccount.objects.get(pk=account.pk), until=monotonic() + 0.3)
    assert account.take_lease(now=timezone.now(), seconds=30)
    assert "sending" in states(campaign)
    may_answer.set()
    wait_for_homecoming()
    assert set(states(campaign)) == {"accepted", "queued"}
    assert DueMessage.objects.filter(token="").count() == 60 - len(vendor.asked)
