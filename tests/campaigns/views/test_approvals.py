from time import monotonic

import pytest
from django.test import Client
from django.urls import reverse

from campaigns.models import Activity, Campaign, CampaignState, DueMessage, PortalSettings
from campaigns.services.planning.launching import confirm
from campaigns.services.planning.preparing import prepare_campaign, start_preparation
from tests.factories import make_campaign, make_user

pytestmark = pytest.mark.django_db


@pytest.fixture
def requested() -> Campaign:
    """Asked for by an operator, and waiting."""
    PortalSettings.objects.create(pk=1, approval_above=0)
    campaign = make_campaign(name="12月のご案内")
    start_preparation(campaign)
    prepare_campaign(campaign, until=monotonic() + 5)
    campaign.refresh_from_db()
    confirm(campaign, campaign.created_by)
    return campaign


@pytest.fixture
def approver(client: Client) -> Client:
    client.force_login(make_user("approver"))
    return client


def seen(campaign: Campaign) -> dict[str, str]:
    campaign.refresh_from_db()
    return {"seen": str(campaign.prepared_at)}


def text_of(response) -> str:
    return response.content.decode()


def test_the_list_shows_what_was_pinned(approver, requested):
    page = text_of(approver.get("/approvals/"))
    assert "12月のご案内" in page
    assert "2件" in page
    assert "2通" in page
    assert "¥18" in page
    assert "承認後すぐ" in page


def test_the_list_says_when_nothing_waits(approver):
    make_campaign()
    assert "承認を待っている配信はありません" in text_of(approver.get("/approvals/"))


def test_the_approver_sees_the_texts_and_approves(approver, requested):
    page = text_of(approver.get(f"/campaigns/{requested.pk}/"))
    assert "2件に送ります。" in page
    assert "ご予約は明日10時です。" in page
    assert "承認して送信する" in page
    response = approver.post(f"/campaigns/{requested.pk}/approve/", seen(requested), follow=True)
    requested.refresh_from_db()
    assert "承認しました。" in text_of(response)
    assert requested.state == "scheduled"
    assert DueMessage.objects.count() == 2


def test_approving_twice_sends_once_and_says_so(approver, requested):
    form = seen(requested)
    approver.post(f"/campaigns/{requested.pk}/approve/", form)
    page = text_of(approver.post(f"/campaigns/{requested.pk}/approve/", form, follow=True))
    assert "この依頼はすでに処理されています(いまの状態: 予約済み)。" in page
    assert Activity.objects.filter(verb="campaign_approved").count() == 1
    assert DueMessage.objects.count() == 2


def test_a_request_changed_since_the_page_was_opened_is_not_approved(approver, requested):
    Campaign.objects.filter(pk=requested.pk).update(prepared_at="2026-11-22T00:00:00Z")
    form = {"seen": str(requested.prepared_at)}
    page = text_of(approver.post(f"/campaigns/{requested.pk}/approve/", form, follow=True))
    assert "画面を開いたあとに内容が変わりました。" in page
    requested.refresh_from_db()
    assert requested.state == "pending_approval"


def test_ones_own_request_is_explained_and_not_offered(client, requested):
    boss = make_user("administrator")
    Campaign.objects.filter(pk=requested.pk).update(requested_by=boss)
    client.force_login(boss)
    page = text_of(client.get(f"/campaigns/{requested.pk}/"))
    assert "自分が作成または依頼した配信は、自分では承認できません。" in page
    assert f"/campaigns/{requested.pk}/approve/" not in page
    assert "自分の依頼" in text_of(client.get("/approvals/"))
    refused = client.post(f"/campaigns/{requested.pk}/approve/", seen(requested), follow=True)
    assert "自分が作成または依頼した配信は承認できません。" in text_of(refused)
    requested.refresh_from_db()
    assert requested.state == "pending_approval"


@pytest.mark.parametrize("role", ["operator", "administrator"])
@pytest.mark.parametrize(
    ("above", "state"),
    [
        pytest.param(0, CampaignState.PENDING_APPROVAL, id="always"),
        pytest.param(1, CampaignState.PENDING_APPROVAL, id="above one"),
        pytest.param(2, CampaignState.SCHEDULED, id="not above two"),
        pytest.param(None, CampaignState.SCHEDULED, id="never"),
    ],
)
def test_the_setting_decides_for_everybody_alike(client, role, above, state):
    PortalSettings.objects.update_or_create(pk=1, defaults={"approval_above": above})
    campaign = make_campaign(created_by=make_user(role))
    start_preparation(campaign)
    prepare_campaign(campaign, until=monotonic() + 5)
    client.force_login(campaign.created_by)
    client.post(reverse("campaign_send", args=[campaign.pk]), seen(campaign))
    campaign.refresh_from_db()
    assert campaign.state == state


def test_not_even_an_administrator_approves_what_they_asked_for(client, requested):
    Campaign.objects.filter(pk=requested.pk).update(requested_by=make_user("administrator", is_superuser=True))
    requested.refresh_from_db()
    client.force_login(requested.requested_by)
    client.post(reverse("campaign_approve", args=[requested.pk]), seen(requested))
    requested.refresh_from_db()
    assert requested.state == CampaignState.PENDING_APPROVAL


def test_sending_back_needs_a_reason_and_shows_it_to_the_author(client, approver, requested):
    url = f"/campaigns/{requested.pk}/return/"
    assert "差し戻しの理由" in text_of(approver.get(url))
    assert approver.post(url, {"because": ""}).status_code == 422
    assert approver.post(url, {"because": "日付が違います。"}).url == "/approvals/"
    client.force_login(requested.created_by)
    page = text_of(client.get(f"/campaigns/{requested.pk}/edit/"))
    assert "承認者から差し戻されました" in page
    assert "日付が違います。" in page


def test_what_is_no_longer_waiting_cannot_be_sent_back(approver):
    campaign = make_campaign(state="completed")
    page = text_of(approver.post(f"/campaigns/{campaign.pk}/return/", {"because": "遅い"}, follow=True))
    assert "いまの状態: 配信完了" in page


def test_the_requester_withdraws_and_edits(client, requested):
    client.force_login(requested.created_by)
    assert "依頼を取り下げる" in text_of(client.get(f"/campaigns/{requested.pk}/"))
    response = client.post(f"/campaigns/{requested.pk}/withdraw/", follow=True)
    assert response.redirect_chain[-1][0] == f"/campaigns/{requested.pk}/edit/"
    assert "依頼を取り下げ、下書きに戻しました。" in text_of(response)


def test_nobody_else_withdraws_it(client, requested):
    client.force_login(make_user("operator"))
    assert "依頼を取り下げる" not in text_of(client.get(f"/campaigns/{requested.pk}/"))
    page = text_of(client.post(f"/campaigns/{requested.pk}/withdraw/", follow=True))
    assert "依頼を取り下げられるのは、作成した人か依頼した人だけです。" in page
    requested.refresh_from_db()
    assert requested.state == "pending_approval"


def test_a_viewer_sees_masked_numbers_and_no_buttons(client, requested):
    client.force_login(make_user("viewer"))
    page = text_of(client.get(f"/campaigns/{requested.pk}/"))
    assert "090-****-" in page
    assert "承認されるまで何も送信されません。" in page
    for act in ("approve", "return", "withdraw"):
        assert f"/campaigns/{requested.pk}/{act}/" not in page


@pytest.mark.parametrize(
    ("role", "act"),
    [
        pytest.param("operator", "approve", id="operators do not approve"),
        pytest.param("operator", "return", id="nor send back"),
        pytest.param("viewer", "approve", id="viewers do not approve"),
        pytest.param("approver", "withdraw", id="approvers do not withdraw"),
    ],
)
def test_acts_need_their_permission(client, requested, role, act):
    client.force_login(make_user(role))
    assert client.post(f"/campaigns/{requested.pk}/{act}/").status_code == 403
    requested.refresh_from_db()
    assert requested.state == "pending_approval"
