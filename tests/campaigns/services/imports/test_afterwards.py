"""Rows put right before, and whole imports taken back after, they were taken in; columns remembered for the next."""

from math import inf

import pytest
from django.utils import timezone

from campaigns.errors import InvalidInput, RuleError
from campaigns.models import Activity, Contact, ContactImport, ListMembership, Suppression
from campaigns.services.imports import checking, undoing
from campaigns.services.imports.checking import left_out, mapping_of
from campaigns.services.imports.importing import Choices, cancel_import, start_check, start_import, work_on
from campaigns.services.imports.mending import mend
from campaigns.services.imports.undoing import start_undo
from campaigns.services.imports.uploading import remembered
from tests.factories import make_contact, make_list, make_message, make_suppression

from .test_importing import THREE, A, B, C, checked, taken_in, uploaded

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("queued")]
SPOILT = "携帯,氏名,グループ\n080-1111-0001,青木,\n03-1234-5678,馬場,常連\n,千葉,\n"


def rejected(job):
    return list(job.rows.filter(finding__startswith="rejected").order_by("number"))


def take_in(job):
    start_import(job, job.created_by)
    work_on(ContactImport.objects.get(pk=job.pk), until=inf)
    job.refresh_from_db()


def undo(job):
    start_undo(job, job.created_by)
    work_on(job, until=inf)
    job.refresh_from_db()


# --- Rows put right ---
def test_a_row_put_right_is_taken_in_with_the_others():
    make_suppression(phone=B)
    job = checked(SPOILT)
    landline, _empty = rejected(job)
    mend(landline, ["8011110002", "馬場", "常連"])
    job.refresh_from_db()
    counted = {name: job.counts[name] for name in ("taken", "new", "rejected", "mended", "repaired", "stopped")}
    assert counted == {"taken": 2, "new": 2, "rejected": 1, "mended": 1, "repaired": 1, "stopped": 1}
    assert (job.rows_total, job.new_lists) == (3, ["常連"])
    assert list(left_out(job)) == [(["", "千葉", ""], "empty")]
    take_in(job)
    assert (job.state, job.counts["added"], job.rows_read) == ("done", 2, 3)
    assert list(Contact.objects.order_by("phone").values_list("phone", "name")) == [(A, "青木"), (B, "馬場")]
    assert ListMembership.objects.get().contact.phone == B


@pytest.mark.parametrize(
    ("number", "code"),
    [
        pytest.param("03-1234-5679", "landline", id="still no mobile number"),
        pytest.param("08011110001", "repeated", id="the number of another row"),
    ],
)
def test_a_row_that_is_still_wrong_stays_out_and_says_why(number, code):
    job = checked(SPOILT)
    before = ContactImport.objects.values().get()
    with pytest.raises(InvalidInput) as refusal:
        mend(rejected(job)[0], [number, "馬場", ""])
    assert refusal.value.code == code
    assert ContactImport.objects.values().get() == before
    assert rejected(job)[0].cells == ["03-1234-5678", "馬場", "常連"]


def test_a_row_is_put_right_once_and_only_before_it_is_taken_in():
    job = checked(SPOILT)
    first, second = rejected(job)
    mend(first, ["080-1111-0002", "馬場", ""])
    with pytest.raises(RuleError):
        mend(first, ["080-1111-0003", "馬場", ""])
    take_in(job)
    with pytest.raises(RuleError):
        mend(second, ["080-1111-0003", "千葉", ""])
    assert Contact.objects.count() == 2


def test_a_new_check_forgets_what_was_put_right():
    job = checked(SPOILT)
    mend(rejected(job)[0], ["080-1111-0002", "馬場", ""])
    job.refresh_from_db()
    start_check(job, Choices(mapping=mapping_of(job).fields, existing="update"))
    work_on(job, until=inf)
    job.refresh_from_db()
    assert (job.counts["taken"], job.counts.get("mended"), len(rejected(job))) == (1, None, 2)


def test_only_the_first_rows_of_a_finding_are_kept_and_all_are_counted(monkeypatch):
    monkeypatch.setattr(checking, "SHOWN_ROWS", 2)
    job = checked("携帯\n" + "".join(f"03-1234-{at:04d}\n" for at in range(5)) + "080-1111-0001\n")
    assert (job.findings["rejected:landline"], [row.number for row in rejected(job)]) == (5, [2, 3])


def test_a_row_too_long_for_a_screen_is_listed_but_not_put_right_there():
    job = checked(f"携帯,備考\n080-1111-0001,\n080-1111-0002,{'長' * 10_001}\n")
    (row,) = rejected(job)
    assert (row.cells, row.can_be_mended) == ([], False)


# --- Taken back ---
def test_what_an_import_brought_goes_again_and_what_was_touched_stays():
    there = make_contact(phone="+818011119999", name="先客")
    job = taken_in("携帯,氏名,配信停止\n080-1111-0001,青木,\n08011110002,馬場,\n08011110003,千葉,○\n08011119999,後,\n")
    Contact.objects.filter(phone=A).update(name="青木さん", updated_at=timezone.now())
    undo(job)
    assert (job.state, job.counts["removed"], job.kept, job.rows_read) == ("undone", 2, 1, 4)
    assert {*Contact.objects.values_list("phone", flat=True)} == {A, there.phone}
    assert Suppression.objects.get().phone == C
    assert Activity.objects.filter(verb="import_undone").count() == 1


@pytest.mark.parametrize(
    "touch",
    [
        pytest.param(lambda contact: make_message(contact=contact, phone=contact.phone), id="was texted"),
        pytest.param(lambda contact: make_list(contact), id="was put into another list"),
        pytest.param(lambda _: taken_in("携帯,氏名\n080-1111-0001,新\n"), id="came again in another file"),
    ],
)
def test_who_was_used_since_stays(touch):
    job = taken_in(THREE)
    touch(Contact.objects.get(phone=A))
    undo(job)
    assert {*Contact.objects.filter(phone__in=[A, B, C]).values_list("phone", flat=True)} == {A}


def test_taking_back_goes_on_from_where_its_time_ran_out(monkeypatch, queued):
    monkeypatch.setattr(undoing, "CHUNK", 2)
    job = taken_in(THREE, new_list="名簿")
    start_undo(job, job.created_by)
    work_on(ContactImport.objects.get(), until=0)
    assert (Contact.objects.count(), queued[-1]) == (1, ("advance_import", (job.pk,)))
    work_on(ContactImport.objects.get(), until=inf)
    job.refresh_from_db()
    assert (job.state, job.counts["removed"], Contact.objects.count()) == ("undone", 3, 0)


def test_an_import_stopped_half_way_can_be_taken_back(monkeypatch):
    monkeypatch.setattr(checking, "CHUNK", 2)
    job = checked(THREE)
    start_import(job, job.created_by)
    work_on(job, until=0)
    cancel_import(job, job.created_by)
    undo(job)
    assert (job.state, job.counts["removed"], Contact.objects.count()) == ("undone", 2, 0)


def test_an_import_is_taken_back_once_and_not_after_its_file_is_gone():
    job = taken_in(THREE)
    job.beside("rows").rename(job.beside("elsewhere"))
    with pytest.raises(RuleError):
        start_undo(job, job.created_by)
    job.beside("elsewhere").rename(job.beside("rows"))
    undo(job)
    with pytest.raises(RuleError):
        start_undo(job, job.created_by)


# --- Columns remembered ---
def test_columns_are_remembered_for_the_same_headings_in_any_order():
    first = taken_in("携帯,店,氏名\n080-1111-0001,渋谷,青木\n")
    ContactImport.objects.update(mapping={"0": "phone", "1": "company", "2": "name"})
    mapping, last = remembered(uploaded("氏名*,携帯,店\n馬場,080-1111-0002,梅田\n"))
    assert (mapping, last) == ({1: "phone", 2: "company"} | {0: "name"}, first)


def test_rows_taken_home_to_be_mended_come_back_with_the_columns_of_their_file():
    first = taken_in("携帯,店\n080-1111-0001,渋谷\n")
    ContactImport.objects.update(mapping={"0": "phone", "1": "company"})
    mended = uploaded("取り込まない理由,携帯,店\n固定電話の番号です,080-1111-0002,梅田\n")
    assert remembered(mended) == ({1: "phone", 2: "company"}, first)


def test_other_headings_and_files_without_headings_remember_nothing():
    taken_in("携帯,氏名\n080-1111-0001,青木\n")
    taken_in("080-1111-0001,青木\n")
    assert remembered(uploaded("携帯,氏名,店\n080-1111-0002,馬場,梅田\n")) == ({}, None)
    assert remembered(uploaded("080-1111-0002,馬場\n")) == ({}, None)
