"""send: messages/s of the whole pipeline beside a bare client loop on the same vendor stub.

Everything the product does to a message is in it: reserve, check, begin, send, record. Ratios count, for they hold on
other machines too; the stub runs in a process of its own. `pace` measures how a vendor's limit is kept.
"""

import asyncio
import time
from argparse import ArgumentParser
from typing import Any

from django.db import connection

from campaigns.models import Campaign, CampaignState, ContactList, Message, ProviderAccount
from campaigns.services.accounts import open_provider, provider_class
from campaigns.services.sending.dispatching import dispatch_due
from campaigns.services.sending.sending_line import IN_FLIGHT
from providers.base import OutboundSms

from .campaign import BODY, VENDORS, fill_ledger, make_account, make_campaign
from .figures import Figure, Measured, medians
from .stage import Stub, make_people, stub
from .usage import resident_memory
from .usual import usual_design

UNITS = {
    "prepare": "messages/s made, with fields filled and parts counted",
    "send": "messages/s from due rows to recorded outcomes",
    "bare client loop": "messages/s by the same client, nothing else done",
    "ratio": "of the bare loop",
    "CPU": "seconds per 1,000 messages, whole pipeline",
    "memory": "MB more resident in the end than after the first five seconds",
}
USUAL_MESSAGES = {0.0: 400, 0.2: 40}  # by latency in seconds: the usual design takes its time


def add_arguments(parser: ArgumentParser) -> None:
    parser.add_argument("--messages", type=int, default=10_000)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--earlier", type=int, default=0, help="messages sent before, which the tables hold already")
    parser.add_argument("--vendor", choices=VENDORS, default="zettai_reach", help="rakuten_cpaas takes arrays")
    parser.add_argument(
        "--usual",
        action="store_true",
        help="also with the usual design: one task a message, requests, save(); two workers, no latency and 200 ms",
    )


def measure(options: dict[str, Any]) -> tuple[str, list[Figure]]:
    messages, repeats = options["messages"], options["repeats"]
    with stub() as vendor:
        account = make_account(options["vendor"], vendor.address)
        fill_ledger(account, options["earlier"])
        people = make_people(messages)
        figures = medians([one_run(account, people, messages) for _ in range(repeats)], UNITS)
        if options["usual"]:
            figures += beside_the_usual(account, people, vendor)
    beside = f" beside {options['earlier']:,} earlier" if options["earlier"] else ""
    title = f"{connection.vendor}, {account.provider}, {messages:,} messages{beside}, medians of {repeats} runs"
    return title, figures


def one_run(account: ProviderAccount, people: ContactList, messages: int) -> Measured:
    campaign, preparing = make_campaign(account, people)
    cpu = time.process_time()
    began = time.monotonic()
    slice_of(account)
    memory = resident_memory()
    send(account, campaign)
    sending = time.monotonic() - began
    memory = resident_memory() - memory
    cpu = time.process_time() - cpu
    bare = seconds_of_bare_loop(account, messages)
    assert Message.objects.filter(campaign=campaign, state="accepted").count() == messages
    return {
        "prepare": messages / preparing,
        "send": messages / sending,
        "bare client loop": messages / bare,
        "ratio": bare / sending,
        "CPU": cpu / messages * 1000,
        "memory": memory,
    }


def send(account: ProviderAccount, campaign: Campaign) -> float:
    """Seconds until the campaign was complete."""
    began = time.monotonic()
    while Campaign.objects.get(pk=campaign.pk).state != CampaignState.COMPLETED:
        slice_of(account)
    return time.monotonic() - began


def slice_of(account: ProviderAccount) -> None:
    dispatch_due(ProviderAccount.objects.get(pk=account.pk), until=time.monotonic() + 5)


def seconds_of_bare_loop(account: ProviderAccount, messages: int) -> float:
    began = time.monotonic()
    asyncio.run(bare_loop(account, messages))
    return time.monotonic() - began


async def bare_loop(account: ProviderAccount, messages: int) -> None:
    size = provider_class(account).batch_size(account.credentials)
    places = iter(range(0, messages, size))
    run = time.monotonic_ns()

    async def work() -> None:
        for place in places:
            references = (f"bare{run % 10**9}-{number}" for number in range(place, min(place + size, messages)))
            await provider.submit([OutboundSms(one, "+819012340000", BODY, "54321") for one in references])

    async with open_provider(account, connections=IN_FLIGHT) as provider:
        await asyncio.gather(*(work() for _ in range(IN_FLIGHT)))


def beside_the_usual(account: ProviderAccount, people: ContactList, vendor: Stub) -> list[Figure]:
    found = []
    for latency, messages in USUAL_MESSAGES.items():
        vendor.set(latency=latency)
        campaign, _ = make_campaign(account, people)
        ours = campaign.recipients / send(account, campaign)
        bare = campaign.recipients / seconds_of_bare_loop(account, campaign.recipients)
        campaign, _ = make_campaign(account, people)
        usual = usual_design(campaign, messages)
        at = f"at {latency * 1000:.0f} ms"
        found += [
            Figure(f"ours {at}", ours, "messages/s"),
            Figure(f"usual {at}", usual, "messages/s: one task a message, requests, save(); two workers"),
            Figure(f"times {at}", ours / usual, "as many"),
            Figure(f"limit {at}", bare / usual, "as many: the bare client loop, which stores nothing, can do no more"),
        ]
    return found
