"""How fast the engine is, as a ratio to the limit of this machine measured in the same run."""

import asyncio
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from statistics import median
from tempfile import TemporaryDirectory
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand
from django.db import connection
from django.utils import timezone

from campaigns.models import (
    Campaign,
    CampaignState,
    Contact,
    ContactList,
    DueMessage,
    ListMembership,
    Message,
    ProviderAccount,
    SenderId,
    User,
)
from campaigns.services.accounts import open_provider
from campaigns.services.planning.launching import launch, prepare_campaign, start_preparation
from campaigns.services.sending.dispatching import dispatch_due
from campaigns.services.sending.sending_line import IN_FLIGHT
from providers.base import OutboundSms
from providers.sandbox.samples import SAMPLE_ACCOUNT

BODY = "{{氏名}}様 ご予約は明日10時です。"
NO_LIMIT = 100_000  # requests per second


UNITS = {
    "prepare": "messages/s made, with fields filled and parts counted",
    "send": "messages/s from due rows to recorded outcomes",
    "bare client loop": "requests/s by the same client, nothing else done",
    "ratio": "of the bare loop",
    "CPU": "seconds per 1,000 messages, whole pipeline",
}


class Command(BaseCommand):
    help = "send: messages/s of the whole pipeline beside a bare client loop on the same stand-in of the vendor."

    def add_arguments(self, parser: Any) -> None:
        parser.add_argument("what", choices=["send"])
        parser.add_argument("--messages", type=int, default=10_000)
        parser.add_argument("--repeats", type=int, default=3)

    def handle(self, *args: Any, **options: Any) -> None:
        with sandbox() as address, empty_database():
            account = make_account(address)
            people = make_contacts(options["messages"])
            runs = [measure(account, people, options["messages"]) for _ in range(options["repeats"])]
        self.stdout.write(
            f"{connection.vendor}, {options['messages']:,} messages, medians of {options['repeats']} runs"
        )
        for name, unit in UNITS.items():
            self.stdout.write(f"  {name:<18}{median(run[name] for run in runs):>10,.2f}  {unit}")


def measure(account: ProviderAccount, people: ContactList, messages: int) -> dict[str, float]:
    campaign, preparing = prepare(account, people)
    began, cpu = time.monotonic(), time.process_time()
    send(account, campaign)
    sending, cpu = time.monotonic() - began, time.process_time() - cpu
    began = time.monotonic()
    asyncio.run(bare_loop(account, messages))
    bare = time.monotonic() - began
    assert Message.objects.filter(campaign=campaign, state="accepted").count() == messages
    return {
        "prepare": messages / preparing,
        "send": messages / sending,
        "bare client loop": messages / bare,
        "ratio": bare / sending,
        "CPU": cpu / messages * 1000,
    }


def prepare(account: ProviderAccount, people: ContactList) -> tuple[Campaign, float]:
    author, _ = User.objects.get_or_create(username="benchmark")
    campaign = Campaign.objects.create(
        name="benchmark", account=account, sender=account.senders.get(), body=BODY, created_by=author
    )
    campaign.lists_in.set([people])
    start_preparation(campaign)
    began = time.monotonic()
    while not campaign.is_ready:
        prepare_campaign(campaign, until=time.monotonic() + 5)
        campaign.refresh_from_db()
    preparing = time.monotonic() - began
    launch(campaign, author)
    now = timezone.now()
    Campaign.objects.filter(pk=campaign.pk).update(starts_at=now)
    DueMessage.objects.filter(campaign=campaign).update(due_at=now)
    return campaign, preparing


def send(account: ProviderAccount, campaign: Campaign) -> None:
    while Campaign.objects.get(pk=campaign.pk).state != CampaignState.COMPLETED:
        dispatch_due(ProviderAccount.objects.get(pk=account.pk), until=time.monotonic() + 5)


async def bare_loop(account: ProviderAccount, messages: int) -> None:
    numbers = iter(range(messages))
    run = time.monotonic_ns()

    async def work() -> None:
        for number in numbers:
            await provider.submit([OutboundSms(f"bare{run}-{number}", "+819012340000", BODY, "54321")])

    async with open_provider(account, connections=IN_FLIGHT) as provider:
        await asyncio.gather(*(work() for _ in range(IN_FLIGHT)))


def make_account(address: str) -> ProviderAccount:
    sample = {name: str(SAMPLE_ACCOUNT[name]) for name in ("token", "client_id")}
    account = ProviderAccount.objects.create(
        provider="zettai_reach",
        label="benchmark",
        base_url=address,
        credentials=sample,
        counting_profile="zettai",
        requests_per_second=NO_LIMIT,
    )
    SenderId.objects.create(account=account, value="54321")
    return account


def make_contacts(size: int) -> ContactList:
    people = [Contact(phone=f"+8190{10_000_000 + number}", name=f"見本 {number}郎") for number in range(size)]
    Contact.objects.bulk_create(people)
    made = ContactList.objects.create(name="benchmark")
    ListMembership.objects.bulk_create(ListMembership(contact_list=made, contact=person) for person in people)
    return made


@contextmanager
def sandbox() -> Iterator[str]:
    """The vendor's stand-in in a process of its own, so that it shares no interpreter with what is measured."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    process = subprocess.Popen([sys.executable, "-m", "providers.sandbox", "--port", str(port)], cwd=settings.BASE_DIR)
    try:
        wait_for(f"http://127.0.0.1:{port}/_control/")
        yield f"http://127.0.0.1:{port}/zettai-reach/"
    finally:
        process.terminate()
        process.wait()


def wait_for(url: str) -> None:
    for _ in range(100):
        try:
            urllib.request.urlopen(url).close()  # noqa: S310 - our own loopback address
        except OSError:
            time.sleep(0.1)
        else:
            return
    raise TimeoutError(url)


@contextmanager
def empty_database() -> Iterator[None]:
    """A database of its own beside the portal's, in a file where the portal's is one; gone afterwards."""
    name = connection.settings_dict["NAME"]
    with TemporaryDirectory() as folder:
        if connection.vendor == "sqlite":
            connection.settings_dict["TEST"]["NAME"] = f"{folder}/benchmark.sqlite3"
        connection.creation.create_test_db(verbosity=0, autoclobber=True)
        try:
            yield
        finally:
            connection.creation.destroy_test_db(str(name), verbosity=0)
