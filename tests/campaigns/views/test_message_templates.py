import pytest
from django.test import Client

from campaigns.models import Activity, Campaign, MessageTemplate
from tests.factories import make_account, make_campaign, make_contact, make_template, make_user

pytestmark = pytest.mark.django_db
TYPED = {"name": "予約の確認", "category": "予約", "purpose": "notice", "body": "ご予約は明日10時です。"}


@pytest.fixture
def clerk(client: Client) -> Client:
    client.force_login(make_user("operator"))
    return client


def text_of(response) -> str:
    return response.content.decode()


def test_the_list_offers_the_first_template_only_to_those_who_may_write_one(client, clerk):
    assert "最初の定型文を作成" in text_of(clerk.get("/templates/"))
    client.force_login(make_user("viewer"))
    page = text_of(client.get("/templates/"))
    assert "定型文はまだありません" in page
    assert "/templates/new/" not in page


@pytest.mark.parametrize(
    ("query", "found"),
    [
        pytest.param("", {"予約の確認", "営業案内"}, id="all"),
        pytest.param("?q=予約", {"予約の確認"}, id="by name"),
        pytest.param("?q=休業", {"営業案内"}, id="by text"),
        pytest.param("?category=お知らせ", {"営業案内"}, id="by category"),
        pytest.param("?q=どこにもない", set(), id="nothing fits"),
    ],
)
def test_the_list_is_searched_and_filtered(clerk, query, found):
    make_template(name="予約の確認", category="予約", body="お待ちしています。")
    make_template(name="営業案内", category="お知らせ", body="年末は休業します。")
    response = clerk.get(f"/templates/{query}")
    assert {template.name for template in response.context["page"]} == found
    if not found:
        assert "条件に合う定型文はありません" in text_of(response)


def test_the_list_costs_the_same_however_long(clerk, django_assert_max_num_queries):
    for _ in range(60):
        make_template(category="予約")
    with django_assert_max_num_queries(9):
        response = clerk.get("/templates/")
    assert len(response.context["page"]) == 50
    assert "古い方へ" in text_of(response)


def test_a_new_template_is_kept_as_it_will_be_sent(clerk):
    response = clerk.post("/templates/new/", TYPED | {"body": "一行目\r\n二行目"})
    assert response.url == "/templates/"
    template = MessageTemplate.objects.get()
    assert (template.body, template.version, template.category) == ("一行目\n二行目", 1, "予約")
    assert Activity.objects.get().verb == "template_created"


@pytest.mark.parametrize(
    ("typed", "version"),
    [
        pytest.param({"body": "ご予約は明日11時です。"}, 2, id="another text"),
        pytest.param({"name": "予約の確認(改)"}, 1, id="only another name"),
    ],
)
def test_only_a_changed_text_makes_a_new_version(clerk, typed, version):
    template = make_template(**TYPED)
    clerk.post(f"/templates/{template.pk}/edit/", TYPED | typed)
    template.refresh_from_db()
    assert template.version == version


def test_a_text_of_several_lines_saved_unchanged_is_the_same_version(clerk):
    template = make_template(**TYPED | {"body": "一行目\n二行目"})
    clerk.post(f"/templates/{template.pk}/edit/", TYPED | {"body": "一行目\r\n二行目"})
    template.refresh_from_db()
    assert template.version == 1


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        pytest.param({"body": "{{氏名}様"}, "閉じられていません", id="a field left open"),
        pytest.param({"body": "　\n"}, "本文を入力してください", id="blank"),
        pytest.param({"name": "もうある名前"}, "同じ名前の定型文があります", id="the name is taken"),
    ],
)
def test_what_cannot_be_kept_is_said_and_nothing_typed_is_lost(clerk, typed, sentence):
    make_template(name="もうある名前")
    response = clerk.post("/templates/new/", TYPED | typed)
    assert response.status_code == 422
    assert sentence in text_of(response)
    assert "予約" in text_of(response)
    assert MessageTemplate.objects.count() == 1


def test_the_preview_is_a_partial_that_counts_fills_and_stores_nothing(clerk):
    make_account(counting_profile="zettai")
    response = clerk.post("/templates/preview/", TYPED | {"body": "{{氏名}}様" + "あ" * 70})
    page = text_of(response)
    assert "<html" not in page
    assert 'id="preview"' in page
    assert "山田 花子様" in page
    assert response.context["preview"].meter.parts_max == 2
    assert not MessageTemplate.objects.exists()


def test_the_preview_names_the_characters_that_may_not_arrive(clerk):
    make_account()
    page = text_of(clerk.post("/templates/preview/", TYPED | {"body": "ｶﾅと①と👍"}))
    assert "届かない・文字化けのおそれがある文字があります: 👍" in page
    assert "環境依存文字があります。端末によっては正しく表示されません: ①" in page
    assert "<mark>①</mark>" in page


def test_without_javascript_a_button_counts_on_the_page_and_stores_nothing(clerk):
    response = clerk.post("/templates/new/", TYPED | {"intent": "preview", "body": "あ" * 71})
    assert response.status_code == 200
    assert "<html" in text_of(response)
    assert response.context["preview"].meter.parts_max == 2
    assert not MessageTemplate.objects.exists()


def test_the_chips_offer_the_columns_and_the_fields_people_have(clerk):
    make_contact(attributes={"予約日": "12月1日"})
    page = text_of(clerk.get("/templates/new/"))
    assert 'data-insert="{{氏名}}"' in page
    assert 'data-insert="{{予約日}}"' in page


def test_a_template_is_deleted_after_a_question_and_its_campaigns_stay(clerk):
    template = make_template(name="古い文面")
    campaign = make_campaign(template=template)
    assert "定型文「古い文面」を削除しますか" in text_of(clerk.get(f"/templates/{template.pk}/delete/"))
    assert MessageTemplate.objects.exists()
    assert clerk.post(f"/templates/{template.pk}/delete/").url == "/templates/"
    assert not MessageTemplate.objects.exists()
    assert Campaign.objects.get(pk=campaign.pk).body == campaign.body


@pytest.mark.parametrize("address", ["new/", "{}/edit/", "{}/delete/"])
@pytest.mark.parametrize("role", ["viewer", "approver", "accountant"])
def test_those_who_only_look_may_not_write(client, address, role):
    template = make_template()
    client.force_login(make_user(role))
    url = f"/templates/{address.format(template.pk)}"
    assert client.get(url).status_code == client.post(url, TYPED).status_code == 403
    assert client.get("/templates/").status_code == 200


def test_every_version_is_shown_with_what_changed_and_comes_back(clerk):
    template = make_template(**TYPED)
    clerk.post(f"/templates/{template.pk}/edit/", TYPED | {"body": "ご予約は明日11時です。"})
    page = text_of(clerk.get(f"/templates/{template.pk}/versions/"))
    assert "ご予約は明日1<del>0</del><ins>1</ins>時です。" in page
    assert "第1版" in page
    response = clerk.post(f"/templates/{template.pk}/versions/1/restore/", follow=True)
    assert "第1版の本文に戻しました。" in text_of(response)
    template.refresh_from_db()
    assert (template.body, template.version) == (TYPED["body"], 3)


def test_those_who_only_look_see_the_versions_and_restore_none(client):
    template = make_template()
    client.force_login(make_user("viewer"))
    assert client.get(f"/templates/{template.pk}/versions/").status_code == 200
    assert client.post(f"/templates/{template.pk}/versions/1/restore/").status_code == 403


def test_a_version_that_is_not_there_is_missing(clerk):
    assert clerk.post(f"/templates/{make_template().pk}/versions/9/restore/").status_code == 404


def test_the_preview_shows_any_contact(clerk):
    person = make_contact(name="勅使河原 権左衛門")
    page = text_of(clerk.post("/templates/preview/", TYPED | {"body": "{{氏名}}様", "show": person.pk}))
    assert "勅使河原 権左衛門様" in page
