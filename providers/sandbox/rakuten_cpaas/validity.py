"""How long the network may keep trying, in the three ways the vendor takes it."""

import math
import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from .refusals import RefusalError

INVALID = 105
SECONDS = {"days": 86400, "hours": 3600, "minutes": 60, "seconds": 1}
SMPP = "smpp_validity_period_string"
SMPP_FORM = re.compile(r"(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)(\d)(\d\d)([-+R])", re.ASCII)
LONGEST = 72 * 3600


def validity_of(fields: Mapping[str, Any], now: datetime) -> float:
    """In seconds; without any for as long as the network likes."""
    period = fields.get("validity_period")
    if period is None:
        return math.inf
    if not isinstance(period, dict) or not period or not period.keys() <= {*SECONDS, SMPP}:
        raise RefusalError(INVALID)
    if SMPP in period and len(period) > 1:
        raise RefusalError(INVALID)
    seconds = _of_smpp(period[SMPP], now) if SMPP in period else _of_members(period)
    if not 0 < seconds <= LONGEST:
        raise RefusalError(INVALID)
    return seconds


def _of_members(period: Mapping[str, Any]) -> float:
    if not all(re.fullmatch("[0-9]{1,7}", str(value)) for value in period.values()):
        raise RefusalError(INVALID)
    return sum(int(value) * SECONDS[name] for name, value in period.items())


def _of_smpp(text: object, now: datetime) -> float:
    match = SMPP_FORM.fullmatch(text) if isinstance(text, str) else None
    if not match:
        raise RefusalError(INVALID)
    years, months, days, hours, minutes, seconds, _tenths, quarters = (int(number) for number in match.groups()[:8])
    if match[9] == "R":
        whole_days = 365 * years + 30 * months + days
        return timedelta(days=whole_days, hours=hours, minutes=minutes, seconds=seconds).total_seconds()
    try:
        moment = datetime(2000 + years, months, days, hours, minutes, seconds, tzinfo=UTC)
    except ValueError:
        raise RefusalError(INVALID) from None
    east = timedelta(minutes=15 * quarters) * (1 if match[9] == "+" else -1)
    return (moment - east - now).total_seconds()
