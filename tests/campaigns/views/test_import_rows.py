from math import inf

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from campaigns.models import Contact, ContactImport, ImportRow
from campaigns.services.imports.importing import work_on
from tests.factories import make_user
from tests.workbooks import make_workbook

from .test_imports import checked, clerk, text_of, upload

__all__ = ["clerk"]
pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("queued")]
SPOILT = "携帯,氏名,店舗\n080-1111-0001,青木,渋谷\n03-1234-5678,馬場,梅田\n,千葉,\n"


def rejected_row() -> ImportRow:
    return ImportRow.objects.get(finding="rejected:landline")


def test_rows_are_listed_by_what_was_found(clerk):
    url = checked(clerk, SPOILT)
    page = text_of(clerk.get(f"{url}rows/", {"finding": "rejected:landline"}))
    assert "固定電話の番号です" in page
    assert "03-1234-5678" in page
    assert "080-1111-0001" not in page
    assert f"/imports/rows/{rejected_row().pk}/" in page
    assert f"{url}rows/?finding=rejected%3Alandline" in text_of(clerk.get(url))


def test_many_rows_come_in_pages_in_the_order_of_the_file(clerk):
    url = checked(clerk, "携帯,氏名,店舗\n080-1111-0001,,\n" + "".join(f"03-1234-{at:04d},,\n" for at in range(120)))
    pages = [clerk.get(f"{url}rows/", {"from": start}).context for start in ("", "51", "101", "x")]
    assert [(page["previous"], page["next"], page["rows"][0].number) for page in pages] == [
        (None, 51, 3),
        (1, 101, 53),
        (51, None, 103),
        (None, 51, 3),
    ]


def test_without_a_finding_there_are_no_rows_to_show(clerk):
    url = upload(clerk, SPOILT).url
    assert clerk.get(f"{url}rows/").url == url


def test_a_row_is_put_right_on_a_page_of_its_own(clerk):
    url = checked(clerk, SPOILT)
    mend_url = f"/imports/rows/{rejected_row().pk}/"
    page = text_of(clerk.get(mend_url))
    assert "3行目を直す" in page
    assert 'value="馬場"' in page
    values = {"column_0": "090-1234-5678", "column_1": "馬場", "column_2": "梅田"}
    assert "3行目を直しました" in text_of(clerk.post(mend_url, values, follow=True))
    clerk.post(f"{url}run/")
    work_on(ContactImport.objects.get(), until=inf)
    assert Contact.objects.get(phone="+819012345678").attributes == {"店舗": "梅田"}


def test_a_row_still_wrong_keeps_what_was_typed_and_says_why(clerk):
    checked(clerk, SPOILT)
    response = clerk.post(f"/imports/rows/{rejected_row().pk}/", {"column_0": "050-1111-2222", "column_1": "馬場さん"})
    assert response.status_code == 422
    assert "IP電話(050)の番号です" in text_of(response)
    assert 'value="馬場さん"' in text_of(response)


def test_values_beyond_the_headings_are_shown(clerk):
    checked(clerk, "携帯,氏名,店舗\n080-1111-0001,青木,渋谷\n080-1111-0002,馬,場,梅田\n")
    page = text_of(clerk.get(f"/imports/rows/{ImportRow.objects.get().pk}/"))
    assert "見出しより右にある値" in page
    assert "梅田" in page


def test_after_the_import_rows_are_shown_but_not_put_right(clerk):
    url = checked(clerk, SPOILT)
    clerk.post(f"{url}run/")
    work_on(ContactImport.objects.get(), until=inf)
    row_url = f"/imports/rows/{rejected_row().pk}/"
    assert row_url not in text_of(clerk.get(f"{url}rows/"))
    assert "ここでは直せません" in text_of(clerk.post(row_url, {"column_0": "090-1234-5678"}, follow=True))
    assert Contact.objects.count() == 1


def test_a_viewer_sees_no_rows(client: Client, clerk):
    url = checked(clerk, SPOILT)
    client.force_login(make_user("viewer"))
    assert client.get(f"{url}rows/").status_code == 403
    assert client.get(f"/imports/rows/{rejected_row().pk}/").status_code == 403
    assert client.post(f"{url}undo/").status_code == 403


def test_an_import_is_taken_back_after_a_question(clerk):
    url = checked(clerk)
    clerk.post(f"{url}run/")
    work_on(ContactImport.objects.get(), until=inf)
    assert f"{url}undo/" in text_of(clerk.get(url))
    assert "元に戻らないもの" in text_of(clerk.get(f"{url}undo/"))
    assert "元に戻しています" in text_of(clerk.post(f"{url}undo/", follow=True))
    work_on(ContactImport.objects.get(), until=inf)
    assert "元に戻した結果" in text_of(clerk.get(url))
    assert not Contact.objects.exists()
    assert "この操作はできません" in text_of(clerk.post(f"{url}undo/", follow=True))


def test_a_sheet_is_chosen_and_read_again(clerk):
    people = [["携帯", "氏名", "店舗"], ["080-1111-0001", "青木", "渋谷"]]
    book = make_workbook({"表紙": [["題"], ["名簿"]], "名簿": people})
    url = clerk.post("/imports/new/", {"file": SimpleUploadedFile("名簿.xlsx", book)}).url
    page = clerk.get(url)
    assert "シートが2枚以上あります" in text_of(page)
    assert list(page.context["reading"].fields) == ["sheet", "has_header"]
    clerk.post(f"{url}reread/", {"sheet": "名簿", "has_header": "yes"})
    assert "青木" in text_of(clerk.get(url))
    assert clerk.post(f"{url}reread/", {"sheet": "無い", "has_header": "yes"}).status_code == 422


def test_columns_chosen_once_are_offered_again(clerk):
    url = checked(clerk, column_2="company")
    clerk.post(f"{url}run/")
    work_on(ContactImport.objects.get(), until=inf)
    response = clerk.get(upload(clerk, "携帯,氏名,店舗\n080-1111-0009,堤,難波\n").url)
    assert "と同じ列の対応にしました" in text_of(response)
    assert [column.field.value() for column in response.context["form"].columns()] == ["phone", "name", "company"]
