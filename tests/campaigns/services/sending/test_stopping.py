from datetime import date, timedelta
from time import monotonic

import pytest
import time_machine
from django.utils import timezone

from campaigns.errors import RuleError
from campaigns.models import Campaign, Contact, DayCount, DueMessage, Message, Suppression
from campaigns.rules.sending_window import jst_day
from campaigns.services.erasing import delete_contact, erase_contact, planned_for
from campaigns.services.figures.watching import figures
from campaigns.services.planning.launching import launch
from campaigns.services.planning.preparing import prepare_campaign, start_preparation
from campaigns.services.results.counting import recount_touched
from campaigns.services.sending import stopping
from campaigns.services.sending.booking import compare_bookings
from campaigns.services.sending.waking import wake_all
from providers.base import Booking
from tests.factories import make_account, make_campaign

from .test_dispatching import dispatch, launched_campaign

pytestmark = pytest.mark.django_db(transaction=True)


def recall(campaign: Campaign) -> None:
    stopping.recall_messages(Campaign.objects.get(pk=campaign.pk), until=monotonic() + 5)


def booked_campaign(vendor, *, ahead: timedelta = timedelta(hours=3)) -> Campaign:
    campaign = make_campaign(
        account=make_account(provider="scripted"),
        held_at="vendor",
        scheduled_for=timezone.now() + ahead,
    )
    start_preparation(campaign)
    prepare_campaign(campaign, until=monotonic() + 5)
    campaign.refresh_from_db()
    launch(campaign, campaign.created_by)
    dispatch(campaign)
    return campaign


def test_who_was_erased_meanwhile_is_not_said_to_have_left(vendor, queued):
    campaign = launched_campaign(contacts=3)
    erase_contact(Contact.objects.first(), campaign.created_by)
    recount_touched(timezone.now())
    assert figures(campaign, timezone.now()).handed_over == 0
    receipt = stopping.stop_campaign(campaign, campaign.created_by)
    assert (receipt.left, receipt.recalled, receipt.at_vendor) == (0, 2, 0)


def test_stop_says_what_left_and_what_was_recalled(vendor, queued):
    campaign = launched_campaign(contacts=4)
    done = DueMessage.objects.first()
    Message.objects.filter(pk=done.pk).update(state="accepted")
    done.delete()
    Campaign.objects.update(state="sending", recipients=4)
    campaign.refresh_from_db()
    receipt = stopping.stop_campaign(campaign, campaign.created_by)
    assert (receipt.left, receipt.recalled, receipt.at_vendor) == (1, 3, 0)
    recall(campaign)
    assert sorted(Message.objects.values_list("state", flat=True)) == [
        "accepted",
        "cancelled",
        "cancelled",
        "cancelled",
    ]
    dispatch(campaign)
    assert vendor.asked == []


def test_who_ended_without_leaving_is_not_counted_as_sent(vendor, queued):
    campaign = launched_campaign(contacts=3)
    Suppression.objects.create(phone=Message.objects.first().phone, reason="opt_out")
    Campaign.objects.update(state="sending")
    token = DueMessage.objects.reserve([campaign.pk], 1, now=timezone.now(), seconds=60)
    Message.objects.begin_send(token, [campaign.pk], timezone.now())
    DueMessage.objects.settle_reservation(token, leaving=[])
    recount_touched(timezone.now())
    campaign.refresh_from_db()
    receipt = stopping.stop_campaign(campaign, campaign.created_by)
    assert (receipt.left, receipt.recalled) == (0, 2)


def test_a_stopped_campaign_cannot_be_stopped_or_resumed_again(vendor, queued):
    campaign = launched_campaign(contacts=1)
    stopping.stop_campaign(campaign, campaign.created_by)
    for act in (stopping.stop_campaign, stopping.pause_campaign, stopping.resume_campaign):
        with pytest.raises(RuleError):
            act(campaign, campaign.created_by)


def test_a_wave_in_hand_that_comes_back_after_the_stop_is_recalled_too(vendor, queued):
    campaign = launched_campaign(contacts=1)
    Campaign.objects.update(state="sending")
    campaign.refresh_from_db()
    token = DueMessage.objects.reserve([campaign.pk], 1, now=timezone.now(), seconds=60)
    stopping.stop_campaign(campaign, campaign.created_by)
    recall(campaign)
    assert DueMessage.objects.count() == 1
    DueMessage.objects.settle_reservation(token, leaving=[])
    recall(campaign)
    assert Message.objects.get().state == "cancelled"


def test_a_booking_is_handed_over_at_once_and_waits_at_the_vendor(vendor, queued):
    campaign = booked_campaign(vendor)
    assert campaign.state == "scheduled"
    assert {sms.scheduled_for for sms in vendor.asked} == {campaign.starts_at}
    assert set(Message.objects.values_list("state", flat=True)) == {"booked"}


@pytest.mark.parametrize("hour", [8, 23])  # on both sides of UTC's midnight
def test_a_booking_counts_in_the_month_it_is_sent_in_and_is_looked_up_by_that_day(vendor, queued, hour):
    with time_machine.travel(f"2026-11-30 {hour:02}:30 +0900", tick=False):
        campaign = booked_campaign(vendor, ahead=timedelta(hours=20))
    recount_touched(timezone.now())
    assert set(Message.objects.values_list("state", "day")) == {("booked", jst_day(campaign.starts_at))}
    assert jst_day(campaign.starts_at) == date(2026, 12, 1)
    assert set(DayCount.objects.values_list("day", flat=True)) == {date(2026, 12, 1)}


def test_what_could_not_be_booked_in_time_leaves_from_here_at_its_time(vendor, queued):
    campaign = booked_campaign(vendor)
    late = Message.objects.first()
    Message.objects.filter(pk=late.pk).update(state="queued")
    DueMessage.objects.create(
        message=late, account=campaign.account, campaign=campaign, phone=late.phone, due_at=timezone.now()
    )
    vendor.asked.clear()
    Campaign.objects.update(starts_at=timezone.now() + timedelta(seconds=60))
    dispatch(campaign)
    assert vendor.asked == []
    Campaign.objects.update(starts_at=timezone.now())
    dispatch(campaign)
    assert [(sms.reference, sms.scheduled_for) for sms in vendor.asked] == [(late.reference, None)]


def test_cancelling_a_booking_takes_it_back_from_the_vendor(vendor, queued):
    campaign = booked_campaign(vendor)
    receipt = stopping.cancel_booking(campaign, campaign.created_by)
    assert (receipt.left, receipt.recalled, receipt.at_vendor) == (0, 0, 2)
    recall(campaign)
    assert set(Message.objects.values_list("state", flat=True)) == {"cancelled"}


def test_what_is_booked_there_for_a_deleted_contact_is_taken_back(vendor, queued):
    campaign = booked_campaign(vendor)
    somebody = Contact.objects.first()
    assert planned_for(somebody).at_vendor == 1
    assert delete_contact(somebody, campaign.created_by) == 1
    assert ("recall_unwanted", ()) in queued
    stopping.recall_unwanted(campaign.account)
    gone = Message.objects.get(contact=None)
    assert (gone.state, gone.reason) == ("cancelled", "contact_deleted")
    assert Message.objects.exclude(pk=gone.pk).get().state == "booked"


@pytest.mark.parametrize(
    ("minutes", "state"),
    [
        pytest.param(1, "unknown", id="may still be taken"),
        pytest.param(3, "cancelled", id="was never taken, or is gone"),
    ],
)
def test_a_doubtful_reservation_is_cancelled_once_its_absence_says_something(vendor, queued, minutes, state):
    campaign = booked_campaign(vendor)
    answered_at = timezone.now() - timedelta(minutes=minutes)
    Message.objects.filter(pk=Message.objects.first().pk).update(state="unknown", answered_at=answered_at)
    stopping.cancel_booking(campaign, campaign.created_by)
    recall(campaign)
    assert sorted(set(Message.objects.values_list("state", flat=True))) == sorted({"cancelled", state})
    queued.clear()
    wake_all()
    assert (("recall_messages", (campaign.pk,)) in queued) is (state == "unknown")


def test_what_the_vendor_still_holds_after_a_cancellation_is_not_called_cancelled(vendor, queued, monkeypatch):
    campaign = booked_campaign(vendor)
    stubborn = vendor.asked[0]

    async def keeps_one(self, group, *, first=None, last=None):
        vendor.held = [Booking(stubborn.reference, stubborn.to, campaign.starts_at)]

    monkeypatch.setattr(vendor, "cancel_group", keeps_one)
    stopping.cancel_booking(campaign, campaign.created_by)
    recall(campaign)
    assert Message.objects.get(reference=stubborn.reference).state == "booked"
    assert Message.objects.filter(state="cancelled").count() == 1


def test_both_sides_of_the_bookings_are_compared(vendor, queued):
    campaign = booked_campaign(vendor)
    there = [Booking(sms.reference, sms.to, campaign.starts_at) for sms in vendor.asked[:1]]
    vendor.held = [*there, Booking("not-ours", "+819000000000", campaign.starts_at)]
    found = compare_bookings(campaign.account, jst_day(campaign.starts_at))
    assert (found.ours, found.theirs) == (2, 2)
    assert found.missing_there == [vendor.asked[1].reference]
    assert found.unknown_here == ["not-ours"]
