"""Records of a CSV file as they stand, each with its place in the file; memory stays flat."""

import csv
import io
from collections import Counter
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from itertools import chain, islice
from typing import BinaryIO, NamedTuple

from campaigns.errors import InvalidInput

DELIMITERS = ",\t;"
HEAD = 50_000  # characters; below the csv module's own limit for one cell
END = "\0"  # follows the last line; no text file holds one, see encodings.py


class Place(NamedTuple):
    """A cell may hold line breaks: a record begins on a line of the file, and is another row of the spreadsheet."""

    line: int = 1
    row: int = 1


START = Place()


def read_head(file: BinaryIO, encoding: str) -> str:
    """Whole lines from the beginning of the file."""
    with _open_text(file, encoding) as text:
        head = text.read(HEAD)
    return head if len(head) < HEAD else head[: max(head.rfind("\n"), head.rfind("\r")) + 1]


def detect_delimiter(head: str) -> str:
    """The one that cuts most records into the same number of cells; a comma if none does."""
    return max(DELIMITERS, key=lambda delimiter: _evenness(head, delimiter))


def read_records(
    file: BinaryIO, encoding: str, delimiter: str, *, start: Place = START
) -> Generator[tuple[int, int, list[str]]]:
    """Line, row and cells. Refuses, at the row where it begins, a quote that is never closed.

    A record must begin at `start`.
    """
    with _open_text(file, encoding) as text:
        skipped = sum(1 for _ in islice(text, start.line - 1))
        reader = csv.reader(chain(text, [END]), delimiter=delimiter)
        line, row = start
        try:
            for row, cells in enumerate(reader, start.row):
                if cells and cells[-1].endswith(END):
                    break
                yield line, row, cells
                line = skipped + reader.line_num + 1
        except csv.Error as error:  # a cell beyond the module's limit of 131,072 characters
            is_open = skipped + reader.line_num > line
            row += line > start.line
            raise InvalidInput("unclosed_quote" if is_open else "cell_too_long", line=row) from error
        if skipped + reader.line_num > line:  # the end was swallowed by a record that began before it
            raise InvalidInput("unclosed_quote", line=row)


def _evenness(head: str, delimiter: str) -> tuple[float, int]:
    reader = csv.reader(io.StringIO(head, newline=""), delimiter=delimiter)
    widths = [len(cells) for cells in reader if cells]
    if not widths:
        return 0, 0
    width, times = Counter(widths).most_common(1)[0]
    return (times / len(widths) if width > 1 else 0), width


@contextmanager
def _open_text(file: BinaryIO, encoding: str) -> Iterator[io.TextIOWrapper]:
    """Leaves the file open."""
    file.seek(0)
    text = io.TextIOWrapper(file, encoding, newline="")
    try:
        yield text
    finally:
        text.detach()
