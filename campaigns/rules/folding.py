"""Spellings a searcher does not tell apart: width, case, hiragana and katakana, spaces."""

import unicodedata

SEPARATOR = "\x1f"  # between fields, so that nothing is found across two of them
HIRAGANA = {code: code + 0x60 for code in (*range(0x3041, 0x3097), 0x309D, 0x309E)}
FOLDED = HIRAGANA | dict.fromkeys(code for code in range(0x3001) if chr(code).isspace() and chr(code) != SEPARATOR)


def fold(text: str) -> str:
    """For comparing and searching alone, never for showing or storing a name."""
    return unicodedata.normalize("NFKC", text).casefold().translate(FOLDED)
