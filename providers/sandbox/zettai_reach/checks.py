"""What the vendor checks before it takes a call: required members, then their values, then their lengths."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime

from ..clock import JST

REQUIRED, INVALID, TOO_LONG = 100, 110, 120
ALREADY_SENT, PAST = 130, 140
EXCEEDED, DUPLICATE = 300, 400

# The expression of the vendor's own schema; its prose is narrower and contradicts its samples.
REQUEST_NUMBER = re.compile(r"(\+81|0)([26789]0[1-9][0-9]{7}|20[1-9][0-9]{10})")
CARRIER_IDS = frozenset({"101", "103", "105", "106"})

Params = Mapping[str, str]


class RefusalError(Exception):
    """The vendor's no: HTTP 200 with a code and a text."""

    def __init__(self, code: int, text: str) -> None:
        super().__init__(text)
        self.code = code


@dataclass(frozen=True)
class Call:
    """Members in the order of the vendor's table; `one_of` needs any one; lengths without code 120 count as invalid."""

    required: tuple[str, ...]
    optional: tuple[str, ...] = ()
    one_of: tuple[str, ...] = ()
    lengths: Mapping[str, int] = field(default_factory=dict)
    length_code: int = TOO_LONG


SEND = Call(
    required=("token", "clientId", "smsCode", "message", "phoneNumber"),
    optional=("carrierId", "clientTag", "scheduleTime", "groupTag"),
    lengths={"message": 660, "clientTag": 200, "groupTag": 200},
)
CHECK = Call(
    required=("token", "clientId", "smsCode"),
    one_of=("clientTag", "scheduleTime", "scheduleDate"),
    optional=("groupTag",),
    lengths={"clientTag": 200, "groupTag": 200},
)
CANCEL = Call(required=("token", "clientId", "clientTag"), lengths={"clientTag": 200})
CANCEL_ALL = Call(
    required=("token", "clientId"),
    optional=("startDate", "endDate", "groupTag"),
    lengths={"groupTag": 200},
    length_code=INVALID,
)
STATUS = Call(required=("token", "clientId"), one_of=("clientTag", "date"), lengths={"clientTag": 203})
SHORTEN = Call(
    required=("token", "clientId", "longUrl"),
    optional=("name", "domain"),
    lengths={"longUrl": 2048, "name": 256},
)
CLEANING = Call(required=("token", "clientId", "phoneNumber", "referenceDate"))
TEMPLATES = Call(required=("token", "clientId"))
COUNTS = Call(required=("token", "clientId", "month"))


def read_minute(text: str) -> datetime:
    """`yyyy-MM-dd HH:mm`, Japan time; ValueError for anything else."""
    if not re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2} [0-9]{2}:[0-9]{2}", text):
        raise ValueError(text)
    return datetime.strptime(text, "%Y-%m-%d %H:%M").replace(tzinfo=JST)


def read_day(text: str) -> date:
    """`yyyyMMdd`; ValueError for anything else."""
    if not re.fullmatch(r"[0-9]{8}", text):
        raise ValueError(text)
    return date(int(text[:4]), int(text[4:6]), int(text[6:]))


def read_month(text: str) -> date:
    """`yyyyMM` as the first of the month; ValueError for anything else."""
    return read_day(text + "01")


def _readable(read: Callable[[str], object]) -> Callable[[str], bool]:
    def is_readable(text: str) -> bool:
        try:
            read(text)
        except ValueError:
            return False
        return True

    return is_readable


IS_VALID: dict[str, Callable[[str], bool]] = {
    "phoneNumber": lambda text: REQUEST_NUMBER.fullmatch(text) is not None,
    "carrierId": CARRIER_IDS.__contains__,
    "scheduleTime": _readable(read_minute),
    "scheduleDate": _readable(read_day),
    "startDate": _readable(read_day),
    "endDate": _readable(read_day),
    "referenceDate": _readable(read_day),
    "date": _readable(read_day),
    "month": _readable(read_month),
}


def require(params: Params, call: Call) -> None:
    for name in call.required:
        if name not in params:
            raise RefusalError(REQUIRED, f"Required {name}.")
    if call.one_of and not any(name in params for name in call.one_of):
        raise RefusalError(REQUIRED, f"Required {call.one_of[0]}.")


def check_values(params: Params, call: Call) -> None:
    for name in (*call.required, *call.one_of, *call.optional):
        if name in params and name in IS_VALID and not IS_VALID[name](params[name]):
            raise invalid(name)


def check_lengths(params: Params, call: Call) -> None:
    for name, most in call.lengths.items():
        if len(params.get(name, "")) > most:
            raise invalid(name) if call.length_code == INVALID else RefusalError(TOO_LONG, f"{name} too long.")


def invalid(name: str) -> RefusalError:
    return RefusalError(INVALID, f"Invalid {name}.")


def international(number: str) -> str:
    return "+81" + number[1:] if number.startswith("0") else number


def parts_of(body: str) -> int:
    """Billed parts: 70 characters in one, else 66 in each."""
    return 1 if len(body) <= 70 else -(-len(body) // 66)
