"""An Excel workbook (.xlsx, .xlsm) as rows of text, a sheet at a time; memory stays flat. Macros are not looked at."""

import posixpath
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from typing import BinaryIO, NamedTuple
from xml.parsers import expat

from campaigns.errors import InvalidInput

from .shared_texts import SharedTexts, TextTable
from .sheet_cells import FIRST_DAY, FIRST_DAY_1904, SHEET_START, DateCells, SheetPlace, SheetRows, date_styles
from .workbook_xml import Elements, parse, parse_items

WORKBOOK, RELATIONS = "xl/workbook.xml", "xl/_rels/workbook.xml.rels"
TEXTS, STYLES = "xl/sharedStrings.xml", "xl/styles.xml"
PACKINGS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)  # those a workbook may use (ECMA-376 part 2)
# What the archive and the XML in it raise when they are damaged, locked or of a kind we do not know.
DAMAGE = (zipfile.BadZipFile, zlib.error, expat.ExpatError, KeyError, IndexError, ValueError, RuntimeError, EOFError)


@dataclass(frozen=True)
class WorkbookLimits:
    max_unpacked: int = 1_500_000_000  # bytes
    max_columns: int = 200
    max_cell: int = 10_000  # characters


class Sheet(NamedTuple):
    name: str
    part: str  # its file in the archive


class Portion(NamedTuple):
    """Rows of a sheet, and where the next begin; None at its end."""

    rows: list[list[str]]
    rest: SheetPlace | None


class Workbook:
    """InvalidInput, at once or while reading, for one that is damaged, has no sheet, or is too large unpacked."""

    def __init__(self, file: BinaryIO, limits: WorkbookLimits = WorkbookLimits()) -> None:
        self.limits = limits
        with _damage_named():
            self.archive = zipfile.ZipFile(file)
            entries = self.archive.infolist()
            if not all(entry.compress_type in PACKINGS for entry in entries):
                raise InvalidInput("damaged_workbook")
            # The sizes in the directory can be believed: reading stops at them.
            if sum(entry.file_size for entry in entries) > limits.max_unpacked:
                raise InvalidInput("workbook_too_large", maximum=limits.max_unpacked // 1_000_000)
            self.sheets = self._visible_sheets()
        if not self.sheets:
            raise InvalidInput("no_sheet")

    def rows(self, sheet: Sheet) -> Iterator[list[str]]:
        """Blank rows too, so that the nth is row n of the spreadsheet; none after the last filled one."""
        for portion in self.portions(sheet):
            yield from portion.rows

    def portions(self, sheet: Sheet, start: SheetPlace = SHEET_START) -> Iterator[Portion]:
        with _damage_named(), self.archive.open(sheet.part) as content:
            rows = SheetRows(
                self.texts,
                self.dates,
                max_columns=self.limits.max_columns,
                max_cell=self.limits.max_cell,
                start=start,
            )
            for _ in parse_items(content, rows, start=start.byte):  # type: ignore[arg-type]
                yield Portion(rows.finished(), rows.rest)
            yield Portion(rows.finished(is_end=True), None)

    def size(self, sheet: Sheet) -> int:
        """Bytes of its part."""
        return self.archive.getinfo(sheet.part).file_size

    @cached_property
    def texts(self) -> TextTable:
        """What the cells point to; read as far as they do, unless somebody has put all of them here."""
        return self._shared_texts()

    def all_texts(self) -> SharedTexts:
        with _damage_named():
            texts = self._shared_texts()
            texts.read_all()
            return texts

    def _shared_texts(self) -> SharedTexts:
        texts = SharedTexts(self.limits.max_cell, most=self.limits.max_unpacked // 10)
        if TEXTS in self.archive.namelist():
            texts.unread = parse(self.archive.open(TEXTS), texts)  # type: ignore[arg-type]
        return texts

    @cached_property
    def dates(self) -> DateCells:
        given = next((given for name, given in self._elements(WORKBOOK) if name == "workbookPr"), {})
        since_1904 = given.get("date1904") in ("1", "true")
        return DateCells(date_styles(self._elements(STYLES)), FIRST_DAY_1904 if since_1904 else FIRST_DAY)

    def _visible_sheets(self) -> list[Sheet]:
        parts = {
            given["Id"]: posixpath.normpath(posixpath.join("/xl", given["Target"])).lstrip("/")
            for name, given in self._elements(RELATIONS)
            if name == "Relationship" and given["Type"].endswith("/worksheet")
        }
        shown = [
            (given["name"], relation)
            for name, given in self._elements(WORKBOOK)
            if name == "sheet" and given.get("state", "visible") == "visible"
            for key, relation in given.items()
            if key.endswith(":id")
        ]
        return [Sheet(name, parts[relation]) for name, relation in shown if relation in parts]

    def _elements(self, part: str) -> list[tuple[str, dict[str, str]]]:
        """A part that is not there is empty."""
        elements = Elements()
        if part in self.archive.namelist():
            with self.archive.open(part) as content:
                for _ in parse(content, elements):  # type: ignore[arg-type]
                    pass
        return elements.found


@contextmanager
def _damage_named() -> Iterator[None]:
    try:
        yield
    except InvalidInput:
        raise
    except DAMAGE as error:
        raise InvalidInput("damaged_workbook") from error
