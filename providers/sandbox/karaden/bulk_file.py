"""The file of a BULK: its rows as if each were a send of its own. The layout is ours; README.md tells why."""

import csv
import io
from collections.abc import Iterator

from .checks import Fields, RefusalError

REQUIRED = ("service_id", "to", "body")
OPTIONAL = ("tags", "is_shorten", "limited_at")
MOST_ROWS = 10_000
TAG_SEPARATOR = "|"


def rows_of(content: bytes) -> list[Fields]:
    """RefusalError for a file that is no such file; what is wrong with a row is the row's own affair."""
    try:
        lines = csv.DictReader(io.StringIO(content.decode("utf-8-sig"), newline=""), strict=True)
        names = lines.fieldnames or ()
        if not set(REQUIRED) <= set(names) <= {*REQUIRED, *OPTIONAL}:
            raise _refusal("1行目の項目名が正しくありません。")
        rows = list(_rows(lines))
    except (UnicodeDecodeError, csv.Error):
        raise _refusal("UTF-8のCSVファイルではありません。") from None
    if not 0 < len(rows) <= MOST_ROWS:
        raise _refusal(f"1件以上{MOST_ROWS}件以下のファイルにしてください。")
    return rows


def _rows(lines: "csv.DictReader[str]") -> Iterator[Fields]:
    for line in lines:
        fields: dict[str, str | list[str]] = {name: value for name, value in line.items() if name and value}
        if tags := line.get("tags"):
            fields["tags"] = tags.split(TAG_SEPARATOR)
        yield fields


def _refusal(text: str) -> RefusalError:
    return RefusalError("validation_error", {"bulk_file": [text]})
