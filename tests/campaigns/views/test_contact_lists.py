from math import inf

import pytest
from django.contrib.auth.models import Permission
from django.test import Client

from campaigns.models import (
    Activity,
    Campaign,
    CampaignState,
    Contact,
    ContactImport,
    ContactList,
    User,
)
from campaigns.models import (
    MessageState as S,
)
from campaigns.services.imports.importing import start_import, work_on
from tests.factories import make_campaign, make_contact, make_list, make_message, make_suppression, make_user

pytestmark = pytest.mark.django_db


@pytest.fixture
def clerk(client: Client) -> Client:
    client.force_login(make_user("operator"))
    return client


def text_of(response) -> str:
    return response.content.decode()


def test_lists_are_shown_with_their_size_and_searched(clerk):
    make_list(make_contact(), make_contact(), name="常連")
    make_list(name="空のリスト", description="来年用")
    assert {each.name: each.size for each in clerk.get("/lists/").context["page"]} == {"常連": 2, "空のリスト": 0}
    assert [each.name for each in clerk.get("/lists/?q=来年").context["page"]] == ["空のリスト"]


def test_a_list_shows_its_members_and_how_many_are_stopped(clerk):
    stopped = make_contact(name="停止")
    members = make_list(make_contact(name="中"), stopped)
    make_contact(name="外")
    make_suppression(phone=stopped.phone)
    response = clerk.get(f"/lists/{members.pk}/")
    assert {contact.name for contact in response.context["page"]} == {"中", "停止"}
    assert (response.context["size"], response.context["stopped"]) == (2, 1)


def test_a_list_is_made_renamed_and_kept_unique(clerk):
    clerk.post("/lists/new/", {"name": "常連", "description": ""})
    made = ContactList.objects.get()
    clerk.post(f"/lists/{made.pk}/edit/", {"name": "お得意様", "description": "毎月"})
    made.refresh_from_db()
    assert (made.name, made.description) == ("お得意様", "毎月")
    response = clerk.post("/lists/new/", {"name": "お得意様", "description": ""})
    assert response.status_code == 422
    assert [act.verb for act in Activity.objects.order_by("pk")] == ["list_created", "list_edited"]


def test_deleting_a_list_leaves_its_people(clerk):
    members = make_list(make_contact(), make_contact())
    assert "2件の連絡先との結び付き" in text_of(clerk.get(f"/lists/{members.pk}/delete/"))
    clerk.post(f"/lists/{members.pk}/delete/")
    assert not ContactList.objects.exists()
    assert Contact.objects.count() == 2


def test_a_list_that_a_draft_sends_to_is_not_deleted(clerk):
    members = make_list(make_contact())
    campaign = make_campaign(lists=[members], name="年末の案内")
    response = clerk.post(f"/lists/{members.pk}/delete/", follow=True)
    assert "年末の案内" in text_of(response)
    assert campaign.lists_in.get() == members


def test_ticked_people_go_into_a_list_once(clerk):
    inside, outside = make_contact(), make_contact()
    members = make_list(inside)
    chosen = {"row": [inside.pk, outside.pk], "into": members.pk, "next": "/contacts/?q=x"}
    response = clerk.post("/lists/add/", chosen)
    assert response.url == "/contacts/?q=x"
    assert members.contacts.count() == 2
    assert Activity.objects.get().details == {"persons": 1}


@pytest.mark.parametrize(
    ("chosen", "sentence"),
    [
        pytest.param({"into": "1"}, "連絡先を1件以上選んでください", id="nobody ticked"),
        pytest.param({"row": "1"}, "配信リストを選んでください", id="no list chosen"),
    ],
)
def test_a_choice_that_is_not_complete_is_said(clerk, chosen, sentence):
    assert sentence in text_of(clerk.post("/lists/add/", chosen | {"next": "/lists/"}, follow=True))


def test_the_way_back_never_leaves_the_portal(clerk):
    response = clerk.post("/lists/add/", {"next": "https://elsewhere.example/"})
    assert response.url == "/lists/"


def test_ticked_members_leave_the_list_and_stay_contacts(clerk):
    leaving = make_contact()
    members = make_list(leaving, make_contact())
    clerk.post(f"/lists/{members.pk}/remove/", {"row": leaving.pk, "next": f"/lists/{members.pk}/"})
    assert members.contacts.count() == 1
    assert Contact.objects.count() == 2


def test_a_viewer_looks_but_does_not_touch(client):
    members = make_list(make_contact())
    client.force_login(make_user("viewer"))
    page = text_of(client.get(f"/lists/{members.pk}/"))
    assert "/remove/" not in page
    for path in ("new/", f"{members.pk}/edit/", f"{members.pk}/delete/"):
        assert client.get(f"/lists/{path}").status_code == 403
    assert client.post("/lists/add/").status_code == 403


def test_a_list_is_made_of_what_the_conditions_find(clerk):
    make_contact(name="青木 茂")
    make_contact(name="馬場 さくら")
    page = text_of(clerk.get("/lists/build/?q=さくら"))
    assert "1件</span> が条件に合います" in page
    clerk.post("/lists/build/", {"q": "さくら", "name": "さくらさん"})
    assert [each.name for each in ContactList.objects.get(name="さくらさん").contacts.all()] == ["馬場 さくら"]


def test_the_size_is_told_before_anything_is_stored(clerk):
    make_contact()
    shown = clerk.post("/lists/build/", {"look": "1", "name": "まだ"}, headers={"HX-Request": "true"})
    assert text_of(shown).strip().startswith('<p id="size"')
    page = text_of(clerk.post("/lists/build/", {"look": "1", "name": "まだ"}))  # without JavaScript
    assert 'value="まだ"' in page
    assert not ContactList.objects.exists()


def test_a_list_without_a_name_is_refused_and_keeps_the_conditions(clerk):
    response = clerk.post("/lists/build/", {"q": "さくら"})
    assert response.status_code == 422
    assert 'value="さくら"' in text_of(response)


def test_pasted_numbers_get_the_same_report_as_a_file(clerk, queued):
    make_contact(phone="+819011110001")
    pasted = "090-1111-0001\r\n8011110002、03-1234-5678\r\n"
    response = clerk.post("/lists/paste/", {"text": pasted, "name": "貼り付け"})
    job = ContactImport.objects.get()
    assert response.url == f"/imports/{job.pk}/"
    work_on(job, until=inf)
    job.refresh_from_db()
    counts = {name: job.counts.get(name, 0) for name in ("new", "known", "repaired", "rejected")}
    assert counts == {"new": 1, "known": 1, "repaired": 1, "rejected": 1}
    assert Contact.objects.count() == 1
    start_import(job, job.created_by)
    work_on(job, until=inf)
    assert ContactList.objects.get(name="貼り付け").contacts.count() == 2


def test_a_pasted_table_goes_on_to_the_choice_of_columns(clerk, queued):
    response = clerk.post("/lists/paste/", {"text": "携帯\t氏名\r\n090-1111-0001\t青木\r\n", "name": "表"})
    assert "氏名" in text_of(clerk.get(response.url))
    assert not Contact.objects.exists()


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        pytest.param({"text": "", "name": "x"}, "入力してください", id="nothing pasted"),
        pytest.param({"text": "090-1111-0001", "name": ""}, "新しい名前を入力", id="no list"),
        pytest.param({"text": "\t\t\n", "name": "x"}, "内容がありません", id="an empty table"),
    ],
)
def test_what_cannot_be_pasted_is_said(clerk, given, sentence):
    response = clerk.post("/lists/paste/", given)
    assert response.status_code == 422
    assert sentence in text_of(response)


def test_a_list_being_filled_says_so_and_asks_again(clerk):
    made = make_list(make_contact())
    ContactList.objects.update(recipe={})
    page = text_of(clerk.get(f"/lists/{made.pk}/"))
    assert "連絡先を入れています" in page
    assert 'hx-trigger="every 2s"' in page


@pytest.fixture
def outcomes() -> dict[str, str]:
    """One campaign to five people, and another that must not matter; the names of the people by what became of it."""
    campaign = make_campaign(name="春の案内", state=CampaignState.COMPLETED)
    people = {}
    for state, facts in (
        (S.DELIVERED, {"clicked": True}),
        (S.UNDELIVERED, {"clicked": False}),
        (S.REFUSED, {"reason": "number_dead"}),
        (S.CANCELLED, {}),
        (S.EXCLUDED, {}),
    ):
        contact = make_contact(name=f"{state}さん")
        make_message(campaign, contact=contact, phone=contact.phone, state=state, **facts)
        make_message(make_campaign(state=CampaignState.COMPLETED), contact=contact, phone=contact.phone)
        people[contact.name] = state
    make_contact(name="宛先ではない人")
    return people


@pytest.mark.parametrize(
    ("result", "found"),
    [
        ("", ["delivered", "undelivered", "refused", "cancelled", "excluded"]),
        ("failed", ["undelivered", "refused"]),
        ("undelivered", ["undelivered"]),
        ("sent", ["delivered", "undelivered"]),
        ("unsent", ["cancelled"]),
        ("failed_in_use", ["undelivered"]),
        ("clicked", ["delivered"]),
        ("waiting", []),
    ],
)
def test_a_list_is_made_of_what_became_of_a_campaign(clerk, outcomes, result, found):
    campaign = Campaign.objects.get(name="春の案内")
    clerk.post("/lists/build/", {"campaign": campaign.pk, "result": result, "name": "もう一度"})
    members = ContactList.objects.get(name="もう一度").contacts.order_by("pk")
    assert [outcomes[each.name] for each in members] == found


def test_figures_of_a_campaign_lead_to_a_list_that_is_named_already(clerk, outcomes):
    campaign = Campaign.objects.get(name="春の案内")
    rows = text_of(clerk.get(f"/messages/?campaign={campaign.pk}&state=failed"))
    assert rows.count("さん</") == 2
    address = f"/lists/build/?campaign={campaign.pk}&result=failed"
    assert address.replace("&", "&amp;") in rows
    page = text_of(clerk.get(address))
    assert "2件</span> が条件に合います" in page
    assert 'value="春の案内 未達・エラー"' in page


@pytest.mark.parametrize("more", ["&carrier=docomo", "&first=2026-11-01", "&q=090-1111-2222"])
def test_rows_narrowed_by_what_people_do_not_have_lead_to_no_list(clerk, outcomes, more):
    campaign = Campaign.objects.get(name="春の案内")
    assert "/lists/build/" not in text_of(clerk.get(f"/messages/?campaign={campaign.pk}{more}"))


def test_who_may_not_see_messages_learns_nothing_of_a_campaign_s_outcome(client, outcomes):
    campaign = Campaign.objects.get(name="春の案内")
    user = User.objects.create_user("without", password=None)
    user.user_permissions.add(*Permission.objects.filter(codename__in=["view_contact", "add_contactlist"]))
    client.force_login(user)
    assert "その配信の結果" not in text_of(client.get("/lists/build/"))
    for response in (
        client.get(f"/lists/build/?campaign={campaign.pk}&result=failed"),
        client.post("/lists/build/", {"campaign": campaign.pk, "name": "届かなかった人"}),
    ):
        assert response.status_code == 403
        assert campaign.name not in text_of(response)
    assert not ContactList.objects.filter(name="届かなかった人").exists()


UNREADABLE = [
    ({"list": "99999"}, "その項目は選べません。一覧から選び直してください。"),
    ({"result": "failed"}, "結果で絞り込むには、配信も選んでください。"),
    ({"campaign": "99999", "result": "failed"}, "その項目は選べません。一覧から選び直してください。"),
    ({"none_of": "99999"}, "「99999」は選べません。一覧から選び直してください。"),
    ({"value": "大阪"}, "値で絞り込むには、差し込み項目の名前も入力してください。"),
    ({"field": "店舗"}, "差し込み項目で絞り込むには、項目の値も入力してください。"),
    ({"q": "あ" * 101}, "100文字以内で入力してください"),
]


@pytest.mark.parametrize(("conditions", "sentence"), UNREADABLE)
def test_conditions_that_cannot_be_read_find_nobody_and_make_no_list(clerk, conditions, sentence):
    """A list deleted meanwhile must not turn "those in it" into everybody."""
    make_contact(name="青木 茂")
    refused = clerk.post("/lists/build/", {**conditions, "name": "大阪の皆様"})
    assert refused.status_code == 422
    assert sentence in text_of(refused)
    assert 'value="大阪の皆様"' in text_of(refused)
    assert not ContactList.objects.exists()
    size = text_of(clerk.post("/lists/build/", {**conditions, "look": "1"}, headers={"HX-Request": "true"}))
    assert sentence in size
    assert "条件に合います" not in size
    page = text_of(clerk.get("/contacts/", conditions))
    assert sentence in page
    assert "青木 茂" not in page
    assert "/lists/build/" not in page


def test_a_draft_and_an_old_campaign_as_conditions(clerk, monkeypatch):
    """The newest are offered; an older one stays chosen when an address names it; a draft has no recipients yet."""
    monkeypatch.setattr("campaigns.forms.contacts.OFFERED", 1)
    old, new = (make_campaign(name=name, state=CampaignState.COMPLETED) for name in ("昔の配信", "最近の配信"))
    draft = make_campaign(name="書きかけ")
    assert "昔の配信" not in text_of(clerk.get("/lists/build/"))
    page = text_of(clerk.get(f"/lists/build/?campaign={old.pk}"))
    assert f'<option value="{old.pk}" selected>昔の配信' in page
    assert f'<option value="{new.pk}">最近の配信' in page
    assert "書きかけ" not in text_of(clerk.get(f"/lists/build/?campaign={draft.pk}"))
