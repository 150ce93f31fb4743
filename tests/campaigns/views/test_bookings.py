import re
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
import time_machine
from django.urls import reverse

from campaigns.models import Campaign, DueMessage
from providers.base import Booking
from providers.errors import Throttled
from tests.factories import make_account, make_campaign, make_message, make_sender, make_user

pytestmark = pytest.mark.django_db
TOKYO = ZoneInfo("Asia/Tokyo")
NOW = datetime(2026, 11, 10, 9, 0, tzinfo=TOKYO)


@pytest.fixture(autouse=True)
def _now():
    with time_machine.travel(NOW, tick=True):
        yield


@pytest.fixture
def operator(client):
    client.force_login(make_user("operator"))
    return client


def booking(day: int, *, hour: int = 10, month: int = 11, **overrides) -> Campaign:
    at = datetime(2026, month, day, hour, tzinfo=TOKYO)
    return make_campaign(**{"state": "scheduled", "scheduled_for": at, "starts_at": at, "recipients": 5} | overrides)


def listed(client, **query) -> list[str]:
    response = client.get(reverse("booking_list"), query)
    assert response.status_code == 200
    return [campaign.name for campaign in response.context["campaigns"]]


def test_a_month_lists_its_bookings_in_the_order_of_their_time(operator):
    booking(20, name="あと")
    booking(12, name="さき")
    booking(1, month=12, name="来月")
    make_campaign(state="sending", name="予約ではない")
    assert listed(operator) == ["さき", "あと"]
    assert listed(operator, month="2026-12") == ["来月"]


def test_days_and_months_are_those_of_japan(operator):
    booking(30, hour=23, name="11月30日の深夜")
    assert listed(operator, month="2026-11", day="2026-11-30") == ["11月30日の深夜"]
    assert listed(operator, month="2026-12") == []


@pytest.mark.parametrize(
    ("query", "names"),
    [
        pytest.param({"day": "2026-11-12"}, ["ここ"], id="one day"),
        pytest.param({"held_at": "vendor"}, ["あちら"], id="where it is held"),
        pytest.param({"q": "ここ"}, ["ここ"], id="by name"),
        pytest.param({"month": "nonsense"}, ["ここ", "あちら"], id="a month that is none"),
    ],
)
def test_the_list_is_narrowed(operator, query, names):
    booking(12, name="ここ")
    booking(20, name="あちら", held_at="vendor")
    assert listed(operator, **query) == names


def test_narrowed_to_one_account(operator):
    account = make_account()
    booking(12, name="これ", account=account)
    booking(13, name="それ")
    assert listed(operator, account=account.pk) == ["これ"]


def test_a_campaign_in_its_undo_time_is_no_booking(operator):
    booking(10, scheduled_for=None, starts_at=NOW + timedelta(seconds=10))
    assert listed(operator) == []


def test_the_calendar_asks_as_often_for_many_bookings(operator, django_assert_max_num_queries):
    account = make_account()
    for day in range(11, 21):
        booking(day, account=account)
    with django_assert_max_num_queries(10):
        operator.get(reverse("booking_list"))


def test_one_booking_is_asked_about_and_then_cancelled(operator, queued):
    campaign = booking(12)
    url = reverse("booking_cancel", args=[campaign.pk])
    assert campaign.name in operator.get(url).content.decode()
    assert Campaign.objects.get(pk=campaign.pk).state == "scheduled"
    response = operator.post(url, follow=True)
    assert Campaign.objects.get(pk=campaign.pk).state == "cancelled"
    assert "予約を取り消しました" in response.content.decode()


def test_the_receipt_tells_what_is_recalled_here_and_what_at_the_vendor(operator, queued):
    here, there = booking(12, recipients=1), booking(13, recipients=3, held_at="vendor")
    waiting = make_message(here)
    DueMessage.objects.create(
        message=waiting, account=here.account, campaign=here, phone=waiting.phone, due_at=here.starts_at
    )
    for state in ("booked", "booked", "refused"):
        make_message(there, state=state)
    data = {"campaign": [here.pk, there.pk], "typed": "2"}
    text = operator.post(reverse("booking_cancel_many"), data, follow=True).content.decode()
    assert "2件の配信の予約を取り消しました" in text
    assert "このポータルで待っていた1件の宛先には送信しません" in text
    assert "配信事業者が預かっている2件は、取り消しを依頼しています" in text
    assert "1件は、すでに配信事業者に渡したか送信の対象から外れている" in text


def test_what_is_already_sending_cannot_be_cancelled_as_a_booking(operator):
    campaign = booking(12, state="sending")
    response = operator.post(reverse("booking_cancel", args=[campaign.pk]), follow=True)
    assert "予約済みではない" in response.content.decode()
    assert Campaign.objects.get(pk=campaign.pk).state == "sending"


def test_a_span_of_days_shows_what_it_will_hit_before_it_does(operator):
    booking(12, name="対象1", recipients=1200)
    booking(13, name="対象2", recipients=34)
    booking(14, name="対象外")
    response = operator.get(reverse("booking_cancel_many"), {"first": "2026-11-12", "last": "2026-11-13"})
    text = response.content.decode()
    assert ("対象1" in text, "対象2" in text, "対象外" in text) == (True, True, False)
    assert "1,234" in text
    assert Campaign.objects.filter(state="cancelled").count() == 0


@pytest.mark.parametrize(
    ("typed", "cancelled"),
    [
        pytest.param("2", 2, id="the number that was shown"),
        pytest.param("２", 2, id="typed in full width"),
        pytest.param("3", 0, id="another number"),
        pytest.param("", 0, id="nothing"),
    ],
)
def test_only_who_types_the_number_cancels(operator, queued, typed, cancelled):
    campaigns = [booking(12).pk, booking(13).pk]
    booking(14)
    response = operator.post(reverse("booking_cancel_many"), {"campaign": campaigns, "typed": typed})
    assert response.status_code == (302 if cancelled else 422)
    assert Campaign.objects.filter(state="cancelled", pk__in=campaigns).count() == cancelled
    assert Campaign.objects.filter(state="scheduled").count() == 3 - cancelled


def test_the_receipt_names_bookings_somebody_else_moved_meanwhile(operator, queued):
    mine, moved = booking(12), booking(13)
    Campaign.objects.filter(pk=moved.pk).update(state="sending")
    data = {"campaign": [mine.pk, moved.pk], "typed": "2"}
    text = operator.post(reverse("booking_cancel_many"), data, follow=True).content.decode()
    assert "1件の配信の予約を取り消しました" in text
    assert "1件の配信は、ほかの操作で状態が変わったため" in text
    assert Campaign.objects.get(pk=moved.pk).state == "sending"


@pytest.mark.parametrize(
    ("query", "sentence"),
    [
        pytest.param({}, "取り消す予約を選んでください", id="nothing chosen"),
        pytest.param({"first": "2026-11-12"}, "日付を両方指定してください", id="half a span"),
        pytest.param({"first": "", "last": ""}, "日付を両方指定してください", id="no days: never every booking"),
        pytest.param({"first": "2026-11-13", "last": "2026-11-12"}, "日付を両方指定してください", id="the wrong way"),
        pytest.param({"first": "2026-12-01", "last": "2026-12-02"}, "対象の予約がありません", id="nothing there"),
    ],
)
def test_a_bulk_cancellation_without_a_clear_target_is_refused(operator, query, sentence):
    booking(12)
    response = operator.get(reverse("booking_cancel_many"), query, follow=True)
    assert sentence in response.content.decode()
    assert Campaign.objects.filter(state="cancelled").count() == 0


@pytest.mark.parametrize("role", ["viewer", "accountant"])
def test_without_the_right_to_stop_nothing_can_be_cancelled(client, role):
    campaign = booking(12)
    client.force_login(make_user(role))
    assert listed(client) == [campaign.name]
    assert "予約取消" not in client.get(reverse("booking_list")).content.decode()
    for url in (
        reverse("booking_cancel", args=[campaign.pk]),
        reverse("booking_cancel_many"),
        reverse("booking_compare"),
    ):
        assert client.post(url, {"campaign": campaign.pk, "typed": "1"}).status_code == 403
    assert Campaign.objects.get().state == "scheduled"


@pytest.fixture
def held(vendor):
    """Two messages we believe booked on 12 November; the vendor holds one of them and one we do not know."""
    account = make_account(provider="scripted")
    make_sender(account)
    campaign = booking(12, account=account, sender=account.senders.get(), held_at="vendor")
    there, missing = make_message(campaign, state="booked"), make_message(campaign, state="booked")
    vendor.held = [Booking(ref, "+819012345678", campaign.starts_at) for ref in (there.reference, "not-ours")]
    return campaign, missing


def compare(client, campaign, **headers):
    data = {"account": campaign.account_id, "day": "2026-11-12"}
    return client.post(reverse("booking_compare"), data, headers=headers)


@pytest.mark.django_db(transaction=True)
def test_both_sides_of_a_day_are_compared(operator, held):
    campaign, missing = held
    assert "配信事業者と照合" in operator.get(reverse("booking_list"), {"day": "2026-11-12"}).content.decode()
    partial = compare(operator, campaign, hx_request="true").content.decode()
    assert "配信事業者にない予約が1件あります" in partial
    assert reverse("message_detail", args=[missing.pk]) in partial
    assert "not-ours" in partial
    assert "<html" not in partial
    assert "<html" in compare(operator, campaign).content.decode()


@pytest.mark.django_db(transaction=True)
def test_the_days_of_a_month_are_compared_together_and_only_those_with_bookings(operator, held, vendor, monkeypatch):
    campaign, _missing = held
    booking(20, account=campaign.account, sender=campaign.sender, held_at="vendor")
    booking(21, account=campaign.account, sender=campaign.sender)
    asked = []
    answer = vendor.bookings

    async def noted(self, day, *, sender_id, group=""):
        asked.append(day.day)
        return await answer(self, day, sender_id=sender_id, group=group)

    monkeypatch.setattr(vendor, "bookings", noted)
    page = operator.get(reverse("booking_list"), {"month": "2026-11"}).content.decode()
    assert "2日分の予約を配信事業者が預かっています" in page
    days = re.findall(r'name="day" value="(2026-[0-9-]+)"', page)
    found = operator.post(reverse("booking_compare"), {"account": campaign.account_id, "day": days}).content.decode()
    assert asked == [12, 20]
    assert "配信事業者にない予約が1件あります" in found


def test_a_comparison_of_no_day_asks_nobody(operator, held):
    data = {"account": held[0].account_id, "day": ["", "someday"]}
    assert "照合する日を選んでください" in operator.post(reverse("booking_compare"), data, follow=True).content.decode()


@pytest.mark.django_db(transaction=True)
def test_a_vendor_that_does_not_answer_is_explained(operator, held, vendor, monkeypatch):
    async def too_busy(self, day, *, sender_id, group=""):
        raise Throttled

    monkeypatch.setattr(vendor, "bookings", too_busy)
    assert "混み合っています" in compare(operator, held[0]).content.decode()


def test_there_is_nothing_to_compare_where_no_vendor_holds_anything(operator):
    booking(12)
    assert "配信事業者と照合" not in operator.get(reverse("booking_list"), {"day": "2026-11-12"}).content.decode()


def test_an_empty_month_says_what_to_do(operator):
    assert "配信を作成" in operator.get(reverse("booking_list")).content.decode()


def test_what_is_not_booked_is_not_asked_about(client):
    client.force_login(make_user("operator"))
    done = make_campaign(name="終わった配信", state="completed")
    asked = client.get(f"/bookings/{done.pk}/cancel/", follow=True)
    assert asked.redirect_chain[-1][0] == "/bookings/"
    assert "「終わった配信」は予約済みではないため、予約取消できません。" in asked.content.decode()
