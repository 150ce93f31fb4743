import csv
from datetime import datetime
from io import StringIO
from zoneinfo import ZoneInfo

import pytest
import time_machine
from django.urls import reverse

from campaigns.models import Activity
from tests.factories import make_account, make_campaign, make_list, make_user

pytestmark = pytest.mark.django_db
TOKYO = ZoneInfo("Asia/Tokyo")


@pytest.fixture
def approver(client):
    user = make_user("approver")
    client.force_login(user)
    return client


def shown(client, **query) -> list[Activity]:
    response = client.get(reverse("activity_list"), query)
    assert response.status_code == 200
    return list(response.context["page"])


def test_an_act_is_told_in_words(approver):
    campaign = make_campaign(name="年末のご案内")
    Activity.objects.note(campaign.created_by, "campaign_requested", campaign, recipients=3204, yen="39690.00")
    text = approver.get(reverse("activity_list")).content.decode()
    for expected in (
        "承認を依頼",
        "年末のご案内",
        "宛先数: 3,204",
        "見込み金額: ¥39,690",
        campaign.created_by.username,
    ):
        assert expected in text


def test_a_changed_setting_shows_before_and_after_by_its_name_on_screen(approver):
    change = {"requests_per_second": ["10", "50"], "label": ["", "本番"]}
    Activity.objects.note(None, "settings_changed", make_account(), changed=change, credentials=["token"])
    text = approver.get(reverse("activity_list")).content.decode()
    assert "1秒あたりの送信数: 10 → 50" in text
    assert "名前: – → 本番" in text
    assert "入力し直した認証情報: token" in text


def test_an_act_of_a_part_of_the_product_we_do_not_know_is_shown_as_it_is(approver):
    Activity.objects.note(None, "something_new", make_account(), surprising=[1, 2])
    text = approver.get(reverse("activity_list")).content.decode()
    assert "something_new" in text
    assert "surprising: 1, 2" in text


def test_the_list_is_narrowed(approver):
    first, second = make_campaign(name="予約確認"), make_campaign(name="休業案内")
    with time_machine.travel(datetime(2026, 11, 2, 0, 30, tzinfo=TOKYO)):
        early = Activity.objects.note(first.created_by, "campaign_requested", first)
    with time_machine.travel(datetime(2026, 11, 3, 23, 30, tzinfo=TOKYO)):
        late = Activity.objects.note(second.created_by, "campaign_stopped", second)
    assert shown(approver) == [late, early]
    assert shown(approver, actor=first.created_by.pk) == [early]
    assert shown(approver, verb="campaign_stopped") == [late]
    assert shown(approver, q="休業") == [late]
    assert shown(approver, target_type="campaign", target_id=first.pk) == [early]
    assert shown(approver, last="2026-11-02") == [early]
    assert shown(approver, first="2026-11-03") == [late]


def test_a_row_changed_behind_the_portal_is_reported(approver):
    account = make_account()
    rows = [Activity.objects.note(None, "settings_changed", account, step=step) for step in range(3)]
    assert "書き換えられていないことを確認しました" in approver.get(reverse("activity_list")).content.decode()
    Activity.objects.filter(pk=rows[1].pk).update(actor_name="誰か")
    text = approver.get(reverse("activity_list")).content.decode()
    assert "書き換えられた可能性があります" in text
    assert f"記録 {rows[1].pk}(" in text


def test_the_queries_do_not_grow_with_the_rows(approver, django_assert_max_num_queries):
    campaign = make_campaign()
    for _ in range(20):
        Activity.objects.note(campaign.created_by, "campaign_paused", campaign)
    with django_assert_max_num_queries(10):
        shown(approver)


@pytest.mark.parametrize("role", ["viewer", "operator", "accountant"])
def test_others_may_not_read_it(client, role):
    client.force_login(make_user(role))
    assert client.get(reverse("activity_list")).status_code == 403


def exported(response) -> list[list[str]]:
    return list(csv.reader(StringIO(b"".join(response.streaming_content).decode("utf-8-sig"))))


def test_the_export_holds_what_the_list_shows_oldest_first_and_is_written_down(approver):
    campaign = make_campaign(name="年末のご案内")
    Activity.objects.note(None, "campaign_kept", campaign)
    Activity.objects.note(campaign.created_by, "campaign_requested", campaign, recipients=3204)
    Activity.objects.note(None, "list_created", make_list(name="別の対象"))
    query = {"target_type": "campaign", "target_id": campaign.pk}
    heading, first, second = exported(approver.get(reverse("activity_export"), query))
    assert heading == ["日時", "操作者", "操作", "対象の種類", "対象", "内容", "ハッシュ値"]
    assert first[1:6] == ["自動", "番号と本文を消去しないと決定", "配信", "年末のご案内", ""]
    assert second[1:6] == [campaign.created_by.username, "承認を依頼", "配信", "年末のご案内", "宛先数: 3,204"]
    assert second[6] == Activity.objects.get(verb="campaign_requested").digest
    assert Activity.objects.latest("pk").verb == "activity_exported"


def test_the_export_in_shift_jis_first_names_what_it_cannot_hold(approver):
    Activity.objects.note(None, "campaign_kept", make_campaign(name="🎄のご案内"))
    asked = approver.get(reverse("activity_export"), {"encoding": "cp932"})
    assert "🎄" in asked.content.decode()
    assert not Activity.objects.filter(verb="activity_exported").exists()


def test_an_export_of_days_the_wrong_way_round_is_refused(approver):
    answer = approver.get(reverse("activity_export"), {"first": "2026-11-02", "last": "2026-11-01"})
    assert answer.status_code == 422


def test_only_who_may_read_the_history_takes_it_along(client):
    client.force_login(make_user("operator"))
    assert client.get(reverse("activity_export")).status_code == 403
