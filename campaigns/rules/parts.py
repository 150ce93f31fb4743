"""Alphabet and number of parts (通数) of a body, by the counting profile of the account: an estimate."""

import re
import unicodedata
from dataclasses import dataclass
from typing import NamedTuple

from campaigns.errors import InvalidInput

GSM_BASIC = (
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789 \n\r"
    "@£$¥èéùìòÇØøÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ!\"#¤%&'()*+,-./:;<=>?¡ÄÖÑÜ§¿äöñüà"
)
GSM_EXTENSION = "^{}\\[~]|€\f"
NOT_GSM = re.compile(f"[^{re.escape(GSM_BASIC + GSM_EXTENSION)}]")
TWO_SEPTETS = re.compile(f"[{re.escape(GSM_EXTENSION)}]")
TWO_CODE_UNITS = re.compile("[\U00010000-\U0010ffff]")

GLUE = "\uffff"  # a noncharacter: stands for a unit after which a part must not end
# Steps inferred from a vendor's ceiling, and the step it would have with the shorter concatenation header.
OTHER_STEP = {66: 67, 152: 153}

UNPREPARED = re.compile("[\r\t\u200b\u2060\ufeff\u3099\u309a]")
SPLIT_KANA = re.compile("[\u3041-\u30ff][\u3099\u309a]")
PREPARE = {ord("\t"): " ", 0x200B: None, 0x2060: None, 0xFEFF: None}


@dataclass(frozen=True)
class CountingProfile:
    """How one vendor counts. Without `gsm_*` it knows no GSM alphabet: every character counts as UCS-2."""

    name: str
    ucs2_single: int
    ucs2_multi: int
    ucs2_max: int
    gsm_single: int | None = None
    gsm_multi: int | None = None
    gsm_max: int | None = None
    newline_weight: int = 1  # 1 or 2
    reserved_units: int = 0  # taken by what the vendor appends to every body, such as an opt-out address

    def limits(self, *, gsm: bool) -> tuple[int, int, int]:
        """Units of a single part, of each of several, and of the longest body."""
        if gsm and self.gsm_single and self.gsm_multi and self.gsm_max:
            return self.gsm_single, self.gsm_multi, self.gsm_max
        return self.ucs2_single, self.ucs2_multi, self.ucs2_max


PROFILES: dict[str, CountingProfile] = {
    profile.name: profile
    for profile in (
        CountingProfile("standard", 70, 67, 670, 160, 153, 1530),
        CountingProfile("zettai", 70, 66, 660),
        CountingProfile("karaden", 70, 66, 660),
        CountingProfile("rakuten", 70, 66, 660, 160, 152, 1520),
    )
}


class PartCount(NamedTuple):
    """`units` are those of the body alone; what the vendor appends counts in `parts` and `over_limit`."""

    units: int
    parts: int
    alphabet: str  # "gsm" or "ucs2"
    over_limit: bool
    uncertain: bool  # show 「最大」: with the other reading of the vendor's step it would be fewer parts


def prepare_body(text: str) -> str:
    """The body as it is counted, stored and sent; a blank one is refused. Changes no other character (B5)."""
    if UNPREPARED.search(text):
        text = text.replace("\r\n", "\n").replace("\r", "\n").translate(PREPARE)
        text = SPLIT_KANA.sub(lambda pair: unicodedata.normalize("NFC", pair[0]), text)
    if not text or text.isspace():
        raise InvalidInput("empty_body")
    return text


def costly_character(body: str) -> str | None:
    """The first character that turns the whole body into UCS-2."""
    match = NOT_GSM.search(body)
    return match[0] if match else None


def count_parts(body: str, profile: CountingProfile) -> PartCount:
    """Expects a body from `prepare_body`."""
    gsm = profile.gsm_single is not None and NOT_GSM.search(body) is None
    single, step, limit = profile.limits(gsm=gsm)
    spread = _spread(body, gsm=gsm, newline_weight=profile.newline_weight)
    whole = len(spread) + profile.reserved_units
    if whole <= single:
        parts, uncertain = 1, False
    else:
        spread += " " * profile.reserved_units
        parts = _fill(spread, step)
        uncertain = step in OTHER_STEP and _fill(spread, OTHER_STEP[step]) != parts
    units = whole - profile.reserved_units
    return PartCount(units, parts, "gsm" if gsm else "ucs2", whole > limit, uncertain)


def _spread(body: str, *, gsm: bool, newline_weight: int) -> str:
    """The body with one character per unit: what counts 2 is led by a GLUE."""
    if gsm:
        body = TWO_SEPTETS.sub(GLUE + " ", body)
    elif len(body.encode("utf-16-le", "surrogatepass")) != 2 * len(body):  # quicker than searching
        body = TWO_CODE_UNITS.sub(GLUE + " ", body)
    return body.replace("\n", GLUE + "\n") if newline_weight > 1 else body


def _fill(spread: str, step: int) -> int:
    """Parts needed when each is filled as far as it goes without splitting a pair."""
    if GLUE not in spread:
        return -(-len(spread) // step)
    parts = start = 0
    while start < len(spread):
        end = start + step
        start = end - 1 if spread[end - 1 : end] == GLUE else end
        parts += 1
    return parts
