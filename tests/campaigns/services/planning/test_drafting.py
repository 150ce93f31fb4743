from time import monotonic

import pytest

from campaigns.errors import RuleError
from campaigns.models import Campaign, Message
from campaigns.services.planning.drafting import save_draft
from campaigns.services.planning.preparing import prepare_campaign, start_preparation
from tests.factories import make_campaign, make_user

pytestmark = pytest.mark.django_db


def rewrite(campaign: Campaign, body: str) -> None:
    campaign.body = body
    save_draft(campaign, make_user("operator"), lists_in=campaign.lists_in.all(), lists_out=[])
    start_preparation(campaign)


def test_a_worker_that_still_holds_the_old_text_stores_none_of_it():
    campaign = make_campaign(body="古い本文")
    start_preparation(campaign)
    in_the_workers_hand = Campaign.objects.get(pk=campaign.pk)
    rewrite(campaign, "新しい本文")
    prepare_campaign(in_the_workers_hand, until=monotonic() + 5)
    assert not Message.objects.exists()
    prepare_campaign(Campaign.objects.get(pk=campaign.pk), until=monotonic() + 5)
    assert set(Message.objects.values_list("body", flat=True)) == {"新しい本文"}


def test_a_worker_that_ends_late_does_not_end_the_new_count():
    campaign = make_campaign(lists=[], body="古い本文")
    campaign.lists_in.set(make_campaign().lists_in.all())
    start_preparation(campaign)
    in_the_workers_hand = Campaign.objects.get(pk=campaign.pk)
    in_the_workers_hand.prepared_through = 10**9  # it had reached the last contact
    rewrite(campaign, "新しい本文")
    prepare_campaign(in_the_workers_hand, until=monotonic() + 5)
    assert Campaign.objects.get(pk=campaign.pk).preparation == "running"


def test_what_is_no_draft_any_more_keeps_its_text():
    campaign = make_campaign(body="決まった本文")
    Campaign.objects.filter(pk=campaign.pk).update(state="pending_approval")
    campaign.body = "あとから"
    with pytest.raises(RuleError):
        save_draft(campaign, make_user("operator"), lists_in=[], lists_out=[])
    campaign.refresh_from_db()
    assert (campaign.body, campaign.state, campaign.lists_in.count()) == ("決まった本文", "pending_approval", 1)


def test_the_same_draft_is_not_made_twice_at_the_same_moment():
    made = make_campaign()
    with pytest.raises(RuleError, match="すでに保存されています"):
        save_draft(Campaign(reference=made.reference), made.created_by, lists_in=[], lists_out=[])
    assert Campaign.objects.count() == 1
