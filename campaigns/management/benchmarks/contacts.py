"""contacts: how long each page of people takes, and an export of all of them, with as many people as asked for."""

import random
import resource
import time
from argparse import ArgumentParser
from collections.abc import Iterator
from itertools import islice
from statistics import median
from typing import Any

from django.db import connection
from django.test import Client, override_settings
from django.utils import timezone

from campaigns.models import Contact, ContactList, ListMembership, Suppression, User

from .figures import Figure

CHUNK = 5_000
SHARE_IN_LIST, SHARE_STOPPED = 3, 50  # every third, every fiftieth
FAMILIES = (("青木", "アオキ"), ("佐藤", "サトウ"), ("髙橋", "タカハシ"), ("小林", "コバヤシ"), ("渡辺", "ワタナベ"))
GIVEN = (("茂", "シゲル"), ("さくら", "サクラ"), ("健一", "ケンイチ"), ("陽菜", "ヒナ"))
# What is looked for, as typed; the rare ones are in the oldest rows, which are read last.
PAGES = {
    "everybody": "",
    "a usual name": "q=さくら",
    "kana, in hiragana": "q=たかはししげる",
    "a company one person has": "q=唯一商事",
    "nobody": "q=どこにもない名前",
    "end of a number": "q=0001",
    "start of a number": "q=090-1000",
    "a whole number": "q=090-1000-0001",
    "a customer id": "q=C-0000001",
    "in a list of a third": "list={long}",
    "in a list of a third, nobody": "list={long}&q=どこにもない名前",
    "in a list of ten": "list={short}",
    "in no list": "none_of={long}",
    "refused": "stop=stopped",
    "refused, nobody": "stop=stopped&q=どこにもない名前",
    "consent nobody gave": "consent=written",
    "a merge value": "field=店&value=渋谷",
}

REFUSALS = {
    "opt-outs": "",
    "opt-outs, a whole number": "q=090-1000-0000",
    "opt-outs, end of a number": "q=0001",
    "opt-outs, a note nobody wrote": "q=どこにもないメモ",
}


def add_arguments(parser: ArgumentParser) -> None:
    parser.add_argument("--contacts", type=int, default=100_000)
    parser.add_argument("--repeats", type=int, default=5)


def measure(options: dict[str, Any]) -> tuple[str, list[Figure]]:
    size = options["contacts"]
    stored = time.monotonic()
    lists = make_everybody(size)
    figures = [Figure("store", size / (time.monotonic() - stored), "people/s stored, listed and made findable")]
    with override_settings(STORAGES=PLAIN_FILES, ALLOWED_HOSTS=["testserver"]):
        client = Client()
        client.force_login(User.objects.create_superuser("benchmark"))
        pages = {name: f"/contacts/?{query.format(**lists)}" for name, query in PAGES.items()}
        pages |= {name: f"/suppressions/?{query}" for name, query in REFUSALS.items()}
        for name, address in pages.items():
            figures.append(Figure(name, median(timed(client, address) for _ in range(options["repeats"])), "ms"))
        figures.append(
            Figure("size of a new list", timed(client, "/lists/build/?none_of={short}".format(**lists)), "ms")
        )
        figures += export(client, size)
    return f"{connection.vendor}, {size:,} contacts, medians of {options['repeats']} whole pages", figures


PLAIN_FILES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}


def timed(client: Client, address: str) -> float:
    began = time.monotonic()
    answer = client.get(address)
    assert answer.status_code == 200, address
    return (time.monotonic() - began) * 1000


def export(client: Client, size: int) -> list[Figure]:
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    began = time.monotonic()
    answer = client.get("/contacts/export/")
    first = time.monotonic() - began
    for _piece in answer.streaming_content:  # type: ignore[attr-defined]
        pass
    grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    return [
        Figure("export, first byte", first * 1000, "ms"),
        Figure("export", size / (time.monotonic() - began), "rows/s"),
        Figure("export, memory grown", grown / 1024, "MB"),
    ]


def make_everybody(size: int) -> dict[str, int]:
    """Stored as an import stores them; the keys of a long and of a short list."""
    now = timezone.now()
    people = (person(number) for number in range(size))
    while chunk := list(islice(people, CHUNK)):
        Contact.objects.store(chunk, "update", now)
    long, short = (ContactList.objects.create(name=name) for name in ("long", "short"))
    keys = Contact.objects.order_by("pk").values_list("pk", flat=True)
    for some in in_chunks(keys.iterator()):
        ListMembership.objects.add_contacts(long, some[::SHARE_IN_LIST], now)
        phones = Contact.objects.filter(pk__in=some[::SHARE_STOPPED]).values_list("phone", flat=True)
        Suppression.objects.add(phones, now, reason="opt_out")
    ListMembership.objects.add_contacts(short, keys[:10], now)
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("VACUUM ANALYZE")
    return {"long": long.pk, "short": short.pk}


def in_chunks(keys: Iterator[int]) -> Iterator[list[int]]:
    while some := list(islice(keys, CHUNK)):
        yield some


def person(number: int) -> dict[str, Any]:
    draw = random.Random(number)  # noqa: S311  the same people every time
    (family, family_kana), (given, given_kana) = draw.choice(FAMILIES), draw.choice(GIVEN)
    return {
        "phone": f"+8190{10_000_000 + number}",
        "name": f"{family} {given}",
        "kana": f"{family_kana} {given_kana}",
        "company": "㈱唯一商事" if number == 1 else f"見本商事{draw.randrange(5_000)}",
        "external_id": f"C-{number:07d}",
        "consent_basis": "consent" if number % 2 else "",
        "attributes": {"店": draw.choice(("渋谷店", "新宿店", "池袋店")), "担当": family},
    }
