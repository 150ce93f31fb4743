from dataclasses import replace

import pytest
from django.test import Client
from django.urls import reverse

from campaigns.models import MessageTemplate, RegisteredTemplate
from providers.base import VendorTemplate
from providers.errors import AccountRefused
from tests.factories import make_account, make_template, make_user

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def clerk(client: Client) -> Client:
    client.force_login(make_user("operator"))
    return client


@pytest.fixture
def kept(vendor, monkeypatch) -> list[VendorTemplate]:
    kept: list[VendorTemplate] = []

    async def templates(self) -> list[VendorTemplate]:
        if kept == ["refused"]:
            raise AccountRefused("access_refused")
        return kept

    monkeypatch.setattr(vendor, "templates", templates)
    able = replace(vendor.capabilities, lists_templates=True, fills_templates=True)
    monkeypatch.setattr(vendor, "capabilities", able)
    return kept


@pytest.fixture
def account(kept):
    return make_account(provider="scripted", label="本番")


def test_the_list_of_templates_leads_there_only_where_an_account_can(clerk, vendor):
    make_account(provider="scripted")
    assert "/templates/import/" not in clerk.get("/templates/").content.decode()
    assert "取り込める接続先がありません" in clerk.get("/templates/import/").content.decode()


def test_what_is_new_and_what_would_change_is_shown_before_it_is_taken_over(clerk, account, kept):
    make_template(name="お知らせ", body="前の本文")
    make_template(name="同じ", body="同じ本文")
    kept += [VendorTemplate("予約", "ご予約は{{日}}です。"), VendorTemplate("お知らせ", "次の本文")]
    kept += [VendorTemplate("同じ", "同じ本文"), VendorTemplate("壊れ", "{{日です。")]
    assert "/templates/import/" in clerk.get("/templates/").content.decode()
    page = clerk.get("/templates/import/", {"account": account.pk}).content.decode()
    for words in ("新規", "本文が変わります", "前の本文", "次の本文", "取込済み", "取り込めません"):
        assert words in page
    answer = clerk.post("/templates/import/", {"account": account.pk, "name": ["予約"]}, follow=True)
    assert "1件取り込みました" in answer.content.decode()
    assert MessageTemplate.objects.get(name="予約").body == "ご予約は{{日}}です。"
    assert MessageTemplate.objects.get(name="お知らせ").body == "前の本文"


@pytest.mark.parametrize(
    ("offered", "sentence"),
    [
        pytest.param(["refused"], "接続元IPの制限", id="the vendor refuses"),
        pytest.param([], "登録済みの定型文はありません", id="nothing is kept there"),
    ],
)
def test_what_keeps_one_from_it_is_said(clerk, account, kept, offered, sentence):
    kept += offered
    assert sentence in clerk.get("/templates/import/", {"account": account.pk}).content.decode()


def test_nothing_ticked_takes_nothing(clerk, account, kept):
    kept.append(VendorTemplate("予約", "本文"))
    answer = clerk.post("/templates/import/", {"account": account.pk}, follow=True)
    assert "1件以上選んでください" in answer.content.decode()
    assert not MessageTemplate.objects.exists()


def test_a_template_is_tied_to_the_vendors_id_and_untied(clerk, account):
    template = make_template(body="{{氏名|お客様}}様 {{日}}です。")
    url = reverse("template_register", args=[template.pk])
    assert url in clerk.get(reverse("template_edit", args=[template.pk])).content.decode()
    typed = {"account": account.pk, "vendor_id": "T-1", "field_氏名": "name", "field_日": "date"}
    assert clerk.post(url, typed).status_code == 302
    assert RegisteredTemplate.objects.get().fields == {"name": "氏名", "date": "日"}
    assert "T-1" in clerk.get(reverse("template_edit", args=[template.pk])).content.decode()
    assert 'value="date"' in clerk.get(url).content.decode()
    clerk.post(url, {"intent": "untie"})
    assert not RegisteredTemplate.objects.exists()


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        pytest.param({"vendor_id": ""}, "入力", id="no id"),
        pytest.param({"field_日": ""}, "入力", id="a field without a place"),
        pytest.param({"field_日": "name"}, "同じ項目名が2つ", id="two fields in one place"),
        pytest.param({"vendor_id": "T-0"}, "すでに使われています", id="another template's id"),
    ],
)
def test_a_tie_that_cannot_hold_is_refused(clerk, account, typed, sentence):
    RegisteredTemplate.objects.create(template=make_template(), account=account, vendor_id="T-0")
    template = make_template(body="{{氏名|お客様}}様 {{日}}です。")
    values = {"account": account.pk, "vendor_id": "T-1", "field_氏名": "name", "field_日": "date"} | typed
    answer = clerk.post(reverse("template_register", args=[template.pk]), values)
    assert answer.status_code == 422
    assert sentence in answer.content.decode()
