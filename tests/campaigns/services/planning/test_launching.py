from dataclasses import replace
from datetime import timedelta
from time import monotonic

import pytest
from django.utils import timezone

from campaigns.errors import RuleError
from campaigns.models import Activity, Campaign, DueMessage, Message, PortalSettings
from campaigns.rules.sending_window import jst_day
from campaigns.services.planning import launching
from tests.factories import (
    make_account,
    make_campaign,
    make_contact,
    make_list,
    make_message,
    make_suppression,
    make_user,
)

pytestmark = pytest.mark.django_db


def prepare(campaign: Campaign) -> Campaign:
    launching.start_preparation(campaign)
    launching.prepare_campaign(campaign, until=monotonic() + 5)
    campaign.refresh_from_db()
    return campaign


@pytest.fixture(autouse=True)
def _seams(vendor, queued):
    PortalSettings.objects.create(pk=1, organisation="見本商店", approval_above=None)


def scripted(**overrides) -> Campaign:
    return make_campaign(account=make_account(provider="scripted"), **overrides)


def test_each_person_gets_one_text_with_their_own_values_and_the_figures_are_pinned():
    people = [make_contact(name="見本 一郎"), make_contact(name="")]
    campaign = prepare(scripted(lists=[make_list(*people), make_list(people[0])]))
    bodies = dict(Message.objects.values_list("contact_id", "body"))
    assert bodies == {
        people[0].pk: "見本 一郎様 ご予約は明日10時です。",
        people[1].pk: "お客様様 ご予約は明日10時です。",
    }
    assert (campaign.recipients, campaign.parts_total, campaign.cost) == (2, 2, 18)
    assert campaign.preparation == "ready"
    assert not DueMessage.objects.exists()


def test_attributes_of_a_contact_fill_fields_of_their_own():
    person = make_contact(attributes={"予約日": "12月1日"})
    prepare(scripted(body="ご予約は{{予約日}}です。", lists=[make_list(person)]))
    assert Message.objects.get().body == "ご予約は12月1日です。"


@pytest.mark.parametrize(
    ("person", "campaign", "state", "reason"),
    [
        pytest.param({"name": ""}, {"body": "{{氏名}}様"}, "excluded", "missing_value", id="a hole in the text"),
        pytest.param({"name": "山" * 90}, {"body": "{{氏名}}様" * 8}, "excluded", "body_too_long", id="too long"),
        pytest.param(
            {},
            {"purpose": "advertising", "body": "見本商店 配信停止は https://example.jp/s"},
            "excluded",
            "no_consent",
            id="advertising without consent",
        ),
        pytest.param(
            {"consent_basis": "consent"},
            {"purpose": "advertising", "body": "見本商店 配信停止は https://example.jp/s"},
            "queued",
            "",
            id="advertising with consent",
        ),
    ],
)
def test_who_is_left_out_and_why(person, campaign, state, reason):
    prepare(scripted(lists=[make_list(make_contact(**person))], **campaign))
    message = Message.objects.get()
    assert (message.state, message.reason) == (state, reason)


@pytest.mark.parametrize(("name", "state"), [("𠮷田", "excluded"), ("髙橋", "queued"), ("ﾀﾅｶ", "queued")])
def test_a_name_that_a_route_cannot_carry_is_left_out(vendor, monkeypatch, name, state):
    monkeypatch.setattr(vendor, "capabilities", replace(vendor.capabilities, jis_only=True))
    prepare(scripted(lists=[make_list(make_contact(name=name))]))
    assert Message.objects.get().state == state


def test_people_who_opted_out_and_excluded_lists_are_not_sent_to():
    stays, stopped, outside = make_contact(), make_contact(), make_contact()
    make_suppression(phone=stopped.phone)
    campaign = scripted(lists=[make_list(stays, stopped, outside)])
    campaign.lists_out.set([make_list(outside)])
    prepare(campaign)
    assert dict(Message.objects.values_list("contact_id", "state")) == {stays.pk: "queued", stopped.pk: "suppressed"}
    campaign.refresh_from_db()
    assert campaign.excluded == {"opted_out": 1}


def test_people_who_were_sent_an_advertisement_lately_are_spared():
    PortalSettings.objects.update(recent_days=7)
    person = make_contact(consent_basis="consent")
    earlier = scripted(purpose="advertising", state="completed")
    make_message(earlier, contact=person, state="delivered")
    campaign = scripted(
        purpose="advertising", body="見本商店 配信停止は https://example.jp/s", lists=[make_list(person)]
    )
    prepare(campaign)
    assert Message.objects.get(campaign=campaign).reason == "recently_texted"


def test_a_value_from_a_spreadsheet_is_counted_and_sent_as_prepared():
    person = make_contact(attributes={"品名": "か\u3099ま口\r\n1点"})
    prepare(scripted(body="{{品名}}", lists=[make_list(person)]))
    assert Message.objects.get().body == "がま口\n1点"


def test_preparing_again_after_a_crash_repeats_nothing(monkeypatch):
    monkeypatch.setattr(launching, "CHUNK", 2)
    campaign = scripted(lists=[make_list(*(make_contact() for _ in range(5)))])
    launching.start_preparation(campaign)
    launching.prepare_campaign(campaign, until=monotonic())  # no time at all: nothing made, successor queued
    stale = Campaign.objects.get(pk=campaign.pk)
    launching.prepare_campaign(campaign, until=monotonic() + 5)
    launching.prepare_campaign(stale, until=monotonic() + 5)  # a worker that was thought dead
    campaign.refresh_from_db()
    assert Message.objects.count() == campaign.recipients == campaign.audience == 5


def test_an_edit_throws_the_counted_messages_away():
    campaign = prepare(scripted())
    launching.discard_preparation(campaign)
    assert not Message.objects.exists()
    with pytest.raises(RuleError):
        launching.confirm(campaign, campaign.created_by)


def test_confirming_makes_every_message_due_after_the_undo_time(queued):
    campaign = prepare(scripted())
    launching.confirm(campaign, campaign.created_by)
    assert campaign.state == "scheduled"
    wait = campaign.starts_at - timezone.now()
    assert timedelta(seconds=5) < wait <= timedelta(seconds=10)
    assert set(DueMessage.objects.values_list("due_at", flat=True)) == {campaign.starts_at}
    assert Activity.objects.filter(verb="campaign_launched").exists()


def test_a_second_click_changes_nothing():
    campaign = prepare(scripted())
    same = Campaign.objects.get(pk=campaign.pk)
    launching.confirm(campaign, campaign.created_by)
    with pytest.raises(RuleError):
        launching.confirm(same, campaign.created_by)
    assert DueMessage.objects.count() == 2


def test_large_campaigns_need_another_person():
    PortalSettings.objects.update(approval_above=1)
    campaign = prepare(scripted())
    launching.confirm(campaign, campaign.created_by)
    assert campaign.state == "pending_approval"
    with pytest.raises(RuleError):
        launching.approve(campaign, campaign.created_by)
    launching.approve(campaign, make_user("approver"))
    assert campaign.state == "scheduled"
    assert DueMessage.objects.count() == 2


def test_sending_back_makes_it_a_draft_again_with_the_reason():
    PortalSettings.objects.update(approval_above=0)
    campaign = prepare(scripted())
    launching.confirm(campaign, campaign.created_by)
    launching.send_back(campaign, make_user("approver"), "日付が違います")
    campaign.refresh_from_db()
    assert (campaign.state, campaign.returned_because) == ("draft", "日付が違います")
    assert not Message.objects.exists()


@pytest.mark.parametrize(
    "overrides",
    [
        pytest.param({"body": "  "}, id="no text"),
        pytest.param({"body": "{{氏名様"}, id="a field that is not closed"),
        pytest.param({"lists": []}, id="no list"),
        pytest.param({"scheduled_for": timezone.now() - timedelta(hours=1)}, id="a past time"),
        pytest.param({"held_at": "vendor"}, id="a booking without a time"),
        pytest.param({"purpose": "advertising", "body": "セール開催中"}, id="advertising without sender and opt-out"),
    ],
)
def test_an_unready_draft_is_refused_with_a_sentence(overrides):
    with pytest.raises(RuleError) as refusal:
        launching.start_preparation(scripted(**overrides))
    assert str(refusal.value).endswith(("。", "{{氏名様"))


def test_a_schedule_that_passed_while_waiting_for_approval_is_refused():
    campaign = prepare(scripted(scheduled_for=timezone.now() + timedelta(hours=1)))
    Campaign.objects.update(scheduled_for=timezone.now() - timedelta(minutes=1))
    campaign.refresh_from_db()
    with pytest.raises(RuleError):
        launching.confirm(campaign, campaign.created_by)


@pytest.mark.parametrize(
    ("state", "days_ago", "counted"),
    [
        pytest.param("delivered", 0, 1, id="today"),
        pytest.param("delivered", 1, 0, id="yesterday"),
        pytest.param("queued", 0, 0, id="only made, not sent"),
    ],
)
def test_who_was_reached_by_another_campaign_today_is_counted(state, days_ago, counted):
    person, stopped = make_contact(), make_contact()
    make_suppression(phone=stopped.phone)
    for each in (person, stopped):
        make_message(contact=each, state=state, day=jst_day(timezone.now()) - timedelta(days=days_ago))
    campaign = scripted(lists=[make_list(person, stopped, make_contact())])
    assert prepare(campaign).texted_today == counted
    assert prepare(campaign).texted_today == counted  # counting again does not add up
