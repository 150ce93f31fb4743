import pytest

from campaigns.models import Activity
from tests.factories import make_campaign

pytestmark = pytest.mark.django_db


def test_each_row_carries_the_hash_of_the_one_before():
    campaign = make_campaign()
    first = Activity.objects.note(campaign.created_by, "campaign_launched", campaign, recipients=3)
    second = Activity.objects.note(None, "campaign_stopped", campaign)
    assert (first.previous, second.previous) == ("", first.digest)


def test_a_changed_row_no_longer_fits_its_hash():
    campaign = make_campaign()
    row = Activity.objects.note(campaign.created_by, "campaign_launched", campaign, recipients=3)
    stored = Activity.objects.get(pk=row.pk)
    assert stored.compute_digest() == stored.digest
    stored.details = {"recipients": 30}
    assert stored.compute_digest() != stored.digest
