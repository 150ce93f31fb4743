import pytest
from django.test import Client

from campaigns.models import PortalSettings, Suppression
from campaigns.services.opting_out import link_maker
from campaigns.views import opt_out as page
from tests.factories import make_message

pytestmark = pytest.mark.django_db


@pytest.fixture
def link() -> str:
    PortalSettings.objects.create(pk=1, organisation="見本商店")
    message = make_message()
    return "/o/" + link_maker(message.campaign_id)(message.contact_id).rpartition("/")[2]


def test_opening_the_link_changes_nothing_whatever_opens_it(client, link):
    for ask in (client.get, client.head, client.options):
        ask(link)
    assert not Suppression.objects.exists()


def test_confirming_stops_without_cookies_or_log_in(link):
    phone = Client(enforce_csrf_checks=True)
    assert "配信を停止しました" in phone.post(link).content.decode()
    assert Suppression.objects.count() == 1


def test_opening_an_unknown_link_looks_the_same(client, link):
    assert client.get("/o/unknown").content == client.get(link).content


def test_confirming_an_unknown_link_claims_nothing_and_says_what_to_do(client, link):
    answer = client.post(link[:-1])
    assert answer.status_code == 200
    assert "リンクを確認できませんでした" in answer.content.decode()
    assert not Suppression.objects.exists()


def test_guessing_is_cut_short(client, link, monkeypatch):
    monkeypatch.setattr(page, "WRONG_PER_HOUR", 2)
    for _ in range(3):
        client.post("/o/guess")
    assert "しばらくお待ちください" in client.post(link).content.decode()
    assert not Suppression.objects.exists()


def test_the_page_is_small_and_without_script_and_leaks_no_address(client, link):
    answer = client.get(link)
    assert len(answer.content) < 1_500
    assert b"<script" not in answer.content
    assert answer["Referrer-Policy"] == "no-referrer"
    assert answer["Cache-Control"] == "no-store"


def test_the_page_speaks_the_language_of_the_phone(client, link):
    assert b"Stop these messages?" in client.get(link, headers={"accept-language": "en"}).content
