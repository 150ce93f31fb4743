"""An import's first pass: what would become of every row. No contact is stored."""

from collections import Counter
from collections.abc import Generator, Iterator
from contextlib import closing
from itertools import islice
from typing import Any

from django.conf import settings

from campaigns.errors import InvalidInput
from campaigns.models import ContactImport, ContactList, ImportRow, bulk
from campaigns.rules.contact_file import FileShape, Row, read_rows
from campaigns.rules.csv_reader import START, Place
from campaigns.rules.headers import ColumnMapping

from ..erasing import refused_among
from .beside import Prepared, PreparedRows, RowLedger
from .passes import CHUNK, Pass, Step
from .preparing import RowPreparer, list_names, refusal
from .uploading import file_limits

SHOWN_ROWS = 1_000  # of each finding; all the rest is counted
MENDABLE = 10_000  # characters of a row that can be put right on screen
MAX_NEW_LISTS = 50
# Outcomes counted by the check; a row is new, known, repeated or rejected, and may be one of the others as well.
NEW, KNOWN, REPEATED, REJECTED = "new", "known", "repeated", "rejected"
REPAIRED, STOPPED, OPTS_OUT = "repaired", "stopped", "opts_out"


def shape_of(contact_import: ContactImport) -> FileShape:
    return FileShape(
        encoding=contact_import.encoding,
        delimiter=contact_import.delimiter,
        header=contact_import.header,
        has_header=contact_import.has_header,
        sample=[],
        row_estimate=contact_import.rows_total,
    )


def mapping_of(contact_import: ContactImport) -> ColumnMapping:
    return ColumnMapping({int(column): field for column, field in contact_import.mapping.items()})


def rows_of(contact_import: ContactImport, file: Any, *, start: Place = START) -> Generator[Row]:
    """The rows as the person who uploaded them chose to read them."""
    yield from read_rows(file, shape_of(contact_import), mapping_of(contact_import), start=start, limits=file_limits())


class CheckPass(Pass):
    """One slice of the check: counts, the first rows of each finding, and what is to be taken in."""

    def __init__(self, contact_import: ContactImport) -> None:
        super().__init__(contact_import)
        self.findings = Counter[str](contact_import.findings)
        self.noted: list[ImportRow] = []
        self.ledger, self.prepared = RowLedger(contact_import), PreparedRows(contact_import)
        self.preparer = RowPreparer(contact_import)
        self.seen = {*self.ledger.read(0, contact_import.rows_read)} if contact_import.rows_read else set()
        self.new_lists = list(contact_import.new_lists)
        self.list_names = {*ContactList.objects.values_list("name", flat=True), *self.new_lists}

    def steps(self) -> Iterator[Step]:
        job = self.job
        start, done = Place(job.next_line, job.next_row), job.rows_read
        with job.opened() as file, closing(rows_of(job, file, start=start)) as rows:
            following = next(rows, None)
            while following:
                chunk = [following, *islice(rows, CHUNK - 1)]
                following = next(rows, None)
                done += len(chunk)
                if done > settings.IMPORT_MAX_ROWS:
                    raise InvalidInput("too_many_rows", maximum=f"{settings.IMPORT_MAX_ROWS:,}")
                place = {"next_line": following.line, "next_row": following.number} if following else {}
                yield Step(chunk, rows=len(chunk), place=place, is_last=not following)
        if not done:
            raise InvalidInput("header_only")

    def prepare(self, step: Step) -> tuple[list[int], Prepared]:
        """For each row its number, or 0 when it will not be taken in; and what the others will write."""
        rows: list[Row] = step.content
        at = self.job.rows_read
        numbers = [self._judge(row, at + offset) for offset, row in enumerate(rows)]
        taken = {f"+{number}": offset for offset, number in enumerate(numbers) if number}
        for phone in bulk.present("campaigns_contact", "phone", taken):
            self._count(KNOWN, rows[taken[phone]], at + taken[phone])
        self.counts[NEW] = self.counts["taken"] - self.counts[KNOWN]
        stopped = refused_among(taken)
        for phone, offset in taken.items():
            if phone in stopped:
                self._count(STOPPED, rows[offset], at + offset)
            elif rows[offset].flags.get("opt_out"):
                self._count(OPTS_OUT, rows[offset], at + offset)
        return numbers, self.preparer.prepare([rows[offset] for offset in taken.values()], read=len(rows))

    def store(self, prepared: tuple[list[int], Prepared], start: int) -> dict[str, object]:
        numbers, chunk = prepared
        self.ledger.write(start, numbers)
        end = self.prepared.write(self.job.bytes_prepared, chunk)
        ImportRow.objects.bulk_create(self.noted)
        self.noted = []
        return {"bytes_prepared": end, "findings": self.findings, "new_lists": self.new_lists}

    def _judge(self, row: Row, position: int) -> int:
        if code := refusal(row):
            self.counts[REJECTED] += 1
            self._note(f"{REJECTED}:{code}", row, position, cells=row.cells)
            return 0
        assert row.phone is not None
        number = int(row.phone.e164)
        if number in self.seen:
            self._count(REPEATED, row, position)
            return 0
        self.seen.add(number)
        self.counts["taken"] += 1
        if row.phone.repair or row.warnings or "list" in row.values:
            self._look_closer(row, position)
        return number

    def _look_closer(self, row: Row, position: int) -> None:
        """What the person should know of a row that is taken."""
        if row.repaired:
            self._count(REPAIRED, row, position, row.repaired[1])
        for field, code in row.warnings:
            self._note(f"{field}:{code}", row, position)
        if "list" in row.values:
            self._collect_lists(row.values["list"])

    def _count(self, outcome: str, row: Row, position: int, became: str = "") -> None:
        self.counts[outcome] += 1
        self._note(outcome, row, position, became)

    def _note(self, finding: str, row: Row, position: int, became: str = "", *, cells: list[str] | None = None) -> None:
        self.findings[finding] += 1
        serial = self.findings[finding]
        if serial > SHOWN_ROWS:
            return
        kept = ImportRow(contact_import=self.job, finding=finding, serial=serial, number=row.number, position=position)
        kept.was, kept.became = row.raw_phone[:40], became
        if cells and sum(map(len, cells)) <= MENDABLE:
            kept.cells = cells
        self.noted.append(kept)

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
    return _left_out(contact_import, iter(numbers))


def _left_out(contact_import: ContactImport, numbers: Iterator[int]) -> Iterator[tuple[list[str], str]]:
    with contact_import.opened() as file, closing(rows_of(contact_import, file)) as rows:
        for row, number in zip(rows, numbers, strict=True):
            if not number:
                yield row.cells, refusal(row) or REPEATED
