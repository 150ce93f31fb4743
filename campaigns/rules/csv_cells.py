"""CSV for spreadsheets: no cell becomes a formula, no character disappears unnoticed."""

import csv
import io
import re
import sys
from collections import Counter
from collections.abc import Iterable, Iterator
from itertools import islice

# A spreadsheet takes what begins so for a formula, in any line of a cell, after spaces too.
RISKY = r"(?=[^\S\r\n]*[=+\-@＝＋－＠]|\t)"
RISKY_START = re.compile(rf"(?:\A|(?<=[\r\n])){RISKY}|\A(?=[\r\n])")
MARKED_START = re.compile(rf"(?:\A|(?<=[\r\n]))'{RISKY}|\A'(?=[\r\n])")
SUBSTITUTE = "〓"  # the mark Japanese printing has for a missing character
ROWS_AT_A_TIME = 500
WITHOUT_MARK = {"utf_8_sig": "utf_8", "utf_16": f"utf_16_{sys.byteorder[0]}e"}


def safe_cell(value: object) -> str:
    """Our own numbers stay bare; None is an empty cell."""
    if isinstance(value, str):
        return RISKY_START.sub("'", value)
    return "" if value is None else str(value)


def plain_cell(text: str) -> str:
    """Without the markers `safe_cell` put in."""
    return MARKED_START.sub("", text) if "'" in text else text


def not_in_cp932(text: str) -> list[str]:
    """The characters a CP932 file cannot hold, each once: to be shown before such a file is made."""
    return [character for character in dict.fromkeys(text) if not fits_cp932(character)]


def write_csv(
    rows: Iterable[Iterable[object]],
    *,
    encoding: str = "utf_8_sig",
    delimiter: str = ",",
    lost: Counter[str] | None = None,
) -> Iterator[bytes]:
    """In pieces, with byte order mark. In CP932 what it cannot hold becomes 〓 and is counted in `lost`."""
    buffer = io.StringIO(newline="")
    writer = csv.writer(buffer, delimiter=delimiter)
    remaining = iter(rows)
    first = True
    while batch := list(islice(remaining, ROWS_AT_A_TIME)):
        writer.writerows([safe_cell(value) for value in row] for row in batch)
        text = buffer.getvalue()
        buffer.seek(0)
        buffer.truncate()
        yield _encode(text, encoding if first else WITHOUT_MARK.get(encoding, encoding), lost)
        first = False


def _encode(text: str, encoding: str, lost: Counter[str] | None) -> bytes:
    if encoding == "cp932" and not fits_cp932(text) and (missing := not_in_cp932(text)):
        if lost is not None:
            lost.update({character: text.count(character) for character in missing})
        text = text.translate(dict.fromkeys(map(ord, missing), SUBSTITUTE))
    return text.encode(encoding)


def fits_cp932(text: str) -> bool:
    try:
        text.encode("cp932")
    except UnicodeEncodeError:
        return False
    return True
