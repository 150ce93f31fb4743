"""A vendor more is one module and one line in the registry: the portal then sends with it, by its checklist alone."""

from __future__ import annotations

import json
from collections.abc import Iterator
from math import inf
from time import monotonic

import pytest
from django.utils import timezone

from campaigns.models import Campaign, DueMessage, Message, ProviderAccount, Suppression
from campaigns.services.accounts import check_account
from campaigns.services.planning.launching import launch
from campaigns.services.planning.preparing import prepare_campaign, start_preparation
from campaigns.services.results.applying import apply_receipts
from campaigns.services.results.receiving import receive
from campaigns.services.sending.dispatching import dispatch_due
from providers.base import Provider
from providers.errors import AccountRefused
from providers.registry import PROVIDERS
from tests.factories import make_account, make_campaign, make_contact, make_list

from . import test_registry as rules_for_all
from .acme import Acme, AcmeStandIn

pytestmark = pytest.mark.django_db(transaction=True)
KEY = "acme-key-0123456789"


@pytest.fixture
def acme(monkeypatch: pytest.MonkeyPatch) -> Iterator[AcmeStandIn]:
    monkeypatch.setitem(PROVIDERS, Acme.slug, Acme)  # the one line
    with AcmeStandIn(KEY) as stand_in:
        yield stand_in


@pytest.fixture
def account(acme: AcmeStandIn) -> ProviderAccount:
    return make_account(provider="acme", base_url=acme.url, credentials={"api_key": KEY}, counting_profile="standard")


def test_it_keeps_the_rules_for_all() -> None:
    vendor: type[Provider] = Acme
    rules_for_all.test_a_vendor_is_complete(vendor)
    rules_for_all.test_its_own_address_is_a_safe_one(vendor)
    rules_for_all.test_its_figures_make_sense(vendor)
    for capability in rules_for_all.PROMISED:
        rules_for_all.test_it_does_what_it_claims_and_claims_what_it_does(vendor, capability)


def test_its_account_can_be_checked(account: ProviderAccount) -> None:
    check_account(account)
    account.credentials = {"api_key": "wrong"}
    with pytest.raises(AccountRefused):
        check_account(account)


def send(account: ProviderAccount, *phones: str) -> Campaign:
    people = [make_contact(phone=phone) for phone in phones]
    campaign = make_campaign(account=account, lists=[make_list(*people)])
    start_preparation(campaign)
    prepare_campaign(campaign, until=monotonic() + 5)
    campaign.refresh_from_db()
    launch(campaign, campaign.created_by)
    Campaign.objects.filter(pk=campaign.pk).update(starts_at=timezone.now())
    DueMessage.objects.filter(campaign=campaign).update(due_at=timezone.now())
    dispatch_due(account, until=monotonic() + 5)
    return campaign


def told(campaign: Campaign) -> list[tuple[str, str]]:
    return list(Message.objects.filter(campaign=campaign).order_by("phone").values_list("state", "reason"))


def test_a_campaign_goes_out_and_its_receipts_come_in(
    acme: AcmeStandIn, account: ProviderAccount, queued: list[object]
) -> None:
    campaign = send(account, "+819010000001", "+819010000002", "+819010000022")
    assert told(campaign) == [("accepted", ""), ("accepted", ""), ("refused", "recipient_opted_out")]
    assert len(acme.taken) == 2
    assert Suppression.objects.filter(phone="+819010000022").exists()

    first, second = Message.objects.filter(campaign=campaign).order_by("phone").values_list("reference", flat=True)[:2]
    events = [{"ref": first, "state": "DLV"}, {"ref": second, "state": "UND"}]
    receive(account.pk, json.dumps({"events": events}).encode(), "application/json")
    receive(account.pk, b"nonsense", "text/plain")
    apply_receipts(account, until=inf)
    assert told(campaign)[:2] == [("delivered", ""), ("undelivered", "undelivered")]
