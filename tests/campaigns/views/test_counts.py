import csv
import io
from datetime import date, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
import time_machine
from django.urls import reverse

from campaigns.models import Activity, DayCount, VendorCount
from providers.errors import NotReached
from tests.factories import make_account, make_campaign, make_user

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 10, 9, 0, tzinfo=ZoneInfo("Asia/Tokyo"))


@pytest.fixture(autouse=True)
def _now():
    with time_machine.travel(NOW, tick=True):
        yield


@pytest.fixture
def accountant(client):
    client.force_login(make_user("accountant"))
    return client


def make_count(**overrides) -> DayCount:
    account = overrides.pop("account", None) or make_account(provider="scripted")
    campaign = make_campaign(account=account, state="completed", name="予約確認", unit_price=Decimal("9.50"))
    values = {"campaign": campaign, "account": account, "day": date(2026, 11, 5), "carrier": "docomo"}
    values |= {"state": "delivered", "messages": 1000, "parts": 2000, "billed_parts": 1990}
    return DayCount.objects.create(**values | overrides)


def page(client, **query) -> str:
    response = client.get(reverse("count_month"), query)
    assert response.status_code == 200
    return response.content.decode()


def test_a_month_shows_parts_and_yen(accountant, vendor):
    make_count()
    text = page(accountant)
    for figure in ("1,000", "2,000", "1,990", "¥18,905", "予約確認"):
        assert figure in text
    assert "¥18,905" not in page(accountant, month="2026-10")


def test_every_figure_leads_to_the_messages_behind_it(accountant, vendor):
    count = make_count()
    query = f"?campaign={count.campaign_id}&amp;first=2026-11-01&amp;last=2026-11-30&amp;state=delivered"
    assert query in page(accountant)


def test_the_page_narrows_to_one_account(accountant, vendor):
    make_count()
    other = make_account(provider="scripted", label="ほかの接続先")
    text = page(accountant, account=other.pk)
    assert "予約確認" not in text
    assert "この期間の送信はありません" in text


def test_the_vendor_s_figure_and_the_difference_stand_beside_ours(accountant, vendor):
    count = make_count()
    VendorCount.objects.create(
        account=count.account, month=date(2026, 11, 1), carrier="docomo", parts=1987, asked_at=NOW
    )
    text = page(accountant)
    assert "1,987" in text
    assert "-3" in text


def ask(client, account, **data):
    return client.post(reverse("count_ask_vendor", args=[account.pk]), {"month": "2026-11"} | data, follow=True)


@pytest.mark.django_db(transaction=True)
def test_the_vendor_is_asked_and_its_answer_kept(accountant, vendor):
    account = make_account(provider="scripted")
    assert "照会しました" in ask(accountant, account).content.decode()
    kept = VendorCount.objects.values_list("month", "carrier", "parts")
    assert sorted(kept) == [(date(2026, 11, 1), "au", 2), (date(2026, 11, 1), "docomo", 3)]


@pytest.mark.django_db(transaction=True)
def test_a_vendor_out_of_reach_is_explained_and_nothing_lost(accountant, vendor, monkeypatch):
    async def out_of_reach(self, month):
        raise NotReached

    monkeypatch.setattr(vendor, "month_counts", out_of_reach)
    account = make_account(provider="scripted", label="遠い接続先")
    VendorCount.objects.create(account=account, month=date(2026, 11, 1), carrier="au", parts=5, asked_at=NOW)
    text = ask(accountant, account).content.decode()
    assert "「遠い接続先」の通数を照会できませんでした。配信事業者に接続できません" in text
    assert VendorCount.objects.get().parts == 5


@pytest.mark.parametrize(("role", "status"), [("viewer", 403), ("operator", 403), ("approver", 403)])
def test_who_may_not_ask_the_vendor_does_not(client, vendor, role, status):
    account = make_account(provider="scripted")
    client.force_login(make_user(role))
    assert ask(client, account).status_code == status
    assert reverse("count_ask_vendor", args=[account.pk]) not in page(client)


def exported(response) -> list[list[str]]:
    return list(csv.reader(io.StringIO(b"".join(response.streaming_content).decode("utf-8-sig"))))


def test_the_month_is_exported_by_campaign(accountant, vendor):
    count = make_count()
    heading, row = exported(accountant.get(reverse("count_export"), {"month": "2026-11"}))
    figures = dict(zip(heading, row, strict=True))
    assert figures["接続先"] == count.account.label
    assert (figures["送信件数"], figures["課金通数"], figures["金額(円)"]) == ("1000", "1990", "18905.00")
    note = Activity.objects.get()
    assert (note.verb, note.details) == ("counts_exported", {"month": "2026-11", "rows": 1})


def test_the_month_is_exported_by_day_and_carrier(accountant, vendor):
    make_count()
    heading, row = exported(accountant.get(reverse("count_export"), {"month": "2026-11", "by": "day"}))
    figures = dict(zip(heading, row, strict=True))
    assert (figures["日付"], figures["携帯会社"]) == ("2026-11-05", "NTTドコモ")


def test_a_campaign_s_name_does_not_become_a_formula(accountant, vendor):
    count = make_count()
    type(count.campaign).objects.update(name="=1+1")
    _, row = exported(accountant.get(reverse("count_export"), {"month": "2026-11"}))
    assert row[1] == "'=1+1"


@pytest.mark.parametrize("role", ["viewer", "operator", "approver"])
def test_who_may_not_export_does_not(client, role):
    client.force_login(make_user(role))
    assert client.get(reverse("count_export")).status_code == 403
    assert reverse("count_export") not in page(client)


def test_a_month_that_is_none_shows_the_present_one(accountant):
    assert "2026年11月" in page(accountant, month="nonsense")
