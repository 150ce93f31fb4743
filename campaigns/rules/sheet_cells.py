"""The XML of a sheet, and of the styles its cells point to, as the text a person sees in each cell."""

import re
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from functools import lru_cache
from typing import NamedTuple

from campaigns.errors import InvalidInput

from .sending_window import JST
from .shared_texts import TextTable, unescaped

# Formats of dates and times that have a number and no text; 27 to 36 and 50 to 58 are Japanese.
DATE_FORMATS = {*range(14, 23), *range(27, 37), *range(45, 48), *range(50, 59)}
NOT_A_DATE = re.compile(r'"[^"]*"|\\.|_.|\[(?!h+\]|m+\]|s+\])[^\]]*\]', re.IGNORECASE)
DATE_LETTERS = re.compile(r"[ymdhseg]", re.IGNORECASE)  # e and g: Japanese years
LAST_ROW, LAST_COLUMN = 1_048_576, 16_384
FIRST_DAY, FIRST_DAY_1904 = datetime(1899, 12, 30, tzinfo=JST), datetime(1904, 1, 1, tzinfo=JST)
BLANK_ROW: list[str] = []  # one for all: a sheet may begin in row 1,000,000


class DateCells(NamedTuple):
    """Which cells show a number as a date, and the day it counts from."""

    styles: frozenset[int]
    first_day: datetime


class SheetPlace(NamedTuple):
    """Where reading can go on: the byte of the sheet's part where a row begins, and the number of rows before it."""

    byte: int = 0
    row: int = 0


SHEET_START = SheetPlace()


class SheetRows:
    """Collects the rows of a sheet while it is parsed, each once the next begins."""

    item = "row"
    place: Callable[[], int]

    def __init__(
        self,
        texts: TextTable,
        dates: DateCells,
        *,
        max_columns: int,
        max_cell: int,
        start: SheetPlace = SHEET_START,
    ) -> None:
        self.texts, self.dates = texts, dates
        self.max_columns, self.max_cell = max_columns, max_cell
        self.rows: list[list[str]] = []
        self.row = self.written = start.row  # numbers of the row now read and of the last handed on
        self.next_at = start.byte  # where the rows after that one begin
        self.cells: list[str] = []
        self.column = 0
        self.kind, self.style = "n", ""
        self.pieces: list[str] = []
        self.length = 0
        self.is_value = self.is_reading = False

    @property
    def rest(self) -> SheetPlace:
        """Where the rows begin that are not handed on yet."""
        return SheetPlace(self.next_at, self.written)

    def finished(self, *, is_end: bool = False) -> list[list[str]]:
        if is_end:
            self._hand_on()
        rows, self.rows = self.rows, []
        return rows

    def start(self, name: str, given: dict[str, str]) -> None:
        if name == "c":
            self.column = _column(given["r"]) if "r" in given else self.column + 1
            self.kind, self.style = given.get("t", "n"), given.get("s", "")
            self.pieces, self.length = [], 0
        elif name == "v" or (name == "t" and not self.is_reading):
            self.is_value = True
        elif name == "rPh":
            self.is_reading = True
        elif name == "row":
            if self.cells or not self.next_at:
                self._hand_on()
                self.next_at = self.place()
            self.row = int(given["r"]) if "r" in given else self.row + 1
            if not self.written < self.row <= LAST_ROW:
                raise InvalidInput("damaged_workbook")
            self.column = 0

    def text(self, text: str) -> None:
        if self.is_value and self.length <= self.max_cell:
            self.pieces.append(text)
            self.length += len(text)

    def end(self, name: str) -> None:
        if name in ("v", "t"):
            self.is_value = False
        elif name == "c":
            if self.pieces:
                self._put(self._shown("".join(self.pieces)))
        elif name == "rPh":
            self.is_reading = False

    def _hand_on(self) -> None:
        """Rows without cells are handed on with the next that has some."""
        if self.cells:
            self.rows += [BLANK_ROW] * (self.row - self.written - 1)
            self.rows.append(self.cells)
            self.cells, self.written = [], self.row

    def _put(self, text: str) -> None:
        """Cells without a value, which every tidied sheet has by the thousand, count for nothing."""
        if not text:
            return
        if self.column > self.max_columns:
            raise InvalidInput("too_many_columns", line=self.row, columns=self.column, maximum=self.max_columns)
        self.cells += [""] * (self.column - 1 - len(self.cells))
        self.cells.append(text)

    def _shown(self, text: str) -> str:
        kind = self.kind
        if kind == "s":
            return self.texts[int(text)]
        if kind == "n":
            if self.style and int(self.style) in self.dates.styles:
                return _as_date(text, self.dates.first_day)
            return text if text.isdigit() else _as_number(text)
        if kind == "b":
            return "TRUE" if text == "1" else "FALSE"
        return unescaped(text)[: self.max_cell + 1]


def date_styles(elements: Iterable[tuple[str, dict[str, str]]]) -> frozenset[int]:
    """Which styles of cells show a number as a date."""
    dates, styles, at = set(DATE_FORMATS), set(), -1
    is_cell_style = False
    for name, given in elements:
        if name == "numFmt" and DATE_LETTERS.search(NOT_A_DATE.sub("", given["formatCode"])):
            dates.add(int(given["numFmtId"]))
        elif name in ("cellXfs", "cellStyles"):
            is_cell_style = name == "cellXfs"
        elif name == "xf" and is_cell_style:
            at += 1
            if int(given.get("numFmtId", 0)) in dates:
                styles.add(at)
    return frozenset(styles)


def _column(reference: str) -> int:
    return _number_of(reference.rstrip("0123456789"))


@lru_cache(maxsize=20_000)
def _number_of(letters: str) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + ord(letter) - 64
    if not 0 < number <= LAST_COLUMN:
        raise InvalidInput("damaged_workbook")
    return number


def _as_number(text: str) -> str:
    """Whole numbers without a decimal point or exponent, others as a spreadsheet rounds them."""
    number = float(text)
    return f"{number:.0f}" if number.is_integer() and abs(number) < 1e15 else f"{number:.15g}"


@lru_cache(maxsize=10_000)
def _as_date(text: str, first_day: datetime) -> str:
    days = float(text)
    try:
        at = first_day + timedelta(seconds=round(days * 86_400))
    except OverflowError:
        return _as_number(text)
    day, time = f"{at.year}/{at.month}/{at.day}", f"{at.hour}:{at:%M:%S}"
    if days < 1:
        return time
    return day if time == "0:00:00" else f"{day} {time}"
