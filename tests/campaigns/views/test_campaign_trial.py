from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from campaigns.models import Campaign, Message, TrialPhone
from tests.factories import make_account, make_campaign, make_contact, make_list, make_phone, make_user

pytestmark = pytest.mark.django_db
REFERENCE = "0123456789ab"


@pytest.fixture
def clerk(client: Client, queued) -> Client:
    client.force_login(make_user("operator"))
    return client


@pytest.fixture
def draft(vendor) -> Campaign:
    people = make_list(make_contact(name="森 一"), make_contact(name="勅使河原 権左衛門"))
    return make_campaign(account=make_account(provider="scripted"), lists=[people], body="{{氏名}}様")


def own_phone(client: Client, phone: str = "") -> TrialPhone:
    return TrialPhone.objects.create(user_id=client.session["_auth_user_id"], phone=phone or make_phone())


def text_of(response) -> str:
    return response.content.decode()


def test_the_page_asks_for_a_phone_first(clerk, draft):
    page = text_of(clerk.get(f"/campaigns/{draft.pk}/trial/"))
    assert "自分の携帯電話番号" in page
    assert "この内容でテスト送信" not in page


@pytest.mark.parametrize(
    ("typed", "stored", "sentence"),
    [
        pytest.param("０９０-1234-5678", "+819012345678", "090-1234-5678", id="a mobile number as typed"),
        pytest.param("03-1234-5678", None, "携帯電話", id="no mobile number"),
        pytest.param("", None, "携帯電話番号を入力してください。", id="nothing"),
    ],
)
def test_a_phone_is_registered(clerk, draft, typed, stored, sentence):
    given = {"phone": typed, "label": "会社の電話"}
    response = clerk.post(f"/campaigns/{draft.pk}/trial/phones/add/", given, follow=True)
    assert sentence in text_of(response)
    assert stored or typed in text_of(response), "what was typed is lost"
    assert list(TrialPhone.objects.values_list("phone", flat=True)) == ([stored] if stored else [])


def test_only_ones_own_phone_is_removed_or_sent_to(clerk, draft):
    other = TrialPhone.objects.create(user=make_user("operator"), phone=make_phone())
    clerk.post(f"/campaigns/{draft.pk}/trial/phones/remove/", {"phone": other.pk})
    clerk.post(f"/campaigns/{draft.pk}/trial/", {"phones": [other.pk], "reference": REFERENCE})
    assert TrialPhone.objects.get() == other
    assert not Message.objects.exists()
    mine = own_phone(clerk)
    clerk.post(f"/campaigns/{draft.pk}/trial/phones/remove/", {"phone": mine.pk})
    assert TrialPhone.objects.get() == other


@pytest.mark.parametrize(
    ("show", "body"),
    [
        pytest.param("first", "森 一様", id="the first"),
        pytest.param("longest", "勅使河原 権左衛門様", id="the longest"),
        pytest.param("none of these", "森 一様", id="an odd choice"),
        pytest.param("9" * 40, "森 一様", id="an endless number"),
    ],
)
def test_the_text_is_that_of_the_person_chosen(clerk, draft, show, body):
    typed = {"phones": [own_phone(clerk).pk], "reference": REFERENCE, "show": show}
    page = text_of(clerk.post(f"/campaigns/{draft.pk}/trial/", typed, follow=True))
    assert "テスト送信を受け付けました" in page
    assert Message.objects.get().body == body
    assert 'hx-trigger="every 2s"' in page


def test_the_trial_is_not_in_the_list_of_campaigns_but_in_the_history(clerk, draft):
    clerk.post(f"/campaigns/{draft.pk}/trial/", {"phones": [own_phone(clerk).pk], "reference": REFERENCE})
    assert "テスト送信: " not in text_of(clerk.get("/campaigns/"))
    assert "テスト送信: " in text_of(clerk.get("/messages/"))


def test_the_results_are_a_partial_that_stops_asking_when_all_are_known(clerk, draft):
    clerk.post(f"/campaigns/{draft.pk}/trial/", {"phones": [own_phone(clerk).pk], "reference": REFERENCE})
    Message.objects.update(state="accepted")
    assert "hx-trigger" in text_of(clerk.get(f"/campaigns/{draft.pk}/trial/results/"))
    Message.objects.update(state="delivered")
    partial = text_of(clerk.get(f"/campaigns/{draft.pk}/trial/results/", headers={"HX-Request": "true"}))
    assert "<html" not in partial
    assert "hx-trigger" not in partial
    assert "いまの本文は、テスト送信で確かめてあります。" in partial


def test_what_was_decided_already_is_tried_no_more(clerk, draft):
    Campaign.objects.update(state="scheduled")
    response = clerk.post(f"/campaigns/{draft.pk}/trial/", {"reference": REFERENCE}, follow=True)
    assert "もう下書きではないため、テスト送信できません" in text_of(response)


def test_a_trial_that_waits_for_long_is_not_asked_after_for_ever(clerk, draft):
    clerk.post(f"/campaigns/{draft.pk}/trial/", {"phones": [own_phone(clerk).pk], "reference": REFERENCE})
    Campaign.objects.filter(trial_of=draft).update(created_at=timezone.now() - timedelta(minutes=5))
    assert "hx-trigger" not in text_of(clerk.get(f"/campaigns/{draft.pk}/trial/results/"))
