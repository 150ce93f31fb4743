"""The XML of a sheet, and of the texts and styles its cells point to, as the text a person sees in each cell."""

import re
from array import array
from collections.abc import Iterable
from datetime import datetime, timedelta
from functools import lru_cache

from campaigns.errors import InvalidInput

from .sending_window import JST

# Formats of dates and times that have a number and no text; 27 to 36 and 50 to 58 are Japanese.
DATE_FORMATS = {*range(14, 23), *range(27, 37), *range(45, 48), *range(50, 59)}
NOT_A_DATE = re.compile(r'"[^"]*"|\\.|_.|\[(?!h+\]|m+\]|s+\])[^\]]*\]', re.IGNORECASE)
DATE_LETTERS = re.compile(r"[ymdhseg]", re.IGNORECASE)  # e and g: Japanese years
ESCAPES = {"_x000D_": "", "_x005F_": "_"}
LAST_ROW, LAST_COLUMN = 1_048_576, 16_384
FIRST_DAY, FIRST_DAY_1904 = datetime(1899, 12, 30, tzinfo=JST), datetime(1904, 1, 1, tzinfo=JST)
BLANK_ROW: list[str] = []  # one for all: a sheet may begin in row 1,000,000


class SharedTexts:
    """The texts of a workbook, each once: packed, for a million of them. A text beyond `max_cell` is cut after it."""

    def __init__(self, max_cell: int, *, most: int) -> None:
        self.max_cell, self.most = max_cell, most
        self.packed, self.ends = bytearray(), array("Q", [0])
        self.pieces: list[str] = []
        self.length = 0  # of the pieces together
        self.is_text = self.is_reading = False

    def __getitem__(self, at: int) -> str:
        return self.packed[self.ends[at] : self.ends[at + 1]].decode()

    def start(self, name: str, given: dict[str, str]) -> None:
        if name == "rPh":  # how it is read aloud
            self.is_reading = True
        self.is_text = name == "t" and not self.is_reading

    def text(self, text: str) -> None:
        if self.is_text and self.length <= self.max_cell:
            self.pieces.append(text)
            self.length += len(text)

    def end(self, name: str) -> None:
        self.is_text = False
        if name == "rPh":
            self.is_reading = False
        elif name == "si":
            self.packed += unescaped("".join(self.pieces))[: self.max_cell + 1].encode()
            self.ends.append(len(self.packed))
            self.pieces.clear()
            self.length = 0
            if len(self.packed) > self.most:
                raise InvalidInput("workbook_too_large", maximum=self.most // 1_000_000)


class SheetRows:
    """Collects the rows of a sheet while it is parsed."""

    def __init__(self, texts: SharedTexts, date_styles: frozenset[int], max_columns: int, *, since_1904: bool) -> None:
        self.texts, self.date_styles, self.max_columns = texts, date_styles, max_columns
        self.first_day = FIRST_DAY_1904 if since_1904 else FIRST_DAY
        self.rows: list[list[str]] = []
        self.row, self.written = 0, 0  # numbers of the row now read and of the last handed on
        self.cells: list[str] = []
        self.column = 0
        self.kind, self.style = "n", ""
        self.pieces: list[str] = []
        self.length = 0
        self.is_value = self.is_reading = False

    def finished(self) -> list[list[str]]:
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
            self.row = int(given["r"]) if "r" in given else self.row + 1
            if not self.written < self.row <= LAST_ROW:
                raise InvalidInput("damaged_workbook")
            self.cells, self.column = [], 0

    def text(self, text: str) -> None:
        if self.is_value and self.length <= self.texts.max_cell:
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
        elif name == "row" and self.cells:
            self.rows += [BLANK_ROW] * (self.row - self.written - 1)
            self.rows.append(self.cells)
            self.written = self.row

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
            if self.style and int(self.style) in self.date_styles:
                return _as_date(text, self.first_day)
            return text if text.isdigit() else _as_number(text)
        if kind == "b":
            return "TRUE" if text == "1" else "FALSE"
        return unescaped(text)[: self.texts.max_cell + 1]


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


def unescaped(text: str) -> str:
    for escape, meant in ESCAPES.items() if "_x" in text else ():
        text = text.replace(escape, meant)
    return text


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
