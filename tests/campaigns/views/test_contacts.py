import json

import pytest
from django.test import Client
from django.utils import timezone

from campaigns.models import Activity, Contact, DueMessage, Message, Suppression
from campaigns.rules.phone_numbers import format_domestic
from tests.factories import (
    make_campaign,
    make_contact,
    make_list,
    make_message,
    make_phone,
    make_suppression,
    make_user,
)

pytestmark = pytest.mark.django_db
TYPED = {"phone": "０９０ー１２３４ー５６７８", "name": "青木 茂", "consent_basis": "", "new_name": "", "new_value": ""}


@pytest.fixture
def clerk(client: Client) -> Client:
    client.force_login(make_user("operator"))
    return client


def text_of(response) -> str:
    return response.content.decode()


def csv_of(response) -> list[str]:
    return b"".join(response.streaming_content).decode("utf-8-sig").splitlines()


def found_by(client, query, path="/contacts/") -> set[str]:
    return {contact.name for contact in client.get(path, query).context["page"]}


@pytest.mark.parametrize(
    ("typed", "found"),
    [
        pytest.param("", {"青木 茂", "馬場 さくら"}, id="everybody"),
        pytest.param("090-1234", {"青木 茂"}, id="start of a number, as dialled"),
        pytest.param("０９０１２３４", {"青木 茂"}, id="full-width digits"),
        pytest.param("5678", {"青木 茂"}, id="end of a number"),
        pytest.param("+819012345678", {"青木 茂"}, id="international form"),
        pytest.param("青木茂", {"青木 茂"}, id="a name without its space"),
        pytest.param("バ バ", {"馬場 さくら"}, id="kana with a space"),
        pytest.param("さくら商事", {"馬場 さくら"}, id="company"),
        pytest.param("ばば", {"馬場 さくら"}, id="kana in hiragana"),
        pytest.param("ｱｵｷ", {"青木 茂"}, id="kana in half width"),
        pytest.param("(株)さくら", {"馬場 さくら"}, id="one sign for three characters"),
        pytest.param("渋谷", {"青木 茂"}, id="a merge value"),
        pytest.param("090-1234-5678", {"青木 茂"}, id="a whole number is its owner's"),
        pytest.param("080-8888-7777", {"馬場 さくら"}, id="a whole number nobody has but as a merge value"),
        pytest.param("+81 90-1234", {"青木 茂"}, id="start of a number, internationally"),
        pytest.param("1234-5678", {"青木 茂"}, id="middle of a number with hyphens"),
        pytest.param("7-7-7", {"馬場 さくら"}, id="an id of digits and hyphens"),
        pytest.param("茂アオキ", set(), id="across two fields"),
        pytest.param("c-77", {"馬場 さくら"}, id="customer id"),
        pytest.param("どこにもない", set(), id="nobody"),
    ],
)
def test_people_are_found_by_what_is_known_of_them(clerk, typed, found):
    make_contact(phone="+819012345678", name="青木 茂", kana="アオキ シゲル", attributes={"店": "渋谷店"})
    make_contact(
        phone="+818099990000",
        name="馬場 さくら",
        kana="ババ サクラ",
        company="㈱さくら商事",
        external_id="C-77-7-7",
        attributes={"夫": "080-8888-7777"},
    )
    assert found_by(clerk, {"q": typed}) == found


def test_people_are_narrowed_by_list_and_refusal(clerk):
    inside, stopped, _outside = make_contact(name="中"), make_contact(name="停止"), make_contact(name="外")
    members = make_list(inside, stopped)
    make_suppression(phone=stopped.phone)
    assert found_by(clerk, {"list": members.pk}) == {"中", "停止"}
    assert found_by(clerk, {"list": members.pk, "stop": "active"}) == {"中"}
    assert found_by(clerk, {"stop": "stopped"}) == {"停止"}


def test_who_may_not_see_numbers_can_neither_read_nor_feel_for_them(client):
    make_contact(phone="+819012345678", name="青木 茂")
    client.force_login(make_user("viewer"))
    assert "090-****-5678" in text_of(client.get("/contacts/"))
    assert found_by(client, {"q": "090-1234"}) == set()
    assert found_by(client, {"q": "12345678"}) == set()
    assert found_by(client, {"q": "青木"}) == {"青木 茂"}
    assert found_by(client, {"q": "090-1234-5678"}) == {"青木 茂"}
    assert client.get("/contacts/export/").status_code == 403


def test_the_list_costs_the_same_however_long(clerk, django_assert_max_num_queries):
    for _ in range(60):
        make_list(make_contact())
    with django_assert_max_num_queries(11):
        response = clerk.get("/contacts/")
    assert len(response.context["page"]) == 50
    assert "古い方へ" in text_of(response)


def test_what_is_found_follows_every_edit(clerk):
    contact = make_contact(name="旧姓 花子")
    clerk.post(f"/contacts/{contact.pk}/edit/", TYPED | {"name": "新姓 花子"})
    assert (found_by(clerk, {"q": "旧姓"}), found_by(clerk, {"q": "新姓"})) == (set(), {"新姓 花子"})


def test_an_empty_portal_offers_the_import(client, clerk):
    assert "/imports/new/" in text_of(clerk.get("/contacts/"))
    client.force_login(make_user("viewer"))
    page = text_of(client.get("/contacts/"))
    assert "連絡先はまだありません" in page
    assert "/imports/new/" not in page


def test_one_person_with_everything_known(clerk):
    message = make_message()
    contact = message.contact
    make_list(contact, name="常連")
    make_suppression(phone=contact.phone, source="電話", note="11月に申し出")
    page = text_of(clerk.get(f"/contacts/{contact.pk}/"))
    for shown in ("常連", "配信停止中", "電話", "11月に申し出", message.campaign.name):
        assert shown in page


def test_what_a_draft_only_prepares_is_not_said_to_be_sent_to_a_person(clerk):
    contact = make_contact()
    make_message(make_campaign(name="まだ下書き", state="draft"), contact=contact)
    make_message(make_campaign(name="もう送信", state="completed"), contact=contact, state="delivered")
    page = text_of(clerk.get(f"/contacts/{contact.pk}/"))
    assert "もう送信" in page
    assert "まだ下書き" not in page


def test_a_new_contact_is_stored_in_one_form_whatever_was_typed(clerk):
    response = clerk.post("/contacts/new/", TYPED | {"new_name": "担当", "new_value": "佐藤"})
    contact = Contact.objects.get()
    assert response.url == f"/contacts/{contact.pk}/"
    assert (contact.phone, contact.attributes) == ("+819012345678", {"担当": "佐藤"})
    assert Activity.objects.get().verb == "contact_created"


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        pytest.param({"phone": "03-1234-5678"}, "固定電話の番号です", id="a landline"),
        pytest.param({"phone": "090-1111-2222"}, "「先にいる人」として登録済み", id="somebody else's number"),
        pytest.param({"consented_at": "2199-01-01T00:00"}, "いまより前にしてください", id="consent still to come"),
        pytest.param({"new_value": "佐藤"}, "項目の名前を入力してください", id="a value without a name"),
        pytest.param({"new_name": "氏名", "new_value": "x"}, "上の同じ名前の欄に", id="a name that is a column"),
    ],
)
def test_what_cannot_be_stored_is_said_beside_its_field(clerk, changes, sentence):
    make_contact(phone="+819011112222", name="先にいる人")
    response = clerk.post("/contacts/new/", TYPED | changes)
    assert response.status_code == 422
    assert sentence in text_of(response)
    assert Contact.objects.count() == 1


def test_an_edit_changes_only_what_was_changed_and_names_the_fields(clerk):
    contact = make_contact(phone="+819012345678", attributes={"担当": "佐藤", "お店": "渋谷"})
    clerk.post(f"/contacts/{contact.pk}/edit/", TYPED | {"attribute_0": "", "attribute_1": "鈴木"})
    contact.refresh_from_db()
    assert (contact.name, contact.attributes) == ("青木 茂", {"担当": "鈴木"})
    assert Activity.objects.get().details["fields"] == ["氏名", "お店", "担当"]


def test_deleting_asks_first_and_keeps_the_refusal(clerk):
    contact = make_contact()
    make_suppression(phone=contact.phone)
    assert "再び取り込んでも送られません" in text_of(clerk.get(f"/contacts/{contact.pk}/delete/"))
    clerk.post(f"/contacts/{contact.pk}/delete/")  # without a choice
    assert Contact.objects.exists()
    clerk.post(f"/contacts/{contact.pk}/delete/", {"how": "delete"})
    assert not Contact.objects.exists()
    assert Suppression.objects.exists()


def test_erasing_is_refused_with_the_reason_while_a_result_is_open(clerk):
    message = make_message(state="accepted")
    page = text_of(clerk.post(f"/contacts/{message.contact_id}/delete/", {"how": "erase"}, follow=True))
    assert "まだ消去できません" in page
    Message.objects.update(state="delivered")
    clerk.post(f"/contacts/{message.contact_id}/delete/", {"how": "erase"})
    assert not Contact.objects.filter(pk=message.contact_id).exists()
    page = text_of(clerk.get(f"/messages/{message.pk}/"))
    assert "***-****-****" in page
    assert message.body not in page


def test_what_is_planned_is_said_before_and_after(clerk):
    campaign = make_campaign(name="年末のお知らせ", state="scheduled", starts_at=timezone.now())
    message = make_message(campaign)
    make_message(make_campaign(name="下書きのまま"), contact=message.contact)
    DueMessage.objects.create(
        message=message, account=message.account, campaign=campaign, phone=message.phone, due_at=timezone.now()
    )
    page = text_of(clerk.get(f"/contacts/{message.contact_id}/delete/"))
    assert "この人への送信が1件予定されています" in page
    assert "年末のお知らせ" in page
    assert "下書きのまま" not in page
    page = text_of(clerk.post(f"/contacts/{message.contact_id}/delete/", {"how": "delete"}, follow=True))
    assert "予定していた送信1件を取り消しました。" in page


def test_a_number_that_was_another_persons_before_tells_nothing_of_them(clerk):
    before = make_message(state="delivered", body="前の持ち主への本文").contact
    phone, before.phone = before.phone, make_phone()
    before.save()
    now = make_contact(phone=phone)
    assert json.loads(clerk.get(f"/contacts/{now.pk}/data/").content)["messages"] == []
    told = json.loads(clerk.get(f"/contacts/{before.pk}/data/").content)["messages"]
    assert [message["body"] for message in told] == ["前の持ち主への本文"]


def test_who_looks_for_the_number_of_somebody_gone_sees_the_proof_that_is_left(clerk):
    contact = make_contact(phone="+819012345678", consent_basis="consent", consent_method="店頭の申込書")
    clerk.post(f"/contacts/{contact.pk}/delete/", {"how": "erase"})
    page = text_of(clerk.get("/contacts/?q=090-1234-5678"))
    assert "店頭の申込書" in page
    assert "店頭の申込書" not in text_of(clerk.get("/contacts/?q=090-1234-5679"))


def test_one_persons_data_comes_whole_and_is_written_down(clerk):
    message = make_message(state="delivered")
    contact = message.contact
    make_list(contact, name="常連")
    make_suppression(phone=contact.phone, source="電話")
    make_message(message.campaign, body="ほかの人の本文")
    response = clerk.get(f"/contacts/{contact.pk}/data/")
    data = json.loads(response.content)
    assert data["contact"]["phone"] == format_domestic(contact.phone)
    assert data["lists"][0]["name"] == "常連"
    assert data["suppression"]["source"] == "電話"
    assert [each["body"] for each in data["messages"]] == [message.body]
    assert "attachment" in response["Content-Disposition"]
    assert Activity.objects.get().verb == "person_exported"


def test_a_shift_jis_file_first_names_what_it_cannot_hold(clerk):
    make_contact(name="𠮷野 👍")
    page = text_of(clerk.get("/contacts/export/?encoding=cp932"))
    assert "2種類、2か所" in page
    assert not Activity.objects.exists()
    assert "〓野 〓" in b"".join(clerk.get("/contacts/export/?encoding=cp932&lost=ok").streaming_content).decode(
        "cp932"
    )


def test_a_shift_jis_file_that_holds_everything_comes_at_once(clerk):
    make_contact(name="髙﨑 ①")
    assert "髙﨑 ①" in b"".join(clerk.get("/contacts/export/?encoding=cp932").streaming_content).decode("cp932")


def test_the_number_of_queries_of_an_export_grows_by_chunks_not_by_people(clerk, django_assert_max_num_queries):
    for _ in range(30):
        make_list(make_contact())
    with django_assert_max_num_queries(18):
        assert len(csv_of(clerk.get("/contacts/export/"))) == 31


@pytest.mark.parametrize(
    ("role", "allowed"),
    [pytest.param("operator", True, id="operator"), pytest.param("viewer", False, id="viewer")],
)
def test_only_operators_change_people(client, role, allowed):
    contact = make_contact()
    client.force_login(make_user(role))
    for path in ("new/", f"{contact.pk}/edit/", f"{contact.pk}/delete/"):
        assert client.get(f"/contacts/{path}").status_code == (200 if allowed else 403)
    assert ("/edit/" in text_of(client.get(f"/contacts/{contact.pk}/"))) is allowed


@pytest.mark.parametrize(
    "address",
    ["/contacts/export/?list=99999", "/contacts/export/?result=failed", "/suppressions/export/?reason=unknown"],
)
def test_an_export_of_unreadable_conditions_is_refused_and_not_written_down(clerk, address):
    make_contact(name="青木 茂")
    make_suppression(phone="+819012345678")
    response = clerk.get(address)
    assert response.status_code == 422
    page = response.content.decode()
    assert "選び直してください" in page or "選んでください" in page
    assert f'action="{address.partition("export")[0]}"' in page  # put right, it leads to the list and no file
    assert "青木" not in page
    assert "090-1234-5678" not in page
    assert not Activity.objects.filter(verb__endswith="exported").exists()


def test_the_export_honours_the_filter_and_is_written_down(clerk):
    contact = make_contact(phone="+819012345678", name="=青木", attributes={"担当": "佐藤"}, consent_basis="consent")
    make_contact(name="外の人", attributes={"別の項目": "x"})
    members = make_list(contact, name="常連")
    response = clerk.get("/contacts/export/", {"list": members.pk})
    heading, row = csv_of(response)
    assert heading.startswith("携帯電話番号,氏名,")
    assert heading.endswith("配信停止,配信リスト,担当")
    assert row.startswith("090-1234-5678,'=青木,")
    assert row.endswith(",,常連,佐藤")
    assert Activity.objects.get(verb="contacts_exported").details == {"persons": 1}
