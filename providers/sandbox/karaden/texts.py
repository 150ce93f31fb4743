"""Bodies: which addresses in them are shortened, how long they are then, and how many parts are billed."""

import re

LONGEST_BODY = 660
LONGEST_SOURCE = 2083
# https://kps.ms/ and seven characters, whatever the sandbox's own address is.
SHORT_LENGTH = 22
CODE_LENGTH = 7
URL = re.compile(r'https?://[^()<>" \r\n]+')
# An address with one of these is left as it is.
EXCLUDED = re.compile(r"[%^\\|`\[\]{}\u3000]")


def shortenable(body: str) -> list[str]:
    return [url for url in URL.findall(body) if not EXCLUDED.search(url) and len(url) <= LONGEST_SOURCE]


def length_of(body: str, *, is_shorten: bool) -> int:
    """In characters as the phone gets them."""
    if not is_shorten:
        return len(body)
    return len(body) - sum(len(url) - SHORT_LENGTH for url in shortenable(body))


def parts_of(body: str, *, is_shorten: bool) -> int:
    """Billed parts: 70 characters in one, else 66 in each."""
    length = length_of(body, is_shorten=is_shorten)
    return 1 if length <= 70 else -(-length // 66)
