"""What an advertisement must say, and what a phone may not show or a careful reader may not trust."""

import re
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from urllib.parse import urlsplit

from .placeholders import FIELD

ADVERTISING, NOTICE = "advertising", "notice"
ERROR, WARNING = "error", "warning"

REFUSAL_WORD = re.compile("配信停止|停止|解除|拒否|不要|退会|オプトアウト|opt-?out|unsubscribe|stop", re.IGNORECASE)
URL = re.compile(r"https?://[!-~]+|(?<![A-Za-z0-9@._-])(?:[a-z0-9-]+\.)+[a-z]{2,}/[!-~]*", re.IGNORECASE)
EMAIL = re.compile(r"[A-Za-z0-9._%+-]+@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+")
GENERIC_SHORTENERS = """
    bit.ly t.co tinyurl.com goo.gl ow.ly is.gd v.gd x.gd lnkd.in buff.ly cutt.ly rebrand.ly rb.gy t.ly s.id tiny.cc
    shorturl.at urx.nu urx3.nu 00m.in onl.tw onl.sc onl.bz onl.la u0u1.net p.tl j.mp
"""
SHORTENERS = frozenset(GENERIC_SHORTENERS.split())


@dataclass(frozen=True)
class Finding:
    """An `error` blocks approval. `positions` are those of `found` in the body."""

    code: str
    severity: str
    found: tuple[str, ...] = ()
    positions: tuple[int, ...] = ()


def check_body(
    body: str,
    *,
    purpose: str,
    organisation_names: Iterable[str],
    allowed_hosts: Iterable[str],
    route_jis_only: bool,
) -> list[Finding]:
    """For a body with or without its fields filled; errors first."""
    if purpose not in (ADVERTISING, NOTICE):
        raise ValueError(f"no such purpose: {purpose}")
    findings = [*_check_characters(body, route_jis_only), *_check_hosts(body, list(allowed_hosts))]
    if purpose == ADVERTISING:
        findings += _check_advertisement(body, organisation_names)
    return sorted(findings, key=lambda finding: finding.severity != ERROR)


def _check_advertisement(body: str, organisation_names: Iterable[str]) -> Iterator[Finding]:
    names = filter(None, map(_plain, organisation_names))
    if not any(name in _plain(body) for name in names):
        yield Finding("sender_missing", ERROR)
    refusal_fields = [match for match in FIELD.finditer(body) if REFUSAL_WORD.search(match[1])]
    said = FIELD.sub("", body)
    if not (refusal_fields or URL.search(said) or EMAIL.search(said)):
        yield Finding("opt_out_address_missing", ERROR)
    if not REFUSAL_WORD.search(EMAIL.sub("", URL.sub("", said))):
        yield Finding("opt_out_note_missing", ERROR)


def _plain(text: str) -> str:
    return "".join(unicodedata.normalize("NFKC", text).casefold().split())


def _check_hosts(body: str, allowed_hosts: list[str]) -> Iterator[Finding]:
    strange = [(match, host) for match in URL.finditer(body) if not _is_allowed(host := _host(match[0]), allowed_hosts)]
    for code, is_shortener in (("shortener", True), ("unknown_host", False)):
        found = [(host, match.start()) for match, host in strange if (host in SHORTENERS) is is_shortener]
        if found:
            hosts, positions = zip(*found, strict=True)
            yield Finding(code, WARNING, hosts, positions)


def _host(url: str) -> str:
    try:
        host = urlsplit(url if "://" in url else f"https://{url}").hostname or ""
    except ValueError:
        return url
    return host.removeprefix("www.")


def _is_allowed(host: str, allowed_hosts: list[str]) -> bool:
    own = [name.strip().lower().removeprefix("www.") for name in allowed_hosts]
    return any(name and (host == name or host.endswith(f".{name}")) for name in own)


def _check_characters(body: str, route_jis_only: bool) -> Iterator[Finding]:
    kinds: dict[str, list[int]] = {}
    for position, character in enumerate(body):
        if code := _kind(character):
            kinds.setdefault(code, []).append(position)
    for code, positions in kinds.items():
        refused = code == "may_not_arrive" and route_jis_only
        found = tuple(body[position] for position in positions)
        yield Finding(code, ERROR if refused else WARNING, found, tuple(positions))


def carries(body: str) -> bool:
    """Whether a route for ASCII and JIS X 0208 alone can carry it; what merely may look odd does not count."""
    return _encodes(body, "iso2022_jp") or all(_kind(character) != "may_not_arrive" for character in body)


@cache
def _kind(character: str) -> str:
    """Empty for what every phone shows."""
    if "｡" <= character <= "ﾟ":
        return "half_width_kana"
    if character.isascii() or _encodes(character, "iso2022_jp"):
        return ""
    return "platform_dependent" if _encodes(character, "cp932") else "may_not_arrive"


def _encodes(character: str, encoding: str) -> bool:
    try:
        character.encode(encoding)
    except UnicodeEncodeError:
        return False
    return True
