"""Raw text -> E.164 of a Japanese mobile number, or the reason why not. N1 to N10 are the steps of the domain rules."""

import re
from typing import Final, NamedTuple

from campaigns.errors import InvalidInput

from .pseudonyms import is_pseudonym

INVISIBLE = [*range(0x200B, 0x2010), *range(0x202A, 0x202F), 0x2060, *range(0x2066, 0x206A), 0xFEFF, 0x00AD]
WHITESPACE = [code for code in range(0x3001) if chr(code).isspace()]
SEPARATORS = "-‐‑‒–—―−ーｰ－﹣─━.．()（）"
SEVERAL = re.compile("[/／、,，;；〜～~]")

DROP_INVISIBLE = dict.fromkeys(INVISIBLE)
TO_ASCII = {0xFF10 + digit: str(digit) for digit in range(10)} | {ord("＋"): "+"}
DROP_SEPARATORS = dict.fromkeys([*WHITESPACE, *map(ord, SEPARATORS)])
ALL_AT_ONCE = str.maketrans(DROP_INVISIBLE | TO_ASCII | DROP_SEPARATORS)

PLAIN_MOBILE = re.compile(r"(\+81|0|)([6-9]0[1-9][0-9]{7})")
FORMULA_TEXT = re.compile(r'="(.*)"', re.DOTALL)
LABEL = re.compile("tel:", re.IGNORECASE)
DIGITS = re.compile(r"\+?[0-9]+")
SCIENTIFIC = re.compile(r"[0-9]+(?:[.,][0-9]+)?E[+-]?[0-9]+", re.IGNORECASE)

COUNTRY_CODE = re.compile(r"(?:\+81|01081)([0-9]*)|81([0-9]{10,11})")
MOBILE = re.compile(r"0[6-9]0[1-9][0-9]{7}")
M2M = re.compile(r"020[1235-9][0-9]{7}|0200[0-9]{10}")
# The classes of numbers that are not mobile, as dialled inside Japan; the first that matches names the reason.
CLASSES = [
    (re.compile(pattern), code)
    for pattern, code in (
        (r"1[0-9]{2}", "emergency"),
        (r"0081[0-9]*", "international_prefix"),
        (r"010[0-9]+", "foreign"),
        (r"0120[0-9]{6}|0800[0-9]{7}", "toll_free"),
        (r"0570[0-9]{6}|0990[0-9]{6}", "special_number"),
        (r"020[0-35-9][0-9]{7}|0200[0-9]{10}", "m2m"),
        (r"0204[0-9]{7}", "pager"),
        (r"050[0-9]{8}", "ip_phone"),
        (r"0600[0-9]{7}", "fmc"),
        (r"0(?![2-9]0)[1-9][0-9]{8}", "landline"),
        (r"(?:0[5-9]0[0-9]{8}|0[1-9][0-9]{8}){2,}", "several_numbers"),
        (r"[0-9]{1,10}", "too_short"),
        (r"[0-9]{12,}", "too_long"),
    )
]

LEADING_ZERO: Final = "leading_zero"


class PhoneNumber(NamedTuple):
    e164: str
    repair: str = ""  # what was mended and should be looked at: LEADING_ZERO, lost in a spreadsheet

    @property
    def repaired(self) -> bool:
        return bool(self.repair)


def parse_phone(raw: str, *, allow_m2m: bool = False) -> PhoneNumber:
    """Raises InvalidInput with the class of the number, or with what is wrong with the text, as its code."""
    if match := PLAIN_MOBILE.fullmatch(raw.translate(ALL_AT_ONCE)):
        prefix, rest = match.groups()
        return PhoneNumber("+81" + rest, "" if prefix else LEADING_ZERO)
    return parse_carefully(raw, allow_m2m=allow_m2m)


def parse_carefully(raw: str, *, allow_m2m: bool = False) -> PhoneNumber:
    """The rules step by step. `parse_phone` only takes a short cut to the same answer for the usual spellings."""
    text = _unwrap(raw.translate(DROP_INVISIBLE).strip()).translate(TO_ASCII)  # N1, N2, N3
    if label := LABEL.match(text):  # N4
        text = text[label.end() :]
    digits = text.translate(DROP_SEPARATORS)  # N5
    if not DIGITS.fullmatch(digits):  # N6
        raise InvalidInput(_why_unreadable(text, digits))
    domestic, restored = _domestic(digits)
    if MOBILE.fullmatch(domestic) or (allow_m2m and M2M.fullmatch(domestic)):  # N10
        return PhoneNumber("+81" + domestic[1:], LEADING_ZERO if restored else "")
    raise InvalidInput(_class_of(domestic))


def _unwrap(text: str) -> str:
    text = text.removeprefix("'")
    match = FORMULA_TEXT.fullmatch(text)
    return match[1] if match else text


def _why_unreadable(text: str, digits: str) -> str:
    if not digits:
        return "empty"
    if text.startswith(("=", "＝")):
        return "formula"
    if SCIENTIFIC.fullmatch(text.strip()):
        return "scientific"
    if any(map(str.isalpha, digits)):
        return "letters"
    if SEVERAL.search(text):
        return "several_numbers"
    return "unusual_digits" if any(map(str.isnumeric, DIGITS.sub("", digits))) else "symbols"


def _domestic(digits: str) -> tuple[str, bool]:
    """The number as dialled inside Japan, and whether its zero had to be put back (N7, N8, N9)."""
    if match := COUNTRY_CODE.fullmatch(digits):
        national = match[1] or match[2] or ""
        return (national if national.startswith("0") else "0" + national), False
    if digits.startswith("+"):
        raise InvalidInput("foreign")
    if len(digits) == 10 and not digits.startswith("0"):
        return "0" + digits, True
    return digits, False


def _class_of(domestic: str) -> str:
    return next((code for pattern, code in CLASSES if pattern.fullmatch(domestic)), "unassigned")


def to_domestic(e164: str) -> str:
    """`08011112222`"""
    return "0" + e164.removeprefix("+81")


def typed_digits(text: str) -> str:
    """Of a number or any part of one, as dialled inside Japan; empty for anything else."""
    bare = text.translate(ALL_AT_ONCE)
    digits = bare.removeprefix("+")
    if not (digits.isascii() and digits.isdigit()):
        return ""
    is_international = bare.startswith("+81") or (bare.startswith("81") and len(bare) > 10)
    return "0" + digits.removeprefix("81") if is_international else digits


def is_whole_mobile(text: str) -> bool:
    """All digits of a mobile number and its prefix, so that nothing else can be meant."""
    return PLAIN_MOBILE.fullmatch(typed_digits(text)) is not None and typed_digits(text).startswith("0")


def format_domestic(e164: str) -> str:
    """`080-1111-2222`; the hyphens survive a spreadsheet."""
    return "-".join(_groups(e164))


def mask(e164: str) -> str:
    """`080-****-2222`, for logs and for people who may not see numbers."""
    head, middle, tail = _groups(e164)
    return f"{head}-{'*' * len(middle)}-{tail}"


def _groups(e164: str) -> tuple[str, str, str]:
    if is_pseudonym(e164):
        return "***", "****", "****"
    number = to_domestic(e164)
    if len(number) == 14:  # 0200: M2M
        return number[:4], number[4:9], number[9:]
    return number[:3], number[3:7], number[7:]
