"""import: rows/s from an uploaded file to contacts, beside bare csv reading and one bulk insert of the same columns."""

import csv
import json
import resource
import time
from argparse import ArgumentParser
from collections.abc import Iterable, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from django.core.files.base import File
from django.db import connection, transaction
from django.utils import timezone

from campaigns.models import Contact, ContactImport, ExistingContacts, ImportState, User, bulk
from campaigns.rules.headers import guess_mapping
from campaigns.services.imports.importing import (
    Choices,
    advance,
    start_check,
    start_import,
)
from campaigns.services.imports.uploading import receive_file

from .figures import Figure, Measured, medians
from .usage import database_cpu_seconds

HEADER = ["顧客番号", "氏名", "フリガナ", "会社名", "携帯電話番号", "店舗"]
COLUMNS = ("external_id", "name", "kana", "company", "phone", "attributes")
BLANK = ("department", "title", "email", "memo", "consent_basis", "consent_method", "consent_text")
# What the import folds with care, as it stands.
COPY_WORDS = """
INSERT INTO campaigns_contactindex (contact_id, phone, words)
SELECT id, phone, phone || ' ' || name || ' ' || kana || ' ' || company || ' ' || external_id FROM campaigns_contact
"""
UNITS = {
    "upload": "rows/s looked at before anything else",
    "check": "rows/s judged, nothing stored",
    "store": "rows/s taken in",
    "both": "rows/s, check and store one after the other",
    "bare": "rows/s by csv and one bulk insert of the same columns into the same table",
    "bare, findable": "rows/s of the same with the columns people are found by, copied unread by one INSERT … SELECT",
    "ratio store": "of the bare rate",
    "ratio both": "of the bare rate",
    "ratio store, findable": "of the bare rate that makes people findable, as the import does",
    "ratio both, findable": "of the same",
    "CPU check": "µs a row, of this process and of its backend in the database",
    "CPU store": "µs a row",
    "CPU bare": "µs a row",
    "memory": "MB, most that was resident in this process until the import was done",
}


def add_arguments(parser: ArgumentParser) -> None:
    parser.add_argument("--rows", type=int, default=100_000)
    parser.add_argument("--encoding", choices=["utf_8_sig", "cp932"], default="cp932")
    parser.add_argument("--repeats", type=int, default=1)


def measure(options: dict[str, Any]) -> tuple[str, list[Figure]]:
    rows, encoding = options["rows"], options["encoding"]
    author = User.objects.create(username="benchmark")
    with TemporaryDirectory() as folder:
        path = Path(folder) / "people.csv"
        write_file(path, rows, encoding)
        runs = [one_run(path, rows, encoding, author) for _ in range(options["repeats"])]
    return f"{connection.vendor}, {rows:,} rows in {encoding}", medians(runs, UNITS)


def write_file(path: Path, rows: int, encoding: str) -> None:
    with path.open("w", encoding=encoding, newline="") as file:
        writer = csv.writer(file)
        writer.writerow(HEADER)
        writer.writerows(
            [
                f"C{n:07d}",
                f"髙橋　{n}郎",
                f"タカハシ {n}",
                "㈱見本商事",
                f"0{(80, 90, 70)[n % 3]}-{1_000 + n // 10_000:04d}-{n % 10_000:04d}",
                f"{n % 50}号店",
            ]
            for n in range(rows)
        )


def one_run(path: Path, rows: int, encoding: str, author: User) -> Measured:
    with path.open("rb") as file:
        upload = Stopwatch()
        job = receive_file(File(file, name=path.name), author)
        upload.stop()
    start_check(job, Choices(mapping=guess_mapping(job.header).fields, existing=ExistingContacts.UPDATE))
    check = worked(job)
    start_import(job, author)
    store = worked(job)
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1_000
    assert Contact.objects.count() == rows
    bare, findable = (bare_run(path, rows, encoding, after) for after in ((), (COPY_WORDS,)))
    return {
        "upload": rows / upload.seconds,
        "check": rows / check.seconds,
        "store": rows / store.seconds,
        "both": rows / (check.seconds + store.seconds),
        "bare": rows / bare.seconds,
        "bare, findable": rows / findable.seconds,
        "ratio store": bare.seconds / store.seconds,
        "ratio both": bare.seconds / (check.seconds + store.seconds),
        "ratio store, findable": findable.seconds / store.seconds,
        "ratio both, findable": findable.seconds / (check.seconds + store.seconds),
        "CPU check": check.cpu / rows * 1e6,
        "CPU store": store.cpu / rows * 1e6,
        "CPU bare": bare.cpu / rows * 1e6,
        "memory": memory,
    }


class Stopwatch:
    """CPU time is what others on the machine do not change."""

    def __init__(self) -> None:
        self.began, self.cpu_began = time.monotonic(), cpu_time()

    def stop(self) -> None:
        self.seconds, self.cpu = time.monotonic() - self.began, cpu_time() - self.cpu_began


def cpu_time() -> float:
    """Of this process, and of the one that works for it in a PostgreSQL on the same machine."""
    return time.process_time() + database_cpu_seconds()


def worked(job: ContactImport) -> Stopwatch:
    """A pass, in slices of five seconds, as a worker does."""
    watch = Stopwatch()
    while job.is_working:
        advance(job, until=time.monotonic() + 5)
        job.refresh_from_db()
    watch.stop()
    assert job.state in (ImportState.CHECKED, ImportState.DONE), job.failure
    return watch


def clear() -> None:
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM campaigns_contactindex")
        cursor.execute("DELETE FROM campaigns_contact")
        if connection.vendor == "postgresql":
            cursor.execute("VACUUM campaigns_contact")


def bare_run(path: Path, rows: int, encoding: str, after: Iterable[str]) -> Stopwatch:
    clear()
    watch = Stopwatch()
    insert_bare(path, encoding, after)
    watch.stop()
    assert Contact.objects.count() == rows
    clear()
    return watch


def insert_bare(path: Path, encoding: str, after: Iterable[str]) -> None:
    """One transaction; `after` are statements that follow in it."""
    names = ", ".join([*COLUMNS, *BLANK, "created_at", "updated_at"])
    with path.open(encoding=encoding, newline="") as file, transaction.atomic(), connection.cursor() as cursor:
        records = _bare_rows(file)
        if connection.vendor == "postgresql":
            with cursor.copy(f"COPY campaigns_contact ({names}) FROM STDIN") as copy:
                for record in records:
                    copy.write_row(record)
        else:
            marks = ", ".join("?" * (len(COLUMNS) + len(BLANK) + 2))
            cursor.connection.executemany(f"INSERT INTO campaigns_contact ({names}) VALUES ({marks})", records)  # noqa: S608
        for statement in after:
            cursor.execute(statement)


def _bare_rows(file: Any) -> Iterator[list[Any]]:
    reader = csv.reader(file)
    next(reader)
    now = bulk.moment(timezone.now())
    filler = [*[""] * len(BLANK), now, now]
    for external_id, name, kana, company, phone, shop in reader:
        yield [external_id, name, kana, company, phone, json.dumps({"店舗": shop}), *filler]
