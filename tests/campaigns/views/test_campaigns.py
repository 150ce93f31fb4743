"""The list, copies, deletion, and who may do what; editor, confirmation and live page have their own files."""

import pytest
from django.test import Client

from campaigns.models import Activity, Campaign, DayCount
from campaigns.rules.sending_window import jst_day
from campaigns.services.planning.preparing import start_preparation
from tests.factories import make_campaign, make_list, make_message, make_user

pytestmark = pytest.mark.django_db


@pytest.fixture
def clerk(client: Client) -> Client:
    client.force_login(make_user("operator"))
    return client


def text_of(response) -> str:
    return response.content.decode()


def count(campaign: Campaign, **states: int) -> None:
    for state, messages in states.items():
        DayCount.objects.create(
            day=jst_day(campaign.created_at),
            account=campaign.account,
            campaign=campaign,
            state=state,
            messages=messages,
            parts=messages,
            billed_parts=0,
        )


def test_the_first_campaign_is_offered_only_to_those_who_may_make_one(client, clerk):
    assert "最初の配信を作成" in text_of(clerk.get("/campaigns/"))
    client.force_login(make_user("viewer"))
    page = text_of(client.get("/campaigns/"))
    assert "配信はまだありません" in page
    assert "/campaigns/new/" not in page


@pytest.mark.parametrize(
    ("query", "found"),
    [
        pytest.param("", {"予約", "年末", "夏"}, id="all"),
        pytest.param("?state=sending", {"予約"}, id="paused belongs to those under way"),
        pytest.param("?state=draft", {"年末"}, id="drafts"),
        pytest.param("?state=nonsense", {"予約", "年末", "夏"}, id="an unknown state shows all"),
        pytest.param("?q=年", {"年末"}, id="by name"),
        pytest.param("?state=draft&q=予約", set(), id="nothing fits"),
    ],
)
def test_the_list_is_filtered_by_state_and_name(clerk, query, found):
    make_campaign(name="予約", state="paused")
    make_campaign(name="年末")
    make_campaign(name="夏", state="completed")
    response = clerk.get(f"/campaigns/{query}")
    assert {campaign.name for campaign in response.context["page"]} == found
    assert ("条件に合う配信はありません" in text_of(response)) == (not found)


def test_the_list_shows_recipients_delivered_and_failed(clerk):
    campaign = make_campaign(state="completed", recipients=3204)
    count(campaign, delivered=3117, undelivered=80, refused=7)
    page = text_of(clerk.get("/campaigns/"))
    for figure in ("3,204件", "3,117件", "87件"):
        assert figure in page


def test_the_list_costs_the_same_however_long(clerk, django_assert_max_num_queries):
    account = make_campaign().account
    author = make_user("operator")
    for _ in range(60):
        make_campaign(account=account, created_by=author, lists=[])
    with django_assert_max_num_queries(8):
        response = clerk.get("/campaigns/")
    assert len(response.context["page"]) == 50
    older = clerk.get(f"/campaigns/?before={response.context['page'].older}")
    assert len(older.context["page"]) == 11


def test_a_copy_is_a_new_draft_without_a_time(clerk):
    kept, left_out = make_list(), make_list()
    original = make_campaign(
        name="12月のご案内", state="completed", scheduled_for="2026-11-01T00:00:00Z", lists=[kept], recipients=9
    )
    original.lists_out.set([left_out])
    response = clerk.post(f"/campaigns/{original.pk}/duplicate/")
    copy = Campaign.objects.exclude(pk=original.pk).get()
    assert response.url == f"/campaigns/{copy.pk}/edit/"
    assert (copy.name, copy.body, copy.sender, copy.state) == (
        "12月のご案内 のコピー",
        original.body,
        original.sender,
        "draft",
    )
    assert (copy.scheduled_for, copy.recipients, copy.reference != original.reference) == (None, 0, True)
    assert (list(copy.lists_in.all()), list(copy.lists_out.all())) == ([kept], [left_out])


def test_the_longest_name_can_be_copied(clerk):
    original = make_campaign(name="長" * 100)
    clerk.post(f"/campaigns/{original.pk}/duplicate/")
    assert len(Campaign.objects.exclude(pk=original.pk).get().name) == 100


def test_a_draft_is_deleted_after_a_question_with_what_was_counted(clerk):
    draft = make_campaign(name="やめた配信")
    start_preparation(draft)
    make_message(draft)
    assert "下書き「やめた配信」を削除しますか" in text_of(clerk.get(f"/campaigns/{draft.pk}/delete/"))
    response = clerk.post(f"/campaigns/{draft.pk}/delete/", follow=True)
    assert "下書き「やめた配信」を削除しました。" in text_of(response)
    assert not Campaign.objects.exists()
    assert clerk.get(f"/campaigns/{draft.pk}/").status_code == 404
    assert Activity.objects.get().verb == "campaign_deleted"


LOOK, WRITE, SEND, STOP = "look", "write", "send", "stop"
ACTS = {
    LOOK: ["", "{}/"],
    WRITE: ["new/", "preview/", "{}/edit/", "{}/prepare/", "{}/confirm/", "{}/duplicate/", "{}/delete/"],
    SEND: ["{}/send/", "{}/withdraw/"],
    STOP: ["{}/stop/", "{}/pause/", "{}/resume/"],
}


@pytest.mark.parametrize(
    ("role", "allowed"),
    [
        pytest.param("viewer", {LOOK}, id="viewer"),
        pytest.param("accountant", {LOOK}, id="accountant"),
        pytest.param("approver", {LOOK, STOP}, id="approver"),
        pytest.param("operator", {LOOK, WRITE, SEND, STOP}, id="operator"),
        pytest.param("administrator", {LOOK, WRITE, SEND, STOP}, id="administrator"),
    ],
)
def test_each_role_may_do_its_own_acts_only(client, role, allowed):
    campaign = make_campaign()
    client.force_login(make_user(role))
    for act, addresses in ACTS.items():
        for address in addresses:
            url = f"/campaigns/{address.format(campaign.pk)}"
            refused = {client.get(url).status_code, client.head(url).status_code} == {403}
            assert refused == (act not in allowed), url


def test_nobody_sees_anything_without_signing_in(client):
    campaign = make_campaign()
    for url in ("/campaigns/", f"/campaigns/{campaign.pk}/", "/approvals/", "/templates/"):
        assert client.get(url).url.startswith("/accounts/login/")


def test_what_is_no_draft_is_not_asked_about_and_stays(client):
    client.force_login(make_user("operator"))
    sent = make_campaign(name="送った配信", state="completed")
    for ask in (client.get, client.post):
        answer = ask(f"/campaigns/{sent.pk}/delete/", follow=True)
        assert "「送った配信」は下書きではないため、削除できません。" in answer.content.decode()
    sent.refresh_from_db()
    assert sent.state == "completed"
