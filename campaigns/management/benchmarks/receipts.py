"""receipts: calls/s one web process takes, beside an empty application on the same server, and receipts/s applied."""

import json
import time
from argparse import ArgumentParser
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from math import inf
from typing import Any

from django.db import connection
from django.utils import timezone

from campaigns.models import Campaign, DueMessage, Message, OpenMessage, ProviderAccount, ReceiptLog, User
from campaigns.services.accounts import callback_url
from campaigns.services.planning.preparing import prepare_campaign, start_preparation
from campaigns.services.results.applying import apply_receipts

from .calls import calls_per_second, post_request
from .campaign import make_account
from .figures import Figure, Measured, medians
from .stage import environment, free_port, make_people, process, wait_for
from .usage import cpu_seconds

IN_AN_ARRAY = 100
SERVER = (
    "-m",
    "granian",
    "--interface",
    "wsgi",
    "--no-ws",
    "--http",
    "1",
    "--workers",
    "1",
    "--blocking-threads",
    "16",
)
PORTAL, EMPTY = "smsportal.wsgi:application", "campaigns.management.benchmarks.empty_wsgi:application"

UNITS = {
    "empty view": "calls/s of an empty WSGI application on the same server",
    "bare INSERT": "rows/s, one a statement, by this process alone",
    "single": "receipts/s taken, one a call",
    "single ratio": "of the empty view",
    "single CPU": "seconds of the web process per 1,000 calls",
    "arrays": f"receipts/s taken, {IN_AN_ARRAY} a call",
    "arrays CPU": "seconds of the web process per 1,000 receipts",
    "applied singles": "receipts/s from stored calls to states of messages",
    "applied arrays": "receipts/s from stored calls to states of messages",
}


def add_arguments(parser: ArgumentParser) -> None:
    parser.add_argument("--receipts", type=int, default=5_000, help="one a call; as arrays ten times as many")
    parser.add_argument("--repeats", type=int, default=3)


def measure(options: dict[str, Any]) -> tuple[str, list[Figure]]:
    singles, repeats = options["receipts"], options["repeats"]
    account = make_account("zettai_reach", "http://127.0.0.1:9")
    campaign = handed_over(account, singles * 10)
    with served(EMPTY) as empty, served(PORTAL) as portal:
        runs = [one_run(campaign, singles, empty, portal) for _ in range(repeats)]
    title = f"{connection.vendor}, {singles:,} receipts alone and {singles * 10:,} in arrays, medians of {repeats} runs"
    return title, medians(runs, UNITS)


def one_run(campaign: Campaign, singles: int, empty: "Server", portal: "Server") -> Measured:
    account = ProviderAccount.objects.get(campaign=campaign)
    start_again(campaign)
    references = list(campaign.messages.order_by("pk").values_list("reference", flat=True))
    url = portal.address + callback_url(account).split("/", 3)[3]
    alone = [call(url, [reference]) for reference in references[:singles]]
    arrays = [call(url, references[at : at + IN_AN_ARRAY]) for at in range(0, len(references), IN_AN_ARRAY)]
    found = {"empty view": empty.take(empty.address, alone)[0], "bare INSERT": bare_inserts(account, singles)}
    found["single"], found["single CPU"] = portal.take(url, alone)
    found["applied singles"] = applied_per_second(account, singles)
    start_again(campaign)
    calls, cpu = portal.take(url, arrays)
    found |= {"arrays": calls * IN_AN_ARRAY, "arrays CPU": cpu / IN_AN_ARRAY}
    found["applied arrays"] = applied_per_second(account, len(references))
    return found | {"single ratio": found["single"] / found["empty view"]}


def call(url: str, references: Sequence[str]) -> bytes:
    told = {"type": "DLR", "statusId": "2", "carrierId": "103", "separatedSuccessCount": 1}
    told |= {"dateTime": "2026/11/25 10:00:00", "detailedStatusId": 0, "clientId": "20001"}
    events = [told | {"clientTag": reference, "messageId": reference[-9:]} for reference in references]
    return post_request(url, json.dumps({"eventNotifications": events}).encode(), "application/json")


def bare_inserts(account: ProviderAccount, rows: int) -> float:
    body, began = b"x" * 300, time.monotonic()
    for _ in range(rows):
        ReceiptLog.objects.keep(account.pk, body, "application/json", timezone.now())
    lasted = time.monotonic() - began
    ReceiptLog.objects.all().delete()
    return rows / lasted


def applied_per_second(account: ProviderAccount, receipts: int) -> float:
    began = time.monotonic()
    apply_receipts(account, until=inf)
    lasted = time.monotonic() - began
    assert Message.objects.filter(account=account, state="delivered").count() == receipts
    ReceiptLog.objects.all().delete()
    return receipts / lasted


def handed_over(account: ProviderAccount, messages: int) -> Campaign:
    """A campaign that has been sent, with every result still to come."""
    author, _ = User.objects.get_or_create(username="benchmark")
    campaign = Campaign.objects.create(
        name="benchmark", account=account, sender=account.senders.get(), body="{{氏名}}様", created_by=author
    )
    campaign.lists_in.set([make_people(messages)])
    start_preparation(campaign)
    while not campaign.is_ready:
        prepare_campaign(campaign, until=inf)
        campaign.refresh_from_db()
    Campaign.objects.filter(pk=campaign.pk).update(state="completed")
    DueMessage.objects.all().delete()
    return campaign


def start_again(campaign: Campaign) -> None:
    now = timezone.now()
    campaign.messages.update(state="accepted", sent_at=now)
    messages = list(campaign.messages.values_list("pk", flat=True))
    OpenMessage.objects.watch(messages, account_id=campaign.account_id or 0, next_look_at=now, now=now)


@dataclass(frozen=True, slots=True)
class Server:
    address: str
    pid: int

    def take(self, url: str, requests: Sequence[bytes]) -> tuple[float, float]:
        """Calls/s, and the server's CPU seconds per 1,000 of them."""
        before = cpu_seconds(self.pid)
        found = calls_per_second(url, requests)
        return found, (cpu_seconds(self.pid) - before) / len(requests) * 1000


@contextmanager
def served(application: str) -> Iterator[Server]:
    """One process of the web server in production's shape, on this database."""
    port = free_port()
    with process(*SERVER, "--port", str(port), application, environment=environment()) as web:
        wait_for(f"http://127.0.0.1:{port}/healthz")
        yield Server(f"http://127.0.0.1:{port}/", web.pid)
