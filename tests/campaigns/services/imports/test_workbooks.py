"""Workbooks and limits, from upload to contacts."""

from datetime import date, datetime
from math import inf

import pytest

from campaigns.errors import InvalidInput
from campaigns.models import Contact, ContactImport, PortalSettings
from campaigns.rules import workbook_xml
from campaigns.rules.workbook import Workbook
from campaigns.services.imports import sheets
from campaigns.services.imports.checking import left_out
from campaigns.services.imports.importing import Choices, cancel_import, start_check, start_import, work_on
from campaigns.services.imports.uploading import first_rows, reread
from tests.workbooks import make_workbook

from .test_importing import checked, taken_in, uploaded

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("queued")]
PEOPLE = [
    ["携帯電話番号", "氏名", "番号取得日", "配信停止"],
    [8011110001, "青木", datetime(2026, 4, 1), False],  # noqa: DTZ001
    [],
    ["080-1111-0002", "馬\n場", None, True],
    ["03-1234-5678", "店"],
]


def test_a_workbook_is_taken_in_like_a_text_file():
    job = taken_in(make_workbook({"名簿": PEOPLE}))
    assert (job.state, job.sheet, job.sheets) == ("done", "名簿", ["名簿"])
    assert list(Contact.objects.order_by("phone").values_list("phone", "name", "number_acquired_on")) == [
        ("+818011110001", "青木", date(2026, 4, 1)),
        ("+818011110002", "馬\n場", None),
    ]
    assert {row.finding: row.number for row in job.rows.all()} == {
        "repaired": 2,
        "opts_out": 4,
        "rejected:landline": 5,
    }


def test_a_workbook_is_known_by_its_content_whatever_its_name(settings):
    assert uploaded(make_workbook({"名簿": PEOPLE})).original_name == "名簿.csv"
    assert sorted(path.suffix for path in (settings.MEDIA_ROOT / "imports").iterdir()) == [".csv", ".xlsx"]


@pytest.mark.parametrize(
    "cover",
    [
        pytest.param([["題", "日付"], ["名簿", "今日"]], id="with a table"),
        pytest.param([["11月の名簿"]], id="with a title only"),
        pytest.param([], id="blank"),
        pytest.param([["x"] * 300], id="with too many columns"),
    ],
)
def test_of_several_sheets_the_one_with_numbers_is_shown_and_a_person_asked(cover):
    job = uploaded(make_workbook({"表紙": cover, "名簿": PEOPLE, "控え": PEOPLE[:2]}))
    assert (job.sheet, job.failure, job.header[0]) == ("名簿", "several_sheets", "携帯電話番号")
    assert first_rows(job, 1) == [["8011110001", "青木", "2026/4/1", "FALSE"]]
    reread(job, sheet="控え", has_header=True)
    assert (job.sheet, job.failure, job.rows_total) == ("控え", "", 1)


def test_a_sheet_that_cannot_be_read_leaves_the_one_before_as_it_was():
    job = uploaded(make_workbook({"名簿": PEOPLE, "空": []}))
    with pytest.raises(InvalidInput):
        reread(job, sheet="空", has_header=True)
    assert first_rows(ContactImport.objects.get(), 1) == [["8011110001", "青木", "2026/4/1", "FALSE"]]


def test_the_heading_of_a_sheet_can_be_called_a_row():
    job = uploaded(make_workbook({"名簿": [["番号", "名"], ["080-1111-0001", "青木"]]}))
    reread(job, has_header=False)
    assert (job.header, job.sheet) == (["", ""], "名簿")


def test_rows_left_out_of_a_workbook_come_back_as_they_stood():
    assert list(left_out(checked(make_workbook({"名簿": PEOPLE})))) == [(["03-1234-5678", "店", "", ""], "landline")]


# --- Large ones: the head at once, the rest in the background ---
NUMBERED = [["携帯電話番号", "氏名"], *([f"080-1111-{at:04d}", f"見本{at}"] for at in range(50))]


@pytest.fixture
def large(monkeypatch):
    """Ten rows are many."""
    monkeypatch.setattr(workbook_xml, "BLOCK", 200)
    monkeypatch.setattr(sheets, "HEAD_ROWS", 10)
    monkeypatch.setattr(sheets, "CHUNK", 7)


def started(job):
    start_check(job, Choices(mapping={0: "phone", 1: "name"}, existing="update"))
    return job


def worked(job, until=inf):
    work_on(job, until=until)
    job.refresh_from_db()
    return job


@pytest.mark.usefixtures("large")
def test_of_a_large_workbook_only_the_head_is_read_while_the_person_waits(settings):
    job = uploaded(make_workbook({"名簿": NUMBERED}))
    assert 10 <= job.rows_read < 20
    assert 25 < job.rows_total < 100  # about
    assert first_rows(job, 3) == NUMBERED[1:4]
    worked(started(job))
    assert (job.state, job.rows_total, job.unread_from) == ("checking", 50, None)
    assert [*(path.suffix for path in (settings.MEDIA_ROOT / "imports").iterdir())].count(".texts") == 0
    worked(job)
    start_import(job, job.created_by)
    assert worked(job).counts["added"] == 50
    assert sorted(Contact.objects.values_list("name", flat=True)) == sorted(name for _, name in NUMBERED[1:])


@pytest.mark.usefixtures("large")
def test_reading_goes_on_slice_by_slice_and_tells_how_far_it_is(queued):
    job, seen = started(uploaded(make_workbook({"名簿": NUMBERED}))), []
    while job.state == "reading":
        seen.append(worked(job, until=0).rows_read)
        assert queued[-1] == ("advance_import", (job.pk,))
    assert seen[:-1] == sorted(set(seen[:-1]))
    assert len(seen) > 4
    assert worked(job).counts["taken"] == 50


@pytest.mark.usefixtures("large")
def test_reading_can_be_cancelled_and_then_nothing_is_left(settings):
    job = worked(started(uploaded(make_workbook({"名簿": NUMBERED}))), until=0)
    cancel_import(job, job.created_by)
    assert worked(job).state == "cancelled"
    assert not [path for path in settings.MEDIA_ROOT.rglob("*") if path.is_file()]


@pytest.mark.usefixtures("large")
def test_nothing_is_left_where_it_is_cancelled_while_its_texts_are_parsed(settings, monkeypatch):
    job = started(uploaded(make_workbook({"名簿": NUMBERED})))
    parse = Workbook.all_texts

    def parse_and_cancel(workbook):
        cancel_import(ContactImport.objects.get(), job.created_by)
        return parse(workbook)

    monkeypatch.setattr(Workbook, "all_texts", parse_and_cancel)
    assert worked(job).state == "cancelled"
    assert not [path for path in settings.MEDIA_ROOT.rglob("*") if path.is_file()]


@pytest.mark.usefixtures("large")
def test_what_is_wrong_further_down_fails_the_check_and_another_sheet_can_be_chosen():
    job = started(uploaded(make_workbook({"名簿": [*NUMBERED, ["x"] * 300], "控え": NUMBERED})))
    worked(job)
    assert (job.state, job.failure) == ("failed", "too_many_columns")
    reread(job, sheet="控え")
    worked(worked(started(job)))
    assert (job.state, job.counts["taken"]) == ("checked", 50)


@pytest.mark.usefixtures("large")
def test_the_heading_of_a_large_sheet_can_be_called_a_row():
    job = uploaded(make_workbook({"名簿": NUMBERED[1:]}))
    reread(job, has_header=True)
    assert worked(worked(started(job))).counts["taken"] == 49


@pytest.mark.parametrize(
    ("limits", "code"),
    [
        pytest.param({"IMPORT_MAX_UNPACKED_BYTES": 100}, "workbook_too_large", id="unpacked"),
        pytest.param({"IMPORT_MAX_COLUMNS": 3}, "too_many_columns", id="columns"),
        pytest.param({"IMPORT_MAX_BYTES": 100}, "file_too_large", id="bytes"),
    ],
)
def test_limits_are_settings(settings, limits, code):
    for name, value in limits.items():
        setattr(settings, name, value)
    with pytest.raises(InvalidInput) as refusal:
        uploaded(make_workbook({"名簿": PEOPLE}))
    assert refusal.value.code == code
    assert not ContactImport.objects.exists()
    assert not [path for path in settings.MEDIA_ROOT.rglob("*") if path.is_file()]


def test_more_rows_than_allowed_fail_the_check(settings):
    settings.IMPORT_MAX_ROWS = 2
    job = checked("携帯\n080-1111-0001\n080-1111-0002\n080-1111-0003\n")
    assert (job.state, job.failure, job.failure_context) == ("failed", "too_many_rows", {"maximum": "2"})


@pytest.mark.parametrize("allowed", [True, False])
def test_numbers_of_machines_are_taken_where_the_administrator_allows_them(allowed):
    PortalSettings.objects.update_or_create(pk=1, defaults={"allow_m2m": allowed})
    assert checked("携帯\n020-1111-2222\n080-1111-0001\n").counts.get("taken") == 1 + allowed
