"""What must stand in no log, exception or report: secrets in any form they travel in, and whole numbers."""

import base64
import logging
import re
from collections.abc import Iterable, Mapping, Sequence
from itertools import permutations
from urllib.parse import quote

NUMBERS = re.compile(r"80\D?1111\D?99[0-9]{2}|80[0-9]1119901")  # those the contract sends to, in any form
SHORTEST = 10  # a service or client number is no secret, and would be found everywhere


def secrets_of(credentials: Mapping[str, str]) -> set[str]:
    """As they are, as they stand in an address, and in pairs as Basic authentication carries them."""
    plain = [value for value in credentials.values() if len(value) >= SHORTEST]
    pairs = (base64.b64encode(f"{a}:{b}".encode()).decode() for a, b in permutations(credentials.values(), 2))
    return {*plain, *(quote(value, safe="") for value in plain), *pairs}


def leaks(records: Iterable[logging.LogRecord], shown: Sequence[str], secrets: Iterable[str]) -> list[str]:
    """The secrets and numbers found, tracebacks and arguments of the log lines included."""
    form = logging.Formatter()
    everything = "\n".join([*shown, *(form.format(record) for record in records)])
    return [secret for secret in secrets if secret in everything] + NUMBERS.findall(everything)
