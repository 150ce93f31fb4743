from datetime import timedelta
from time import monotonic

import pytest
from django.utils import timezone

from campaigns.errors import RuleError
from campaigns.models import Activity, Campaign, DueMessage, PortalSettings
from campaigns.services.planning import launching
from campaigns.services.sending.dispatching import dispatch_due
from tests.factories import make_user

from .drafts import prepare, scripted

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _seams(vendor, queued):
    PortalSettings.objects.create(pk=1, organisation="見本商店", approval_above=None)


def test_confirming_makes_every_message_due_after_the_undo_time(queued):
    campaign = prepare(scripted())
    launching.confirm(campaign, campaign.created_by)
    assert campaign.state == "scheduled"
    wait = campaign.starts_at - timezone.now()
    assert timedelta(seconds=5) < wait <= timedelta(seconds=10)
    assert DueMessage.objects.filter(campaign=campaign, due_at__lte=campaign.starts_at).count() == 2
    assert Activity.objects.filter(verb="campaign_launched").exists()


def test_a_second_click_changes_nothing():
    campaign = prepare(scripted())
    same = Campaign.objects.get(pk=campaign.pk)
    launching.confirm(campaign, campaign.created_by)
    with pytest.raises(RuleError):
        launching.confirm(same, campaign.created_by)
    assert DueMessage.objects.count() == 2


def test_large_campaigns_need_another_person():
    PortalSettings.objects.update(approval_above=1)
    campaign = prepare(scripted())
    launching.confirm(campaign, campaign.created_by)
    assert campaign.state == "pending_approval"
    with pytest.raises(RuleError):
        launching.approve(campaign, campaign.created_by)
    launching.approve(campaign, make_user("approver"))
    assert campaign.state == "scheduled"
    assert DueMessage.objects.count() == 2


def test_sending_back_makes_it_a_draft_again_with_the_reason():
    PortalSettings.objects.update(approval_above=0)
    campaign = prepare(scripted())
    launching.confirm(campaign, campaign.created_by)
    launching.send_back(campaign, make_user("approver"), "日付が違います")
    campaign.refresh_from_db()
    assert (campaign.state, campaign.returned_because, campaign.preparation) == ("draft", "日付が違います", "")


def test_what_was_counted_anew_meanwhile_is_not_launched_by_who_saw_the_old_figures():
    seen = prepare(scripted())
    prepare(Campaign.objects.get(pk=seen.pk))
    with pytest.raises(RuleError):
        launching.confirm(seen, seen.created_by)
    assert Campaign.objects.get().state == "draft"


@pytest.mark.parametrize("move", ["count", "request"])
def test_nothing_leaves_before_the_decision(vendor, queued, move):
    PortalSettings.objects.update(approval_above=0)
    campaign = prepare(scripted())
    if move == "request":
        launching.confirm(campaign, campaign.created_by)
    dispatch_due(campaign.account, until=monotonic() + 1)
    assert vendor.asked == []
    assert ("dispatch_account", (campaign.account_id,)) not in queued


def test_a_schedule_that_passed_while_waiting_for_approval_is_refused():
    campaign = prepare(scripted(scheduled_for=timezone.now() + timedelta(hours=1)))
    Campaign.objects.update(scheduled_for=timezone.now() - timedelta(minutes=1))
    campaign.refresh_from_db()
    with pytest.raises(RuleError):
        launching.confirm(campaign, campaign.created_by)
