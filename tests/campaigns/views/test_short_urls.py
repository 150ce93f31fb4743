from dataclasses import replace

import pytest
from django.test import Client
from django.urls import reverse

from campaigns.models import Activity
from providers.errors import AccountRefused
from tests.factories import make_account, make_user

pytestmark = pytest.mark.django_db(transaction=True)
LONG = "https://shop.example.jp/fair?utm=sms"


@pytest.fixture
def clerk(client: Client) -> Client:
    client.force_login(make_user("operator"))
    return client


@pytest.fixture
def shortener(vendor, monkeypatch):
    async def shorten(self, url: str) -> str:
        if "refused" in url:
            raise AccountRefused("not_set_up")
        return "https://short.example/abc"

    monkeypatch.setattr(vendor, "shorten", shorten)
    monkeypatch.setattr(vendor, "capabilities", replace(vendor.capabilities, shortens=True))
    return make_account(provider="scripted")


def post(clerk: Client, shortener, url: str, **headers):
    return clerk.post(reverse("shorturl_new"), {"url": url, "account": shortener.pk}, headers=headers)


def test_the_editor_offers_it_only_where_an_account_can(clerk, shortener, vendor, monkeypatch):
    assert 'data-dialog="short-url"' in clerk.get("/campaigns/new/").content.decode()
    monkeypatch.setattr(vendor, "capabilities", replace(vendor.capabilities, shortens=False))
    assert "short-url" not in clerk.get("/campaigns/new/").content.decode()
    assert "作れる接続先がありません" in clerk.get(reverse("shorturl_new")).content.decode()


def test_a_short_url_is_made_on_a_page_of_its_own(clerk, shortener):
    page = post(clerk, shortener, LONG).content.decode()
    assert "<html" in page
    assert "https://short.example/abc" in page
    note = Activity.objects.get()
    assert (note.verb, note.details) == ("url_shortened", {"url": "https://short.example/abc"})


def test_in_the_dialog_it_comes_with_a_button_for_the_text(clerk, shortener):
    part = post(clerk, shortener, LONG, hx_request="true").content.decode()
    assert "<html" not in part
    assert 'data-insert="https://short.example/abc "' in part


@pytest.mark.parametrize(
    ("url", "sentence"),
    [
        pytest.param("", "短くするURLを入力", id="empty"),
        pytest.param("javascript:alert(1)", "https:// で始まるURL", id="no web address"),
        pytest.param("https://shop.example.jp/" + "x" * 2048, "2048", id="too long"),
        pytest.param("https://shop.example.jp/refused", "認証情報が入っていません", id="the vendor refuses"),
    ],
)
def test_what_is_wrong_is_said_and_the_url_stays(clerk, shortener, url, sentence):
    answer = post(clerk, shortener, url, hx_request="true")
    assert answer.status_code == 422
    assert sentence in answer.content.decode()
    assert url.replace("&", "&amp;")[:60] in answer.content.decode()
    assert not Activity.objects.exists()
