"""pace: how a vendor's limit of 600 messages/s is used and kept, counted by the vendor stub, with real workers.

For each latency, and with a long tail (50 ms, and one call in a hundred takes five seconds), with each number of
worker processes: the rate held, the most in any window of one second, how late the latest hundredth of the calls is
against the even row all later ones keep, and how long after a stop the last call came.
"""

import time
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import CommandError
from django.db import connection

from campaigns.models import Campaign, Message, MessageState, User
from campaigns.services.sending.stopping import stop_campaign

from .campaign import make_account, make_campaign
from .figures import Figure
from .stage import Stub, make_people, stub, workers

LIMIT = 600
START_SECONDS = 30.0
STOP_SECONDS = 3.0  # long enough to see the last call after a stop
# Latency in seconds, and the share of calls that takes five seconds.
LATENCIES = {"5 ms": (0.005, 0.0), "50 ms": (0.05, 0.0), "200 ms": (0.2, 0.0), "tail": (0.05, 0.01)}


def add_arguments(parser: ArgumentParser) -> None:
    parser.add_argument("--seconds", type=int, default=60, help="each case is held for so long")
    parser.add_argument("--workers", type=int, nargs="+", default=[1, 4])
    parser.add_argument("--latencies", nargs="+", choices=LATENCIES, default=list(LATENCIES), metavar="LATENCY")


def measure(options: dict[str, Any]) -> tuple[str, list[Figure]]:
    seconds, figures = options["seconds"], []
    with stub() as vendor:
        account = make_account("zettai_reach", vendor.address, limit=LIMIT)
        people = make_people(LIMIT * (seconds + 5))
        for count in options["workers"]:
            for name in options["latencies"]:
                latency, tail = LATENCIES[name]
                vendor.set(latency=latency, tail=tail)
                campaign, _ = make_campaign(account, people)
                with workers(count):
                    figures += watch(campaign, vendor, seconds, f"{name}, {count} workers: ")
    return f"{connection.vendor}, a limit of {LIMIT}/s for {seconds} s each", figures


def watch(campaign: Campaign, vendor: Stub, seconds: int, case: str) -> list[Figure]:
    assert campaign.account is not None
    until = time.monotonic() + START_SECONDS
    begun = Message.objects.filter(campaign=campaign).exclude(state=MessageState.QUEUED)
    while not begun.exists():
        if time.monotonic() > until:
            raise CommandError("the workers do not send")
        time.sleep(0.05)
    time.sleep(seconds)
    held = vendor.report(pace=campaign.account.pace)
    stopped_at = time.monotonic()
    campaign.refresh_from_db()
    stop_campaign(campaign, User.objects.get(username="benchmark"))
    time.sleep(STOP_SECONDS)
    after = vendor.report()
    return [
        Figure(f"{case}rate", held["rate"], "calls/s held"),
        Figure(f"{case}worst second", max(held["worst"], after["worst"]), "calls in any window of one second"),
        Figure(f"{case}late", held["late"] * 1000, "ms, 99th percentile"),
        Figure(f"{case}stop", max(0.0, after["last"] - stopped_at), "s until the last call after a stop"),
    ]
