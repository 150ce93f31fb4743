from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.db.models import Sum
from django.test import Client

from campaigns.models import (
    Campaign,
    CampaignState,
    Contact,
    ContactImport,
    ContactList,
    DayCount,
    DueMessage,
    Message,
    MessageTemplate,
    PortalSettings,
    ProviderAccount,
    User,
)
from campaigns.services.people import ADMINISTRATOR, ROLES
from providers.registry import PROVIDERS
from tests.factories import make_user

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def logins(settings: Any, tmp_path: Path) -> Path:
    settings.DEMO_LOGINS = tmp_path / "demo-logins.txt"
    path: Path = settings.DEMO_LOGINS
    return path


def test_it_fills_an_empty_portal(logins: Path, client: Client) -> None:
    call_command("seed_demo")
    assert Contact.objects.count() == 2_000
    assert ContactList.objects.count() == 3
    assert ContactImport.objects.get().state == "done"
    assert MessageTemplate.objects.count() == 3
    assert set(ProviderAccount.objects.values_list("provider", flat=True)) == set(PROVIDERS)
    assert PortalSettings.load().approval_above == 1_000
    check_people(logins, client)
    check_history()
    check_schedule()


def check_people(logins: Path, client: Client) -> None:
    """One for each role, who can sign in with what the file says; the file is its owner's alone."""
    assert set(User.objects.values_list("groups__name", flat=True)) == {*ROLES, ADMINISTRATOR}
    assert logins.stat().st_mode & 0o777 == 0o600
    lines = [line.split() for line in logins.read_text(encoding="utf-8").splitlines()]
    assert len(lines) == User.objects.count()
    assert all(client.login(username=username, password=password) for username, password, *_ in lines)


def check_history() -> None:
    done = Campaign.objects.get(state=CampaignState.COMPLETED)
    counted = DayCount.objects.filter(campaign=done, state__in=["delivered", "undelivered"])
    assert counted.aggregate(Sum("messages")) == {"messages__sum": done.recipients}
    assert {"opted_out", "no_consent"} == set(done.excluded)


def check_schedule() -> None:
    waiting = Campaign.objects.get(state=CampaignState.SCHEDULED)
    assert waiting.approved_by != waiting.created_by
    assert set(DueMessage.objects.values_list("campaign", flat=True)) == {waiting.pk}


def test_the_data_are_the_same_every_time_and_the_secrets_are_not(logins: Path) -> None:
    seen = []
    for _ in range(2):
        call_command("seed_demo")
        people = list(Contact.objects.order_by("phone").values_list("phone", "name", "company", "consent_basis"))
        results = sorted(Message.objects.values_list("phone", "body", "state", "reason", "carrier"))
        account = ProviderAccount.objects.get(provider="zettai_reach")
        seen.append((people, results, logins.read_text(), account.credentials["token"]))
        for model in (Message, Campaign, ContactImport, ContactList, Contact, ProviderAccount, MessageTemplate, User):
            model.objects.all().delete()
    (people, results, passwords, token), again = seen
    assert (people, results) == again[:2]
    assert passwords != again[2]
    assert token != again[3]


def test_a_portal_with_people_in_it_is_left_alone(logins: Path) -> None:
    make_user()
    call_command("seed_demo")
    assert not Contact.objects.exists()
    assert not logins.exists()
