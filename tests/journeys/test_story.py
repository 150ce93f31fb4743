"""The main job at service level: an Excel file, a campaign, receipts, the month's counts; tasks called as functions."""

from collections import Counter
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.core.files import File
from django.db.models import Sum
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from django.utils.module_loading import import_string

from campaigns.models import (
    Campaign,
    CampaignState,
    ContactImport,
    ContactList,
    DayCount,
    ExistingContacts,
    HeldAt,
    MessageState,
    ProviderAccount,
    User,
)
from campaigns.rules.headers import guess_mapping
from campaigns.rules.sending_window import jst_day
from campaigns.services.imports.importing import Choices, start_check, start_import
from campaigns.services.imports.uploading import receive_file
from campaigns.services.planning.launching import confirm
from campaigns.services.planning.preparing import start_preparation
from campaigns.services.results.counting import fetch_vendor_counts
from campaigns.services.sending.booking import compare_bookings
from campaigns.services.sending.stopping import cancel_booking
from providers.sandbox.server import Options, SandboxServer
from tests.data.make_contacts import BAD_PHONES, PATH, PEOPLE, REPEATED
from tests.factories import make_account, make_campaign, make_sender
from tests.providers.sandbox.helpers import Receiver, eventually

# What the sandbox's phones do; every other number is delivered.
FAILING = {"9903": "out_of_reach", "9904": "number_dead", "9905": "blocked_by_recipient", "9906": "congestion"}
CLIENT, TOKEN, SENDER = "20001", "TokenOfTheStory" + "0" * 17, "54321"
Tasks = list[tuple[str, tuple[int, ...]]]

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def sandbox(receiver: Receiver) -> Iterator[SandboxServer]:
    contract = {
        "vendor": "zettai_reach",
        "client_id": CLIENT,
        "token": TOKEN,
        "sender_codes": [SENDER],
        "callback_url": receiver.url,
        "counts_include_today": True,
    }
    with SandboxServer([contract], Options(time_scale=0.01)) as server:
        yield server


@pytest.fixture
def account(sandbox: SandboxServer) -> ProviderAccount:
    base_url = sandbox.base_url("zettai_reach")
    return make_account(base_url=base_url, credentials={"client_id": CLIENT, "token": TOKEN})


def take_in_customers(operator: User, work: Callable[[], None]) -> ContactImport:
    with PATH.open("rb") as file:
        upload = receive_file(File(file, name="顧客名簿.csv"), operator)
    assert upload.encoding == "cp932"
    start_check(upload, Choices(guess_mapping(upload.header).fields, ExistingContacts.UPDATE))
    work()
    upload.refresh_from_db()
    start_import(upload, operator)
    work()
    upload.refresh_from_db()
    return upload


def send(campaign: Campaign, operator: User, work: Callable[[], None]) -> None:
    start_preparation(campaign)
    work()
    campaign.refresh_from_db()
    confirm(campaign, operator)
    work()
    campaign.refresh_from_db()


def hand_in_receipts(account: ProviderAccount, receiver: Receiver, work: Callable[[], None]) -> None:
    """The vendor's calls, put to our own address."""
    url = reverse("webhook", args=[account.pk, account.callback_key])
    for content_type, body in receiver.requests:
        answer = Client().post(url, body, content_type=content_type)
        assert answer.status_code == 200
    work()


def states_of(campaign: Campaign) -> Counter[tuple[str, str]]:
    return Counter(campaign.messages.values_list("state", "reason"))


def test_from_a_file_to_the_months_count(
    account: ProviderAccount, sandbox: SandboxServer, receiver: Receiver, operator: User, work: Callable[[], None]
) -> None:
    upload = take_in_customers(operator, work)
    assert (upload.state, upload.counts["added"]) == ("done", PEOPLE)
    assert (upload.counts["rejected"], upload.counts["repeated"]) == (len(BAD_PHONES), REPEATED)
    assert upload.counts["repaired"] > 50

    audience = ContactList.objects.get(name="東京店")
    campaign = make_campaign(
        account=account, sender=make_sender(account, value=SENDER), lists=[audience], created_by=operator
    )
    send(campaign, operator, work)
    assert campaign.state == CampaignState.COMPLETED
    assert campaign.recipients + sum(campaign.excluded.values()) == audience.contacts.count()
    assert campaign.excluded.keys() == {"opted_out"}

    ledger = sandbox.control.ledger()
    assert ledger["numbers"] == ledger["handed_over"] == campaign.recipients
    assert eventually(lambda: len(receiver.requests) >= campaign.recipients)
    sent_to = campaign.messages.exclude(state=MessageState.SUPPRESSED).values_list("phone", flat=True)
    expected = Counter(FAILING.get(phone[-4:], "") for phone in sent_to)
    sandbox.control.advance(120)
    assert eventually(lambda: not unsettled(campaign, account, receiver, work))
    outcome = states_of(campaign)
    assert outcome["delivered", ""] == expected[""]
    for reason in FAILING.values():
        assert outcome["undelivered", reason] == expected[reason]

    counted = DayCount.objects.filter(campaign=campaign, state=MessageState.DELIVERED).aggregate(
        messages=Sum("messages"), billed=Sum("billed_parts")
    )
    assert counted["messages"] == expected[""]
    assert sum(fetch_vendor_counts(account, jst_day(timezone.now())).values()) == counted["billed"]


def unsettled(campaign: Campaign, account: ProviderAccount, receiver: Receiver, work: Callable[[], None]) -> bool:
    hand_in_receipts(account, receiver, work)
    return campaign.messages.filter(state=MessageState.ACCEPTED).exists()


def test_a_booking_at_the_vendor_is_seen_on_both_sides_and_taken_back(
    account: ProviderAccount, sandbox: SandboxServer, operator: User, work: Callable[[], None]
) -> None:
    tomorrow = timezone.now() + timedelta(days=1)
    campaign = make_campaign(
        account=account,
        sender=make_sender(account, value=SENDER),
        created_by=operator,
        scheduled_for=tomorrow.replace(hour=3, minute=0, second=0, microsecond=0),
        held_at=HeldAt.VENDOR,
    )
    send(campaign, operator, work)
    assert campaign.scheduled_for is not None
    day = jst_day(campaign.scheduled_for)
    both = compare_bookings(account, day)
    assert (both.ours, both.theirs, both.missing_there, both.unknown_here) == (2, 2, [], [])

    cancel_booking(campaign, operator)
    work()
    assert states_of(campaign) == {("cancelled", "stopped"): 2}
    both = compare_bookings(account, day)
    assert (both.ours, both.theirs) == (0, 0)
    sandbox.control.advance(2 * 86_400)
    assert sandbox.control.ledger()["handed_over"] == 0


def test_the_same_file_again_and_the_same_campaign_again_reach_nobody_twice(
    account: ProviderAccount, sandbox: SandboxServer, operator: User, work: Callable[[], None]
) -> None:
    take_in_customers(operator, work)
    again: Any = take_in_customers(operator, work)
    assert again.counts["added"] == 0
    campaign = make_campaign(
        account=account,
        sender=make_sender(account, value=SENDER),
        lists=list(ContactList.objects.all()),
        created_by=operator,
    )
    send(campaign, operator, work)
    for task in ("dispatch_account", "look_due", "apply_receipts"):
        import_string(f"campaigns.tasks.{task}")(account.pk)
    work()
    ledger = sandbox.control.ledger()
    assert ledger["numbers"] == ledger["handed_over"] == campaign.recipients > 1_900
