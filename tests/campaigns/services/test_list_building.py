from math import inf

import pytest

from campaigns.models import Activity, ContactList
from campaigns.services import list_building
from campaigns.services.contacts import ContactSearch, count_found, count_stopped, find_contacts
from campaigns.services.list_building import build_list, fill_list, wake_filling
from campaigns.services.planning.readiness import problems
from tests.factories import make_campaign, make_contact, make_list, make_suppression, make_user

pytestmark = pytest.mark.django_db


@pytest.fixture
def people():
    """a and b in one list, b and c in another, d in none."""
    made = {name: make_contact(name=name, attributes={"店": "渋谷" if name in "ab" else "渋谷駅前"}) for name in "abcd"}
    made["one"] = make_list(made["a"], made["b"])
    made["two"] = make_list(made["b"], made["c"])
    make_suppression(phone=made["c"].phone)
    return made


@pytest.mark.parametrize(
    ("search", "found"),
    [
        pytest.param({}, "abcd", id="everybody"),
        pytest.param({"any_of": ("one", "two")}, "abc", id="union"),
        pytest.param({"all_of": ("one", "two")}, "b", id="intersection"),
        pytest.param({"any_of": ("one",), "none_of": ("two",)}, "a", id="one minus the other"),
        pytest.param({"none_of": ("one", "two")}, "d", id="all but both"),
        pytest.param({"stop": "active", "any_of": ("two",)}, "b", id="not stopped"),
        pytest.param({"field": "店", "value": "渋谷"}, "ab", id="a merge value, whole"),
        pytest.param({"text": "渋谷"}, "abcd", id="a merge value, in part"),
        pytest.param({"field": "氏名__x", "value": "渋谷"}, "", id="a field nobody has"),
    ],
)
def test_people_are_found_by_lists_and_values(people, search, found):
    keys = {name: tuple(people[each].pk for each in of) if name.endswith("_of") else of for name, of in search.items()}
    assert {row.contact.name for row in find_contacts(ContactSearch(**keys))} == set(found)


def test_a_list_is_filled_in_chunks_and_complete_at_once_when_short(people, monkeypatch):
    monkeypatch.setattr(list_building, "CHUNK", 2)
    build_list(ContactList(name="新"), ContactSearch(), make_user("operator"))
    made = ContactList.objects.get(name="新")
    assert made.contacts.count() == 4
    assert not made.is_filling
    assert Activity.objects.get().verb == "list_created"


@pytest.mark.django_db(transaction=True)
def test_a_long_list_goes_on_in_the_background_and_after_a_crash(people, monkeypatch, queued):
    monkeypatch.setattr(list_building, "CHUNK", 1)
    monkeypatch.setattr(list_building, "AT_ONCE", -inf)
    search = ContactSearch(any_of=(people["one"].pk, people["two"].pk))
    build_list(ContactList(name="新"), search, make_user("operator"))
    made = ContactList.objects.get(name="新")
    assert made.is_filling
    assert made.contacts.count() == 1
    wake_filling()
    assert queued == [("fill_list", (made.pk,))] * 2
    stale = ContactList.objects.get(pk=made.pk)
    fill_list(made, until=inf)
    fill_list(stale, until=inf)  # another worker that woke as well
    assert ContactList.objects.get(pk=made.pk).contacts.count() == 3


def test_a_half_filled_list_is_neither_sent_to_nor_left_out(people):
    ContactList.objects.filter(pk=people["one"].pk).update(recipe={})
    campaign = make_campaign(lists=[people["two"]])
    assert not [each for each in problems(campaign) if "作成の途中" in each]
    campaign.lists_out.add(people["one"])
    assert [each for each in problems(campaign) if "作成の途中" in each]


@pytest.mark.parametrize(
    ("conditions", "found", "stopped"),
    [
        pytest.param({}, 4, 2, id="everybody"),
        pytest.param({"text": "停"}, 1, 1, id="by a name"),
        pytest.param({"any_of": ("one",)}, 2, 1, id="in a list"),
        pytest.param({"any_of": ("one",), "stop": "active"}, 1, 0, id="in a list, those who may be texted"),
        pytest.param({"none_of": ("one",)}, 2, 1, id="in no list"),
        pytest.param({"none_of": ("one",), "stop": "active"}, 1, 0, id="in no list, those who may be texted"),
        pytest.param({"none_of": ("one",), "text": "外"}, 1, 0, id="in no list, by a name"),
        pytest.param({"none_of": ("one",), "any_of": ("one",)}, 0, 0, id="in a list and not in it"),
        pytest.param({"stop": "stopped"}, 2, 2, id="those stopped"),
        pytest.param({"stop": "active"}, 2, 0, id="those who may be texted"),
    ],
)
def test_how_many_are_found_and_how_many_of_them_must_not_be_texted(conditions, found, stopped):
    inside, outside = make_contact(name="停まる人"), make_contact(name="やめた人")
    members = make_list(inside, make_contact(name="届く人"), name="one")
    make_contact(name="外の人")
    for person in (inside, outside):
        make_suppression(phone=person.phone)
    lists = {name: (members.pk,) for name in ("any_of", "none_of") if name in conditions}
    search = ContactSearch(**{**conditions, **lists})
    assert (count_found(search), count_stopped(search)) == (found, stopped)
    assert find_contacts(search).count() == found
