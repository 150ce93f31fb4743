"""Reads values out of vendors' replies and calls, whose types waver: never raises over one, never trusts one."""

from datetime import UTC, datetime, tzinfo

EARLIEST = datetime(2000, 1, 1, tzinfo=UTC)  # older ones are blunders, and the oldest have no moment in UTC


def text(value: object, longest: int = 200) -> str:
    """Strings and numbers alike, cut to what a database column can hold; "" for anything else."""
    if isinstance(value, bool) or not isinstance(value, str | int):
        return ""
    return str(value).encode(errors="replace").decode().replace("\0", "")[:longest]


def number(value: object, *, digits: int) -> int | None:
    """A count of at most so many digits, as number or string."""
    figure = text(value)
    is_count = figure.isascii() and figure.isdigit() and len(figure) <= digits
    return int(figure) if is_count else None


def moment(value: object, time_format: str, zone: tzinfo) -> datetime | None:
    try:
        found = datetime.strptime(text(value), time_format).replace(tzinfo=zone)
    except ValueError:
        return None
    return found if found >= EARLIEST else None
