"""Words and dates as people write them in a cell."""

import re
import unicodedata
from datetime import datetime
from functools import lru_cache

from campaigns.errors import InvalidInput

from .sending_window import JST

TRUE_WORDS = frozenset(["1", "○", "◯", "〇", "はい", "可", "有", "同意", "true", "yes", "y"])
FALSE_WORDS = frozenset(["0", "×", "✕", "いいえ", "不可", "無", "false", "no", "n"])
ERAS = {"令和": 2018, "R": 2018, "平成": 1988, "H": 1988, "昭和": 1925, "S": 1925}
MOMENT = re.compile(
    r"(?:([0-9]{4})|(令和|平成|昭和|[RHS])([0-9]{1,2}|元))[年/.-]([0-9]{1,2})[月/.-]([0-9]{1,2})日?(?:\([月火水木金土日]\))?"
    r"(?:T?([0-9]{1,2})[:時]([0-9]{2})(?:[:分]([0-9]{2})?秒?)?)?"
)
COMPACT = re.compile(r"([0-9]{4})()()([0-9]{2})([0-9]{2})()()()")


@lru_cache(maxsize=1_000)  # a million rows hold few different words and days
def parse_flag(text: str) -> bool | None:
    """None for a blank cell: unknown, which never means agreed. Refuses any other word."""
    word = unicodedata.normalize("NFKC", text).strip().lower()
    if not word:
        return None
    if word in TRUE_WORDS or word in FALSE_WORDS:
        return word in TRUE_WORDS
    raise InvalidInput("bad_flag")


@lru_cache(maxsize=10_000)
def parse_moment(text: str) -> datetime:
    """A Japanese or western date, midnight in Japan where it has no time of day."""
    plain = "".join(unicodedata.normalize("NFKC", text).upper().split())
    match = MOMENT.fullmatch(plain) or COMPACT.fullmatch(plain)
    if not match:
        raise InvalidInput("bad_date")
    western, era, year_of_era, *rest = match.groups()
    year = int(western) if western else ERAS[era] + (1 if year_of_era == "元" else int(year_of_era))
    month, day, hour, minute, second = (int(number or 0) for number in rest)
    try:
        return datetime(year, month, day, hour, minute, second, tzinfo=JST)
    except ValueError as error:
        raise InvalidInput("bad_date") from error
