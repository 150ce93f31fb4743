from math import inf

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from campaigns.models import Activity, Contact, ContactImport, ContactList
from campaigns.services.imports.importing import work_on
from tests.factories import make_contact, make_list, make_user

pytestmark = pytest.mark.django_db(transaction=True)
THREE = "携帯,氏名,店舗\n080-1111-0001,青木,渋谷\n08011110001,また,\n03-1234-5678,店,\n8011110003,千葉,梅田\n"
OPTIONS = {"existing": "update", "consent_basis": "", "contact_list": "", "new_list": ""}
COLUMNS = {"column_0": "phone", "column_1": "name", "column_2": "attr:店舗"}


@pytest.fixture(autouse=True)
def tasks(queued):
    return queued


@pytest.fixture
def clerk(client: Client) -> Client:
    client.force_login(make_user("operator"))
    return client


def text_of(response) -> str:
    return response.content.decode()


def upload(client, content, *, encoding="cp932", **fields):
    content = content if isinstance(content, bytes) else content.encode(encoding)
    return client.post("/imports/new/", {"file": SimpleUploadedFile("名簿.csv", content), **fields})


def checked(client, content=THREE, **choices) -> str:
    """The address of an upload whose check is over."""
    url = upload(client, content).url
    client.post(f"{url}check/", COLUMNS | OPTIONS | choices)
    work_on(ContactImport.objects.latest("pk"), until=inf)
    return url


def test_an_upload_stores_no_contact_and_shows_how_it_is_read(clerk):
    response = clerk.get(upload(clerk, THREE).url)
    page = text_of(response)
    assert response.context["reading"]["encoding"].value() == "cp932"
    assert [column.title for column in response.context["form"].columns()] == ["携帯", "氏名", "店舗"]
    assert [column.field.value() for column in response.context["form"].columns()] == ["phone", "name", "attr:店舗"]
    assert "青木" in page
    assert not Contact.objects.exists()


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        pytest.param(b"", "ファイルに内容がありません", id="nothing in it"),
        pytest.param("携帯,氏名\n".encode(), "見出しの行だけで", id="headings only"),
        pytest.param(b"\x89PNG\r\n\x1a\n\0\0\0\r", "文字ではないデータ", id="a picture"),
        pytest.param(b"PK\x03\x04" + b"\0" * 30, "圧縮されたファイル", id="an archive"),
        pytest.param(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 9, "CSV UTF-8", id="a workbook"),
        pytest.param("携帯\n".encode() + b"\xff\xff\n", "2行目の文字を読み取れません", id="in no encoding"),
        pytest.param('携帯,氏名\n1,"x\n'.encode(), "2行目から始まる引用符", id="an open quote"),
        pytest.param("携帯,氏名\n1,a\0b\n".encode(), "2行目に、文字ではない", id="a NUL"),
    ],
)
def test_a_bad_file_gets_a_sentence_beside_its_field(clerk, content, sentence):
    response = upload(clerk, content)
    assert response.status_code == 422
    assert sentence in text_of(response)
    assert not ContactImport.objects.exists()


def test_the_encoding_can_be_chosen_by_hand(clerk):
    url = upload(clerk, "携帯,氏名\n080-1111-0001,山田\n", encoding="euc_jp").url
    reading = {"encoding": "euc_jp", "delimiter": ",", "has_header": "yes"}
    clerk.post(f"{url}reread/", reading)
    assert "山田" in text_of(clerk.get(url))
    response = clerk.post(f"{url}reread/", reading | {"encoding": "utf_8"})
    assert response.status_code == 422
    assert "ほかの文字コードを選んでください" in text_of(response)
    assert clerk.get(f"{url}reread/").url == url


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        pytest.param({"column_0": ""}, "携帯電話番号の列を1つ選んでください", id="no number"),
        pytest.param({"column_1": "phone"}, "「携帯電話番号」が2つの列で選ばれています", id="two numbers"),
        pytest.param({"new_list": "常連"}, "という配信リストはすでにあります", id="a list of that name is there"),
    ],
)
def test_columns_that_do_not_fit_are_said_before_anything_is_checked(clerk, tasks, changes, sentence):
    make_list(name="常連")
    url = upload(clerk, THREE).url
    response = clerk.post(f"{url}check/", COLUMNS | OPTIONS | changes)
    assert response.status_code == 422
    assert sentence in text_of(response)
    assert not tasks


def test_two_columns_of_numbers_are_asked_about(clerk):
    page = text_of(clerk.get(upload(clerk, "携帯番号,携帯電話\n080-1111-0001,090-1111-0001\n").url))
    assert "「携帯電話番号」らしい列が2つあります(携帯番号、携帯電話)" in page


def test_the_check_shows_counts_and_the_first_rows_of_each_finding(clerk):
    response = clerk.get(checked(clerk, new_list="11月の名簿"))
    page = text_of(response)
    for shown in ("11月の名簿", "固定電話の番号です", "03-1234-5678", "080-1111-0003", "2件の連絡先を取り込みます"):
        assert shown in page
    assert not Contact.objects.exists()
    assert not ContactList.objects.exists()


def test_progress_is_a_partial_that_polls_until_the_work_is_over(clerk):
    url = upload(clerk, THREE).url
    clerk.post(f"{url}check/", COLUMNS | OPTIONS)
    partial = text_of(clerk.get(url, headers={"HX-Request": "true"}))
    assert partial.lstrip().startswith("<div")
    assert f'hx-get="{url}"' in partial
    work_on(ContactImport.objects.get(), until=inf)
    assert "hx-trigger" not in text_of(clerk.get(url, headers={"HX-Request": "true"}))


def test_what_was_checked_is_taken_in_once_however_often_it_is_asked_for(clerk, tasks):
    url = checked(clerk, new_list="11月の名簿")
    for _ in range(2):
        clerk.post(f"{url}run/")
    assert [name for name, _ids in tasks] == ["advance_import", "advance_import"]
    work_on(ContactImport.objects.get(), until=inf)
    assert ContactList.objects.get().contacts.count() == 2
    assert "取込の結果" in text_of(clerk.get(url))


def test_the_same_content_is_taken_in_again_only_when_confirmed(clerk):
    first = checked(clerk)
    clerk.post(f"{first}run/")
    work_on(ContactImport.objects.get(), until=inf)
    second = checked(clerk)
    assert "同じ内容のファイルが取込済みです" in text_of(clerk.get(second))
    assert "確認の欄に印を付けてください" in text_of(clerk.post(f"{second}run/", follow=True))
    clerk.post(f"{second}run/", {"again": "yes"})
    assert ContactImport.objects.latest("pk").state == "running"


def test_a_row_that_is_not_taken_in_comes_back_in_the_encoding_of_its_file(clerk):
    response = clerk.get(f"{checked(clerk)}rejected/")
    heading, *rows = b"".join(response.streaming_content).decode("cp932").splitlines()
    assert heading == "取り込まない理由,携帯,氏名,店舗"
    assert [row.split(",", 1)[1] for row in rows] == ["08011110001,また,", "03-1234-5678,店,"]
    assert Activity.objects.get().details == {"rows": 2}


def test_the_column_of_reasons_is_left_out_when_the_mended_file_comes_back(clerk):
    url = upload(clerk, "取り込まない理由,携帯\n固定電話です,080-1111-0001\n").url
    assert [column.field.value() for column in clerk.get(url).context["form"].columns()] == ["", "phone"]


def test_cancelling_asks_first_and_forgets_the_file(clerk, settings):
    url = checked(clerk)
    assert "連絡先は1件も登録せず" in text_of(clerk.get(f"{url}cancel/"))
    assert "取り消しました" in text_of(clerk.post(f"{url}cancel/", follow=True))
    assert not list((settings.MEDIA_ROOT / "imports").iterdir())


def test_a_check_that_failed_says_why_and_offers_another_choice(clerk):
    rows = "".join(f"080-1111-{at:04d},名,\n" for at in range(40))
    page = text_of(clerk.get(checked(clerk, f'携帯,氏名,店舗\n{rows}080-1111-9999,"開いた\n')))
    assert "42行目から始まる引用符" in page
    assert "連絡先は1件も登録していません" in page
    assert "?columns=1" in page


def test_an_upload_from_a_list_goes_into_that_list(clerk):
    members = make_list(make_contact())
    assert f'value="{members.pk}"' in text_of(clerk.get(f"/imports/new/?list={members.pk}"))
    url = upload(clerk, THREE, list=members.pk).url
    assert clerk.get(url).context["form"]["contact_list"].value() == members.pk


def test_uploads_are_listed_and_searched(clerk):
    checked(clerk)
    assert "名簿.csv" in text_of(clerk.get("/imports/"))
    assert "条件に合う取込はありません" in text_of(clerk.get("/imports/?q=ほか"))


def test_a_viewer_sees_counts_but_neither_rows_nor_buttons(client, clerk):
    url = checked(clerk)
    client.force_login(make_user("viewer"))
    page = text_of(client.get(url))
    assert "エラー行" in page
    assert "03-1234-5678" not in page
    assert "/run/" not in page
    for path in ("rejected/", "cancel/"):
        assert client.get(f"{url}{path}").status_code == 403
    assert client.get("/imports/new/").status_code == 403


def test_a_viewer_of_a_fresh_upload_sees_none_of_its_rows(client, clerk):
    url = upload(clerk, THREE).url
    client.force_login(make_user("viewer"))
    page = text_of(client.get(url))
    assert "列の対応を選んでいるところです" in page
    assert "青木" not in page


def test_a_large_upload_is_spooled_and_read_the_same_way(clerk, settings):
    settings.FILE_UPLOAD_MAX_MEMORY_SIZE = 100
    rows = "".join(f"080-1111-{at:04d},名,店\n" for at in range(300))
    assert upload(clerk, f"携帯,氏名,店舗\n{rows}").status_code == 302
    assert ContactImport.objects.get().rows_total == 300


@pytest.mark.parametrize(("path", "is_over"), [("cancel/", True), ("undo/", False)])
def test_what_cannot_be_done_now_is_not_asked_about(clerk, path, is_over):
    url = checked(clerk)
    if is_over:
        clerk.post(f"{url}cancel/")
    page = clerk.get(f"{url}{path}", follow=True)
    assert page.redirect_chain[-1][0] == url
    assert "のため、この操作はできません。" in text_of(page)
