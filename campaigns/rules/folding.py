"""Spellings a searcher does not tell apart: width, case, hiragana and katakana, spaces."""

import re
import unicodedata

SEPARATOR = "␟"  # between fields, so that nothing is found across two of them; the sign, for the character is a space
HIRAGANA = re.compile("[ぁ-ゖゝゞ]+")  # few names hold any: replacing them takes half of what translating all takes
TO_KATAKANA = {code: code + 0x60 for code in (*range(0x3041, 0x3097), 0x309D, 0x309E)}


def fold(text: str) -> str:
    """For comparing and searching alone, never for showing or storing a name."""
    plain = "".join(unicodedata.normalize("NFKC", text).casefold().split())
    return HIRAGANA.sub(_katakana, plain)


def _katakana(found: re.Match[str]) -> str:
    return found[0].translate(TO_KATAKANA)
