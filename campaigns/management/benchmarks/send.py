"""send: messages/s of the whole pipeline beside a bare client loop on the same stand-in of the vendor."""

import asyncio
import time
from argparse import ArgumentParser
from typing import Any

from django.db import connection
from django.utils import timezone

from campaigns.models import (
    Campaign,
    CampaignState,
    ContactList,
    DueMessage,
    Message,
    ProviderAccount,
    SenderId,
    User,
)
from campaigns.services.accounts import open_provider
from campaigns.services.planning.launching import launch
from campaigns.services.planning.preparing import prepare_campaign, start_preparation
from campaigns.services.sending.dispatching import dispatch_due
from campaigns.services.sending.sending_line import IN_FLIGHT
from providers.base import OutboundSms
from providers.sandbox.samples import SAMPLE_ACCOUNT

from .figures import Figure, Measured, medians
from .stage import make_people, sandbox

BODY = "{{氏名}}様 ご予約は明日10時です。"
NO_LIMIT = 100_000  # requests per second

UNITS = {
    "prepare": "messages/s made, with fields filled and parts counted",
    "send": "messages/s from due rows to recorded outcomes",
    "bare client loop": "requests/s by the same client, nothing else done",
    "ratio": "of the bare loop",
    "CPU": "seconds per 1,000 messages, whole pipeline",
}


def add_arguments(parser: ArgumentParser) -> None:
    parser.add_argument("--messages", type=int, default=10_000)
    parser.add_argument("--repeats", type=int, default=3)


def measure(options: dict[str, Any]) -> tuple[str, list[Figure]]:
    messages, repeats = options["messages"], options["repeats"]
    with sandbox() as address:
        account = make_account(f"{address}/zettai-reach/")
        people = make_people(messages)
        runs = [one_run(account, people, messages) for _ in range(repeats)]
    title = f"{connection.vendor}, {messages:,} messages, medians of {repeats} runs"
    return title, medians(runs, UNITS)


def one_run(account: ProviderAccount, people: ContactList, messages: int) -> Measured:
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
