"""The queue of record and the constraints that the database itself keeps."""

from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from campaigns.errors import RuleError
from campaigns.models import Campaign, CampaignState, DueMessage, Message
from campaigns.rules.sending_window import jst_day
from tests.factories import make_campaign, make_contact, make_message

pytestmark = pytest.mark.django_db


@pytest.fixture
def campaign() -> Campaign:
    return make_campaign(state="sending", starts_at=timezone.now())


def make_due(campaign: Campaign, **overrides) -> DueMessage:
    message = make_message(campaign)
    values = {"message": message, "account": message.account, "campaign": campaign, "phone": message.phone}
    return DueMessage.objects.create(**values | {"due_at": timezone.now() - timedelta(seconds=1)} | overrides)


def reserve(*campaigns: Campaign, size: int) -> str:
    return DueMessage.objects.reserve([c.pk for c in campaigns], size, now=timezone.now(), seconds=60)


def test_one_number_gets_one_message_per_campaign(campaign):
    contact = make_contact()
    make_message(campaign, contact=contact)
    with pytest.raises(IntegrityError), transaction.atomic():
        make_message(campaign, contact=contact, reference="another-reference")


def test_a_reference_is_never_used_twice(campaign):
    message = make_message(campaign)
    with pytest.raises(IntegrityError), transaction.atomic():
        make_message(campaign, reference=message.reference)


def test_a_reservation_takes_each_row_once(campaign):
    for _ in range(3):
        make_due(campaign)
    first, second = reserve(campaign, size=2), reserve(campaign, size=2)
    assert DueMessage.objects.filter(token=first).count() == 2
    assert DueMessage.objects.filter(token=second).count() == 1
    assert reserve(campaign, size=2) == ""


def test_campaigns_share_a_wave_and_leave_no_part_of_it_unused(campaign):
    other = make_campaign(account=campaign.account, sender=campaign.sender, state="sending")
    for _ in range(10):
        make_due(campaign)
    make_due(other)
    token = reserve(campaign, other, size=6)
    assert DueMessage.objects.filter(token=token, campaign=campaign).count() == 5
    assert DueMessage.objects.filter(token=token, campaign=other).count() == 1


def test_what_is_due_later_is_not_reserved(campaign):
    make_due(campaign, due_at=timezone.now() + timedelta(minutes=1))
    assert reserve(campaign, size=1) == ""


@pytest.mark.parametrize("state", ["paused", "cancelled", "holding", "scheduled", "draft"])
def test_nothing_begins_while_its_campaign_does_not_send(campaign, state):
    make_due(campaign)
    token = reserve(campaign, size=1)
    Campaign.objects.filter(pk=campaign.pk).update(state=state)
    assert Message.objects.begin_send(token, [campaign.pk], timezone.now()) == []
    assert Message.objects.get().state == "queued"


def test_a_wave_begins_in_one_statement(campaign, django_assert_num_queries):
    for _ in range(5):
        make_due(campaign)
    token = reserve(campaign, size=5)
    with django_assert_num_queries(1):
        leaving = Message.objects.begin_send(token, [campaign.pk], timezone.now())
    assert len(leaving) == 5
    assert set(Message.objects.values_list("state", flat=True)) == {"sending"}


@pytest.mark.parametrize(
    ("other", "message", "begins"),
    [
        pytest.param({"purpose": "advertising"}, {"state": "accepted"}, False, id="had one today"),
        pytest.param({"purpose": "advertising"}, {"state": "sending"}, False, id="another is just leaving"),
        pytest.param({"purpose": "advertising"}, {"state": "delivered", "days": -6}, False, id="had one six days ago"),
        pytest.param({"purpose": "advertising"}, {"state": "booked", "days": 6}, False, id="has one booked"),
        pytest.param({"purpose": "advertising"}, {"state": "delivered", "days": -7}, True, id="had one long ago"),
        pytest.param({"purpose": "advertising"}, {"state": "undelivered"}, True, id="it never arrived"),
        pytest.param({"purpose": "advertising"}, {"state": "queued"}, True, id="the other waits still"),
        pytest.param({"purpose": "notice"}, {"state": "delivered"}, True, id="a notice"),
    ],
)
def test_an_advertisement_leaves_only_so_far_from_another(other, message, begins):
    ours = make_campaign(state="sending", purpose="advertising", starts_at=timezone.now())
    due = make_due(ours)
    day = jst_day(timezone.now()) + timedelta(days=message.pop("days", 0))
    make_message(make_campaign(state="sending", **other), contact=due.message.contact, day=day, **message)
    token = reserve(ours, size=1)
    leaving = Message.objects.begin_send(token, [ours.pk], timezone.now(), days_apart=7)
    due.message.refresh_from_db()
    assert len(leaving) == begins
    assert (due.message.state, due.message.reason) == (("sending", "") if begins else ("cancelled", "recently_texted"))


def test_what_is_booked_at_the_vendor_counts_for_its_own_day():
    far = timezone.now() + timedelta(days=20)
    ours = make_campaign(state="scheduled", held_at="vendor", purpose="advertising", starts_at=far)
    due = make_due(ours)
    make_message(make_campaign(purpose="advertising"), contact=due.message.contact, state="delivered")
    token = reserve(ours, size=1)
    assert len(Message.objects.begin_send(token, [ours.pk], timezone.now(), days_apart=7)) == 1


@pytest.mark.parametrize(
    ("before", "to"),
    [
        ("draft", "sending"),
        ("draft", "cancelled"),
        ("completed", "sending"),
        ("cancelled", "sending"),
        ("paused", "draft"),
    ],
)
def test_a_campaign_makes_no_move_that_is_not_in_the_table(campaign, before, to):
    Campaign.objects.filter(pk=campaign.pk).update(state=before)
    campaign.refresh_from_db()
    with pytest.raises(RuleError):
        campaign.move(CampaignState(to))
