from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from campaigns.models import Contact, ContactImport, ContactList
from tests.factories import make_list, make_user
from tests.workbooks import make_workbook

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("queued")]
ROWS = "携帯,氏名\n080-1111-0001,青木\n03-1234-5678,店\n8011110003,千葉\n"


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "名簿.csv"
    path.write_text(ROWS, encoding="cp932")
    return path


def said_by(*arguments, **options) -> str:
    out = StringIO()
    call_command("import_contacts", *map(str, arguments), stdout=out, **options)
    return out.getvalue()


def test_a_file_is_taken_in_and_reported_like_on_screen(file):
    administrator = make_user()
    report = said_by(file, "--list", "名簿")
    assert ContactList.objects.get(name="名簿").contacts.count() == 2
    assert ContactImport.objects.get().created_by == administrator
    for line in ("新しく登録 2", "番号の補正 1", "エラー行 1", "固定電話の番号です。SMSは送れません。 [3]"):
        assert line in report


def test_a_list_that_is_there_is_used(file):
    make_user()
    members = make_list(name="名簿")
    said_by(file, "--list", "名簿")
    assert members.contacts.count() == 2


def test_a_check_alone_stores_nothing(file):
    make_user()
    assert "新しく登録 2" in said_by(file, "--check-only")
    assert not Contact.objects.exists()


@pytest.mark.parametrize(
    ("content", "arguments", "sentence"),
    [
        pytest.param(b"PK\x03\x04" + b"\0" * 30, [], "圧縮されたファイル", id="an archive"),
        pytest.param("氏名\n青木\n".encode(), [], "携帯電話番号の列", id="no numbers in it"),
        pytest.param("携帯\n03-1234-5678\n".encode(), [], "取り込める行が1行もありません", id="no row to take in"),
        pytest.param(ROWS.encode(), ["--user", "nobody"], "no such user", id="nobody's name"),
    ],
)
def test_what_cannot_be_done_is_a_sentence(tmp_path, content, arguments, sentence):
    make_user()
    path = tmp_path / "x.csv"
    path.write_bytes(content)
    with pytest.raises(CommandError, match=sentence):
        said_by(path, *arguments)
    assert not Contact.objects.exists()


def test_a_sheet_of_a_workbook_is_named(tmp_path):
    make_user()
    book = tmp_path / "名簿.xlsx"
    rows = [["携帯", "氏名"], [8011110001, "青木"], ["03-1234-5678", "店"]]
    book.write_bytes(make_workbook({"先月": rows[:2], "今月": rows}))
    report = said_by(book, "--sheet", "今月", "--check-only")
    for line in ("名簿.xlsx (今月)", "新しく登録 1", "番号の補正 1", "エラー行 1"):
        assert line in report
    with pytest.raises(CommandError, match="先月, 今月"):
        said_by(book, "--sheet", "来月")


def test_columns_chosen_on_screen_hold_in_the_shell(file):
    make_user()
    said_by(file)
    ContactImport.objects.update(mapping={"0": "phone", "1": "company"})
    said_by(file)
    assert Contact.objects.filter(company="青木").exists()
