from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from campaigns.models import DayCount, DueMessage, Heartbeat
from campaigns.rules.sending_window import jst_day
from tests.factories import make_account, make_campaign, make_message, make_user

pytestmark = pytest.mark.django_db


@pytest.fixture
def viewer(client):
    client.force_login(make_user("viewer"))
    return client


def page(client, **headers) -> str:
    response = client.get(reverse("dashboard"), headers=headers)
    assert response.status_code == 200
    return response.content.decode()


def sending_campaign(**overrides):
    campaign = make_campaign(state="sending", recipients=100, started_at=timezone.now(), **overrides)
    DayCount.objects.create(
        day=jst_day(timezone.now()),
        account=campaign.account,
        campaign=campaign,
        state="delivered",
        messages=25,
        parts=50,
        billed_parts=50,
    )
    return campaign


def test_what_is_sending_is_shown_with_its_progress(viewer):
    campaign = sending_campaign()
    message = make_message(campaign)
    DueMessage.objects.create(
        message=message, account=campaign.account, campaign=campaign, phone=message.phone, due_at=timezone.now()
    )
    text = page(viewer)
    assert reverse("campaign_detail", args=[campaign.pk]) in text
    assert "99件 / 100件" in text


def test_the_partial_alone_is_fetched_while_something_is_sending(viewer):
    sending_campaign()
    partial = page(viewer, hx_request="true")
    assert partial.lstrip().startswith('<section class="stack" id="under-way"')
    assert "hx-trigger" in partial
    assert "<html" not in partial


def test_polling_stops_when_nothing_is_sending(viewer):
    make_campaign(state="paused", recipients=10)
    assert "hx-trigger" not in page(viewer, hx_request="true")


def test_the_month_s_figures_lead_to_the_messages_behind_them(viewer):
    sending_campaign(unit_price=10)
    text = page(viewer)
    today = jst_day(timezone.now())
    assert f"?first={today.replace(day=1)}&amp;last=" in text
    assert "state=delivered" in text
    assert "¥500" in text


def test_the_delivery_rate_does_not_fall_while_results_are_awaited(viewer):
    campaign = sending_campaign()
    for state, messages in (("undelivered", 5), ("accepted", 70)):
        known = {"day": jst_day(timezone.now()), "account": campaign.account, "campaign": campaign}
        DayCount.objects.create(**known, state=state, messages=messages, parts=0, billed_parts=0)
    text = page(viewer)
    assert "83.3%" in text
    assert "結果の出た分で 25/30件" in text


def test_a_silent_worker_and_a_halted_account_are_said_first(viewer):
    make_account(label="止まった接続先", halted_reason="quota_used_up", halted_at=timezone.now())
    Heartbeat.objects.create(machine="host-1", at=timezone.now() - timedelta(hours=1))
    text = page(viewer)
    assert "送信が止まっています" in text
    assert "止まった接続先" in text
    assert "契約の送信上限に達しました" in text


def test_one_silent_machine_among_several_is_named(viewer):
    Heartbeat.objects.create(machine="host-1", at=timezone.now())
    Heartbeat.objects.create(machine="host-2", at=timezone.now() - timedelta(minutes=7))
    text = page(viewer)
    assert "サーバー「host-2」のワーカーから応答がありません" in text
    assert "host-1" not in text
    assert "送信が止まっています" not in text


def test_an_account_out_of_use_is_said_while_campaigns_wait_for_it(viewer):
    account = make_account(label="止めた接続先", is_active=False)
    assert "使用停止中" not in page(viewer)
    campaign = make_campaign(account=account, state="holding", hold_reason="switched_off")
    assert "接続先「止めた接続先」は使用停止中です。送信待ちの配信があります" in page(viewer)
    text = viewer.get(f"/campaigns/{campaign.pk}/").content.decode()
    assert "管理者が使用を再開したあと、「再開する」を押すと続きから送ります。" in text


def test_only_an_administrator_is_led_to_the_account(client):
    account = make_account(halted_reason="quota_used_up", halted_at=timezone.now())
    link = f"/admin/campaigns/provideraccount/{account.pk}/change/"
    for role, is_led in (("administrator", True), ("operator", False)):
        client.force_login(make_user(role))
        assert (link in page(client)) is is_led


def test_an_approver_sees_what_waits_and_an_operator_what_came_back(client):
    returned = make_campaign(name="差し戻された配信", returned_because="会社名がありません")
    pending = make_campaign(
        name="承認待ちの配信", state="pending_approval", requested_by=make_user("operator"), requested_at=timezone.now()
    )
    client.force_login(make_user("approver"))
    assert pending.name in page(client)
    assert returned.name not in page(client)
    client.force_login(returned.created_by)
    assert "会社名がありません" in page(client)
    assert pending.name not in page(client)


def test_a_new_portal_shows_the_way_to_the_first_campaign(viewer):
    assert "はじめての配信まで" in page(viewer)
    make_campaign(state="completed")
    assert "はじめての配信まで" not in page(viewer)


def test_the_queries_do_not_grow_with_the_campaigns(viewer, django_assert_max_num_queries):
    for _ in range(6):
        sending_campaign()
        make_campaign(state="scheduled", starts_at=timezone.now() + timedelta(days=1))
    with django_assert_max_num_queries(16):
        page(viewer)


def test_without_a_role_there_is_nothing_to_see(client):
    user = make_user("viewer")
    user.groups.clear()
    client.force_login(user)
    assert client.get(reverse("dashboard")).status_code == 403
