"""An Excel workbook (.xlsx, .xlsm) as rows of text, a sheet at a time; memory stays flat. Macros are not looked at."""

import posixpath
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property, partial
from typing import Any, BinaryIO, NamedTuple
from xml.parsers import expat

from campaigns.errors import InvalidInput

from .sheet_cells import SharedTexts, SheetRows, date_styles

BLOCK = 1 << 16
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
        with _damage_named():
            rows = SheetRows(self._texts, self._date_styles(), self.limits.max_columns, since_1904=self._since_1904())
            for _ in self._parse(sheet.part, rows):
                yield from rows.finished()

    @cached_property
    def _texts(self) -> SharedTexts:
        texts = SharedTexts(self.limits.max_cell, most=self.limits.max_unpacked // 10)
        self._read(TEXTS, texts)
        return texts

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

    def _since_1904(self) -> bool:
        given = next((given for name, given in self._elements(WORKBOOK) if name == "workbookPr"), {})
        return given.get("date1904") in ("1", "true")

    def _date_styles(self) -> frozenset[int]:
        return date_styles(self._elements(STYLES))

    def _elements(self, part: str) -> list[tuple[str, dict[str, str]]]:
        """Names and attributes, in order; of small parts."""
        collected = _Elements()
        self._read(part, collected)
        return collected.found

    def _read(self, part: str, handler: Any) -> None:
        """A part that is not there is empty."""
        if part in self.archive.namelist():
            for _ in self._parse(part, handler):
                pass

    def _parse(self, part: str, handler: Any) -> Iterator[None]:
        """Block by block, for the caller to take what the handler has after each."""
        parser = expat.ParserCreate()
        parser.buffer_text = True
        parser.StartDoctypeDeclHandler = _refuse_entities
        parser.StartElementHandler = partial(_begin, parser, handler)
        with self.archive.open(part) as content:
            while block := content.read(BLOCK):
                parser.Parse(block, False)
                yield
        parser.Parse(b"", True)
        yield


class _Elements:
    def __init__(self) -> None:
        self.found: list[tuple[str, dict[str, str]]] = []

    def start(self, name: str, given: dict[str, str]) -> None:
        self.found.append((name, given))

    def end(self, name: str) -> None: ...

    def text(self, text: str) -> None: ...


def _begin(parser: Any, handler: Any, name: str, given: dict[str, str]) -> None:
    """The first element tells whether all of them carry a prefix, as some programs write them."""
    prefix = len(name) - len(name.rpartition(":")[2])
    if prefix:
        parser.StartElementHandler = lambda name, given: handler.start(name[prefix:], given)
        parser.EndElementHandler = lambda name: handler.end(name[prefix:])
    else:
        parser.StartElementHandler, parser.EndElementHandler = handler.start, handler.end
    parser.CharacterDataHandler = handler.text
    parser.StartElementHandler(name, given)


def _refuse_entities(*declaration: object) -> None:
    raise InvalidInput("damaged_workbook")


@contextmanager
def _damage_named() -> Iterator[None]:
    try:
        yield
    except InvalidInput:
        raise
    except DAMAGE as error:
        raise InvalidInput("damaged_workbook") from error
