"""launch: messages/s made from a draft, with and without fields, and seconds from the decision to the queue."""

import resource
import time
from argparse import ArgumentParser
from typing import Any

from django.db import connection

from campaigns.models import Campaign, ContactList, DueMessage, ProviderAccount, User
from campaigns.services.planning.launching import launch
from campaigns.services.planning.preparing import prepare_campaign, start_preparation

from .campaign import make_account
from .figures import Figure
from .stage import make_people
from .usage import database_cpu_seconds

BODIES = {"with fields": "{{氏名}}様 ご予約は明日10時です。", "without fields": "ご予約は明日10時です。"}
NOW = 0.0  # the end of a slice that makes one chunk


def add_arguments(parser: ArgumentParser) -> None:
    parser.add_argument("--messages", type=int, default=100_000)


def measure(options: dict[str, Any]) -> tuple[str, list[Figure]]:
    messages = options["messages"]
    account, people = make_account("zettai_reach", "http://127.0.0.1:9"), make_people(messages)
    figures = []
    for name, body in BODIES.items():
        campaign = draft(account, people, body)
        memory = peak_memory()
        database = database_cpu_seconds()
        wall, cpu, longest = made(campaign)
        database = database_cpu_seconds() - database
        began = time.monotonic()
        launch(campaign, campaign.created_by)
        launching = time.monotonic() - began
        assert DueMessage.objects.filter(campaign=campaign).count() == messages
        figures += [
            Figure(name, messages / wall, "messages/s, each with its place in the queue"),
            Figure("- CPU", cpu / messages * 1_000_000, "seconds per 1,000,000, PostgreSQL's own not counted"),
            Figure("- CPU of PostgreSQL", database / messages * 1_000_000, "seconds per 1,000,000"),
            Figure("- longest chunk", longest, "seconds; others have a turn with the database after each"),
            Figure("- launch", launching, "seconds from the decision to the queue"),
            Figure("- memory", peak_memory() - memory, "MB more at its highest"),
        ]
    return f"{connection.vendor}, {messages:,} messages", figures


def draft(account: ProviderAccount, people: ContactList, body: str) -> Campaign:
    author, _ = User.objects.get_or_create(username="benchmark")
    campaign = Campaign.objects.create(
        name="benchmark", account=account, sender=account.senders.get(), body=body, created_by=author
    )
    campaign.lists_in.set([people])
    start_preparation(campaign)
    return campaign


def made(campaign: Campaign) -> tuple[float, float, float]:
    """Seconds by the clock, of CPU, and of the longest chunk."""
    began, cpu, longest = time.monotonic(), time.process_time(), 0.0
    while not campaign.is_ready:
        turn = time.monotonic()
        prepare_campaign(campaign, until=NOW)
        longest = max(longest, time.monotonic() - turn)
        campaign.refresh_from_db()
    return time.monotonic() - began, time.process_time() - cpu, longest


def peak_memory() -> float:
    """MB of this process so far."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
