from datetime import timedelta

import pytest
from django.core.exceptions import ValidationError
from django.utils import timezone

from campaigns.errors import RuleError
from campaigns.models import (
    Activity,
    Campaign,
    CampaignState,
    DayCount,
    ErasedPerson,
    FieldValues,
    Message,
    OpenMessage,
    PortalSettings,
    ReceiptLog,
)
from campaigns.rules.pseudonyms import is_pseudonym
from campaigns.services import retention
from campaigns.services.retention import forget_expired, forgotten_on, keep_campaign
from tests.factories import make_account, make_campaign, make_contact, make_message, make_user

pytestmark = pytest.mark.django_db
NEVER = float("inf")


@pytest.fixture(autouse=True)
def ninety_days(db: None) -> None:
    PortalSettings.load()
    PortalSettings.objects.update(history_kept_days=90)


def ended(days_ago: float, state: str = CampaignState.COMPLETED, **facts: object) -> Campaign:
    at = timezone.now() - timedelta(days=days_ago)
    facts.setdefault("finished_at" if state == CampaignState.COMPLETED else "stopped_at", at)
    return make_campaign(state=state, **facts)


def sent_in(campaign: Campaign, **facts: object) -> Message:
    contact = make_contact()
    said = {"state": "delivered", "body": f"{contact.name}様", "vendor_text": "番号を含む回答", "parts": 2}
    return make_message(campaign, **{**said, "contact": contact, "phone": contact.phone, **facts})


@pytest.mark.parametrize("state", [CampaignState.COMPLETED, CampaignState.CANCELLED])
def test_of_an_old_message_nothing_tells_whom_it_reached_and_everything_what_it_cost(state):
    message = sent_in(ended(91, state), billed_parts=2, vendor_code="00", carrier="docomo", provider_message_id="m-1")
    FieldValues.objects.create(message=message, filled={"name": "個人"})
    was = Message.objects.values().get()
    forget_expired(until=NEVER)
    now = Message.objects.values().get()
    changed = {name for name in was if was[name] != now[name]}
    assert changed == {"phone", "body", "vendor_text", "contact_id"}
    assert is_pseudonym(now["phone"])
    assert (now["body"], now["vendor_text"], now["contact_id"]) == ("", "", None)
    assert not FieldValues.objects.exists()
    assert Campaign.objects.get().forgotten_at
    assert Activity.objects.filter(verb="messages_forgotten", actor=None).count() == 1


@pytest.mark.parametrize(
    "facts",
    [
        pytest.param({"days_ago": 89}, id="still kept"),
        pytest.param({"days_ago": 91, "kept_because": "係争中"}, id="kept by a person"),
        pytest.param({"days_ago": 91, "state": CampaignState.SENDING}, id="under way"),
        pytest.param({"days_ago": 91, "state": CampaignState.DRAFT}, id="not sent at all"),
    ],
)
def test_these_stay(facts):
    message = sent_in(ended(**facts))
    forget_expired(until=NEVER)
    assert Message.objects.get().phone == message.phone
    assert Message.objects.get().body == message.body


def test_without_a_period_everything_stays():
    PortalSettings.objects.update(history_kept_days=None)
    campaign = ended(10_000)
    message = sent_in(campaign)
    forget_expired(until=NEVER)
    assert Message.objects.get().phone == message.phone
    assert forgotten_on(campaign) is None


def test_what_the_vendor_may_still_speak_of_stays():
    message = sent_in(ended(91), state="accepted")
    now = timezone.now()
    OpenMessage.objects.create(message=message, account=message.account, next_look_at=now, since=now)
    forget_expired(until=NEVER)
    assert Message.objects.get().phone == message.phone


def test_it_goes_on_chunk_by_chunk_and_minute_by_minute(monkeypatch):
    monkeypatch.setattr(retention, "CHUNK", 2)
    for campaign in (ended(100), ended(91)):
        for _ in range(5):
            sent_in(campaign)
    forget_expired(until=0)
    assert sum(is_pseudonym(row.phone) for row in Message.objects.all()) == 2
    forget_expired(until=NEVER)
    assert all(is_pseudonym(row.phone) for row in Message.objects.all())
    assert not Campaign.objects.filter(forgotten_at=None).exists()
    assert len({row.phone for row in Message.objects.all()}) == 10


def test_who_was_erased_before_keeps_the_pseudonym():
    campaign = ended(91)
    sent_in(campaign, phone="xAAAAAAAAAAAA", contact=None, body="")
    sent_in(campaign)
    forget_expired(until=NEVER)
    assert Message.objects.filter(phone="xAAAAAAAAAAAA").exists()


def test_the_counts_of_a_forgotten_campaign_come_out_the_same():
    campaign = ended(91)
    sent_in(campaign)
    sent_in(campaign, state="undelivered")
    DayCount.objects.recount(campaign.pk)
    was = list(DayCount.objects.order_by("state").values("state", "messages", "parts", "day"))
    forget_expired(until=NEVER)
    DayCount.objects.recount(campaign.pk)
    assert list(DayCount.objects.order_by("state").values("state", "messages", "parts", "day")) == was


def test_a_person_keeps_a_campaign_and_lets_it_go_again():
    campaign, boss = ended(10), make_user()
    assert forgotten_on(campaign) == campaign.ended_at + timedelta(days=90)
    keep_campaign(campaign, "○○の件", boss)
    campaign.refresh_from_db()
    assert forgotten_on(campaign) is None
    keep_campaign(campaign, "", boss)
    assert list(Activity.objects.order_by("pk").values_list("verb", flat=True)) == [
        "campaign_kept",
        "campaign_not_kept",
    ]
    assert "○○" not in str(list(Activity.objects.values()))


def test_what_is_gone_cannot_be_kept():
    campaign = ended(91)
    sent_in(campaign)
    forget_expired(until=NEVER)
    with pytest.raises(RuleError, match="すでに消去"):
        keep_campaign(campaign, "遅すぎた", make_user())


def test_who_keeps_it_in_the_last_moment_keeps_all_of_it(monkeypatch):
    """The decision comes between the reading and the writing of a chunk."""
    campaign = ended(91)
    message = sent_in(campaign)
    hide = retention._hide

    def decide_first(*arguments: object) -> None:
        Campaign.objects.update(kept_because="係争中")
        hide(*arguments)

    monkeypatch.setattr(retention, "_hide", decide_first)
    forget_expired(until=NEVER)
    assert Message.objects.get().phone == message.phone


def test_old_callbacks_go_once_they_are_applied():
    account, now = make_account(), timezone.now()
    facts = {"account": account, "body": b"x", "retry_at": now}
    month = now - timedelta(days=31)
    ReceiptLog.objects.create(received_at=month, applied_at=None, note="waits", **facts)
    ReceiptLog.objects.create(received_at=month, applied_at=month, note="old", **facts)
    ReceiptLog.objects.create(received_at=now, applied_at=now, note="new", **facts)
    forget_expired(until=NEVER)
    assert set(ReceiptLog.objects.values_list("note", flat=True)) == {"waits", "new"}


def test_the_proof_of_an_old_consent_goes_after_three_years():
    now = timezone.now()
    for phone, years in (("xold", 3.1), ("xnew", 2.9)):
        ErasedPerson.objects.create(phone=phone, consent_basis="consent", erased_at=now - timedelta(days=365 * years))
    forget_expired(until=NEVER)
    assert [each.phone for each in ErasedPerson.objects.all()] == ["xnew"]


def test_a_period_shorter_than_the_distance_of_advertisements_is_refused():
    settings = PortalSettings.load()
    settings.recent_days = 90
    with pytest.raises(ValidationError) as refused:
        settings.full_clean()
    assert list(refused.value.message_dict) == ["history_kept_days"]
