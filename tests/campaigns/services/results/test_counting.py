"""Counts are always made again from the ledger, exact however many count at once and whatever moves meanwhile."""

from datetime import timedelta

import pytest
from django.utils import timezone

from campaigns.models import Campaign, DayCount, Message, touch_counts
from campaigns.models.day_count import DayCountQuerySet
from campaigns.services.results.counting import recount_touched
from tests.factories import make_campaign, make_message

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def campaign() -> Campaign:
    campaign = make_campaign(state="sending", starts_at=timezone.now())
    for _ in range(3):
        make_message(campaign, state="accepted")
    touch_counts([campaign.pk], timezone.now())
    return campaign


def counted(campaign: Campaign) -> dict[str, int]:
    return dict(DayCount.objects.filter(campaign=campaign).values_list("state", "messages"))


def deliver_one(campaign: Campaign) -> None:
    pk = campaign.messages.filter(state="accepted").values_list("pk", flat=True)[0]
    Message.objects.filter(pk=pk).update(state="delivered", billed_parts=1)
    touch_counts([campaign.pk], timezone.now())


def meanwhile(monkeypatch: pytest.MonkeyPatch, happens) -> None:
    """Between the reading of the ledger and the writing of the counts, once."""
    read = DayCountQuerySet._read

    def interrupted(self, campaign_id):
        counts = read(self, campaign_id)
        monkeypatch.setattr(DayCountQuerySet, "_read", read)
        happens()
        return counts

    monkeypatch.setattr(DayCountQuerySet, "_read", interrupted)


def test_what_moves_while_the_ledger_is_read_is_counted_next_time(campaign, monkeypatch):
    meanwhile(monkeypatch, lambda: deliver_one(campaign))
    recount_touched(timezone.now())
    assert counted(campaign) == {"accepted": 3}
    assert Campaign.objects.get().counts_touched_at is not None
    recount_touched(timezone.now())
    assert counted(campaign) == {"accepted": 2, "delivered": 1}
    assert Campaign.objects.get().counts_touched_at is None


def test_an_older_reading_never_replaces_a_newer_one(campaign, monkeypatch):
    def another_worker_is_quicker() -> None:
        deliver_one(campaign)
        recount_touched(timezone.now())

    meanwhile(monkeypatch, another_worker_is_quicker)
    recount_touched(timezone.now())
    assert counted(campaign) == {"accepted": 2, "delivered": 1}


def test_a_campaign_deleted_meanwhile_is_nobody_s_trouble(campaign):
    pk = campaign.pk
    campaign.messages.all().delete()
    campaign.delete()
    DayCount.objects.recount(pk)
    assert not DayCount.objects.exists()


def test_a_large_campaign_rests_between_counts(campaign):
    Campaign.objects.update(audience=1_000_000)
    now = timezone.now()
    recount_touched(now)
    deliver_one(campaign)
    recount_touched(now + timedelta(seconds=5))
    assert counted(campaign) == {"accepted": 3}
    recount_touched(now + timedelta(seconds=15))
    assert counted(campaign) == {"accepted": 2, "delivered": 1}
