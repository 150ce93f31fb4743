from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone

from campaigns.models import Activity, Suppression
from campaigns.services.imports import refusals
from tests.factories import make_contact, make_suppression, make_user
from tests.workbooks import make_workbook

pytestmark = pytest.mark.django_db


@pytest.fixture
def clerk(client: Client) -> Client:
    client.force_login(make_user("operator"))
    return client


def text_of(response) -> str:
    return response.content.decode()


@pytest.mark.parametrize(
    ("query", "found"),
    [
        pytest.param({}, {"電話", "Web"}, id="all"),
        pytest.param({"q": "090-1234"}, {"電話"}, id="by part of a number"),
        pytest.param({"q": "+81 90-1234-5678"}, {"電話"}, id="by a whole number"),
        pytest.param({"q": "20261126-00017"}, {"Web"}, id="by a long number in a note"),
        pytest.param({"q": "web"}, {"Web"}, id="by source"),
        pytest.param({"q": "11月"}, {"電話"}, id="by note"),
        pytest.param({"reason": "complaint"}, {"Web"}, id="by reason"),
        pytest.param({"q": "どこにもない"}, set(), id="none"),
    ],
)
def test_refusals_are_searched_and_filtered(clerk, query, found):
    make_suppression(phone="+819012345678", source="電話", note="11月に申し出")
    make_suppression(phone="+818099990000", source="Web", reason="complaint", note="受付 20261126-00017")
    assert {row.source for row in clerk.get("/suppressions/", query).context["page"]} == found


def test_several_pasted_numbers_are_registered_at_once(clerk):
    make_suppression(phone="+819011110001", reason="complaint")
    pasted = "090-1111-0001\r\n０９０ー１１１１ー０００２\n+819011110003、8011110004"
    response = clerk.post("/suppressions/new/", {"phones": pasted, "reason": "opt_out", "note": "電話で"}, follow=True)
    assert "3件を登録しました" in text_of(response)
    assert "1件はすでに登録されていた" in text_of(response)
    assert Suppression.objects.filter(reason="opt_out", note="電話で").count() == 3
    assert Suppression.objects.get(phone="+819011110001").reason == "complaint"


def test_one_wrong_number_registers_none_and_says_which(clerk):
    pasted = "090-1111-0001\n03-1234-5678\n"
    response = clerk.post("/suppressions/new/", {"phones": pasted, "reason": "opt_out"})
    assert response.status_code == 422
    assert "「03-1234-5678」: 固定電話の番号です" in text_of(response)
    assert not Suppression.objects.exists()


def test_the_form_opened_from_a_person_holds_their_number(clerk):
    contact = make_contact(phone="+819012345678")
    assert "090-1234-5678" in text_of(clerk.get(f"/suppressions/new/?contact={contact.pk}"))


def test_lifting_needs_a_consent_given_after_the_refusal(clerk):
    contact = make_contact()
    row = make_suppression(phone=contact.phone)
    Suppression.objects.update(created_at=timezone.now() - timedelta(days=3))
    too_old = {"consented_at": "2020-01-01T10:00", "consent_method": "店頭"}
    response = clerk.post(f"/suppressions/{row.pk}/lift/", too_old)
    assert response.status_code == 422
    assert "以前の同意では解除できません" in text_of(response)
    yesterday = timezone.localtime() - timedelta(days=1)
    clerk.post(f"/suppressions/{row.pk}/lift/", too_old | {"consented_at": f"{yesterday:%Y-%m-%dT%H:%M}"})
    contact.refresh_from_db()
    assert not Suppression.objects.exists()
    assert (contact.consent_basis, contact.consent_method) == ("consent", "店頭")


def test_the_export_honours_the_filter_and_is_written_down(clerk):
    make_suppression(phone="+819012345678", source="電話")
    make_suppression(reason="complaint")
    response = clerk.get("/suppressions/export/?reason=opt_out")
    lines = b"".join(response.streaming_content).decode("utf-8-sig").splitlines()
    assert len(lines) == 2
    assert lines[1].startswith("090-1234-5678,配信停止の申し出,電話,")
    assert Activity.objects.get().details == {"persons": 1}


def test_a_viewer_sees_masked_numbers_and_changes_nothing(client):
    row = make_suppression(phone="+819012345678")
    client.force_login(make_user("viewer"))
    page = text_of(client.get("/suppressions/"))
    assert "090-****-5678" in page
    assert "1234-5678" not in page
    assert not client.get("/suppressions/?q=1234").context["page"].rows
    for path in ("new/", f"{row.pk}/lift/", "export/"):
        assert client.get(f"/suppressions/{path}").status_code == 403


def upload(text: str, name: str = "停止.csv") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, text.encode())


def test_a_file_stops_every_readable_number_and_names_the_others(clerk):
    make_suppression(phone="+819011110001")
    text = "携帯番号,氏名\n090-1111-0001,青木\n090-1111-0002,馬場\n03-1234-5678,千葉\n"
    page = text_of(clerk.post("/suppressions/file/", {"file": upload(text), "reason": "opt_out", "note": "葉書"}))
    assert "固定電話の番号です" in page
    assert "03-1234-5678" in page
    assert Suppression.objects.get(phone="+819011110002").source == "停止.csv"
    assert Suppression.objects.count() == 2
    assert Activity.objects.get().details["numbers"] == 1


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        pytest.param("\n\n", "内容がありません", id="empty"),
        pytest.param("氏名,会社\n青木,見本\n", "携帯電話番号の列", id="no column of numbers"),
    ],
)
def test_a_file_nobody_can_read_stops_nobody_and_says_why(clerk, text, sentence):
    response = clerk.post("/suppressions/file/", {"file": upload(text), "reason": "opt_out"})
    assert response.status_code == 422
    assert sentence in text_of(response)
    assert not Suppression.objects.exists()


REFUSED = [["携帯番号", "氏名"], [9011110001, "青木"], ["03-1234-5678", "千葉"], ["090-1111-0002", "馬場"]]


def test_a_workbook_stops_the_numbers_of_the_sheet_that_has_them(clerk):
    content = make_workbook({"表紙": [["停止の申し出"]], "名簿": REFUSED})
    file = SimpleUploadedFile("停止.xlsx", content)
    report = clerk.post("/suppressions/file/", {"file": file, "reason": "opt_out"}).context["report"]
    assert (report.read, report.new, report.examples) == (2, 2, [(3, "03-1234-5678", "landline")])
    assert set(Suppression.objects.values_list("phone", flat=True)) == {"+819011110001", "+819011110002"}


def test_a_workbook_longer_than_a_page_can_take_stops_nobody(clerk, monkeypatch):
    monkeypatch.setattr(refusals, "MOST_ROWS", 2)
    file = SimpleUploadedFile("停止.xlsx", make_workbook({"名簿": REFUSED}))
    page = clerk.post("/suppressions/file/", {"file": file, "reason": "opt_out"})
    assert page.status_code == 422
    assert not Suppression.objects.exists()


def test_a_damaged_workbook_stops_nobody_and_says_why(clerk):
    file = SimpleUploadedFile("停止.xlsx", make_workbook({"名簿": REFUSED})[:-40])
    response = clerk.post("/suppressions/file/", {"file": file, "reason": "opt_out"})
    assert response.status_code == 422
    assert not Suppression.objects.exists()


def test_the_refusal_of_somebody_erased_is_shown_as_such_and_not_lifted(clerk):
    row = make_suppression(phone="xAbcdefghijkl")
    page = text_of(clerk.get("/suppressions/"))
    assert "***-****-****" in page
    assert f"/suppressions/{row.pk}/lift/" not in page
    assert clerk.get(f"/suppressions/{row.pk}/lift/").status_code == 404
