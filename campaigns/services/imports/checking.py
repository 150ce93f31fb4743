"""An import's first pass: what would become of every row. No contact is stored."""

import os
from array import array
from collections import Counter
from collections.abc import Generator, Iterator, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

from campaigns.errors import InvalidInput
from campaigns.models import Contact, ContactImport, ContactList, bulk
from campaigns.rules.contact_file import FileShape, Row, read_rows
from campaigns.rules.headers import ColumnMapping

from ..erasing import refused_among

EXAMPLES = 5
MAX_NEW_LISTS = 50
# Outcomes counted by the check; a row is new, known, repeated or rejected, and may be one of the others as well.
NEW, KNOWN, REPEATED, REJECTED = "new", "known", "repeated", "rejected"
REPAIRED, STOPPED, OPTS_OUT = "repaired", "stopped", "opts_out"
LIMITS = {field.name: field.max_length for field in Contact._meta.concrete_fields if field.max_length}
SHORTEST_LIMIT = LIMITS["name"]
LIST_SEPARATORS = str.maketrans(dict.fromkeys("、,;；\r", "\n"))
ITEM = array("Q").itemsize


class RowLedger:
    """Beside the file, eight bytes a row: its number, or 0 where the row is left out.

    So the second pass takes in exactly what the first one showed, and a worker that goes on after a crash knows which
    numbers came before. Writing the same rows twice leaves the same bytes.
    """

    def __init__(self, contact_import: ContactImport) -> None:
        self.path = Path(f"{contact_import.file.path}.rows")

    def read(self, start: int, count: int) -> "array[int]":
        """Refuses a ledger that is not there or too short."""
        try:
            with self.path.open("rb") as file:
                file.seek(start * ITEM)
                content = file.read(count * ITEM)
        except FileNotFoundError:
            content = b""
        if len(content) < count * ITEM:
            raise InvalidInput("file_missing")
        return array("Q", content)

    def write(self, start: int, numbers: Sequence[int]) -> None:
        with os.fdopen(os.open(self.path, os.O_RDWR | os.O_CREAT, 0o600), "r+b") as file:
            file.seek(start * ITEM)
            file.write(array("Q", numbers).tobytes())

    def remove(self) -> None:
        self.path.unlink(missing_ok=True)


def rows_of(contact_import: ContactImport, file: Any, *, start_line: int = 1) -> Generator[Row]:
    """The rows as the person who uploaded them chose to read them."""
    shape = FileShape(
        encoding=contact_import.encoding,
        delimiter=contact_import.delimiter,
        header=contact_import.header,
        has_header=contact_import.has_header,
        sample=[],
        row_estimate=contact_import.rows_total,
    )
    fields = {int(column): field for column, field in contact_import.mapping.items()}
    yield from read_rows(file, shape, ColumnMapping(fields), start_line=start_line)


def refusal(row: Row) -> str:
    """Why this row cannot be stored, as far as it says so itself."""
    if row.error or max(map(len, row.values.values()), default=0) <= SHORTEST_LIMIT:
        return row.error
    return "value_too_long" if any(_is_too_long(name, text) for name, text in row.values.items()) else ""


def _is_too_long(name: str, text: str) -> bool:
    if name == "list":
        return any(len(part) > LIMITS["name"] for part in list_names(text))
    return len(text) > LIMITS.get(name, len(text))


def list_names(text: str) -> list[str]:
    """The lists a cell names; several stand on lines of their own or between commas."""
    return [name for part in text.translate(LIST_SEPARATORS).split("\n") if (name := part.strip())]


class CheckPass:
    """One slice of the check: counts, and the first rows of each finding."""

    def __init__(self, contact_import: ContactImport) -> None:
        self.counts = Counter[str](contact_import.counts)
        self.examples: dict[str, Any] = contact_import.examples
        self.ledger = RowLedger(contact_import)
        self.seen = {*self.ledger.read(0, contact_import.rows_read)} if contact_import.rows_read else set()
        self.new_lists: list[str] = self.examples.setdefault("new_lists", [])
        self.list_names = {*ContactList.objects.values_list("name", flat=True), *self.new_lists}

    def prepare(self, rows: list[Row]) -> list[int]:
        """For each row its number, or 0 when it will not be taken in."""
        numbers = [self._judge(row) for row in rows]
        taken = {f"+{number}": row for number, row in zip(numbers, rows, strict=True) if number}
        for phone in bulk.present("campaigns_contact", "phone", taken):
            self._count(KNOWN, taken[phone])
        self.counts[NEW] = self.counts["taken"] - self.counts[KNOWN]
        stopped = refused_among(taken)
        for phone, row in taken.items():
            if phone in stopped:
                self._count(STOPPED, row)
            elif row.flags.get("opt_out"):
                self._count(OPTS_OUT, row)
        return numbers

    def store(self, numbers: list[int], start: int) -> None:
        self.ledger.write(start, numbers)

    def _judge(self, row: Row) -> int:
        if code := refusal(row):
            self._count(REJECTED)
            self._note(f"{REJECTED}:{code}", row)
            return 0
        assert row.phone is not None
        number = int(row.phone.e164.removeprefix("+"))
        if number in self.seen:
            self._count(REPEATED, row)
            return 0
        self.seen.add(number)
        self.counts["taken"] += 1
        self._look_closer(row)
        return number

    def _look_closer(self, row: Row) -> None:
        """What the person should know of a row that is taken."""
        if row.repaired:
            self._count(REPAIRED, row, row.repaired[1])
        for field, code in row.warnings:
            self._note(f"{field}:{code}", row)
        if "list" in row.values:
            self._collect_lists(row.values["list"])

    def _count(self, outcome: str, row: Row | None = None, became: str = "") -> None:
        self.counts[outcome] += 1
        if row:
            self._note(outcome, row, became)

    def _note(self, finding: str, row: Row, became: str = "") -> None:
        entry = self.examples.setdefault(finding, {"count": 0, "rows": []})
        entry["count"] += 1
        if len(entry["rows"]) < EXAMPLES:
            entry["rows"].append([row.line, row.raw_phone[:40], became])

    def _collect_lists(self, cell: str) -> None:
        for name in list_names(cell):
            if name not in self.list_names:
                self.list_names.add(name)
                self.new_lists.append(name)
                if len(self.new_lists) > MAX_NEW_LISTS:
                    raise InvalidInput("too_many_lists", maximum=MAX_NEW_LISTS)


def left_out(contact_import: ContactImport) -> Iterator[tuple[list[str], str]]:
    """The cells of every row that is not taken in, and the code of the reason; refuses at once a file that is gone."""
    numbers = RowLedger(contact_import).read(0, contact_import.rows_total)
    return _left_out(contact_import, numbers)


def _left_out(contact_import: ContactImport, numbers: Sequence[int]) -> Iterator[tuple[list[str], str]]:
    with contact_import.opened() as file, closing(rows_of(contact_import, file)) as rows:
        for row, number in zip(rows, numbers, strict=True):
            if not number:
                yield row.cells, refusal(row) or REPEATED
