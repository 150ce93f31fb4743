"""busy: what people meet while an account sends and hears at its limit of 600/s, on one machine.

Real workers and one web process; a receipt of its own for each message sent; three people who click through the
dashboard, the live page and the messages; and half-way a small urgent campaign beside the large one.
"""

import time
import urllib.request
from argparse import ArgumentParser
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from statistics import quantiles
from threading import Event
from typing import Any

from django.conf import settings
from django.core.management.base import CommandError
from django.db import connection
from django.db.models import F, Max
from django.test import Client
from django.urls import reverse

from campaigns.models import Campaign, ContactList, ListMembership, Message, ProviderAccount, ReceiptLog, User
from campaigns.services.accounts import callback_url

from .calls import calls_per_second
from .campaign import make_account, make_campaign
from .figures import Figure
from .receipts import PORTAL, Server, call, served
from .stage import collect_static, make_people, stub, workers

LIMIT = 600
URGENT = 100  # messages
PEOPLE = 3
REST_SECONDS = 1.0  # between two clicks of a person
ROUND_SECONDS = 0.25  # receipts of what was sent meanwhile are handed in so often
START_SECONDS = 30.0
PATIENCE_SECONDS = 10.0  # for the last results


def add_arguments(parser: ArgumentParser) -> None:
    parser.add_argument("--seconds", type=int, default=30)
    parser.add_argument("--workers", type=int, default=2)


def measure(options: dict[str, Any]) -> tuple[str, list[Figure]]:
    seconds = options["seconds"]
    collect_static()
    with stub() as vendor, served(PORTAL) as portal:
        account = make_account("zettai_reach", vendor.address, limit=LIMIT)
        people = make_people(LIMIT * (seconds + 20))
        campaign, _ = make_campaign(account, people)
        live_page = reverse("campaign_detail", args=[campaign.pk])
        addresses = {"dashboard": reverse("dashboard"), "live page": live_page, "messages": reverse("message_list")}
        enough = Event()
        with workers(options["workers"]), ThreadPoolExecutor(PEOPLE) as clicking:
            vendor.set(latency=0.05)
            wait_for_sending(campaign)
            vendor.report()
            sessions = [log_in(number) for number in range(PEOPLE)]
            for address in addresses.values():  # a web process reads its templates once
                look(portal, address, sessions[0])
            everybody = [clicking.submit(click, portal, [*addresses.values()], session, enough) for session in sessions]
            try:
                urgent_seconds = run(campaign, portal, people, seconds)
            finally:
                enough.set()
            clicks = [looked for person in everybody for looked in person.result()]
            pages = {url: [took for address, took in clicks if address == url] for url in addresses.values()}
            rate = vendor.report()["rate"]
    return f"{connection.vendor}, {LIMIT}/s for {seconds} s, {options['workers']} workers", [
        Figure("sent", rate, "calls/s to the vendor"),
        Figure("heard", ReceiptLog.objects.count() / seconds, "receipts/s taken, one a call"),
        *(figure for name, url in addresses.items() for figure in spread(name, pages[url], "ms", 1000)),
        *spread("receipt to state", applied_after(), "s", 1),
        Figure("urgent campaign", urgent_seconds, f"s from its first row made until the last of {URGENT} had left"),
    ]


def run(campaign: Campaign, portal: Server, people: ContactList, seconds: float) -> float:
    """Hand in receipts all the time; seconds the urgent campaign took."""
    account = ProviderAccount.objects.get(campaign=campaign)
    url = portal.address + callback_url(account).split("/", 3)[3]
    began, urgent, decided, last = time.monotonic(), None, 0.0, 0
    while time.monotonic() - began < seconds:
        if urgent is None and time.monotonic() - began > seconds / 2:
            decided = time.time()
            urgent, _ = make_campaign(account, some_of(people))
        last = hand_in(campaign, url, last)
        time.sleep(ROUND_SECONDS)
    wait_for_results()
    if urgent is None or urgent.messages.filter(sent_at__isnull=False).count() != URGENT:
        raise CommandError("the urgent campaign has not left")
    sent_at = urgent.messages.aggregate(last=Max("sent_at"))["last"]
    return float(sent_at.timestamp() - decided)


def hand_in(campaign: Campaign, url: str, last: int) -> int:
    """A receipt for each message that the vendor has taken since, in calls of their own; the last such message."""
    taken = campaign.messages.filter(pk__gt=last, answered_at__isnull=False).order_by("pk")
    rows = list(taken.values_list("pk", "reference"))
    if rows:
        calls_per_second(url, [call(url, [reference]) for _, reference in rows])
    return rows[-1][0] if rows else last


def some_of(people: ContactList) -> ContactList:
    few = ContactList.objects.create(name="urgent")
    members = people.contacts.order_by("pk")[:URGENT]
    ListMembership.objects.bulk_create(ListMembership(contact_list=few, contact=person) for person in members)
    return few


def wait_for_sending(campaign: Campaign) -> None:
    until = time.monotonic() + START_SECONDS
    while not Message.objects.filter(campaign=campaign, answered_at__isnull=False).exists():
        if time.monotonic() > until:
            raise CommandError("the workers do not send")
        time.sleep(0.05)


def wait_for_results() -> None:
    until = time.monotonic() + PATIENCE_SECONDS
    while ReceiptLog.objects.filter(applied_at__isnull=True).exists() and time.monotonic() < until:
        time.sleep(0.1)


def applied_after() -> list[float]:
    """Seconds from each receipt's arrival to its message's state, those that found none at once included."""
    waited = ReceiptLog.objects.filter(applied_at__isnull=False).annotate(took=F("applied_at") - F("received_at"))
    return [took.total_seconds() for took in waited.values_list("took", flat=True)]


def log_in(number: int) -> str:
    client = Client(SERVER_NAME="127.0.0.1")
    client.force_login(User.objects.create_superuser(f"reader {number}"))
    return client.cookies[settings.SESSION_COOKIE_NAME].value


def click(portal: Server, addresses: Sequence[str], session: str, enough: Event) -> list[tuple[str, float]]:
    """Seconds each page took, until it is enough."""
    return [(address, look(portal, address, session)) for address in rounds(addresses, enough)]


def rounds(addresses: Sequence[str], enough: Event) -> Iterator[str]:
    while True:
        for address in addresses:
            if enough.wait(REST_SECONDS):
                return
            yield address


def look(portal: Server, address: str, session: str) -> float:
    cookie = {"Cookie": f"{settings.SESSION_COOKIE_NAME}={session}"}
    began = time.monotonic()
    with (
        urllib.request.urlopen(  # noqa: S310 - our own loopback address
            urllib.request.Request(portal.address + address[1:], headers=cookie)  # noqa: S310
        ) as answer
    ):
        answer.read()
    return time.monotonic() - began


def spread(name: str, found: Sequence[float], unit: str, scale: float) -> list[Figure]:
    *_, late = quantiles(found, n=20, method="inclusive")
    return [
        Figure(name, late * scale, f"{unit}, 95th percentile of {len(found):,}"),
        Figure(f"{name}, worst", max(found) * scale, unit),
    ]
