from datetime import time, timedelta
from time import monotonic

import pytest
from django.utils import timezone

from campaigns.models import (
    Campaign,
    DueMessage,
    Message,
    OpenMessage,
    PortalSettings,
    ProviderAccount,
    Suppression,
)
from campaigns.services.planning.launching import launch
from campaigns.services.planning.preparing import prepare_campaign, start_preparation
from campaigns.services.sending.dispatching import dispatch_due
from campaigns.services.sending.stopping import pause_campaign, resume_campaign
from providers.base import Accepted, Duplicate, Refused, TurnedAway, Unknown
from providers.errors import AccountRefused, NotReached, OutcomeUnknown
from tests.factories import make_account, make_campaign, make_contact, make_list
from tests.fakes import wait_for_homecoming

pytestmark = pytest.mark.django_db(transaction=True)


def ready_campaign(contacts: int = 3, **overrides) -> Campaign:
    people = [make_contact() for _ in range(contacts)]
    account = overrides.pop("account", None) or make_account(provider="scripted")
    campaign = make_campaign(account=account, lists=[make_list(*people)], **overrides)
    start_preparation(campaign)
    prepare_campaign(campaign, until=monotonic() + 5)
    campaign.refresh_from_db()
    return campaign


def launched_campaign(contacts: int = 3, **overrides) -> Campaign:
    campaign = ready_campaign(contacts, **overrides)
    launch(campaign, campaign.created_by)
    Campaign.objects.filter(pk=campaign.pk).update(starts_at=timezone.now())
    DueMessage.objects.filter(campaign=campaign).update(due_at=timezone.now())
    campaign.refresh_from_db()
    return campaign


def dispatch(campaign: Campaign, *, seconds: float = 5) -> None:
    account = ProviderAccount.objects.get(pk=campaign.account_id)
    dispatch_due(account, until=monotonic() + seconds)
    wait_for_homecoming()
    campaign.refresh_from_db()


def states(campaign: Campaign) -> list[str]:
    return list(Message.objects.filter(campaign=campaign).order_by("pk").values_list("state", flat=True))


def test_every_due_message_is_submitted_once_and_the_campaign_completes(vendor, queued):
    campaign = launched_campaign(contacts=30)
    dispatch(campaign)
    assert len({sms.reference for sms in vendor.asked}) == len(vendor.asked) == 30
    assert set(states(campaign)) == {"accepted"}
    assert campaign.state == "completed"
    assert not DueMessage.objects.exists()
    assert OpenMessage.objects.count() == 30


@pytest.mark.parametrize(
    ("answer", "state", "reason", "is_due", "is_open"),
    [
        pytest.param(Accepted("v-1"), "accepted", "", False, True, id="accepted"),
        pytest.param(Refused("recipient_invalid", "110"), "refused", "recipient_invalid", False, False, id="refused"),
        pytest.param(TurnedAway("throttled", 30.0), "queued", "throttled", True, False, id="turned away"),
        pytest.param(NotReached(), "queued", "not_reached", True, False, id="never left"),
        pytest.param(OutcomeUnknown(), "unknown", "no_answer", False, True, id="may have left"),
        pytest.param(Unknown("no_answer", "500"), "unknown", "no_answer", False, True, id="the vendor is not sure"),
        pytest.param(Duplicate(), "unknown", "duplicate_reference", False, True, id="a reference somebody else used"),
    ],
)
def test_each_outcome_leads_to_its_state(vendor, queued, answer, state, reason, is_due, is_open):
    campaign = launched_campaign(contacts=1)
    vendor.answers = [answer]
    dispatch(campaign)
    (message,) = Message.objects.filter(campaign=campaign)
    assert (message.state, message.reason) == (state, reason)
    assert DueMessage.objects.exists() is is_due
    assert OpenMessage.objects.exists() is is_open
    assert len(vendor.asked) == 1


def test_what_the_vendor_lists_as_opted_out_is_suppressed_for_every_account(vendor, queued):
    campaign = launched_campaign(contacts=1)
    vendor.answers = [Refused("recipient_opted_out", "113")]
    dispatch(campaign)
    assert Suppression.objects.filter(phone=vendor.asked[0].to, reason="opt_out").exists()


def test_account_trouble_keeps_every_message_and_holds_the_campaign_until_the_account_works(vendor, queued):
    campaign = launched_campaign(contacts=5)
    vendor.answers = [AccountRefused("account_refused")] * 5
    vendor.refuses_check = AccountRefused("account_refused")
    dispatch(campaign)
    assert campaign.state == "holding"
    assert campaign.hold_reason == "account_refused"
    assert set(states(campaign)) == {"queued"}
    vendor.refuses_check = None
    vendor.answers = []
    resume_campaign(campaign, campaign.created_by)
    DueMessage.objects.update(due_at=timezone.now())
    dispatch(campaign)
    assert campaign.state == "completed"
    assert set(states(campaign)) == {"accepted"}


def test_an_opt_out_after_launch_is_left_behind(vendor, queued):
    campaign = launched_campaign(contacts=2)
    stopped = Message.objects.filter(campaign=campaign).first()
    Suppression.objects.create(phone=stopped.phone, reason="opt_out")
    dispatch(campaign)
    assert sorted(states(campaign)) == ["accepted", "suppressed"]
    assert stopped.phone not in {sms.to for sms in vendor.asked}


def test_of_two_advertisements_counted_at_the_same_time_a_person_gets_one(vendor, queued):
    PortalSettings.objects.create(pk=1, recent_days=7, window_opens=time.min, window_closes=time.max)
    first = launched_campaign(contacts=2)
    shared = Message.objects.filter(campaign=first).first()
    second = launched_campaign(contacts=1)
    Message.objects.filter(campaign=second).update(phone=shared.phone)
    DueMessage.objects.filter(campaign=second).update(phone=shared.phone)
    Campaign.objects.update(purpose="advertising")
    dispatch(first)
    dispatch(second)
    assert (states(first), states(second)) == (["accepted", "accepted"], ["cancelled"])
    assert second.state == "completed"


def test_a_passed_deadline_ends_the_message(vendor, queued):
    campaign = launched_campaign(contacts=2)
    Campaign.objects.filter(pk=campaign.pk).update(deadline_at=timezone.now() - timedelta(seconds=1))
    dispatch(campaign)
    assert set(states(campaign)) == {"expired"}
    assert vendor.asked == []


def test_a_paused_campaign_sends_nothing_and_goes_on_without_a_repeat(vendor, queued):
    campaign = launched_campaign(contacts=4)
    Campaign.objects.filter(pk=campaign.pk).update(state="sending")
    campaign.refresh_from_db()
    pause_campaign(campaign, campaign.created_by)
    dispatch(campaign)
    assert vendor.asked == []
    resume_campaign(campaign, campaign.created_by)
    dispatch(campaign)
    assert len({sms.reference for sms in vendor.asked}) == len(vendor.asked) == 4


def test_a_scheduled_campaign_waits_for_its_time(vendor, queued):
    campaign = ready_campaign(contacts=1, scheduled_for=timezone.now() + timedelta(hours=2))
    launch(campaign, campaign.created_by)
    dispatch(campaign)
    assert campaign.state == "scheduled"
    assert vendor.asked == []


def test_two_workers_never_share_an_account(vendor, queued):
    campaign = launched_campaign(contacts=1)
    assert campaign.account.take_lease(now=timezone.now(), seconds=30)
    dispatch(campaign)
    assert vendor.asked == []


def test_a_wave_lost_with_its_worker_is_in_doubt_and_the_rest_goes_on(vendor, queued):
    campaign = launched_campaign(contacts=3)
    Campaign.objects.filter(pk=campaign.pk).update(state="sending")
    long_ago = timezone.now() - timedelta(minutes=5)
    token = DueMessage.objects.reserve([campaign.pk], 2, now=timezone.now(), seconds=1)
    begun = Message.objects.begin_send(token, [campaign.pk], timezone.now())
    assert len(begun) == 2
    DueMessage.objects.filter(token=token).update(reserved_until=long_ago)
    dispatch(campaign)
    assert sorted(states(campaign)) == ["accepted", "unknown", "unknown"]
    assert set(Message.objects.filter(state="unknown").values_list("reason", flat=True)) == {"worker_lost"}
    assert OpenMessage.objects.filter(in_doubt=True).count() == 2
    assert len(vendor.asked) == 1


def test_a_small_campaign_is_not_stuck_behind_a_large_one(vendor, queued):
    account = make_account(provider="scripted", requests_per_second=40)
    large = launched_campaign(contacts=60, account=account)
    small = launched_campaign(contacts=2, account=account)
    dispatch(small, seconds=0.3)
    assert set(states(small)) == {"accepted"}
    assert "queued" in states(large)
