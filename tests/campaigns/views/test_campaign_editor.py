import pytest
from django.test import Client
from django.utils import timezone

from campaigns.models import Activity, Campaign, MessageTemplate
from campaigns.services.planning.preparing import start_preparation
from tests.factories import (
    make_account,
    make_campaign,
    make_contact,
    make_list,
    make_sender,
    make_template,
    make_user,
)

pytestmark = pytest.mark.django_db
EMPTY = {"name": "", "purpose": "notice", "body": "", "when": "now", "sender": "", "intent": "save"}


@pytest.fixture
def clerk(client: Client) -> Client:
    client.force_login(make_user("operator"))
    return client


@pytest.fixture
def complete(vendor) -> dict[str, object]:
    """What a person types who leaves nothing out."""
    sender = make_sender(make_account(provider="scripted", counting_profile="zettai"))
    people = make_list(make_contact(name="森 一"), make_contact(name="勅使河原 権左衛門"))
    return EMPTY | {
        "name": "予約の確認",
        "body": "{{氏名}}様 ご予約は明日10時です。",
        "sender": sender.pk,
        "lists_in": [people.pk],
        "intent": "confirm",
    }


def text_of(response) -> str:
    return response.content.decode()


def saved() -> Campaign:
    return Campaign.objects.get()


def test_an_incomplete_draft_is_kept_with_a_name_made_for_it(clerk):
    response = clerk.post("/campaigns/new/", EMPTY | {"body": "まだ途中"}, follow=True)
    assert "下書きを保存しました。" in text_of(response)
    assert "まだ途中" in text_of(response)
    assert saved().name.startswith("名前のない配信")
    assert saved().state == "draft"


def test_the_same_form_posted_twice_makes_one_draft(clerk):
    form = EMPTY | {"reference": "0123456789ab", "body": "一通だけ"}
    clerk.post("/campaigns/new/", form)
    clerk.post("/campaigns/new/", form)
    assert saved().reference == "0123456789ab"


def test_everything_typed_is_kept_in_japanese_time_and_as_it_will_be_sent(clerk, complete):
    typed = {
        "intent": "save",
        "body": "一行目\r\n二行目",
        "when": "later",
        "scheduled_for": "2030-01-15T10:00",
        "deadline_at": "2030-01-15T18:30",
        "held_at": "vendor",
    }
    clerk.post("/campaigns/new/", complete | typed)
    draft = saved()
    assert draft.body == "一行目\n二行目"
    assert draft.scheduled_for.isoformat() == "2030-01-15T01:00:00+00:00"
    assert draft.deadline_at.isoformat() == "2030-01-15T09:30:00+00:00"
    assert (draft.held_at, draft.account, draft.lists_in.count()) == ("vendor", draft.sender.account, 1)
    page = text_of(clerk.get(f"/campaigns/{draft.pk}/edit/"))
    assert 'value="2030-01-15T10:00"' in page


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        pytest.param({"when": "later"}, "配信予定日時を入力するか、「すぐに送信」を選んでください。", id="no time"),
        pytest.param({"body": "長" * 2001}, "2000", id="endless text"),
    ],
)
def test_what_cannot_be_kept_is_said_and_stays_on_the_page(clerk, typed, sentence):
    response = clerk.post("/campaigns/new/", EMPTY | {"name": "年末のご案内"} | typed)
    assert response.status_code == 422
    assert sentence in text_of(response)
    assert "年末のご案内" in text_of(response)
    assert not Campaign.objects.exists()


def test_a_list_is_either_in_or_out(clerk):
    people = make_list(name="会員")
    response = clerk.post("/campaigns/new/", EMPTY | {"lists_in": [people.pk], "lists_out": [people.pk]})
    assert "「会員」が宛先と除外の両方で選ばれています。" in text_of(response)


def test_a_complete_draft_goes_on_to_its_confirmation(clerk, complete):
    response = clerk.post("/campaigns/new/", complete)
    assert response.url == f"/campaigns/{saved().pk}/confirm/"
    assert saved().preparation == "running"


@pytest.mark.parametrize(
    ("typed", "field", "sentence"),
    [
        pytest.param({"sender": ""}, "id_sender", "接続先を選んでください。", id="no sender"),
        pytest.param({"lists_in": []}, "id_lists_in", "宛先の配信リストを1つ以上選んでください。", id="no list"),
        pytest.param({"body": ""}, "id_body", "本文を入力してください。", id="no text"),
        pytest.param({"body": "{{氏名様"}, "id_body", "閉じられていません", id="a field left open"),
        pytest.param(
            {"purpose": "advertising"}, "id_body", "配信停止を受け付けるURL", id="advertising without a way out"
        ),
        pytest.param(
            {"when": "later", "scheduled_for": "2020-01-01T10:00"}, "id_scheduled_for", "過去になっています", id="past"
        ),
        pytest.param(
            {"deadline_at": "2020-01-01T10:00"},
            "id_deadline_at",
            "配信予定日時より後に",
            id="deadline before the start",
        ),
    ],
)
def test_what_is_missing_is_linked_to_its_field_and_the_draft_is_kept(clerk, complete, typed, field, sentence):
    response = clerk.post("/campaigns/new/", complete | typed)
    page = text_of(response)
    assert response.status_code == 422
    assert "下書きは保存しました。" in page
    assert f'<a href="#{field}' in page
    assert f'id="{field}' in page
    assert sentence in page
    assert saved().preparation == ""
    assert f'action="/campaigns/{saved().pk}/edit/"' in page


def test_any_edit_throws_away_what_was_counted(clerk):
    draft = make_campaign()
    start_preparation(draft)
    clerk.post(f"/campaigns/{draft.pk}/edit/", EMPTY | {"body": "書き直し"})
    draft.refresh_from_db()
    assert (draft.preparation, draft.body) == ("", "書き直し")
    assert Activity.objects.get().verb == "campaign_edited"


@pytest.mark.parametrize("state", ["pending_approval", "scheduled", "sending", "completed", "cancelled"])
def test_only_a_draft_is_edited(clerk, state):
    campaign = make_campaign(state=state, starts_at=timezone.now())
    for response in (
        clerk.get(f"/campaigns/{campaign.pk}/edit/", follow=True),
        clerk.post(f"/campaigns/{campaign.pk}/edit/", EMPTY | {"body": "あとから"}, follow=True),
    ):
        assert "もう下書きではないため、編集できません。" in text_of(response)
    campaign.refresh_from_db()
    assert campaign.body != "あとから"


def test_a_template_replaces_the_text_shows_the_old_one_and_saves_nothing(clerk, complete):
    template = make_template(body="定型の本文", purpose="advertising")
    typed = complete | {"intent": "use_template", "pick": template.pk, "body": "書きかけの文"}
    response = clerk.post("/campaigns/new/", typed)
    page = text_of(response)
    assert response.context["form"]["body"].value() == "定型の本文"
    assert response.context["form"]["purpose"].value() == "advertising"
    assert "書きかけの文" in page
    assert "予約の確認" in page
    assert not Campaign.objects.exists()


def test_the_campaign_remembers_which_version_its_text_came_from(clerk):
    template = make_template(version=4)
    clerk.post("/campaigns/new/", EMPTY | {"template": template.pk, "body": template.body})
    assert (saved().template, saved().template_version) == (template, 4)


def test_a_campaign_begins_from_a_template(clerk):
    template = make_template(name="予約", body="定型の本文")
    page = text_of(clerk.get(f"/campaigns/new/?template={template.pk}"))
    assert "定型の本文" in page
    assert clerk.get("/campaigns/new/?template=%C2%B2").status_code == 200


def test_the_preview_is_a_partial_over_the_chosen_people_and_stores_nothing(clerk, complete):
    typed = complete | {"body": "{{氏名}}様" + "あ" * 62, "show": "longest"}
    response = clerk.post("/campaigns/preview/", typed, headers={"HX-Request": "true"})
    page = text_of(response)
    meter = response.context["preview"].meter
    assert "<html" not in page
    assert "勅使河原 権左衛門様" in page
    assert (meter.parts_min, meter.parts_max, meter.units) == (1, 2, 72)
    assert "¥27" in page  # one part and two, at ¥9
    assert "宛先 2件での見込みです。" in page
    assert not Campaign.objects.exists()


def test_the_chips_follow_the_lists(clerk, complete):
    complete["lists_in"] = [make_list(make_contact(attributes={"予約日": "12月1日"})).pk]
    page = text_of(clerk.post("/campaigns/preview/", complete))
    assert 'id="chips" hx-swap-oob="true"' in page
    assert 'data-insert="{{予約日}}"' in page


def test_the_preview_says_who_lacks_a_value_before_anybody_is_left_out(clerk, complete):
    complete["lists_in"] = [make_list(make_contact(attributes={"予約日": "12月1日"}), make_contact()).pk]
    page = text_of(clerk.post("/campaigns/preview/", complete | {"body": "ご予約日は{{予約日}}です。"}))
    assert "差し込み項目「予約日」に値がない宛先があります(確かめた2件のうち1件)。" in page
    assert "{{予約日|既定値}}" in page


def test_the_preview_takes_people_of_excluded_lists_for_nobody(clerk, complete):
    kept, left_out = make_contact(name="宛先 花子"), make_contact(name="除外 太郎")
    complete |= {"lists_in": [make_list(kept, left_out).pk], "lists_out": [make_list(left_out).pk]}
    response = clerk.post("/campaigns/preview/", complete)
    assert [filled.person.name for filled in response.context["preview"].filled] == ["宛先 花子"]
    assert "最大2件" in text_of(response)


def test_without_javascript_a_button_counts_on_the_page_and_saves_nothing(clerk, complete):
    response = clerk.post("/campaigns/new/", complete | {"intent": "preview", "body": "あ" * 71})
    assert "<html" in text_of(response)
    assert response.context["preview"].meter.parts_max == 2
    assert not Campaign.objects.exists()


def test_an_account_that_is_out_of_use_is_not_offered(clerk):
    make_sender(make_account(label="古い接続", is_active=False))
    make_sender(make_account(label="新しい接続"))
    page = text_of(clerk.get("/campaigns/new/"))
    assert "新しい接続" in page
    assert "古い接続" not in page


def test_the_only_sender_is_chosen_already(clerk):
    sender = make_sender(make_account())
    assert clerk.get("/campaigns/new/").context["form"]["sender"].value() == sender.pk


def test_booking_at_the_vendor_is_offered_where_a_vendor_can(clerk, vendor, monkeypatch):
    make_sender(make_account(provider="scripted"))
    assert "配信事業者" in text_of(clerk.get("/campaigns/new/")).partition('id="section-time"')[2]
    monkeypatch.setattr(vendor, "capabilities", vendor.capabilities.__class__(books=False))
    assert "id_held_at" not in text_of(clerk.get("/campaigns/new/"))


@pytest.mark.parametrize("people", [1, 150, 300])
def test_the_preview_costs_the_same_however_many_people(clerk, complete, django_assert_max_num_queries, people):
    complete["lists_in"] = [make_list(*(make_contact() for _ in range(people))).pk]
    with django_assert_max_num_queries(30):
        clerk.post("/campaigns/preview/", complete | {"show": "longest"})


def autosave(client: Client, url: str, typed: dict, **more):
    return client.post(url, typed | {"intent": "autosave"} | more, headers={"HX-Request": "true"})


def test_a_draft_is_saved_by_itself_from_the_first_word_and_gets_its_address(clerk):
    typed = EMPTY | {"reference": "0123456789ab", "page": "a" * 12, "revision": "0"}
    response = autosave(clerk, "/campaigns/new/", typed, body="書き")
    assert response["HX-Replace-Url"] == f"/campaigns/{saved().pk}/edit/"
    assert "保存済み" in text_of(response)
    assert "あと2点で確認へ進めます。" in text_of(response)
    response = autosave(clerk, "/campaigns/new/", typed, body="書きかけ", revision="1")
    assert "HX-Replace-Url" not in response
    assert (saved().body, saved().revision) == ("書きかけ", 2)
    assert '<input type="hidden" name="revision" value="2">' in text_of(response)


@pytest.mark.parametrize(
    ("typed", "named"),
    [
        pytest.param({"when": "later", "scheduled_for": ""}, "配信予定日時", id="a time still open"),
        pytest.param({"body": "長" * 2001}, "本文", id="too long a text"),
    ],
)
def test_what_cannot_be_kept_yet_is_named_and_all_else_is_kept(clerk, complete, typed, named):
    response = autosave(clerk, "/campaigns/new/", complete, **typed)
    assert f"「{named}」は入力を確かめてください。ほかは保存しました。" in text_of(response)
    assert (saved().name, saved().lists_in.count()) == ("予約の確認", 1)


def test_a_complete_draft_is_said_to_be_ready(clerk, complete):
    assert "確認へ進めます。" in text_of(autosave(clerk, "/campaigns/new/", complete))


def test_somebody_else_who_saved_meanwhile_is_named_and_not_overwritten(clerk):
    url = f"/campaigns/{make_campaign().pk}/edit/"
    other = Client()
    other.force_login(make_user("operator", last_name="山田", first_name="花子"))
    autosave(other, url, EMPTY, body="山田の本文", page="b" * 12, revision="0")
    mine = EMPTY | {"body": "わたしの本文", "page": "a" * 12, "revision": "0"}
    response = autosave(clerk, url, mine)
    assert "山田 花子さんが、この下書きを保存しました" in text_of(response)
    response = clerk.post(url, mine)
    assert response.status_code == 409
    assert "わたしの本文" in text_of(response)
    assert saved().body == "山田の本文"
    clerk.post(url, mine | {"revision": "1"})  # the button that overwrites on purpose
    assert saved().body == "わたしの本文"


def test_saving_by_itself_what_is_no_draft_any_more_says_so_and_changes_nothing(clerk):
    campaign = make_campaign(state="scheduled", starts_at=timezone.now())
    response = autosave(clerk, f"/campaigns/{campaign.pk}/edit/", EMPTY, body="あとから")
    assert response.status_code == 200
    assert "もう下書きではないため、編集できません。" in text_of(response)
    campaign.refresh_from_db()
    assert campaign.body != "あとから"


def test_what_was_decided_is_folded_and_what_is_open_is_not(clerk):
    assert clerk.get("/campaigns/new/").context["open_sections"] == {"audience", "text", "time"}
    draft = make_campaign()
    assert clerk.get(f"/campaigns/{draft.pk}/edit/").context["open_sections"] == {"text"}


@pytest.mark.parametrize(
    ("typed", "found"),
    [
        pytest.param("勅使", ["勅使河原 権左衛門"], id="by name"),
        pytest.param("だれもいない", [], id="nobody"),
    ],
)
def test_any_person_is_found_and_shown(clerk, complete, typed, found):
    response = clerk.post("/campaigns/preview/", complete | {"person": typed})
    assert [choice.label for choice in response.context["found"]] == found
    for choice in response.context["found"]:
        page = text_of(clerk.post("/campaigns/preview/", complete | {"person": typed, "show": choice.value}))
        assert f"{choice.label}様" in page


def test_a_person_who_lacks_a_value_is_said_to_get_nothing(clerk, complete):
    person = make_contact(name="森 一")
    page = text_of(
        clerk.post("/campaigns/preview/", complete | {"body": "{{予約日}}", "show": person.pk, "person": "森"})
    )
    assert "「森 一」には送りません。差し込み項目の値がありません。" in page


def test_the_sample_is_said_to_be_one(clerk, complete):
    complete["lists_in"] = [make_list(*(make_contact() for _ in range(300))).pk]
    response = clerk.post("/campaigns/preview/", complete)
    people = len(response.context["sample"].people)
    assert f"リストの全体から選んだ{people}人で数えました。" in text_of(response)


def test_a_template_just_put_in_is_not_said_to_be_saved(clerk):
    draft, template = make_campaign(), make_template()
    typed = EMPTY | {"intent": "use_template", "pick": template.pk}
    assert "まだ保存していません。" in text_of(clerk.post(f"/campaigns/{draft.pk}/edit/", typed))
    assert "保存済み" in text_of(clerk.get(f"/campaigns/{draft.pk}/edit/"))


def test_a_newer_text_of_the_same_template_is_remembered_by_its_own_version(clerk):
    template = make_template(version=1, body="はじめの本文")
    clerk.post("/campaigns/new/", EMPTY | {"template": template.pk, "body": template.body})
    url = f"/campaigns/{saved().pk}/edit/"
    MessageTemplate.objects.update(version=2, body="新しい本文")
    clerk.post(url, EMPTY | {"template": template.pk, "body": "はじめの本文、少し変えて"})
    assert saved().template_version == 1
    clerk.post(url, EMPTY | {"template": template.pk, "body": "新しい本文", "revision": "2"})
    assert saved().template_version == 2


def test_saving_by_itself_costs_the_same_each_time(clerk, complete, django_assert_max_num_queries):
    autosave(clerk, "/campaigns/new/", complete, reference="0123456789ab", page="a" * 12)
    with django_assert_max_num_queries(45):
        autosave(clerk, f"/campaigns/{saved().pk}/edit/", complete, body="もっと", page="a" * 12, revision="1")
    assert saved().body == "もっと"
