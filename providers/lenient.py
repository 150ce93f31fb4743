"""Reads values out of vendors' replies and calls, whose types waver: never raises over one, never trusts one."""

from datetime import UTC, datetime, tzinfo
from functools import lru_cache

# Others are blunders, and the outermost have no moment in UTC.
EARLIEST, LATEST = datetime(2000, 1, 1, tzinfo=UTC), datetime(2200, 1, 1, tzinfo=UTC)


def text(value: object, longest: int = 200) -> str:
    """Strings and numbers alike, cut to what a database column can hold; "" for anything else."""
    if isinstance(value, bool) or not isinstance(value, str | int):
        return ""
    found = str(value)
    if not found.isascii():
        found = found.encode(errors="replace").decode()
    return found.replace("\0", "")[:longest]


def number(value: object, *, digits: int) -> int | None:
    """A count of at most so many digits, as number or string."""
    figure = text(value)
    is_count = figure.isascii() and figure.isdigit() and len(figure) <= digits
    return int(figure) if is_count else None


def moment(value: object, time_format: str, zone: tzinfo) -> datetime | None:
    return _moment(text(value), time_format, zone)


@lru_cache(maxsize=1_000)  # hundreds of receipts name the same second, and reading one takes as long as all the rest
def _moment(written: str, time_format: str, zone: tzinfo) -> datetime | None:
    try:
        found = datetime.strptime(written, time_format).replace(tzinfo=zone)
    except ValueError:
        return None
    return _sane(found)


def iso_moment(value: object, zone: tzinfo) -> datetime | None:
    """ISO 8601; `zone` is for times that name none."""
    try:
        found = datetime.fromisoformat(text(value))
    except ValueError:
        return None
    return _sane(found if found.tzinfo else found.replace(tzinfo=zone))


def _sane(found: datetime) -> datetime | None:
    return found if EARLIEST <= found <= LATEST else None
