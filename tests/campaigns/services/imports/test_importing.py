import io
from datetime import UTC, date, datetime
from math import inf

import pytest
from django.core.files.base import File
from django.utils import timezone

from campaigns.errors import InvalidInput, RuleError
from campaigns.models import Activity, Contact, ContactImport, ContactList, ImportState, ListMembership, Suppression
from campaigns.rules.headers import guess_mapping
from campaigns.services.imports import checking
from campaigns.services.imports.beside import PREPARED
from campaigns.services.imports.checking import left_out
from campaigns.services.imports.importing import Choices, cancel_import, start_check, start_import, work_on
from campaigns.services.imports.uploading import first_rows, receive_file, reread
from tests.factories import make_contact, make_list, make_phone, make_suppression, make_user

pytestmark = pytest.mark.django_db(transaction=True)
A, B, C = "+818011110001", "+818011110002", "+818011110003"
THREE = "携帯,氏名\n080-1111-0001,青木\n080-1111-0002,馬場\n080-1111-0003,千葉\n"


def uploaded(content, *, encoding="utf-8", user=None):
    content = content if isinstance(content, bytes) else content.encode(encoding)
    return receive_file(File(io.BytesIO(content), name="名簿.csv"), user or make_user("operator"))


def checked(content, *, existing="update", user=None, **choices):
    job = uploaded(content, user=user)
    mapping = guess_mapping(job.header, first_rows(job, 20)).fields
    start_check(job, Choices(mapping=mapping, existing=existing, **choices))
    work_on(job, until=inf)
    job.refresh_from_db()
    return job


def taken_in(content, **choices):
    job = checked(content, **choices)
    start_import(job, job.created_by)
    work_on(job, until=inf)
    job.refresh_from_db()
    return job


@pytest.fixture(autouse=True)
def _no_broker(queued):
    """No test here needs a broker; those that ask what was queued name `queued`."""


@pytest.fixture
def small_chunks(monkeypatch):
    monkeypatch.setattr(checking, "CHUNK", 2)


# --- Upload ---
@pytest.mark.parametrize(
    ("content", "code"),
    [
        pytest.param(b"", "empty", id="nothing"),
        pytest.param(b"\r\n \r\n", "empty", id="blank lines only"),
        pytest.param("携帯,氏名\n".encode(), "header_only", id="headings only"),
        pytest.param(b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", "not_text", id="a picture"),
        pytest.param(b"PK\x03\x04" + b"\0" * 30, "is_archive", id="an archive"),
        pytest.param(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 30, "old_workbook", id="an old workbook"),
        pytest.param("携帯\n080-1111-0001\n".encode() + b"\xff\xff\n", "undecodable", id="in no encoding"),
        pytest.param('携帯,氏名\n080-1111-0001,"青木\n'.encode(), "unclosed_quote", id="an open quote"),
        pytest.param("携帯,氏名,氏名\n1,2,3\n".encode(), "duplicate_header", id="one heading twice"),
    ],
)
def test_a_file_that_cannot_be_read_is_refused_and_not_kept(content, code, settings):
    with pytest.raises(InvalidInput) as refusal:
        uploaded(content)
    assert refusal.value.code == code
    assert not ContactImport.objects.exists()
    assert not [path for path in settings.MEDIA_ROOT.rglob("*") if path.is_file()]


def test_a_file_that_is_too_large_is_refused_before_it_is_read(settings):
    settings.IMPORT_MAX_BYTES = 10
    with pytest.raises(InvalidInput) as refusal:
        uploaded(THREE)
    assert refusal.value.code == "file_too_large"


@pytest.mark.parametrize(
    ("encoding", "expected", "doubt"),
    [
        pytest.param("utf-8", "utf_8", "", id="UTF-8"),
        pytest.param("utf-8-sig", "utf_8_sig", "", id="UTF-8 of a spreadsheet"),
        pytest.param("cp932", "cp932", "", id="Shift_JIS"),
        pytest.param("utf-16", "utf_16", "", id="Unicode text of a spreadsheet"),
    ],
)
def test_the_encoding_is_found(encoding, expected, doubt):
    job = uploaded("携帯\t氏名\n080-1111-0001\t髙橋㈱\n", encoding=encoding)
    assert (job.encoding, job.delimiter, job.failure) == (expected, "\t", doubt)
    assert first_rows(job, 3) == [["080-1111-0001", "髙橋㈱"]]


@pytest.mark.parametrize(
    ("name", "found"),
    [
        pytest.param("山田", ("cp932", "maybe_euc_jp"), id="passes for half-width kana"),
        pytest.param("東京 太郎", ("euc_jp", "read_as_euc_jp"), id="can be nothing else"),
    ],
)
def test_euc_jp_is_asked_about(name, found):
    job = uploaded(f"phone,name\n080-1111-0001,{name}\n", encoding="euc_jp")
    assert (job.encoding, job.failure) == found


def test_reading_a_file_another_way_starts_the_choice_of_columns_anew():
    job = checked("080-1111-0001,090-1111-0002\n080-1111-0003,\n")
    assert job.header == ["", ""]
    reread(job, encoding="utf_8", delimiter=",", has_header=True)
    job.refresh_from_db()
    assert (job.state, job.mapping, job.header) == ("uploaded", {}, ["080-1111-0001", "090-1111-0002"])


# --- Check ---
def test_the_check_counts_every_kind_of_row_and_stores_no_contact():
    make_contact(phone=B)
    make_suppression(phone=C)
    people = "080-1111-0001,青木\n8011110002,馬場\n080 1111 0003,千葉\n"
    job = checked(f"携帯,氏名\n{people}080-1111-0001,また青木\n03-1234-5678,店\n,空\n")
    assert job.state == ImportState.CHECKED
    assert job.rows_total == 6
    counted = {
        name: job.counts[name] for name in ("taken", "new", "known", "repeated", "rejected", "repaired", "stopped")
    }
    assert counted == {"taken": 3, "new": 2, "known": 1, "repeated": 1, "rejected": 2, "repaired": 1, "stopped": 1}
    assert job.findings["repaired"] == job.findings["rejected:landline"] == job.findings["repeated"] == 1
    assert {(row.finding, row.number, row.was, row.became) for row in job.rows.all()} == {
        ("repaired", 3, "8011110002", "080-1111-0002"),
        ("known", 3, "8011110002", ""),
        ("stopped", 4, "080 1111 0003", ""),
        ("repeated", 5, "080-1111-0001", ""),
        ("rejected:landline", 6, "03-1234-5678", ""),
        ("rejected:empty", 7, "", ""),
    }
    assert Contact.objects.count() == 1


def test_a_value_no_column_can_hold_is_an_error_of_its_row():
    job = checked(f"携帯,氏名,備考\n080-1111-0001,{'長' * 101},x\n080-1111-0002,馬場,{'長' * 500}\n")
    assert (job.counts["rejected"], job.counts["taken"]) == (1, 1)
    assert job.findings["rejected:value_too_long"] == 1


def test_lists_named_in_the_file_are_shown_before_they_are_made():
    make_list(name="東京店")
    job = checked("携帯,グループ\n080-1111-0001,東京店\n080-1111-0002,大阪店、VIP\n")
    assert job.new_lists == ["大阪店", "VIP"]
    assert ContactList.objects.count() == 1


def test_a_column_of_many_different_lists_is_refused():
    rows = "".join(f"080-1111-{at:04d},名前{at}\n" for at in range(51))
    job = checked("携帯,グループ\n" + rows)
    assert (job.state, job.failure) == ("failed", "too_many_lists")


def test_trouble_far_down_the_file_fails_the_check_with_its_line():
    rows = "".join(f"080-1111-{at:04d},名\n" for at in range(60))
    job = checked(f'携帯,氏名\n{rows}080-1111-9999,"開いたまま\n')
    assert (job.state, job.failure, job.failure_context) == ("failed", "unclosed_quote", {"line": 62})


@pytest.mark.usefixtures("small_chunks")
def test_the_check_goes_on_from_where_its_time_ran_out(queued):
    job = uploaded(
        '携帯,氏名\n080-1111-0001,"青\n木"\n\n080-1111-0002,馬場\n080-1111-0001,また\n080-1111-0003,千葉\n9,x\n'
    )
    start_check(job, Choices({0: "phone", 1: "name"}, "update"))
    slices = 0
    while job.state == ImportState.CHECKING:
        work_on(job, until=0)
        job = ContactImport.objects.get(pk=job.pk)
        slices += 1
    assert slices == 3
    assert queued == [("advance_import", (job.pk,))] * 3
    assert (job.rows_total, job.counts["taken"], job.counts["repeated"], job.counts["rejected"]) == (5, 3, 1, 1)


@pytest.mark.usefixtures("small_chunks")
def test_a_check_started_anew_is_not_mixed_with_the_one_before():
    job = uploaded(THREE)
    start_check(job, Choices({0: "phone", 1: "name"}, "update"))
    stale = ContactImport.objects.get(pk=job.pk)
    ContactImport.objects.filter(pk=job.pk).update(state="checked")
    again = ContactImport.objects.get(pk=job.pk)
    start_check(again, Choices({0: "phone"}, "skip"))
    work_on(stale, until=inf)
    again.refresh_from_db()
    assert (again.rows_read, again.counts) == (0, {})


# --- Import ---
def test_rows_become_contacts_in_a_new_list():
    job = taken_in(
        "携帯,氏名,フリガナ,会社名,店舗,番号取得日\n080-1111-0001,青木,アオキ,㈱青木,渋谷店,R8.4.1\n", new_list="名簿"
    )
    contact = Contact.objects.get()
    assert (contact.phone, contact.name, contact.kana, contact.company) == (A, "青木", "アオキ", "㈱青木")
    assert contact.attributes == {"店舗": "渋谷店"}
    assert contact.number_acquired_on == date(2026, 4, 1)
    assert [each.name for each in contact.lists.all()] == ["名簿"]
    assert (job.state, job.counts["added"], job.counts["existing"]) == ("done", 1, 0)
    assert [note.verb for note in Activity.objects.order_by("pk")] == ["import_started", "import_finished"]


def test_the_halves_of_a_name_are_a_name_and_two_merge_fields():
    taken_in("携帯,姓,名\n080-1111-0001,青木,茂\n")
    contact = Contact.objects.get()
    assert contact.name == "青木 茂"
    assert contact.merge_values()["姓"] == "青木"


@pytest.mark.parametrize(
    ("existing", "name", "company", "attributes"),
    [
        pytest.param("update", "新しい名", "元の会社", {"店舗": "新", "地域": "東", "等級": "A"}, id="update"),
        pytest.param("fill", "元の名", "元の会社", {"店舗": "元", "地域": "東", "等級": "A"}, id="fill gaps"),
        pytest.param("skip", "元の名", "元の会社", {"店舗": "元", "等級": "A"}, id="leave as it is"),
    ],
)
def test_what_a_row_does_to_a_contact_already_there(existing, name, company, attributes):
    contact = make_contact(phone=A, name="元の名", company="元の会社", attributes={"店舗": "元", "等級": "A"})
    made_at = contact.created_at
    job = taken_in("携帯,氏名,会社名,店舗,地域\n080-1111-0001,新しい名,,新,東\n", existing=existing, new_list="名簿")
    contact.refresh_from_db()
    assert (contact.name, contact.company, contact.attributes) == (name, company, attributes)
    assert contact.created_at == made_at
    assert (job.counts["added"], job.counts["existing"]) == (0, 1)
    assert contact.lists.get().name == "名簿"


HAD = {"consent_basis": "business", "consent_method": "来店"}
AGREED = {"consent_basis": "consent", "consent_method": "書面", "consented_at": datetime(2025, 1, 1, tzinfo=UTC)}


@pytest.mark.parametrize(
    ("before", "cells", "blanket", "after"),
    [
        pytest.param({}, "○,2026/4/1,Web", "", ("consent", "Web", date(2026, 4, 1)), id="agreed"),
        pytest.param({}, ",2026/4/1,Web", "", ("", "", None), id="a blank cell is not agreement"),
        pytest.param({}, ",,", "business", ("business", "", None), id="basis chosen for all"),
        pytest.param({}, "×,,", "business", ("", "", None), id="no is no, whatever was chosen"),
        pytest.param(HAD, "○,2026/4/1,", "", ("consent", "", date(2026, 4, 1)), id="consent replaces a weaker basis"),
        pytest.param(
            AGREED, ",,", "business", ("consent", "書面", date(2025, 1, 1)), id="a weaker basis fills gaps only"
        ),
        pytest.param(AGREED, "○,,", "", ("consent", "書面", date(2025, 1, 1)), id="the known date stays"),
        pytest.param(AGREED, "×,,", "", ("", "", None), id="consent withdrawn"),
        pytest.param(AGREED, "たぶん,,", "", ("consent", "書面", date(2025, 1, 1)), id="unreadable: as blank"),
    ],
)
def test_consent_comes_from_the_file_and_is_never_guessed(before, cells, blanket, after):
    contact = make_contact(phone=A, **before)
    taken_in(f"携帯,同意,同意日,同意方法\n080-1111-0001,{cells}\n", consent_basis=blanket)
    contact.refresh_from_db()
    day = contact.consented_at and timezone.localtime(contact.consented_at).date()
    assert (contact.consent_basis, contact.consent_method, day) == after


def test_who_opted_out_in_the_file_is_stopped_and_stays_so():
    make_suppression(phone=B, reason="complaint")
    job = taken_in("携帯,配信停止,同意\n080-1111-0001,○,\n080-1111-0002,○,○\n080-1111-0003,×,\n", existing="skip")
    assert {row.phone: row.reason for row in Suppression.objects.all()} == {A: "opt_out", B: "complaint"}
    assert job.counts["newly_stopped"] == 1
    taken_in("携帯,配信停止,同意\n080-1111-0001,×,○\n")
    assert Suppression.objects.filter(phone=A).exists()


def test_an_opt_out_cell_that_cannot_be_read_keeps_its_row_out():
    job = taken_in("携帯,配信停止\n080-1111-0001,たぶん\n080-1111-0002,\n")
    assert list(Contact.objects.values_list("phone", flat=True)) == [B]
    assert job.findings["rejected:unclear_opt_out"] == 1


def test_each_row_goes_into_the_lists_it_names_and_the_one_chosen():
    chosen = make_list(name="全員")
    taken_in("携帯,グループ\n080-1111-0001,東京店\n080-1111-0002,東京店;VIP\n080-1111-0003,\n", contact_list=chosen)
    members = {each.name: sorted(each.contacts.values_list("phone", flat=True)) for each in ContactList.objects.all()}
    assert members == {"全員": [A, B, C], "東京店": [A, B], "VIP": [B]}


def test_the_first_of_repeated_rows_counts():
    taken_in("携帯,氏名\n080-1111-0001,一\n08011110001,二\n")
    assert Contact.objects.get().name == "一"


def test_a_check_without_one_good_row_cannot_be_taken_in():
    job = checked("携帯,氏名\n03-1234-5678,店\n")
    with pytest.raises(RuleError):
        start_import(job, job.created_by)
    assert ContactImport.objects.get().state == "checked"


@pytest.mark.usefixtures("small_chunks")
def test_an_import_killed_between_slices_goes_on_without_a_row_twice(queued):
    job = checked(
        '携帯,氏名\n080-1111-0001,"青\n木"\n\n080-1111-0002,馬場\n9,x\n080-1111-0003,千葉\n080-1111-0004,土井\n'
    )
    start_import(job, job.created_by)
    work_on(ContactImport.objects.get(), until=0)
    job.refresh_from_db()
    assert (job.state, job.rows_read, Contact.objects.count()) == ("running", 2, 2)
    work_on(job, until=inf)
    job.refresh_from_db()
    assert (job.state, job.counts["added"], job.counts["existing"], Contact.objects.count()) == ("done", 4, 0, 4)


@pytest.mark.usefixtures("small_chunks")
def test_a_crash_within_a_chunk_leaves_nothing_of_it(monkeypatch):
    job = checked(THREE)
    start_import(job, job.created_by)
    with monkeypatch.context() as broken:
        broken.setattr(type(ListMembership.objects), "add", None)
        with pytest.raises(TypeError):
            work_on(job, until=inf)
    job = ContactImport.objects.get()
    assert (job.rows_read, job.counts.get("added"), Contact.objects.count()) == (0, None, 0)
    work_on(job, until=inf)
    assert Contact.objects.count() == 3


@pytest.mark.usefixtures("small_chunks")
def test_two_workers_on_one_import_store_each_row_once():
    job = checked(THREE)
    start_import(job, job.created_by)
    first, second = ContactImport.objects.get(), ContactImport.objects.get()
    work_on(first, until=0)
    work_on(second, until=inf)
    job.refresh_from_db()
    assert (job.rows_read, job.counts["added"]) == (2, 2)


@pytest.mark.usefixtures("small_chunks")
def test_a_cancelled_import_leaves_exactly_what_it_reports(settings):
    job = checked(THREE)
    start_import(job, job.created_by)
    work_on(job, until=0)
    cancel_import(ContactImport.objects.get(), job.created_by)
    work_on(ContactImport.objects.get(), until=inf)
    work_on(job, until=inf)  # a worker that had it in hand
    job = ContactImport.objects.get()
    assert (job.state, job.counts["added"], Contact.objects.count()) == ("cancelled", 2, 2)
    # What is left lets it be taken back.
    assert {path.suffix for path in (settings.MEDIA_ROOT / "imports").iterdir()} == {".csv", ".rows"}


def test_a_finished_import_cannot_be_cancelled():
    job = taken_in(THREE)
    with pytest.raises(RuleError):
        cancel_import(job, job.created_by)


def test_a_file_that_disappeared_is_said_and_not_guessed_at():
    job = checked(THREE)
    job.beside(PREPARED).unlink()
    start_import(job, job.created_by)
    work_on(job, until=inf)
    job.refresh_from_db()
    assert (job.state, job.failure) == ("failed", "file_missing")


def test_the_same_content_is_recognised_whatever_its_name():
    first = taken_in(THREE)
    second = checked(THREE)
    assert second.taken_in_before() == first
    assert checked(THREE + "080-1111-0004,土井\n").taken_in_before() is None


def test_the_rows_left_out_come_back_as_they_stood_with_a_reason():
    job = checked("携帯,氏名\n080-1111-0001,青木\n03-1234-5678,店\n080-1111-0001,また\n")
    assert list(left_out(job)) == [(["03-1234-5678", "店"], "landline"), (["080-1111-0001", "また"], "repeated")]


def test_a_contact_entered_while_the_file_was_checked_is_counted_as_there():
    job = checked(THREE)
    make_contact(phone=A)
    make_contact(phone=make_phone())
    start_import(job, job.created_by)
    work_on(job, until=inf)
    job.refresh_from_db()
    assert (job.counts["added"], job.counts["existing"], Contact.objects.count()) == (2, 1, 4)
