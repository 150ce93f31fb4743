from datetime import timedelta

import pytest
from django.core.cache import cache
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from campaigns.models import Activity, Campaign, ClosedDay, DayCount, DueMessage, Heartbeat, PortalSettings
from campaigns.rules.sending_window import jst_day
from providers.errors import AccountRefused
from tests.factories import make_account, make_campaign, make_contact, make_message, make_user

pytestmark = pytest.mark.django_db
HTMX = {"HX-Request": "true"}
BOOKED = {"state": "scheduled", "scheduled_for": "2030-01-01T00:00:00Z"}
PEOPLE = (("operator", "依頼した人の名"), ("approver", "承認した人の名"), ("administrator", "停止した人の名"))


@pytest.fixture(autouse=True)
def fresh_cache() -> None:
    cache.clear()


@pytest.fixture
def clerk(client: Client) -> Client:
    client.force_login(make_user("operator"))
    return client


def running(**overrides) -> Campaign:
    values = {"state": "sending", "starts_at": timezone.now() - timedelta(minutes=1), "recipients": 5000}
    return make_campaign(lists=[], **values | overrides)


def count(campaign: Campaign, **states: int) -> None:
    for state, messages in states.items():
        DayCount.objects.create(
            day=jst_day(timezone.now()),
            account=campaign.account,
            campaign=campaign,
            state=state,
            messages=messages,
            parts=2 * messages,
            billed_parts=0,
        )


def make_due(campaign: Campaign, how_many: int) -> None:
    for _ in range(how_many):
        message = make_message(campaign)
        DueMessage.objects.create(
            message=message, account=campaign.account, campaign=campaign, phone=message.phone, due_at=timezone.now()
        )


def text_of(response) -> str:
    return response.content.decode()


def live(client: Client, campaign: Campaign, **options) -> str:
    return text_of(client.get(f"/campaigns/{campaign.pk}/", **options))


@pytest.mark.parametrize(
    ("values", "trigger", "acts"),
    [
        pytest.param({"state": "scheduled", "starts_at": timedelta(seconds=9)}, "every 1s", {"stop"}, id="undo time"),
        pytest.param(BOOKED | {"starts_at": timedelta(seconds=90)}, "every 2s", {"stop"}, id="booked for soon"),
        pytest.param(BOOKED | {"starts_at": timedelta(days=3)}, "every 30s", {"stop"}, id="booked for later"),
        pytest.param({"state": "sending"}, "every 2s", {"pause", "stop"}, id="sending"),
        pytest.param({"state": "paused"}, "", {"resume", "stop"}, id="paused"),
        pytest.param({"state": "holding"}, "", {"resume", "stop"}, id="holding"),
        pytest.param({"state": "completed"}, "", set(), id="completed"),
        pytest.param({"state": "cancelled"}, "", set(), id="cancelled"),
    ],
)
def test_each_state_offers_its_acts_and_looks_again_only_while_it_moves(clerk, values, trigger, acts):
    ahead = values.get("starts_at", -timedelta(minutes=1))
    campaign = running(**values | {"starts_at": timezone.now() + ahead})
    partial = live(clerk, campaign, headers=HTMX)
    assert "<html" not in partial
    assert partial.count('id="live"') == 1
    assert (f'hx-trigger="{trigger}"' in partial) if trigger else ("hx-trigger" not in partial)
    offered = {act for act in ("pause", "resume", "stop") if f"/campaigns/{campaign.pk}/{act}/" in partial}
    assert offered == acts


def test_it_looks_often_while_messages_are_handed_over_to_be_kept_by_the_vendor(clerk):
    campaign = running(**BOOKED | {"held_at": "vendor", "starts_at": timezone.now() + timedelta(days=3)}, recipients=9)
    make_due(campaign, 4)
    partial = live(clerk, campaign, headers=HTMX)
    assert 'hx-trigger="every 2s"' in partial
    assert "5件 / 9件" in partial


def test_the_figures_come_from_the_queue_and_the_counts(clerk):
    campaign = running()
    make_due(campaign, 3)
    count(campaign, delivered=4000, undelivered=80, accepted=917, unknown=1)
    page = live(clerk, campaign)
    for words in ("4,997件 / 5,000件", "4,000", "状態不明", "1,834通"):
        assert words in page
    assert f"?campaign={campaign.pk}&amp;state=undelivered" in page


def test_the_rate_is_that_of_the_last_messages_and_gives_the_time_left(clerk):
    campaign = running()
    now = timezone.now()
    for at in range(50):
        make_message(campaign, state="accepted", sent_at=now - timedelta(seconds=5) + timedelta(seconds=at / 10))
    make_due(campaign, 20)
    page = live(clerk, campaign)
    assert "毎秒10件" in page
    assert "あと約2秒" in page


@pytest.mark.parametrize(
    "before",
    [
        pytest.param(timedelta(minutes=10), id="a pause or an outage"),
        pytest.param(timedelta(seconds=9), id="a short one too"),
    ],
)
def test_a_standstill_does_not_lower_the_rate(clerk, before):
    campaign = running()
    now = timezone.now()
    for at in range(30):
        make_message(campaign, state="accepted", sent_at=now - before - timedelta(seconds=at / 10))
    for at in range(30):
        make_message(campaign, state="accepted", sent_at=now - timedelta(seconds=at / 10))
    make_due(campaign, 20)
    assert "毎秒10件" in live(clerk, campaign)


def test_the_first_messages_after_a_standstill_promise_no_speed(clerk):
    campaign = running()
    now = timezone.now()
    for at in (60, 59, 58, 0.002, 0.001):
        make_message(campaign, state="accepted", sent_at=now - timedelta(seconds=at))
    make_due(campaign, 20)
    assert "毎秒" not in live(clerk, campaign)


def test_a_paused_campaign_promises_no_end(clerk):
    campaign = running(state="paused")
    for at in range(30):
        make_message(campaign, state="accepted", sent_at=timezone.now() - timedelta(seconds=at / 10))
    make_due(campaign, 20)
    page = live(clerk, campaign)
    assert "毎秒" not in page
    assert "終わる見込み" not in page
    assert "あと約" not in page


def test_the_undo_time_is_counted_down_and_undone_without_a_trace(clerk):
    campaign = running(state="scheduled", starts_at=timezone.now() + timedelta(seconds=8), recipients=2)
    make_due(campaign, 2)
    page = live(clerk, campaign)
    assert "あと8秒で送り始めます。" in page
    assert "いまなら、1件も送らずに取り消せます。" in page
    receipt = text_of(clerk.post(f"/campaigns/{campaign.pk}/stop/", follow=True))
    assert "停止しました。1件も送っていません。取り消した 2件。" in receipt


def test_a_stop_is_confirmed_and_answered_with_a_receipt(clerk):
    campaign = running(recipients=1206)
    make_due(campaign, 3)
    question = text_of(clerk.get(f"/campaigns/{campaign.pk}/stop/"))
    assert "まだ送っていない3件を取り消します。すでに送った1,203件は取り消せません。" in question
    page = text_of(clerk.post(f"/campaigns/{campaign.pk}/stop/", follow=True))
    assert "停止しました。いま送信済み 1,203件(取り消せません)。取り消した 3件。" in page
    campaign.refresh_from_db()
    assert campaign.state == "cancelled"
    assert "停止した人" in page


def test_stopping_what_the_vendor_holds_says_what_is_asked_there(clerk):
    campaign = running(
        state="scheduled", held_at="vendor", scheduled_for=timezone.now() + timedelta(days=1), recipients=2
    )
    make_message(campaign, state="booked")
    make_message(campaign, state="booked")
    page = text_of(clerk.post(f"/campaigns/{campaign.pk}/stop/", follow=True))
    assert "配信事業者に取り消しを依頼中 2件。" in page


def test_a_second_stop_is_answered_kindly(clerk):
    campaign = running()
    clerk.post(f"/campaigns/{campaign.pk}/stop/")
    assert "この配信はすでに停止しています。" in text_of(clerk.post(f"/campaigns/{campaign.pk}/stop/", follow=True))


@pytest.mark.parametrize(
    ("state", "act", "said"),
    [
        pytest.param("draft", "stop", "「下書き」のため、この操作はできません。", id="a draft is not stopped"),
        pytest.param(
            "completed", "stop", "「配信完了」のため、この操作はできません。", id="what is done is not stopped"
        ),
        pytest.param("scheduled", "pause", "「予約済み」のため、この操作はできません。", id="what waits is not paused"),
        pytest.param(
            "cancelled", "resume", "「取消済み」のため、この操作はできません。", id="what was stopped stays so"
        ),
    ],
)
def test_acts_that_come_too_early_or_late_are_refused(clerk, state, act, said):
    campaign = running(state=state)
    assert said in text_of(clerk.post(f"/campaigns/{campaign.pk}/{act}/", follow=True))
    campaign.refresh_from_db()
    assert campaign.state == state


def test_it_pauses_and_goes_on(clerk):
    campaign = running()
    assert "一時停止中です。" in text_of(clerk.post(f"/campaigns/{campaign.pk}/pause/", follow=True))
    clerk.post(f"/campaigns/{campaign.pk}/resume/")
    campaign.refresh_from_db()
    assert campaign.state == "sending"


def test_a_halted_account_is_said_with_its_reason_and_what_to_do(clerk, vendor, monkeypatch):
    account = make_account(provider="scripted", halted_reason="account_refused", halted_at=timezone.now())
    campaign = running(account=account, state="holding", hold_reason="account_refused")
    page = live(clerk, campaign)
    assert f"接続先「{account}」が止まっています" in page
    assert "認証情報" in page
    assert "直ったら「再開する」を押してください。" in page

    async def refuse(self) -> None:
        raise AccountRefused("account_refused")

    monkeypatch.setattr(vendor, "check", refuse)
    refused = text_of(clerk.post(f"/campaigns/{campaign.pk}/resume/", follow=True))
    assert "がまだ使えません。" in refused
    campaign.refresh_from_db()
    assert campaign.state == "holding"


@pytest.mark.parametrize(
    ("account", "said"),
    [
        pytest.param({"trouble": "not_reached"}, "配信事業者に接続できません。", id="cannot be reached"),
        pytest.param({"trouble": "throttled"}, "配信事業者が混み合っています。", id="throttles us"),
    ],
)
def test_trouble_on_the_way_is_said(clerk, account, said):
    campaign = running(account=make_account(**account, trouble_at=timezone.now()))
    assert said in live(clerk, campaign)


@pytest.mark.parametrize(
    ("beat_ago", "said"),
    [
        pytest.param(timedelta(minutes=10), "送信の処理が止まっています", id="silent for long"),
        pytest.param(None, "送信の処理がまだ動いていません", id="never seen"),
    ],
)
def test_a_silent_worker_is_said(clerk, beat_ago, said):
    if beat_ago:
        Heartbeat.objects.create(machine="host-1", at=timezone.now() - beat_ago)
    assert said in live(clerk, running(starts_at=timezone.now() - timedelta(minutes=5)))


@pytest.mark.parametrize(
    ("purpose", "is_said"),
    [pytest.param("advertising", True, id="advertising waits"), pytest.param("notice", False, id="notices do not")],
)
def test_outside_the_hours_it_says_when_it_goes_on(clerk, time_machine, purpose, is_said):
    time_machine.move_to("2026-11-20T22:30:00+09:00")
    assert ("11/21(土) 9:00 から自動で送ります。" in live(clerk, running(purpose=purpose))) == is_said


def test_hours_that_never_open_are_said(clerk, time_machine):
    time_machine.move_to("2026-11-20T22:30:00+09:00")
    PortalSettings.objects.create(pk=1, sends_on_weekends=False)
    days = (jst_day(timezone.now()) + timedelta(days=ahead) for ahead in range(-1, 420))
    ClosedDay.objects.bulk_create(ClosedDay(day=day) for day in days)
    assert "送信できる日がありません" in live(clerk, running(purpose="advertising"))


def test_the_first_failures_are_shown_with_reasons_and_masked_for_viewers(client, clerk):
    campaign = running(state="completed")
    make_message(campaign, state="delivered")
    failed = make_contact(phone="+818012345678")
    make_message(campaign, contact=failed, state="undelivered", reason="number_dead")
    count(campaign, delivered=1, undelivered=1)
    page = live(clerk, campaign)
    assert "現在使われていない番号です。" in page
    assert "080-1234-5678" in page
    client.force_login(make_user("viewer"))
    page = live(client, campaign)
    assert "080-****-5678" in page
    assert "080-1234" not in page


def test_the_record_says_who_asked_approved_and_stopped(clerk):
    asked, approved, stopped = (make_user(role, first_name=name) for role, name in PEOPLE)
    now = timezone.now()
    campaign = running(
        state="cancelled",
        requested_by=asked,
        requested_at=now,
        approved_by=approved,
        approved_at=now,
        stopped_by=stopped,
        stopped_at=now,
    )
    page = live(clerk, campaign)
    for _role, name in PEOPLE:
        assert name in page


def test_while_somebody_watches_the_counts_are_made_again_now_and_then(
    clerk, queued, django_capture_on_commit_callbacks
):
    campaign = running(counts_touched_at=timezone.now())
    with django_capture_on_commit_callbacks(execute=True):
        live(clerk, campaign)
        live(clerk, campaign)
    assert queued == [("recount_touched", ())]


def test_a_look_costs_the_same_however_large_the_campaign(clerk, django_assert_max_num_queries):
    campaign = running()
    make_due(campaign, 30)
    for _ in range(30):
        make_message(campaign, state="undelivered", sent_at=timezone.now())
    count(campaign, undelivered=30)
    with django_assert_max_num_queries(19):
        live(clerk, campaign, headers=HTMX)


def test_a_draft_is_shown_to_those_who_may_only_look(client):
    client.force_login(make_user("viewer"))
    page = live(client, make_campaign(body="まだ下書きの本文"))
    assert "まだ下書きの本文" in page
    assert "/edit/" not in page


def test_what_people_did_with_it_stands_below_the_latest_first(client):
    operator = make_user("operator")
    client.force_login(operator)
    campaign = make_campaign(state="paused", starts_at=timezone.now())
    for verb in ("campaign_launched", "campaign_paused"):
        Activity.objects.note(operator, verb, campaign)
    Activity.objects.note(operator, "campaign_stopped", make_campaign())
    events = client.get(reverse("campaign_detail", args=[campaign.pk])).context["events"]
    assert [event.verb for event in events] == ["campaign_paused", "campaign_launched"]
