from datetime import timedelta

import pytest
from django.utils import timezone

from campaigns.models import Campaign, CampaignState, PortalSettings
from campaigns.services.retention import forget_expired
from tests.factories import make_campaign, make_message, make_user

pytestmark = pytest.mark.django_db


@pytest.fixture
def campaign() -> Campaign:
    PortalSettings.load()
    PortalSettings.objects.update(history_kept_days=90)
    return make_campaign(state=CampaignState.COMPLETED, finished_at=timezone.now() - timedelta(days=91))


@pytest.fixture
def administrator(client):
    client.force_login(make_user("administrator"))
    return client


def page(client, campaign, path=""):
    return client.get(f"/campaigns/{campaign.pk}/{path}").content.decode()


def test_a_campaign_says_until_when_its_numbers_are_kept_and_an_administrator_may_keep_them(administrator, campaign):
    assert "に消去します。" in page(administrator, campaign)
    assert f"/campaigns/{campaign.pk}/keep/" in page(administrator, campaign)
    answer = administrator.post(f"/campaigns/{campaign.pk}/keep/", {"because": "問い合わせの調査中"}, follow=True)
    text = answer.content.decode()
    assert "番号と本文は、保存期間が過ぎても消去しません。" in text
    assert "問い合わせの調査中" in text
    assert 'value="問い合わせの調査中"' in page(administrator, campaign, "keep/")
    answer = administrator.post(f"/campaigns/{campaign.pk}/keep/", {"because": ""}, follow=True)
    assert "保存期間が過ぎると消去されます。" in answer.content.decode()


def test_a_reason_that_is_too_long_is_refused_and_kept(administrator, campaign):
    answer = administrator.post(f"/campaigns/{campaign.pk}/keep/", {"because": "長" * 201})
    assert answer.status_code == 422
    assert "長" * 201 in answer.content.decode()


@pytest.mark.parametrize("role", ["operator", "approver", "viewer"])
def test_others_see_when_and_decide_nothing(client, campaign, role):
    client.force_login(make_user(role))
    assert "に消去します。" in page(client, campaign)
    assert "/keep/" not in page(client, campaign)
    assert client.post(f"/campaigns/{campaign.pk}/keep/", {"because": "x"}).status_code == 403


def test_afterwards_both_pages_say_what_is_gone_and_what_is_left(administrator, campaign):
    message = make_message(campaign, state="undelivered", body="伏せられる本文")
    forget_expired(until=float("inf"))
    shown = page(administrator, campaign)
    assert "保存期間が過ぎたため、" in shown
    assert "/lists/build/" not in shown
    detail = administrator.get(f"/messages/{message.pk}/").content.decode()
    assert "番号と本文は消去しました" in detail
    assert "伏せられる本文" not in detail
    assert "番号をコピー" not in detail
    answer = administrator.post(f"/campaigns/{campaign.pk}/keep/", {"because": "遅い"}, follow=True)
    assert "すでに消去" in answer.content.decode()


def test_without_a_period_nothing_is_said_of_it(administrator, campaign):
    PortalSettings.objects.update(history_kept_days=None)
    assert "番号と本文" not in page(administrator, campaign)
