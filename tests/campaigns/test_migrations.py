"""What an older portal has stored goes on after an update: nobody is lost, and nothing planned stands still."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.apps.registry import Apps
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.utils import timezone

from campaigns.models import Campaign, ContactIndex, DueMessage
from campaigns.services.contacts import ContactSearch, find_contacts
from campaigns.services.planning.launching import start_due_campaigns
from campaigns.services.sending.outlook import finish_done

pytestmark = pytest.mark.django_db(transaction=True)
FIRST = [("campaigns", "0001_initial")]


def migrate(targets: list[tuple[str, str]]) -> Apps:
    executor = MigrationExecutor(connection)
    executor.migrate(targets)
    return executor.loader.project_state(targets).apps


def update() -> None:
    migrate([key for key in MigrationExecutor(connection).loader.graph.leaf_nodes() if key[0] == "campaigns"])


@pytest.fixture
def old() -> Iterator[Apps]:
    yield migrate(FIRST)
    update()


def stored(old: Apps, state: str, **campaign: Any) -> Any:
    """A campaign of two people as the first version left it."""
    user = old.get_model("campaigns", "User").objects.create(username=f"clerk-{state}")
    account = old.get_model("campaigns", "ProviderAccount").objects.create(
        provider="zettai_reach", label=f"見本接続{state}", base_url="http://127.0.0.1:9/", credentials={}
    )
    made = old.get_model("campaigns", "Campaign").objects.create(
        name="見本配信", state=state, account=account, created_by=user, preparation="ready", recipients=2, **campaign
    )
    for number in range(2):
        contact = old.get_model("campaigns", "Contact").objects.create(
            phone=f"+8190{account.pk:04d}{number:04d}", name=f"見本 {number}郎"
        )
        old.get_model("campaigns", "Message").objects.create(
            campaign=made,
            account=account,
            contact=contact,
            reference=f"{made.reference}{contact.pk:012d}",
            phone=contact.phone,
            body="ご予約は明日10時です。",
            day=timezone.now().date(),
        )
    return made


def booked_before(old: Apps) -> int:
    starts_at = timezone.now() + timedelta(days=2)
    booked = stored(old, "scheduled", starts_at=starts_at, scheduled_for=starts_at)
    due = old.get_model("campaigns", "DueMessage")
    for message in old.get_model("campaigns", "Message").objects.filter(campaign=booked):
        due.objects.create(
            message=message, account=booked.account, campaign=booked, phone=message.phone, due_at=starts_at
        )
    return booked.pk


def is_whole(campaign_id: int) -> bool:
    """Everybody of it may leave as soon as its state says so."""
    return DueMessage.objects.filter(campaign=campaign_id, token="", due_at__lte=timezone.now()).count() == 2


def test_an_update_loses_nobody_and_lets_nothing_stand_still(old: Apps) -> None:
    """One test, because the way back and forth through all tables takes seconds."""
    counted, asked_for = stored(old, "draft").pk, stored(old, "pending_approval").pk
    booked = booked_before(old)
    sent = stored(old, "completed").pk
    update()
    assert is_whole(counted)
    assert is_whole(asked_for)
    assert is_whole(booked), "it could not be moved to an earlier time"
    assert not DueMessage.objects.filter(campaign=sent).exists()
    assert find_contacts(ContactSearch(text="見本1郎")).count() == ContactIndex.objects.count() // 2 == 4
    Campaign.objects.filter(pk=asked_for).update(state="scheduled", starts_at=timezone.now())
    start_due_campaigns(timezone.now())
    finish_done(Campaign.objects.get(pk=asked_for).account)
    assert Campaign.objects.get(pk=asked_for).state == "sending"
