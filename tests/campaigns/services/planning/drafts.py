"""Drafts with a scripted vendor, and their preparation as the worker does it."""

from time import monotonic

from campaigns.models import Campaign
from campaigns.services.planning.preparing import prepare_campaign, start_preparation
from tests.factories import make_account, make_campaign


def scripted(**overrides) -> Campaign:
    return make_campaign(account=make_account(provider="scripted"), **overrides)


def prepare(campaign: Campaign) -> Campaign:
    start_preparation(campaign)
    prepare_campaign(campaign, until=monotonic() + 5)
    campaign.refresh_from_db()
    return campaign
