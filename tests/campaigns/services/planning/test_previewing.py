import pytest

from campaigns.models import Campaign, ListMembership
from campaigns.services.planning import sampling
from campaigns.services.planning.metering import fill_for
from campaigns.services.planning.previewing import preview_text
from campaigns.services.planning.sampling import (
    Person,
    audience_size,
    field_names,
    list_sizes,
    made_up_people,
    sample_people,
)
from tests.factories import make_account, make_contact, make_list

pytestmark = pytest.mark.django_db


def person(name: str, **values: str) -> Person:
    return Person(name, "+819012345678", {"氏名": name} | values)


def preview(body: str, *people: Person, profile: str = "zettai"):
    draft = Campaign(body=body, purpose="notice", account=make_account(counting_profile=profile))
    return preview_text(draft, people or [person("森 一")])


@pytest.mark.parametrize(
    ("profile", "body", "units", "limit", "parts", "over"),
    [
        pytest.param("zettai", "あ" * 70, 70, 70, 1, False, id="one part full"),
        pytest.param("zettai", "あ" * 71, 71, 132, 2, False, id="two parts"),
        pytest.param("standard", "x" * 161, 161, 306, 2, False, id="plain letters count by septets"),
        pytest.param("zettai", "あ" * 661, 661, 660, 11, True, id="too long"),
    ],
)
def test_the_meter(profile, body, units, limit, parts, over):
    meter = preview(body, profile=profile).meter
    assert (meter.units, meter.limit, meter.parts_max, meter.over) == (units, limit, parts, over)


def test_the_meter_spans_from_the_shortest_to_the_longest_person():
    meter = preview("{{氏名}}" + "あ" * 66, person("森"), person("勅使河原 権左衛門"), person("森")).meter
    assert (meter.parts_min, meter.parts_max, meter.units) == (1, 2, 75)
    assert float(meter.average) == pytest.approx(4 / 3)


def test_an_empty_text_counts_nothing():
    found = preview(" \n　")
    assert (found.meter.parts_max, found.first, found.longest, list(found.remarks)) == (0, None, None, [])


@pytest.mark.parametrize(
    ("profile", "body", "said"),
    [
        pytest.param("zettai", "{{氏名", "閉じられていません: {{氏名", id="a field left open"),
        pytest.param(
            "zettai", "{{氏明}}様", "「氏明」に値のある宛先が、確かめた1件の中に見つかりません", id="a field nobody has"
        ),
        pytest.param("zettai", "{{お氏名}}様", "「氏名」のことでしょうか。", id="a field that is nearly right"),
        pytest.param(
            "standard", "x" * 120 + "、", "、 があるため、全角と同じ数え方になっています。", id="a comma that costs"
        ),
        pytest.param("zettai", "あ" * 133, "通数は最大の見込みです。", id="where readings differ"),
        pytest.param("zettai", "𠮷野家", "届かない・文字化けのおそれがある文字があります: 𠮷", id="may not arrive"),
        pytest.param(
            "zettai", "①①㈱", "環境依存文字があります。端末によっては正しく表示されません: ① ㈱", id="each once"
        ),
    ],
)
def test_what_is_said_about_a_text(profile, body, said):
    assert any(said in remark.text for remark in preview(body, profile=profile).remarks)


@pytest.mark.parametrize(
    "body",
    [
        pytest.param("x" * 120 + "、あいうえお", id="removing a few would not do"),
        pytest.param("x" * 60 + "、", id="it costs nothing"),
    ],
)
def test_no_character_is_blamed_for_what_it_does_not_cost(body):
    assert not any("全角と同じ数え方" in remark.text for remark in preview(body, profile="standard").remarks)


def test_a_text_that_cannot_be_filled_is_still_shown_and_counted():
    found = preview("{{氏名様")
    assert (found.first.body, found.meter.units) == ("{{氏名様", 5)
    assert found.remarks[0].severity == "error"


def test_a_persons_own_characters_are_marked_too():
    assert preview("{{氏名}}様", person("髙橋")).first.marks([]) == [0]


def test_the_character_that_costs_a_part_is_marked():
    found = preview("x" * 100 + "、" + "x" * 20, profile="standard")
    assert found.costly == ["、"]
    assert found.first.marks(found.costly) == [100]


def test_people_are_taken_from_all_over_the_lists():
    contacts = [make_contact() for _ in range(300)]
    everybody, left_out = make_list(*contacts), make_list(contacts[0])
    sample = sample_people([everybody], [left_out])
    names = [each.name for each in sample.people]
    assert names[0] == contacts[1].name
    assert {contacts[150].name, contacts[299].name} <= set(names)
    assert len(names) == len(set(names)) < 300
    assert not sample.is_everybody
    assert sample_people([], []).people == sample_people([make_list()], []).people == []


def test_of_short_lists_everybody_is_looked_at():
    one, two = make_list(*(make_contact() for _ in range(50))), make_list(*(make_contact() for _ in range(60)))
    sample = sample_people([one, two], [])
    assert (len(sample.people), sample.is_everybody) == (110, True)


def test_beyond_a_few_lists_the_sample_does_not_claim_to_be_everybody():
    assert not sample_people([make_list(make_contact()) for _ in range(7)], []).is_everybody


def test_the_size_is_exact_only_where_nothing_can_overlap():
    one, two = make_list(make_contact(), make_contact()), make_list(make_contact())
    assert [(size.contacts, size.is_exact) for size in (audience_size([one], []), audience_size([one, two], []))] == [
        (2, True),
        (3, False),
    ]
    assert not audience_size([one], [two]).is_exact


def test_made_up_people_fill_every_field():
    people = made_up_people("{{氏名}}様 {{予約日}} {{会社名}}")
    assert all(preview_text(Campaign(body="{{氏名}}{{予約日}}{{会社名}}", purpose="notice"), people).filled)
    assert "予約日" in field_names(people)


def test_the_shortest_the_longest_and_what_most_people_get():
    found = preview("{{氏名}}" + "あ" * 66, person("勅使河原 権左衛門"), person("森"), person("林"), person("原"))
    assert found.shortest.person.name == "森"
    assert found.longest.person.name == "勅使河原 権左衛門"
    assert (found.meter.parts_min, found.meter.usual, found.meter.parts_max) == (1, 1, 2)


@pytest.mark.parametrize(("units", "uncertain"), [(132, False), (133, True), (134, True), (135, False)])
def test_the_meter_says_where_the_readings_of_the_vendor_differ(units, uncertain):
    assert preview("あ" * units).meter.uncertain is uncertain


@pytest.mark.parametrize(
    ("body", "found"),
    [
        pytest.param("①と①と㈱", ["①", "㈱"], id="characters, each once"),
        pytest.param("{{氏名", ["{{氏名"], id="a broken field"),
        pytest.param("{{氏明}}様", ["{{氏明}}"], id="a field nobody has"),
        pytest.param("https://bit.ly/a", ["bit.ly"], id="an address"),
    ],
)
def test_a_remark_names_what_to_look_for_in_the_text(body, found):
    assert preview(body).remarks[0].found == found


def test_one_person_is_shown_whoever_else_the_lists_hold():
    draft = Campaign(body="{{氏名}}様 {{予約日}}", account=make_account(counting_profile="zettai"))
    assert fill_for(draft, person("森", 予約日="12月1日")).body == "森様 12月1日"
    assert fill_for(draft, person("林")) is None


def test_a_long_list_is_counted_once_in_a_while_and_a_short_one_each_time(monkeypatch, django_assert_num_queries):
    monkeypatch.setattr(sampling, "LONG_LIST", 3)
    short, long = make_list(make_contact()), make_list(*(make_contact() for _ in range(3)))
    assert list_sizes([short, long, empty := make_list()]) == {short.pk: 1, long.pk: 3, empty.pk: 0}
    ListMembership.objects.create(contact_list=short, contact=make_contact())
    with django_assert_num_queries(1):
        assert list_sizes([short, long]) == {short.pk: 2, long.pk: 3}
    with django_assert_num_queries(0):
        assert audience_size([long], []).contacts == 3
