import smtplib
from datetime import timedelta
from time import monotonic

import pytest
import time_machine
from django.core import mail
from django.utils import timezone

from campaigns.models import Campaign, Notice, PortalSettings, User
from campaigns.services.notifying import send_notices
from campaigns.services.planning import drafting, launching
from campaigns.services.sending.outlook import hold
from tests.campaigns.services.planning.drafts import prepare, scripted
from tests.factories import make_user

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _seams(vendor, queued):
    PortalSettings.objects.create(pk=1, organisation="見本商店", approval_above=1, undo_seconds=0)


@pytest.fixture
def approver() -> User:
    return reachable(make_user("approver"))


def reachable(person: User, **facts: object) -> User:
    facts = {"email": f"{person.username}@example.jp"} | facts
    User.objects.filter(pk=person.pk).update(**facts)
    person.refresh_from_db()
    return person


def requested() -> Campaign:
    campaign = prepare(scripted())
    reachable(campaign.created_by)
    launching.confirm(campaign, campaign.created_by)
    return campaign


def send() -> list[str]:
    """Whom mails went to."""
    mail.outbox.clear()
    send_notices(until=monotonic() + 5)
    return [each.to[0] for each in mail.outbox]


def test_who_may_approve_is_asked_by_mail_once(approver, queued, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks(execute=True):
        campaign = requested()
    assert ("send_notices", ()) in queued
    assert send() == [approver.email]
    assert campaign.name in mail.outbox[0].subject
    assert f"/campaigns/{campaign.pk}/" in mail.outbox[0].body
    assert "2件" in mail.outbox[0].body
    assert send() == []


def test_a_mail_is_in_the_language_of_its_reader(approver):
    reachable(approver, language="en")
    requested()
    send()
    assert "Approval" in mail.outbox[0].subject
    assert "承認" not in mail.outbox[0].body.replace("承認者", "")


@pytest.mark.parametrize(
    "facts",
    [
        pytest.param({"wants_notices": False}, id="does not want to"),
        pytest.param({"email": ""}, id="has no address"),
        pytest.param({"is_active": False}, id="may not sign in"),
    ],
)
def test_nobody_else_is_written_to(approver, facts):
    reachable(approver, **facts)
    requested()
    assert send() == []


def test_a_request_withdrawn_before_the_mail_left_is_not_told(approver):
    campaign = requested()
    launching.withdraw(campaign, campaign.created_by)
    assert send() == []
    assert not Notice.objects.exists()


def test_the_answer_comes_to_who_asked(approver):
    campaign = requested()
    send()
    launching.send_back(campaign, approver, "日付が違います")
    assert send() == [campaign.created_by.email]
    assert "差し戻" in mail.outbox[0].subject
    launching.confirm(prepare(campaign), campaign.created_by)
    send()
    launching.approve(campaign, approver)
    assert send() == [campaign.created_by.email]
    assert "承認されました" in mail.outbox[0].subject


def test_the_answer_about_a_draft_deleted_since_is_not_told(approver):
    campaign = requested()
    launching.send_back(campaign, approver, "日付が違います")
    drafting.delete_draft(campaign, campaign.created_by)
    assert send() == []


def test_a_campaign_that_stands_still_is_told_with_the_reason(approver):
    campaign = requested()
    launching.approve(campaign, approver)
    send()
    launching.start_due_campaigns(timezone.now())
    hold(campaign.account, "quota_used_up")
    assert sorted(send()) == sorted([approver.email, campaign.created_by.email])
    assert "契約の送信上限" in mail.outbox[0].body


def test_a_mail_server_that_fails_delays_the_news_and_nothing_else(approver, monkeypatch):
    reachable(make_user("approver"))
    requested()

    def refuse(*args, **options):
        attempts.append(args)
        raise smtplib.SMTPServerDisconnected

    attempts: list[object] = []
    with monkeypatch.context() as broken:
        broken.setattr("campaigns.services.notifying.send_mail", refuse)
        assert send() == []
    assert len(attempts) == 1  # the next would wait for the same server
    with time_machine.travel(timezone.now() + timedelta(minutes=6)):
        assert len(send()) == 2


def test_old_news_is_given_up(approver):
    requested()
    with time_machine.travel(timezone.now() + timedelta(days=2)):
        assert send() == []
    assert not Notice.objects.exists()
