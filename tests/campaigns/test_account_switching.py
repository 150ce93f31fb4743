"""What the admin says and does when an account goes out of use, or a sender is to change, while campaigns use it."""

from datetime import timedelta

import pytest
from django.utils import timezone

from tests.factories import make_account, make_campaign, make_sender, make_user

from .test_admin import account_form, change_url, errors

pytestmark = pytest.mark.django_db


@pytest.fixture
def administrator(client):
    client.force_login(make_user("administrator"))
    return client


def test_switching_an_account_off_says_before_and_after_what_it_holds(administrator):
    account = make_account(label="本番")
    running = make_campaign(account=account, state="sending", starts_at=timezone.now())
    for held_at in ("here", "vendor"):
        make_campaign(account=account, state="scheduled", held_at=held_at)
    page = administrator.get(change_url(account)).content.decode()
    assert "いま配信中の1件は保留になり、予約中の1件は、その時刻になると保留になります。" in page
    assert "配信事業者に預けた予約1件は、止まらずに送られます。" in page
    typed = account_form(is_active="")
    said = administrator.post(change_url(account), typed, follow=True).content.decode()
    assert "配信中だった1件の配信は保留中です。" in said
    running.refresh_from_db()
    assert (running.state, running.hold_reason) == ("holding", "switched_off")
    said = administrator.post(change_url(account), account_form(), follow=True).content.decode()
    assert "保留中の配信は、その画面で「再開する」を押すと続きから送ります。" in said
    running.refresh_from_db()
    assert running.state == "holding"


@pytest.mark.parametrize(("state", "is_kept"), [("draft", False), ("pending_approval", True), ("sending", True)])
def test_the_sender_somebody_decided_on_stays(administrator, state, is_kept):
    sender = make_campaign(state=state, sender=make_sender(account := make_account(), value="50001")).sender
    typed = {"account": account.pk, "value": "50002", "label": "", "purpose": ""}
    response = administrator.post(change_url(sender), typed)
    assert ("新しい送信元番号を追加してください" in errors(response)) is is_kept
    sender.refresh_from_db()
    assert sender.value == ("50001" if is_kept else "50002")


@pytest.mark.parametrize(
    ("facts", "sentence"),
    [
        pytest.param({"state": "holding"}, "「再開する」を押すと続きから送ります。", id="held"),
        pytest.param({"state": "scheduled"}, "予約日時までに管理者が使用を再開すれば", id="booked here"),
        pytest.param(
            {"state": "scheduled", "held_at": "vendor"}, "このままでも予約日時に送られます", id="at the vendor"
        ),
    ],
)
def test_a_campaign_says_what_becomes_of_it_while_its_account_is_out_of_use(administrator, facts, sentence):
    at = timezone.now() + timedelta(days=1)
    campaign = make_campaign(account=make_account(is_active=False), scheduled_for=at, starts_at=at, **facts)
    page = administrator.get(f"/campaigns/{campaign.pk}/").content.decode()
    assert sentence in page
    assert page.count("は使用停止中です") == 1
