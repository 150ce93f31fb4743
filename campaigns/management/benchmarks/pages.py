"""pages: time on the server and queries of each page, as an administrator sees it, with many contacts and messages."""

import gzip
import time
from argparse import ArgumentParser
from statistics import median
from typing import Any

from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from campaigns.models import Campaign, ContactList, DayCount, Message, MessageState, ProviderAccount, User
from campaigns.rules.sending_window import jst_day

from .figures import Figure
from .stage import make_people

STATES = (MessageState.DELIVERED, MessageState.DELIVERED, MessageState.DELIVERED, MessageState.UNDELIVERED)


def add_arguments(parser: ArgumentParser) -> None:
    parser.add_argument("--contacts", type=int, default=100_000, help="and as many messages")
    parser.add_argument("--repeats", type=int, default=5)


def measure(options: dict[str, Any]) -> tuple[str, list[Figure]]:
    people = make_people(options["contacts"])
    campaign = make_sent_campaign(people)
    client = Client(SERVER_NAME="127.0.0.1")
    client.force_login(User.objects.create_superuser("reader"))
    figures = [look(client, url, options["repeats"]) for url in addresses(campaign, people)]
    return (
        f"{connection.vendor}, {options['contacts']:,} contacts and messages, medians of {options['repeats']}",
        figures,
    )


def addresses(campaign: Campaign, people: ContactList) -> list[str]:
    message = Message.objects.filter(campaign=campaign).order_by("pk")[0]
    number = message.phone.replace("+81", "0")
    contacts, messages = reverse("contact_list"), reverse("message_list")
    plain = ("guide", "dashboard", "campaign_list", "campaign_new", "booking_list", "count_month", "activity_list")
    return [
        *(reverse(name) for name in plain),
        reverse("campaign_detail", args=[campaign.pk]),
        contacts,
        f"{contacts}?q={number[-6:]}",
        reverse("contactlist_detail", args=[people.pk]),
        messages,
        f"{messages}?q={number}",
        reverse("message_detail", args=[message.pk]),
    ]


def look(client: Client, url: str, repeats: int) -> Figure:
    """Once to warm up and count, then for the clock."""
    with CaptureQueriesContext(connection) as queries:
        answer = client.get(url)
    assert answer.status_code == 200, f"{url}: {answer.status_code}"
    packed = len(gzip.compress(answer.content)) / 1000
    unit = f"ms, {len(queries)} queries, {packed:.0f} kB compressed"
    return Figure(url, 1000 * median(clock(client, url) for _ in range(repeats)), unit)


def clock(client: Client, url: str) -> float:
    began = time.perf_counter()
    client.get(url)
    return time.perf_counter() - began


def make_sent_campaign(people: ContactList) -> Campaign:
    account = ProviderAccount.objects.create(
        provider="zettai_reach", label="benchmark", base_url="https://vendor.example/"
    )
    author = User.objects.create(username="author")
    now, day = timezone.now(), jst_day(timezone.now())
    campaign = Campaign.objects.create(
        name="見本配信", account=account, body="見本です。", created_by=author, state="completed", starts_at=now
    )
    contacts = people.contacts.order_by("pk").values_list("pk", "phone")
    rows = (
        Message(
            campaign=campaign,
            account=account,
            contact_id=pk,
            phone=phone,
            reference=f"{campaign.reference}{pk:012d}",
            body="見本です。",
            parts=1,
            day=day,
            state=STATES[pk % len(STATES)],
            sent_at=now,
            final_at=now,
        )
        for pk, phone in contacts.iterator()
    )
    Message.objects.bulk_create(rows, batch_size=5_000)
    DayCount.objects.recount(campaign.pk)
    return campaign
