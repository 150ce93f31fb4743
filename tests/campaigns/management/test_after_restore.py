"""A backup knows nothing of what left after it: nothing may leave until somebody has looked."""

import io

import pytest
from django.core.management import call_command

from campaigns.models import Activity
from campaigns.services.sending.waking import wake_all
from tests.campaigns.services.sending.test_dispatching import dispatch, launched_campaign

pytestmark = pytest.mark.django_db(transaction=True)


def test_what_was_sending_is_held_and_nothing_leaves(vendor, queued):
    campaign = launched_campaign(contacts=3)
    said = io.StringIO()
    call_command("after_restore", stdout=said)
    assert f"{campaign.account}: out of use; " in said.getvalue()
    wake_all()
    dispatch(campaign)
    assert (campaign.state, campaign.hold_reason) == ("holding", "switched_off")
    assert not vendor.asked
    assert Activity.objects.filter(verb="settings_changed").count() == 1
