from datetime import timedelta
from time import monotonic

import pytest
from django.test import Client
from django.utils import timezone

from campaigns.models import Activity, Campaign, DueMessage, Heartbeat, PortalSettings
from campaigns.services.planning.preparing import discard_preparation, prepare_campaign, start_preparation
from tests.factories import make_account, make_campaign, make_contact, make_list, make_suppression, make_user

pytestmark = pytest.mark.django_db
HTMX = {"HX-Request": "true"}


@pytest.fixture
def clerk(client: Client) -> Client:
    client.force_login(make_user("operator"))
    return client


@pytest.fixture(autouse=True)
def no_approval() -> PortalSettings:
    return PortalSettings.objects.create(pk=1, approval_above=None)


def counted(campaign: Campaign) -> Campaign:
    start_preparation(campaign)
    prepare_campaign(campaign, until=monotonic() + 5)
    campaign.refresh_from_db()
    return campaign


def text_of(response) -> str:
    return response.content.decode()


def confirmation(client: Client, campaign: Campaign, **options) -> str:
    return text_of(client.get(f"/campaigns/{campaign.pk}/confirm/", **options))


def send(client: Client, campaign: Campaign) -> str:
    form = {"seen": str(campaign.prepared_at)}
    return text_of(client.post(f"/campaigns/{campaign.pk}/send/", form, follow=True))


def test_while_it_counts_the_page_looks_again_and_ends_by_itself(clerk):
    campaign = make_campaign()
    start_preparation(campaign)
    page = confirmation(clerk, campaign)
    assert "宛先を確認しています" in page
    assert "0件 / 2件" in page
    partial = confirmation(clerk, campaign, headers=HTMX)
    assert "<html" not in partial
    assert 'hx-trigger="every 1s"' in partial
    prepare_campaign(campaign, until=monotonic() + 5)
    partial = confirmation(clerk, campaign, headers=HTMX)
    assert "2件に送ります。" in partial
    assert "hx-trigger" not in partial


def test_the_figures_are_said_in_plain_words(clerk):
    account = make_account(unit_price="9.50", requests_per_second=100)
    page = confirmation(clerk, counted(make_campaign(account=account, body="あ" * 71)))
    assert "2件に送ります。" in page
    assert "4通、見込み ¥38。" in page
    assert "1人あたり2通、1通 ¥9.50。" in page
    assert "毎秒最大100件" in page
    assert "決めてから10秒間は、1件も送らずに取り消せます。" in page


def test_the_texts_are_those_of_real_people(clerk):
    people = make_list(make_contact(name="森 一", phone="+818011110001"), make_contact(name="勅使河原 権左衛門"))
    page = confirmation(clerk, counted(make_campaign(lists=[people], body="{{氏名}}様")))
    assert "勅使河原 権左衛門様" in page
    assert "いちばん長い本文: 勅使河原 権左衛門 " in page
    assert "森 一様" in page
    assert "080-1111-0001" in page


def test_who_is_left_out_is_counted_by_reason_and_linked(clerk):
    stopped = make_contact()
    make_suppression(phone=stopped.phone)
    campaign = counted(make_campaign(lists=[make_list(make_contact(), stopped)]))
    page = confirmation(clerk, campaign)
    assert "送らない宛先: 1件" in page
    assert "配信停止の申し出があるため送りません。" in page
    assert f"/campaigns/{campaign.pk}/exclusions/?reason=opted_out" in page


def test_nobody_left_means_no_button_and_says_why(clerk):
    campaign = counted(make_campaign(body="{{予約日}}"))
    page = confirmation(clerk, campaign)
    assert "送れる宛先が1件もありません" in page
    assert "差し込み項目の値がないため送りません。" in page
    assert f"/campaigns/{campaign.pk}/send/" not in page
    assert "送信できる宛先が1件もありません。" in send(clerk, campaign)
    campaign.refresh_from_db()
    assert campaign.is_draft


@pytest.mark.parametrize(
    ("approval_above", "scheduled", "word"),
    [
        pytest.param(None, False, "送信する", id="at once"),
        pytest.param(None, True, "予約する", id="later"),
        pytest.param(2, False, "送信する", id="not more than may go unapproved"),
        pytest.param(1, True, "承認を依頼する", id="more than may go unapproved"),
    ],
)
def test_the_button_says_what_it_does(clerk, no_approval, approval_above, scheduled, word):
    PortalSettings.objects.update(approval_above=approval_above)
    at = timezone.now() + timedelta(days=1) if scheduled else None
    page = confirmation(clerk, counted(make_campaign(scheduled_for=at)))
    buttons = page.partition('class="act-bar')[2]
    assert word in buttons
    assert all(other not in buttons for other in {"送信する", "予約する", "承認を依頼する"} - {word})


def test_the_click_puts_every_message_into_the_queue_once_however_often_it_comes(clerk):
    campaign = counted(make_campaign())
    send(clerk, campaign)
    assert "この配信はすでに受け付けています。二重には送信されません。" in send(clerk, campaign)
    assert DueMessage.objects.count() == 2
    assert Activity.objects.filter(verb="campaign_launched").count() == 1
    campaign.refresh_from_db()
    assert campaign.state == "scheduled"


def test_asking_for_approval_sends_nothing(clerk, no_approval):
    PortalSettings.objects.update(approval_above=0)
    campaign = counted(make_campaign())
    assert "承認を依頼しました。承認されると送信されます。" in send(clerk, campaign)
    campaign.refresh_from_db()
    assert campaign.state == "pending_approval"


def test_what_changed_since_the_page_was_opened_is_not_sent(clerk):
    campaign = counted(make_campaign())
    old_page = {"seen": str(campaign.prepared_at)}
    counted(campaign)
    response = clerk.post(f"/campaigns/{campaign.pk}/send/", old_page, follow=True)
    assert "画面を開いたあとに内容が変わりました。もう一度ご確認ください。" in text_of(response)
    assert Campaign.objects.get().state == "draft"


def test_a_time_that_has_passed_meanwhile_is_refused(clerk):
    campaign = counted(make_campaign(scheduled_for=timezone.now() + timedelta(hours=1)))
    Campaign.objects.filter(pk=campaign.pk).update(scheduled_for=timezone.now() - timedelta(minutes=1))
    assert "配信予定日時が過去になっています。" in send(clerk, campaign)
    assert Campaign.objects.get().state == "draft"


def test_without_a_count_it_leads_back_to_the_editor(clerk):
    campaign = counted(make_campaign())
    discard_preparation(campaign)
    response = clerk.get(f"/campaigns/{campaign.pk}/confirm/", follow=True)
    assert response.redirect_chain[-1][0] == f"/campaigns/{campaign.pk}/edit/"
    assert "もう一度「確認へ進む」を押してください。" in text_of(response)


def test_it_can_be_counted_again(clerk):
    campaign = make_campaign()
    assert clerk.post(f"/campaigns/{campaign.pk}/prepare/").url == f"/campaigns/{campaign.pk}/confirm/"
    campaign.refresh_from_db()
    assert campaign.preparation == "running"


def test_an_incomplete_draft_is_not_counted_and_says_why(clerk):
    campaign = make_campaign(body="")
    response = clerk.post(f"/campaigns/{campaign.pk}/prepare/", follow=True)
    assert "本文を入力してください。" in text_of(response)
    assert response.redirect_chain[-1][0] == f"/campaigns/{campaign.pk}/edit/"


@pytest.mark.parametrize(
    ("beat_ago", "said"),
    [
        pytest.param(timedelta(minutes=10), "送信の処理が止まっています", id="silent for long"),
        pytest.param(None, "送信の処理がまだ動いていません", id="never seen"),
        pytest.param(timedelta(0), "", id="at work"),
    ],
)
def test_a_silent_worker_is_said_instead_of_a_bar_that_stands_still(clerk, beat_ago, said):
    campaign = make_campaign()
    start_preparation(campaign)
    Campaign.objects.filter(pk=campaign.pk).update(prepared_at=timezone.now() - timedelta(seconds=70))
    if beat_ago is not None:
        Heartbeat.objects.create(machine="host-1", at=timezone.now() - beat_ago)
    page = confirmation(clerk, campaign)
    assert said in page
    assert ("時間がかかっています" in page) == (not said)


def test_a_silent_worker_is_said_before_the_decisive_click_too(clerk):
    campaign = counted(make_campaign())
    assert "送信の処理が止まっています" not in confirmation(clerk, campaign)
    Heartbeat.objects.create(machine="host-1", at=timezone.now() - timedelta(minutes=10))
    assert "送信の処理が止まっています" in confirmation(clerk, campaign)


@pytest.mark.parametrize(
    ("last_text", "recipients", "said"),
    [
        pytest.param("別の文", 5, "今回は 3件少なくなっています。", id="fewer than last time"),
        pytest.param("別の文", 1, "今回は 1件多くなっています。", id="more than last time"),
        pytest.param("同じ文", 2, "同じ内容をすでに送っています", id="perhaps sent twice"),
    ],
)
def test_the_last_campaign_to_the_same_lists_is_compared(clerk, last_text, recipients, said):
    people = make_list(make_contact(), make_contact())
    before = timezone.now() - timedelta(hours=2)
    make_campaign(
        name="前回", lists=[people], body=last_text, recipients=recipients, state="completed", starts_at=before
    )
    page = confirmation(clerk, counted(make_campaign(lists=[people], body="同じ文")))
    assert said in page
    assert "前回" in page


def test_advertising_outside_the_hours_says_when_it_will_go(clerk, time_machine):
    time_machine.move_to("2026-11-20T22:30:00+09:00")
    PortalSettings.objects.update(organisation="見本商店", undo_seconds=10)
    people = make_list(*(make_contact(consent_basis="consent") for _ in range(3)))
    body = "見本商店です。配信停止はこちら https://example.jp/stop"
    campaign = counted(make_campaign(lists=[people], purpose="advertising", body=body))
    assert "11/21(土) 9:00 ごろ" in confirmation(clerk, campaign)


def test_a_deadline_that_cannot_be_met_is_said_before_the_click(clerk):
    slow = make_account(requests_per_second=1)
    campaign = counted(make_campaign(account=slow, deadline_at=timezone.now() + timedelta(hours=1)))
    assert "送信限度日時までに送り切れない見込みです" not in confirmation(clerk, campaign)
    Campaign.objects.filter(pk=campaign.pk).update(recipients=10_000)
    assert "送信限度日時までに送り切れない見込みです" in confirmation(clerk, campaign)


def test_what_is_no_draft_any_more_leads_to_its_page(clerk):
    campaign = make_campaign(state="sending", starts_at=timezone.now())
    assert clerk.get(f"/campaigns/{campaign.pk}/confirm/").url == f"/campaigns/{campaign.pk}/"


def test_who_is_left_out_is_listed_with_the_fields_they_lack(clerk):
    stopped, lacking = make_contact(), make_contact(name="値のない人")
    make_suppression(phone=stopped.phone)
    campaign = counted(make_campaign(body="{{予約日}}", lists=[make_list(stopped, lacking)]))
    page = text_of(clerk.get(f"/campaigns/{campaign.pk}/exclusions/?reason=missing_value"))
    assert "値のない人" in page
    assert "値がない項目: 予約日" in page
    assert f"/contacts/{stopped.pk}/" not in page
    assert f"/contacts/{stopped.pk}/" in text_of(clerk.get(f"/campaigns/{campaign.pk}/exclusions/"))


def test_a_text_that_was_not_tried_is_mentioned(clerk):
    campaign = counted(make_campaign())
    assert "この本文はまだテスト送信していません。" in confirmation(clerk, campaign)
    PortalSettings.objects.update(needs_trial=True)
    assert "送信の前に、この本文を自分の電話にテスト送信してください。" in confirmation(clerk, campaign)


def test_figures_are_the_most_where_the_vendor_may_count_less(clerk):
    account = make_account(counting_profile="zettai", unit_price=9)
    page = confirmation(clerk, counted(make_campaign(account=account, body="あ" * 133)))
    assert "最大6通、見込み ¥54。" in page
