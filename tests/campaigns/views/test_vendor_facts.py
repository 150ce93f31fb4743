"""What vendors do with a text, and say about it, on the screens of a campaign and of a message."""

from dataclasses import replace

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from campaigns.models import Campaign, DayCount
from tests.factories import make_account, make_campaign, make_list, make_message, make_sender, make_user

pytestmark = pytest.mark.django_db


@pytest.fixture
def clerk(client: Client) -> Client:
    client.force_login(make_user("operator"))
    return client


def page_of(clerk: Client, name: str, pk: int) -> str:
    return clerk.get(reverse(name, args=[pk])).content.decode()


@pytest.mark.parametrize(
    ("code", "words"),
    [
        pytest.param("51824", "ソフトバンク: 圏外・電源OFF", id="a code the vendor lists"),
        pytest.param("51999", "<code>51999</code>", id="a code it does not"),
    ],
)
def test_a_result_code_is_explained_or_shown_as_it_is(clerk, code, words):
    message = make_message(state="undelivered", reason="out_of_reach", vendor_code=code)
    assert words in page_of(clerk, "message_detail", message.pk)


@pytest.mark.parametrize(
    ("clicked", "words"),
    [pytest.param(True, "開かれました", id="opened"), pytest.param(False, "まだ開かれていません", id="not opened")],
)
def test_a_message_tells_whether_its_short_url_was_opened(clerk, clicked, words):
    assert words in page_of(clerk, "message_detail", make_message(clicked=clicked).pk)
    assert words not in page_of(clerk, "message_detail", make_message().pk)


def test_the_live_page_tells_how_many_opened_it(clerk):
    now = timezone.now()
    changes = {"state": "completed", "shortens_urls": True, "clicked": 7, "starts_at": now, "clicks_asked_at": now}
    campaign = make_campaign(**changes)
    make_message(campaign, state="delivered")
    DayCount.objects.recount(campaign.pk)
    page = page_of(clerk, "campaign_detail", campaign.pk)
    assert "短縮URLを開いた人" in page
    assert "配信事業者が短縮して送ります。" in page


@pytest.fixture
def shortening(vendor, monkeypatch):
    monkeypatch.setattr(vendor, "capabilities", replace(vendor.capabilities, shortens_in_text=True))
    return make_sender(make_account(provider="scripted"))


def draft(**changes) -> dict[str, object]:
    return {"name": "案内", "purpose": "notice", "body": "https://shop.example.jp/", "when": "now"} | changes


def test_the_switch_is_there_where_an_account_can_and_is_kept(clerk, shortening):
    assert "本文のURLを短縮する" in clerk.get("/campaigns/new/").content.decode()
    clerk.post("/campaigns/new/", draft(sender=shortening.pk, shortens_urls="on", intent="save"))
    assert Campaign.objects.get().shortens_urls


def test_where_no_account_can_there_is_no_switch(clerk):
    make_sender(make_account())
    assert "本文のURLを短縮する" not in clerk.get("/campaigns/new/").content.decode()


def test_another_account_is_told_apart_before_anything_is_sent(clerk, shortening):
    other = make_sender(make_account())
    typed = draft(sender=other.pk, shortens_urls="on", lists_in=[make_list().pk], intent="confirm")
    answer = clerk.post("/campaigns/new/", typed)
    assert answer.status_code == 422
    assert "本文のURLを短縮して送れません" in answer.content.decode()


def test_the_editor_begins_with_the_sender_used_last(clerk, shortening):
    make_sender(make_account())
    make_campaign(account=shortening.account, sender=shortening, created_by=clerk.get("/").wsgi_request.user)
    page = clerk.get("/campaigns/new/").content.decode()
    assert f'<option value="{shortening.pk}" selected>' in page
