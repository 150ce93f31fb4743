"""A sheet of a workbook, written as text beside it, so that whatever follows can go on from any row of it."""

import csv
from collections.abc import Iterator
from contextlib import closing
from io import StringIO, TextIOWrapper
from itertools import islice
from pathlib import Path
from tempfile import TemporaryFile
from typing import Any, BinaryIO

from django.conf import settings

from campaigns.errors import InvalidInput
from campaigns.models import ContactImport
from campaigns.rules.contact_file import SAMPLE_ROWS
from campaigns.rules.headers import guess_mapping
from campaigns.rules.sheet_cells import SHEET_START, SheetPlace
from campaigns.rules.workbook import Portion, Sheet, Workbook, WorkbookLimits

from .beside import KeptTexts, write_at
from .passes import CHUNK, Pass, Step

AS_WRITTEN: dict[str, Any] = {"encoding": "utf_8_sig", "delimiter": ","}  # by us
BOM = b"\xef\xbb\xbf"
HEAD_ROWS = 10_000  # written while the person waits: all of most workbooks


def _workbook_limits() -> WorkbookLimits:
    return WorkbookLimits(max_unpacked=settings.IMPORT_MAX_UNPACKED_BYTES, max_columns=settings.IMPORT_MAX_COLUMNS)


def write_head(contact_import: ContactImport, name: str) -> dict[str, Any]:
    """Choose a sheet, the likely one without a `name`, and write its first rows; the columns that tell where it is."""
    with open(contact_import.file.path, "rb") as file:
        workbook = Workbook(file, _workbook_limits())
        sheet = next((sheet for sheet in workbook.sheets if sheet.name == name), None) or _likely_sheet(workbook)
        chosen = {"sheets": [sheet.name for sheet in workbook.sheets], "sheet": sheet.name}
        head = next(_portions(workbook, sheet, least=HEAD_ROWS))
        text = ContactImport(file=contact_import.file.name, **chosen).text_path
        text.unlink(missing_ok=True)
        place = {"rows_read": len(head.rows), "bytes_prepared": _write_rows(text, 0, head.rows), "unread_from": None}
        if head.rest:
            place["unread_from"] = head.rest.byte
            place["rows_total"] = len(head.rows) * workbook.size(sheet) // head.rest.byte
    return chosen | place


class ReadPass(Pass):
    """One slice of writing the rest of a large sheet."""

    def steps(self) -> Iterator[Step]:
        job = self.job
        with open(job.file.path, "rb") as file:
            workbook = Workbook(file, _workbook_limits())
            workbook.texts = KeptTexts(job).table(workbook)
            sheet = next(sheet for sheet in workbook.sheets if sheet.name == job.sheet)
            for rows, rest in _portions(workbook, sheet, SheetPlace(job.unread_from or 0, job.rows_read), least=CHUNK):
                place = {"unread_from": rest.byte if rest else None}
                yield Step(rows, rows=len(rows), place=place, is_last=not rest)

    def store(self, rows: list[list[str]], start: int) -> dict[str, object]:
        length = _write_rows(self.job.text_path, self.job.bytes_prepared, rows)
        return {"bytes_prepared": length, "rows_total": max(self.job.rows_total, start + len(rows))}


def sheet_as_text(file: BinaryIO, most_rows: int) -> BinaryIO:
    """The likely sheet of a workbook, AS_WRITTEN, in a file gone once closed; cut just beyond `most_rows`."""
    workbook = Workbook(file, _workbook_limits())
    written = TemporaryFile()  # noqa: SIM115  the caller closes it
    text = TextIOWrapper(written, encoding=AS_WRITTEN["encoding"], newline="")
    csv.writer(text).writerows(islice(workbook.rows(_likely_sheet(workbook)), most_rows + 2))
    text.flush()
    text.detach()
    return written


def _portions(workbook: Workbook, sheet: Sheet, start: SheetPlace = SHEET_START, *, least: int) -> Iterator[Portion]:
    """At least so many rows each, but for the last."""
    rows: list[list[str]] = []
    with closing(workbook.portions(sheet, start)) as portions:  # type: ignore[type-var]
        for found, rest in portions:
            rows += found
            if len(rows) >= least or not rest:
                yield Portion(rows, rest)
                rows = []


def _write_rows(path: Path, start: int, rows: list[list[str]]) -> int:
    """The length of the text with them."""
    text = StringIO(newline="")
    csv.writer(text).writerows(rows)
    content = (b"" if start else BOM) + text.getvalue().encode()
    write_at(path, start, content)
    return start + len(content)


def _likely_sheet(workbook: Workbook) -> Sheet:
    """The first with a column of numbers, for many workbooks begin with a cover."""
    for sheet in workbook.sheets:
        header, *sample = _head(workbook, sheet) or [[]]
        guess = guess_mapping(header, sample)
        if guess.column_of("phone") is not None or "phone" in guess.ambiguous:
            return sheet
    return workbook.sheets[0]


def _head(workbook: Workbook, sheet: Sheet) -> list[list[str]]:
    try:
        return list(islice(filter(None, workbook.rows(sheet)), SAMPLE_ROWS + 1))
    except InvalidInput:  # shown to the person who chooses this sheet
        return []
