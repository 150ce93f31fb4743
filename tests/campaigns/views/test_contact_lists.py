import pytest
from django.test import Client

from campaigns.models import Activity, Contact, ContactList
from tests.factories import make_campaign, make_contact, make_list, make_suppression, make_user

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
