"""A file of people who refused: every readable number is stopped at once, the others are named to be mended."""

from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, field
from itertools import islice
from typing import BinaryIO

from django.core.files.base import File

from campaigns.errors import InvalidInput
from campaigns.models import User
from campaigns.rules.contact_file import FileShape, Row, inspect, read_rows
from campaigns.rules.containers import holds_workbook
from campaigns.rules.headers import ColumnMapping, guess_mapping

from ..suppressing import suppress
from .sheets import AS_WRITTEN, sheet_as_text
from .uploading import file_limits

CHUNK = 5_000
MOST_ROWS = 200_000  # a few seconds of the page's time
SHOWN = 200


@dataclass
class RefusalReport:
    read: int = 0  # numbers
    new: int = 0
    unreadable: int = 0
    examples: list[tuple[int, str, str]] = field(default_factory=list)  # line, what stands there, code


def register_file(upload: File, actor: User, *, reason: str, note: str) -> RefusalReport:  # type: ignore[type-arg]
    """InvalidInput for a file nobody can read. Stopping is the safe side: one bad row keeps no other from it."""
    facts = {"reason": reason, "note": note, "source": (upload.name or "")[-100:]}
    file: BinaryIO = upload.file  # type: ignore[assignment]
    if not holds_workbook(file):
        return _register_text(file, inspect(file, limits=file_limits()), actor, facts)
    with sheet_as_text(file, MOST_ROWS) as text:
        return _register_text(text, inspect(text, **AS_WRITTEN, limits=file_limits()), actor, facts)


def _register_text(file: BinaryIO, shape: FileShape, actor: User, facts: dict[str, str]) -> RefusalReport:
    if shape.row_estimate > MOST_ROWS:
        raise InvalidInput("too_many_rows", maximum=f"{MOST_ROWS:,}")
    column = guess_mapping(shape.header, shape.sample).column_of("phone")
    if column is None:
        raise InvalidInput("no_phone_column")
    report = RefusalReport()
    with closing(read_rows(file, shape, ColumnMapping({column: "phone"}), limits=file_limits())) as rows:  # type: ignore[type-var]
        for chunk in _chunks(rows):
            _register(chunk, report, actor, facts)
    return report


def _chunks(rows: Iterator[Row]) -> Iterator[list[Row]]:
    while chunk := list(islice(rows, CHUNK)):
        yield chunk


def _register(rows: list[Row], report: RefusalReport, actor: User, facts: dict[str, str]) -> None:
    phones = [row.phone.e164 for row in rows if row.phone]
    report.read += len(phones)
    report.new += suppress(phones, actor=actor, **facts)
    wrong = [row for row in rows if not row.phone]
    report.unreadable += len(wrong)
    room = SHOWN - len(report.examples)
    report.examples += [(row.number, row.raw_phone[:40], row.error) for row in wrong[:room]]
