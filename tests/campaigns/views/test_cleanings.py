from dataclasses import replace
from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from campaigns.models import CleanedNumber, NumberCleaning
from campaigns.rules.sending_window import jst_day
from tests.factories import make_account, make_cleaning, make_contact, make_list, make_user

pytestmark = pytest.mark.django_db


@pytest.fixture
def clerk(client: Client) -> Client:
    client.force_login(make_user("operator"))
    return client


@pytest.fixture
def account(vendor, monkeypatch):
    able = replace(vendor.capabilities, cleans=True, cleans_back=730, questions_per_second=5)
    monkeypatch.setattr(vendor, "capabilities", able)
    return make_account(provider="scripted", label="本番", cleaning_price=3)


def test_the_list_leads_there_and_the_cost_is_said_first(clerk, account):
    contact_list = make_list(make_contact(), make_contact())
    url = reverse("cleaning_new", args=[contact_list.pk])
    assert url in clerk.get(reverse("contactlist_detail", args=[contact_list.pk])).content.decode()
    page = clerk.get(url).content.decode()
    for words in ("対象 2件。", "費用の目安 ¥6", "1件 ¥3"):
        assert words in page


def test_without_a_price_it_says_that_there_may_be_one(clerk, account):
    type(account).objects.update(cleaning_price=None)
    page = clerk.get(reverse("cleaning_new", args=[make_list(make_contact()).pk])).content.decode()
    assert "料金は配信事業者にご確認ください" in page


def test_without_an_account_that_can_it_says_whom_to_ask(clerk, vendor):
    make_account(provider="scripted")
    page = clerk.get(reverse("cleaning_new", args=[make_list(make_contact()).pk])).content.decode()
    assert "対応する接続先がありません" in page


def test_it_starts_with_the_day_asked_for(clerk, account, queued):
    contact_list = make_list(make_contact())
    since = jst_day(timezone.now()) - timedelta(days=30)
    typed = {"account": account.pk, "since": f"{since:%Y-%m-%d}"}
    answer = clerk.post(reverse("cleaning_new", args=[contact_list.pk]), typed)
    job = NumberCleaning.objects.get()
    assert answer["Location"] == reverse("cleaning_detail", args=[job.pk])
    assert (job.since, job.total, job.is_working) == (since, 1, True)


@pytest.mark.parametrize(
    ("days", "sentence"),
    [pytest.param(-1, "今日まで", id="to come"), pytest.param(731, "確かめられるのは", id="too long ago")],
)
def test_a_day_the_vendor_does_not_know_is_refused(clerk, account, days, sentence):
    since = jst_day(timezone.now()) - timedelta(days=days)
    typed = {"account": account.pk, "since": f"{since:%Y-%m-%d}"}
    answer = clerk.post(reverse("cleaning_new", args=[make_list(make_contact()).pk]), typed)
    assert answer.status_code == 422
    assert sentence in answer.content.decode()
    assert not NumberCleaning.objects.exists()


def result(job: NumberCleaning, name: str, verdict: str) -> None:
    contact = make_contact(name=name)
    CleanedNumber.objects.create(
        cleaning=job, contact=contact, verdict=verdict, since=job.since, asked_at=timezone.now()
    )


def test_what_was_found_is_shown_by_verdict_those_who_changed_first(clerk):
    job = make_cleaning(state="done", asked=2)
    result(job, "変わった人", "changed")
    result(job, "同じ人", "same")
    url = reverse("cleaning_detail", args=[job.pk])
    assert "変わった人" in clerk.get(url).content.decode()
    assert "同じ人" not in clerk.get(url).content.decode()
    assert "同じ人" in clerk.get(f"{url}?verdict=same").content.decode()


def test_the_contact_shows_the_last_verdict(clerk):
    for state, verdict in (("done", "same"), ("cancelled", "changed")):
        result(make_cleaning(state=state, account=make_account()), f"人{verdict}", verdict)
    contact = CleanedNumber.objects.get(verdict="changed").contact
    assert "名義変更あり" in clerk.get(reverse("contact_detail", args=[contact.pk])).content.decode()


def test_while_it_works_the_page_looks_again_and_afterwards_not(clerk):
    job = make_cleaning()
    part = clerk.get(reverse("cleaning_detail", args=[job.pk]), headers={"hx-request": "true"}).content.decode()
    assert 'hx-trigger="every 2s"' in part
    assert "<html" not in part
    NumberCleaning.objects.update(state="failed", trouble="credentials_refused")
    page = clerk.get(reverse("cleaning_detail", args=[job.pk])).content.decode()
    assert "hx-trigger" not in page.split('id="cleaning-stage"')[1].split(">")[0]
    assert "認証情報" in page


def test_a_page_costs_the_same_however_many_it_shows(clerk, django_assert_max_num_queries):
    job = make_cleaning(state="done")
    for number in range(30):
        result(job, f"人{number}", "changed")
    with django_assert_max_num_queries(8):
        clerk.get(reverse("cleaning_detail", args=[job.pk]))


def test_it_is_stopped_after_a_question(clerk):
    job = make_cleaning()
    url = reverse("cleaning_cancel", args=[job.pk])
    assert "止めますか" in clerk.get(url).content.decode()
    clerk.post(url)
    job.refresh_from_db()
    assert job.state == "cancelled"
    assert "もう終わっています" in clerk.post(url, follow=True).content.decode()


def test_numbers_are_masked_for_those_who_may_not_see_them(client):
    job = make_cleaning(state="done")
    result(job, "変わった人", "changed")
    client.force_login(make_user("viewer"))
    page = client.get(reverse("cleaning_detail", args=[job.pk])).content.decode()
    assert "****" in page
