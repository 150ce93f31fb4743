"""What must hold when something comes at a bad moment: a wait, a slow vendor, an opt-out, a lost answer, a halt."""

import asyncio
import itertools
import re
import threading
import time
from contextlib import closing
from datetime import timedelta
from time import monotonic

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from campaigns.errors import RuleError
from campaigns.models import Campaign, DueMessage, Leaving, Message, OpenMessage, ProviderAccount
from campaigns.models.due_message import MOST_ATTEMPTS
from campaigns.rules.pacing import SLACK_SECONDS
from campaigns.services.planning.launching import launch, start_due_campaigns
from campaigns.services.planning.preparing import prepare_campaign, start_preparation
from campaigns.services.results.polling import look_due
from campaigns.services.results.settling import doubt_expired
from campaigns.services.sending import stopping
from campaigns.services.sending.dispatching import dispatch_due
from campaigns.services.sending.recording import record_sent
from campaigns.services.sending.sending_line import NOT_BEGUN, Request, SendingLine, Sent
from campaigns.services.sending.stopping import resume_campaign
from campaigns.services.sending.waking import wake_all
from campaigns.services.sending.waves import Waves
from campaigns.services.suppressing import suppress
from providers.base import Accepted, Duplicate, OutboundSms, Refused, TurnedAway, Unknown
from providers.errors import OutcomeUnknown
from tests.factories import make_account, make_campaign, make_phone, make_suppression
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


@pytest.mark.parametrize(
    ("answer", "state", "in_doubt"),
    [
        pytest.param(Accepted("v-1"), "accepted", False, id="it was taken"),
        pytest.param(Refused("recipient_invalid", "110"), "refused", True, id="it was refused"),
        pytest.param(TurnedAway("throttled"), "unknown", True, id="turned away: nobody sends it a second time"),
        pytest.param(Unknown("no_answer"), "unknown", True, id="still not known"),
    ],
)
def test_a_late_answer_to_what_was_given_up_for_lost_still_counts(vendor, queued, answer, state, in_doubt):
    campaign = launched_campaign(contacts=1)
    start_due_campaigns(timezone.now())
    (leaving,) = Waves(campaign.account)._take([campaign], timezone.now(), 0.0).messages
    DueMessage.objects.update(reserved_until=timezone.now() - timedelta(seconds=1))
    assert doubt_expired(campaign.account, timezone.now())
    record_sent(campaign.account, [Sent(leaving, sms_of(leaving), answer)], timezone.now())
    assert states(campaign) == [state]
    assert OpenMessage.objects.get().in_doubt is in_doubt
    assert not DueMessage.objects.exists()


def test_an_adapter_that_fails_leaves_no_message_hanging(vendor, queued):
    campaign = launched_campaign(contacts=2)
    vendor.answers = [KeyError("client_id")] * 2
    dispatch(campaign)
    assert set(states(campaign)) <= {"unknown", "queued"}
    assert campaign.state == "holding"
    assert campaign.hold_reason == "adapter_failed"


def test_an_adapter_that_cannot_even_begin_puts_nothing_in_doubt(vendor, queued, monkeypatch):
    def lacks_a_key(self, client, credentials):
        raise KeyError("api_secret")

    campaign = launched_campaign(contacts=2)
    start_due_campaigns(timezone.now())
    monkeypatch.setattr(vendor, "__init__", lacks_a_key)
    dispatch(campaign)
    assert set(states(campaign)) == {"queued"}
    assert (campaign.state, campaign.hold_reason) == ("holding", "adapter_failed")


def test_schedules_far_ahead_take_no_share_of_a_wave(vendor, queued):
    account = make_account(provider="scripted", requests_per_second=400)
    for _ in range(3):
        later = ready_campaign(1, account=account, scheduled_for=timezone.now() + timedelta(days=9))
        Campaign.objects.filter(pk=later.pk).update(state="scheduled", starts_at=later.scheduled_for)
    now = launched_campaign(contacts=40, account=account)
    Waves(account).next(not_before=0)
    assert set(states(now)) == {"sending"}


def test_a_small_campaign_beside_a_large_one_leaves_with_the_next_waves(vendor, queued):
    """A wave is a quarter second of pace and begins half a second ahead: two of them are over within three seconds."""
    account = make_account(provider="scripted", requests_per_second=40)
    large = launched_campaign(contacts=60, account=account)
    Waves(account).next(not_before=0)
    urgent = launched_campaign(contacts=8, account=account)
    for _ in range(2):
        Waves(account).next(not_before=0)
    assert set(states(urgent)) == {"sending"}
    assert states(large).count("queued") > 0


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
    assert ("recall_unwanted", ()) in queued
    stopping.recall_unwanted(campaign.account)
    assert Message.objects.get(phone=phone).state == "suppressed"
    assert Message.objects.exclude(phone=phone).get().state == "booked"


def test_bookings_that_cannot_be_taken_back_keep_no_other_from_it(vendor, queued, monkeypatch):
    """Two opted out an hour apart, and a task asks about one."""
    monkeypatch.setattr(stopping, "RECALL_AT_ONCE", 1)
    past, coming = booked_campaign(vendor), booked_campaign(vendor)
    Campaign.objects.filter(pk=past.pk).update(starts_at=timezone.now())
    Campaign.objects.filter(pk=coming.pk).update(account=past.account)
    Message.objects.update(account=past.account)
    OpenMessage.objects.update(account=past.account)
    make_suppression(phone=past.messages.first().phone)
    for message in coming.messages.all():
        make_suppression(phone=message.phone)
    queued.clear()
    stopping.recall_unwanted(past.account)
    assert sorted(states(coming)) == ["booked", "suppressed"]
    assert ("recall_unwanted", ()) in queued
    stopping.recall_unwanted(past.account)
    assert states(coming) == ["suppressed"] * 2


def test_a_booking_without_an_answer_is_taken_back_too(vendor, queued):
    vendor.answers = [Unknown("no_answer")] * 2
    campaign = booked_campaign(vendor)
    assert set(states(campaign)) == {"unknown"}
    receipt = stopping.stop_campaign(campaign, campaign.created_by)
    with time_machine.travel(timezone.now() + stopping.DOUBT_HOLDS_FOR + timedelta(seconds=1)):
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


def test_a_wave_held_up_by_the_database_is_still_a_booking(vendor, queued, monkeypatch):
    """Decided while there was time to book; sent now it would arrive minutes before its time."""
    campaign = make_campaign(
        account=make_account(provider="scripted"),
        held_at="vendor",
        scheduled_for=timezone.now() + timedelta(seconds=vendor.capabilities.book_at_least_ahead + 60),
    )
    start_preparation(campaign)
    prepare_campaign(campaign, until=monotonic() + 5)
    campaign.refresh_from_db()
    launch(campaign, campaign.created_by)
    buy_pace = ProviderAccount.buy_pace

    with time_machine.travel(timezone.now()) as clock:

        def buy_after_a_long_wait(self, requests, *, now):
            clock.shift(90)
            return buy_pace(self, requests, now=now)

        monkeypatch.setattr(ProviderAccount, "buy_pace", buy_after_a_long_wait)
        requests = Waves(campaign.account).next(not_before=0)
    assert {sms.scheduled_for for request in requests for sms in request.batch} == {campaign.starts_at}


def locked(queries) -> list[str]:
    """The tables of rows that several transactions change, in the order in which one of them changed them."""
    named = re.findall(r'UPDATE "?(campaigns_campaign|campaigns_provideraccount)"?', " ".join(queries))
    return [name for name, _ in itertools.groupby(named)]


def test_waves_and_outcomes_lock_rows_in_the_same_order(vendor, queued):
    """While answers come home the next slice takes waves: the other way round PostgreSQL would end one of the two."""
    campaign = launched_campaign(contacts=2)
    start_due_campaigns(timezone.now())
    order = ["campaigns_campaign", "campaigns_provideraccount"]
    waves, at = Waves(campaign.account), timezone.now()
    with CaptureQueriesContext(connection) as taking:
        wave = waves._take([campaign], at, 0.0)
    assert locked(query["sql"] for query in taking) == order
    sent = [Sent(each, sms_of(each), TurnedAway("throttled", 5.0)) for each in wave.messages]
    with CaptureQueriesContext(connection) as recording:
        record_sent(campaign.account, sent, at)
    queries = [query["sql"] for query in recording]
    assert locked(queries[: next(n for n, sql in enumerate(queries) if '"trouble"' in sql)]) == order


def sms_of(message: Leaving) -> OutboundSms:
    return OutboundSms(reference=message.reference, to=message.phone, body=message.body, sender_id="54321")


def test_a_campaign_that_starts_on_a_halted_account_is_held(vendor, queued):
    campaign = launched_campaign(contacts=1)
    campaign.account.halt("quota_used_up", now=timezone.now())
    wake_all()
    campaign.refresh_from_db()
    assert (campaign.state, campaign.hold_reason) == ("holding", "quota_used_up")


@pytest.mark.parametrize("state", ["sending", "scheduled"])
def test_on_an_account_out_of_use_nothing_leaves_and_only_a_person_goes_on(vendor, queued, state):
    campaign = launched_campaign(contacts=1)
    Campaign.objects.update(state=state)
    ProviderAccount.objects.update(is_active=False)
    dispatch(campaign)
    wake_all()
    campaign.refresh_from_db()
    assert (vendor.asked, campaign.state, campaign.hold_reason) == ([], "holding", "switched_off")
    campaign = Campaign.objects.get(pk=campaign.pk)
    with pytest.raises(RuleError, match="使用停止中のため再開できません"):
        resume_campaign(campaign, campaign.created_by)
    ProviderAccount.objects.update(is_active=True)
    dispatch(campaign)
    assert vendor.asked == []
    campaign = Campaign.objects.get(pk=campaign.pk)
    resume_campaign(campaign, campaign.created_by)
    dispatch(campaign)
    assert len(vendor.asked) == 1


def test_switching_off_is_felt_by_a_slice_that_is_at_work(vendor, queued):
    campaign = launched_campaign(contacts=3)
    waves = Waves(campaign.account)
    ProviderAccount.objects.update(is_active=False)
    assert waves.next(not_before=0) == []


def test_a_doubt_is_not_settled_by_sending_on_an_account_out_of_use(vendor, queued):
    campaign = launched_campaign(contacts=1)
    vendor.answers = [OutcomeUnknown()]
    dispatch(campaign)
    ProviderAccount.objects.update(is_active=False)
    OpenMessage.objects.update(next_look_at=timezone.now())
    look_due(ProviderAccount.objects.get())
    assert len(vendor.asked) == 1


def test_a_halt_that_was_cleared_meanwhile_holds_nothing_again(vendor, queued):
    """A task, or the schedule, that read the account just before somebody resumed."""
    campaign = launched_campaign(contacts=1)
    start_due_campaigns(timezone.now())
    campaign.account.halt("credentials_refused", now=timezone.now())
    as_read_before = ProviderAccount.objects.get(pk=campaign.account_id)
    ProviderAccount.objects.update(halted_reason="", halted_at=None)
    dispatch_due(as_read_before, until=monotonic() + 5)
    campaign.refresh_from_db()
    assert campaign.state == "sending"
    assert not ProviderAccount.objects.get().is_halted


def test_a_vendor_that_turns_away_all_day_is_counted_no_further_than_the_column_holds(vendor, queued):
    campaign = launched_campaign(contacts=1)
    DueMessage.objects.update(attempts=MOST_ATTEMPTS)
    vendor.answers = [TurnedAway("throttled", 30.0)]
    dispatch(campaign)
    assert states(campaign) == ["queued"]
    assert DueMessage.objects.get().attempts == MOST_ATTEMPTS


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
