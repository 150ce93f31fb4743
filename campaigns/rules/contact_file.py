"""An uploaded CSV file: what it looks like, and its rows, each with its own errors. Nothing is stored here."""

from collections.abc import Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from types import MappingProxyType
from typing import Any, BinaryIO, NamedTuple

from campaigns.errors import InvalidInput

from .cell_values import parse_flag, parse_moment
from .csv_cells import plain_cell
from .csv_reader import START, Place, detect_delimiter, read_head, read_records
from .encodings import check_text
from .headers import ColumnMapping, clean_header, looks_like_header, refuse_duplicates
from .phone_numbers import PhoneNumber, format_domestic, parse_phone

SAMPLE_ROWS = 20
NOTHING: Mapping[str, Any] = MappingProxyType({})  # one for all rows without flags and dates
FLAGS = ("consent", "opt_out")
MOMENTS = ("consented_at", "number_acquired_on")
JOINED = {"name": ("family_name", "given_name"), "kana": ("family_kana", "given_kana")}


@dataclass(frozen=True)
class FileLimits:
    max_columns: int = 200
    max_cell: int = 10_000  # characters
    allow_m2m: bool = False  # numbers of machines


@dataclass(frozen=True)
class FileShape:
    """`header` has one entry per column; its entries are blank when the first row is data."""

    encoding: str
    delimiter: str
    header: list[str]
    has_header: bool
    sample: list[list[str]]
    row_estimate: int
    suspicious: tuple[str, ...] = ()  # "maybe_euc_jp"


class Row(NamedTuple):
    """A row with an `error` must not be imported; with `warnings` it lacks the values named there."""

    line: int  # of the file
    number: int  # of the spreadsheet; other than `line` once a cell held a line break
    cells: list[str]
    values: dict[str, str]  # field -> text, blanks left out
    flags: Mapping[str, bool]  # consent, opt_out; absent when unknown
    moments: Mapping[str, datetime]  # consented_at, number_acquired_on
    phone: PhoneNumber | None
    raw_phone: str
    error: str
    warnings: tuple[tuple[str, str], ...] = ()  # (field, code)

    @property
    def repaired(self) -> tuple[str, str] | None:
        """What stood in the file, and what we made of it."""
        return (self.raw_phone, format_domestic(self.phone.e164)) if self.phone and self.phone.repaired else None


def inspect(
    file: BinaryIO,
    *,
    encoding: str | None = None,
    delimiter: str | None = None,
    has_header: bool | None = None,
    limits: FileLimits = FileLimits(),
) -> FileShape:
    """Reads the whole file once for its encoding, its head for the rest. What a person chose is given, not guessed."""
    text = check_text(file, encoding)
    delimiter = delimiter or detect_delimiter(read_head(file, text.encoding))
    line, first, rows = _first_rows(file, text.encoding, delimiter)
    if has_header is None:
        has_header = looks_like_header(first)
    header = _header(first, rows, line=line, has_header=has_header, limits=limits)
    if has_header and not rows:
        raise InvalidInput("header_only")
    return FileShape(
        encoding=text.encoding,
        delimiter=delimiter,
        header=header,
        has_header=has_header,
        sample=rows if has_header else [first, *rows],
        row_estimate=text.lines - has_header,
        suspicious=("maybe_euc_jp",) if text.maybe_euc_jp else (),
    )


def read_rows(
    file: BinaryIO,
    shape: FileShape,
    mapping: ColumnMapping,
    *,
    start: Place = START,
    limits: FileLimits = FileLimits(),
) -> Iterator[Row]:
    """Every row that is not blank, in order, while it is read; from the row at `start` on."""
    read = RowReader(shape, mapping, limits).read
    with closing(read_records(file, shape.encoding, shape.delimiter, start=start)) as records:
        is_header = shape.has_header and start == START
        for line, number, cells in records:
            text = "".join(cells)
            if not text or text.isspace():
                continue
            if is_header:
                is_header = False
                continue
            yield read(line, number, cells, text)


def _first_rows(file: BinaryIO, encoding: str, delimiter: str) -> tuple[int, list[str], list[list[str]]]:
    with closing(read_records(file, encoding, delimiter)) as records:
        filled = ((number, cells) for _line, number, cells in records if "".join(cells).strip())
        head = list(islice(filled, SAMPLE_ROWS + 1))
    if not head:
        raise InvalidInput("empty")
    (number, first), *rest = head
    return number, first, [cells for _, cells in rest]


def _header(first: list[str], rows: list[list[str]], *, line: int, has_header: bool, limits: FileLimits) -> list[str]:
    width = len(first) if has_header else max(map(len, [first, *rows]))
    if width > limits.max_columns:
        raise InvalidInput("too_many_columns", line=line, columns=width, maximum=limits.max_columns)
    if not has_header:
        return [""] * width
    if max(map(len, first)) > limits.max_cell:
        raise InvalidInput("cell_too_long", line=line, maximum=limits.max_cell)
    header = [clean_header(title) for title in first]
    refuse_duplicates(header, line=line)
    return header


class RowReader:
    """The columns sorted out once, for a million rows."""

    def __init__(self, shape: FileShape, mapping: ColumnMapping, limits: FileLimits) -> None:
        phone_column = mapping.column_of("phone")
        if phone_column is None:
            raise InvalidInput("no_phone_column")
        self.phone_column = phone_column
        self.width = len(shape.header)
        self.max_cell = limits.max_cell
        self.allow_m2m = limits.allow_m2m
        typed = ("phone", *FLAGS, *MOMENTS)
        self.texts = [(column, name) for column, name in mapping.fields.items() if name not in typed]
        self.typed = [(column, name) for column, name in mapping.fields.items() if name in typed[1:]]
        self.joined = [name for name, parts in JOINED.items() if set(parts) & set(mapping.fields.values())]

    def read(self, line: int, number: int, cells: list[str], text: str) -> Row:
        """`text` is all cells in one."""
        if len(cells) != self.width:
            if any(map(str.strip, cells[self.width :])):
                return Row(line, number, cells, {}, NOTHING, NOTHING, None, "", "long_row")
            cells = cells + [""] * (self.width - len(cells))
        if len(text) > self.max_cell and max(map(len, cells)) > self.max_cell:
            return Row(line, number, cells, {}, NOTHING, NOTHING, None, "", "cell_too_long")
        values = {name: value for column, name in self.texts if (value := cells[column].strip())}
        if "'" in text:
            values = {name: plain_cell(value) for name, value in values.items()}
        for name in self.joined:
            self._join(values, name)
        raw = cells[self.phone_column]
        try:
            phone, error = parse_phone(raw, allow_m2m=self.allow_m2m), ""
        except InvalidInput as refusal:
            phone, error = None, refusal.code
        row = Row(line, number, cells, values, NOTHING, NOTHING, phone, raw.strip(), error)
        return self._with_typed(row) if self.typed else row

    def _join(self, values: dict[str, str], name: str) -> None:
        """One space between family and given name; a column with the whole name wins."""
        if name not in values and (whole := " ".join(values[part] for part in JOINED[name] if part in values)):
            values[name] = whole

    def _with_typed(self, row: Row) -> Row:
        flags: dict[str, bool] = {}
        moments: dict[str, datetime] = {}
        error, warnings = row.error, []
        for column, name in self.typed:
            text = row.cells[column].strip()
            if not text:
                continue
            try:
                if name in MOMENTS:
                    moments[name] = parse_moment(text)
                elif (flag := parse_flag(text)) is not None:
                    flags[name] = flag
            except InvalidInput as refusal:
                warnings.append((name, refusal.code))
                if name == "opt_out":  # who may have refused is not imported as if willing
                    error = error or "unclear_opt_out"
        return row._replace(flags=flags, moments=moments, error=error, warnings=tuple(warnings))
