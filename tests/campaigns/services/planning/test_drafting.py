from time import monotonic

import pytest

from campaigns import tasks
from campaigns.errors import RuleError
from campaigns.models import Activity, Campaign, Message
from campaigns.services.figures.message_search import Search, find_messages
from campaigns.services.planning.drafting import DraftOvertaken, Edition, delete_draft, save_draft
from campaigns.services.planning.preparing import prepare_campaign, start_preparation
from campaigns.services.sending.waking import wake_all
from tests.factories import make_campaign, make_list, make_message, make_user

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


def save(campaign: Campaign, actor, body: str, edition: Edition | None = None) -> Campaign:
    opened = Campaign.objects.get(pk=campaign.pk)
    opened.body = body
    save_draft(opened, actor, lists_in=campaign.lists_in.all(), lists_out=[], edition=edition)
    return opened


def test_what_somebody_else_saved_meanwhile_is_not_overwritten():
    campaign, first, second = make_campaign(), make_user("operator"), make_user("operator")
    save(campaign, first, "先に保存", Edition(revision=0, page="a" * 12))
    with pytest.raises(DraftOvertaken):
        save(campaign, second, "あとから", Edition(revision=0, page="b" * 12))
    stored = Campaign.objects.get(pk=campaign.pk)
    assert (stored.body, stored.revision, stored.edited_by) == ("先に保存", 1, first)
    save(campaign, second, "見たうえで上書き", Edition(revision=1, page="b" * 12))
    assert Campaign.objects.get(pk=campaign.pk).body == "見たうえで上書き"


def test_a_page_does_not_overtake_itself():
    campaign, actor, page = make_campaign(), make_user("operator"), "a" * 12
    save(campaign, actor, "書きかけ", Edition(revision=0, page=page, by_itself=True))
    save(campaign, actor, "書き終わり", Edition(revision=0, page=page))  # pressed before the answer came back
    assert Campaign.objects.get(pk=campaign.pk).body == "書き終わり"


def test_what_was_saved_by_itself_and_comes_too_late_changes_nothing():
    campaign, actor, page = make_campaign(), make_user("operator"), "a" * 12
    save(campaign, actor, "書き終わり", Edition(revision=0, page=page))
    with pytest.raises(DraftOvertaken):
        save(campaign, actor, "書きかけ", Edition(revision=0, page=page, by_itself=True))
    assert Campaign.objects.get(pk=campaign.pk).body == "書き終わり"


def test_saving_what_is_stored_already_keeps_what_was_counted():
    campaign = make_campaign()
    start_preparation(campaign)
    saved = save(campaign, make_user("operator"), campaign.body, Edition(revision=0, by_itself=True))
    campaign.refresh_from_db()
    assert (campaign.preparation, campaign.revision, saved.revision) == ("running", 0, 0)


@pytest.mark.parametrize("changed", ["lists_in", "lists_out"])
def test_other_lists_are_a_change(changed):
    campaign = make_campaign()
    lists = {"lists_in": list(campaign.lists_in.all()), "lists_out": []} | {changed: [make_list()]}
    save_draft(campaign, make_user("operator"), **lists, edition=Edition(revision=0, by_itself=True))
    assert list(getattr(campaign, changed).all()) == lists[changed]
    assert Campaign.objects.get(pk=campaign.pk).revision == 1


def test_saving_while_typing_is_written_down_once_for_each_person():
    campaign, one, other = make_campaign(), make_user("operator"), make_user("operator")
    for revision, (actor, body) in enumerate([(one, "あ"), (one, "あい"), (one, "あいう"), (other, "あいうえ")]):
        save(campaign, actor, body, Edition(revision=revision, by_itself=True))
    assert [row.actor for row in Activity.objects.filter(verb="campaign_edited").order_by("pk")] == [one, other]


def test_a_page_that_makes_its_draft_twice_at_the_same_moment_makes_one_and_keeps_the_later_text():
    actor, lists = make_user("operator"), {"lists_in": [make_list()], "lists_out": []}
    for body, by_itself in (("書きかけ", True), ("書き終わり", False)):
        draft = Campaign(reference="0123456789ab", name="年末", body=body)
        save_draft(draft, actor, **lists, edition=Edition(revision=0, page="a" * 12, by_itself=by_itself))
    stored = Campaign.objects.get()
    assert (stored.body, stored.revision, stored.created_by) == ("書き終わり", 2, actor)


@pytest.mark.django_db(transaction=True)
def test_a_deleted_draft_is_gone_at_once_and_its_rows_go_in_the_background(queued):
    campaign = make_campaign()
    make_message(campaign)
    delete_draft(campaign, campaign.created_by)
    assert not Campaign.objects.exists()
    assert Message.objects.exists()  # a million of them would keep the page waiting
    assert not find_messages(Search()).exists()
    assert queued == [("clear_preparation", (campaign.pk,))]
    tasks.clear_preparation(campaign.pk)
    assert not Message.objects.exists()
    assert not Campaign.with_deleted.exists()


@pytest.mark.django_db(transaction=True)
def test_where_the_queue_forgot_a_deleted_draft_the_minute_finds_it(queued):
    campaign = make_campaign(state="deleted")
    wake_all()
    assert ("clear_preparation", (campaign.pk,)) in queued
    tasks.clear_preparation(campaign.pk)
    queued.clear()
    wake_all()
    assert not [task for task, _ids in queued if task == "clear_preparation"]


def test_what_somebody_launched_meanwhile_is_not_deleted():
    campaign = make_campaign()
    Campaign.objects.filter(pk=campaign.pk).update(state="scheduled")
    with pytest.raises(RuleError, match="もう下書きではない"):
        delete_draft(campaign, campaign.created_by)
    assert Campaign.objects.get().state == "scheduled"
    assert not Activity.objects.filter(verb="campaign_deleted").exists()
