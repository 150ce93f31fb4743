from dataclasses import replace
from datetime import datetime, time, timedelta
from time import monotonic

import pytest
from django.utils import timezone

from campaigns.errors import RuleError
from campaigns.models import Campaign, DueMessage, Message, PortalSettings
from campaigns.rules.sending_window import JST, jst_day
from campaigns.services.planning import preparing
from campaigns.services.planning.launching import confirm
from tests.factories import make_contact, make_list, make_message, make_suppression

from .drafts import prepare, scripted

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _seams(vendor, queued):
    PortalSettings.objects.create(pk=1, organisation="見本商店", approval_above=None)


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
    assert DueMessage.objects.filter(message__state="queued").count() == 2


def test_who_is_left_out_has_no_place_in_the_queue():
    stopped = make_contact()
    make_suppression(phone=stopped.phone)
    prepare(scripted(lists=[make_list(stopped, make_contact())]))
    assert (Message.objects.count(), DueMessage.objects.count()) == (2, 1)


def test_lists_are_walked_once_in_chunks_whatever_they_share(monkeypatch, django_assert_max_num_queries):
    monkeypatch.setattr(preparing, "CHUNK", 10)
    people = [make_contact() for _ in range(40)]
    campaign = scripted(lists=[make_list(*people[:30]), make_list(*people[10:])])
    campaign.lists_out.set([make_list(*people[20:25])])
    preparing.start_preparation(campaign)
    with django_assert_max_num_queries(80):
        preparing.prepare_campaign(campaign, until=monotonic() + 5)
    assert list(Message.objects.order_by("pk").values_list("contact", flat=True)) == [
        person.pk for person in people[:20] + people[25:]
    ]


def test_a_new_count_begins_with_what_the_last_one_left(monkeypatch):
    """The text of the first must not survive in any row, however few of them a slice can clear."""
    monkeypatch.setattr(preparing, "CHUNK", 2)
    campaign = prepare(scripted(lists=[make_list(*(make_contact() for _ in range(5)))]))
    Campaign.objects.update(body="{{氏名}}様 書き直しました。")
    campaign.refresh_from_db()
    preparing.start_preparation(campaign)
    preparing.prepare_campaign(campaign, until=monotonic())  # no time at all: one chunk is cleared, nothing made
    assert (Message.objects.count(), DueMessage.objects.count()) == (3, 3)
    preparing.prepare_campaign(campaign, until=monotonic() + 30)
    assert {body[-8:] for body in Message.objects.values_list("body", flat=True)} == {"書き直しました。"}
    assert Message.objects.count() == DueMessage.objects.count() == 5


def test_a_late_clearing_leaves_the_new_rows_alone():
    campaign = prepare(scripted())
    preparing.clear_preparation(campaign, until=monotonic() + 5)
    assert Message.objects.count() == 2


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


ADVERTISING = {"purpose": "advertising", "body": "見本商店 配信停止は https://example.jp/s"}


def in_days(days):
    """At noon: advertisements have their hours."""
    return datetime.combine(jst_day(timezone.now()) + timedelta(days=days), time(12), JST)


@pytest.mark.parametrize(
    ("earlier", "message", "days", "spared"),
    [
        pytest.param({"state": "completed"}, {"state": "delivered"}, None, True, id="had one today"),
        pytest.param({"state": "completed"}, {"state": "undelivered"}, None, False, id="it never arrived"),
        pytest.param({"state": "completed", "purpose": "notice"}, {"state": "delivered"}, None, False, id="a notice"),
        pytest.param({"state": "completed"}, {"state": "delivered"}, 6, True, id="sends on the last day that is near"),
        pytest.param({"state": "completed"}, {"state": "delivered"}, 7, False, id="sends when it is long ago"),
        pytest.param({"state": "scheduled", "starts_at": 3}, {}, 1, True, id="will get one two days later"),
        pytest.param({"state": "scheduled", "starts_at": 9}, {}, 1, False, id="will get one long after"),
        pytest.param({"state": "scheduled", "starts_at": 1}, {}, 9, False, id="will get one long before"),
        pytest.param({"state": "scheduled", "starts_at": 3}, {"state": "excluded"}, 1, False, id="is not to get it"),
        pytest.param({"state": "sending", "starts_at": -9}, {}, None, True, id="waits for one that has begun"),
        pytest.param({"state": "sending", "starts_at": -9}, {}, 9, False, id="it will long have come"),
        pytest.param({"state": "draft"}, {}, None, False, id="nothing is decided yet"),
    ],
)
def test_who_has_an_advertisement_near_is_spared_another(earlier, message, days, spared):
    PortalSettings.objects.update(recent_days=7)
    person = make_contact(consent_basis="consent")
    if "starts_at" in earlier:
        earlier = earlier | {"starts_at": in_days(earlier["starts_at"])}
    make_message(scripted(**{"purpose": "advertising"} | earlier), contact=person, **{"state": "queued"} | message)
    scheduled_for = in_days(days) if days else None
    campaign = prepare(scripted(**ADVERTISING, lists=[make_list(person)], scheduled_for=scheduled_for))
    assert Message.objects.get(campaign=campaign).reason == ("recently_texted" if spared else "")


def test_a_value_from_a_spreadsheet_is_counted_and_sent_as_prepared():
    person = make_contact(attributes={"品名": "か\u3099ま口\r\n1点"})
    prepare(scripted(body="{{品名}}", lists=[make_list(person)]))
    assert Message.objects.get().body == "がま口\n1点"


def test_preparing_again_after_a_crash_repeats_nothing(monkeypatch):
    monkeypatch.setattr(preparing, "CHUNK", 2)
    campaign = scripted(lists=[make_list(*(make_contact() for _ in range(5)))])
    preparing.start_preparation(campaign)
    preparing.prepare_campaign(campaign, until=monotonic())  # no time at all: one chunk, successor queued
    assert Message.objects.count() == 2
    stale = Campaign.objects.get(pk=campaign.pk)
    preparing.prepare_campaign(campaign, until=monotonic() + 5)
    preparing.prepare_campaign(stale, until=monotonic() + 5)  # a worker that was thought dead
    campaign.refresh_from_db()
    assert Message.objects.count() == campaign.recipients == campaign.audience == 5


def test_an_edit_throws_the_counted_messages_away(queued, django_capture_on_commit_callbacks):
    campaign = prepare(scripted())
    with django_capture_on_commit_callbacks(execute=True):
        preparing.discard_preparation(campaign)
    assert queued[-1] == ("clear_preparation", (campaign.pk,))
    preparing.clear_preparation(campaign, until=monotonic() + 5)
    assert not Message.objects.exists()
    assert not DueMessage.objects.exists()
    with pytest.raises(RuleError):
        confirm(campaign, campaign.created_by)


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
        preparing.start_preparation(scripted(**overrides))
    assert str(refusal.value).endswith(("。", "{{氏名様"))


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
