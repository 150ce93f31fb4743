"""import: rows/s from an uploaded file to contacts, beside bare csv reading and one bulk insert of the same columns."""

import csv
import json
import resource
import time
from argparse import ArgumentParser
from collections.abc import Iterator
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

HEADER = ["顧客番号", "氏名", "フリガナ", "会社名", "携帯電話番号", "店舗"]
COLUMNS = ("external_id", "name", "kana", "company", "phone", "attributes")
BLANK = ("department", "title", "email", "memo", "consent_basis", "consent_method", "consent_text")
UNITS = {
    "upload": "rows/s looked at before anything else",
    "check": "rows/s judged, nothing stored",
    "store": "rows/s taken in",
    "check + store": "rows/s, both passes over the file",
    "bare": "rows/s by csv and one bulk insert of the same columns into the same table",
    "ratio store": "of the bare rate",
    "ratio": "of the bare rate, both passes",
    "CPU": "seconds of this process per 1,000 rows, both passes",
    "memory": "MB, most that was resident in the import",
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
    began = time.monotonic()
    with path.open("rb") as file:
        job = receive_file(File(file, name=path.name), author)
    looked_at = time.monotonic()
    cpu = time.process_time()
    start_check(job, Choices(mapping=guess_mapping(job.header).fields, existing=ExistingContacts.UPDATE))
    finish(job)
    checked = time.monotonic()
    start_import(job, author)
    finish(job)
    stored = time.monotonic()
    cpu = time.process_time() - cpu
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1_000
    assert Contact.objects.count() == rows
    clear()
    bare = bare_rate(path, rows, encoding)
    clear()
    return {
        "upload": rows / (looked_at - began),
        "check": rows / (checked - looked_at),
        "store": rows / (stored - checked),
        "check + store": rows / (stored - looked_at),
        "bare": bare,
        "ratio store": rows / (stored - checked) / bare,
        "ratio": rows / (stored - looked_at) / bare,
        "CPU": cpu / rows * 1_000,
        "memory": memory,
    }


def finish(job: ContactImport) -> None:
    """In slices of five seconds, as a worker does."""
    while job.is_working:
        advance(job, until=time.monotonic() + 5)
        job.refresh_from_db()
    assert job.state in (ImportState.CHECKED, ImportState.DONE), job.failure


def clear() -> None:
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM campaigns_contact")
        if connection.vendor == "postgresql":
            cursor.execute("VACUUM campaigns_contact")


def bare_rate(path: Path, rows: int, encoding: str) -> float:
    began = time.monotonic()
    with path.open(encoding=encoding, newline="") as file, transaction.atomic(), connection.cursor() as cursor:
        records = _bare_rows(file)
        names = ", ".join([*COLUMNS, *BLANK, "created_at", "updated_at"])
        if connection.vendor == "postgresql":
            with cursor.copy(f"COPY campaigns_contact ({names}) FROM STDIN") as copy:
                for record in records:
                    copy.write_row(record)
        else:
            marks = ", ".join("?" * (len(COLUMNS) + len(BLANK) + 2))
            cursor.connection.executemany(f"INSERT INTO campaigns_contact ({names}) VALUES ({marks})", records)  # noqa: S608
    return rows / (time.monotonic() - began)


def _bare_rows(file: Any) -> Iterator[list[Any]]:
    reader = csv.reader(file)
    next(reader)
    now = bulk.moment(timezone.now())
    filler = [*[""] * len(BLANK), now, now]
    for external_id, name, kana, company, phone, shop in reader:
        yield [external_id, name, kana, company, phone, json.dumps({"店舗": shop}), *filler]
