"""The four kinds of messages: what fits into them, and into how many parts they are split."""

import re
from collections.abc import Callable, Mapping
from typing import Any

from .accounts import Function, RakutenSettings
from .refusals import MISSING_SUBSTITUTION, NOT_ENABLED, UNKNOWN_TEMPLATE, RefusalError

GSM = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
GSM_EXTENSION = frozenset("^{}\\[~]|€\f")
LONGEST_GSM, LONGEST_UCS2 = 1520, 660
ONE_GSM, ONE_UCS2 = 160, 70
OCTETS = 140
BAD_TYPE, TOO_LONG = 103, 104
PLACEHOLDER = re.compile(r"\{(\w+)\}")

Fields = Mapping[str, Any]


def parts_of_message(fields: Fields, settings: RakutenSettings) -> int:
    """RefusalError for a kind that is not known, not enabled, not complete or does not fit."""
    kind = fields.get("message_type")
    if not isinstance(kind, str) or kind not in KINDS:
        raise RefusalError(BAD_TYPE)
    element = fields.get(f"{kind}_message")
    if not isinstance(element, dict):
        raise RefusalError(BAD_TYPE)
    if kind in settings.disabled:
        raise RefusalError(NOT_ENABLED)
    return KINDS[kind](element, settings)


def _text(element: Fields, settings: RakutenSettings) -> int:
    units = gsm_units(_string(element, "text"))
    if units is None:
        raise RefusalError(BAD_TYPE)
    if "udh" in element:
        return _one_segment(_hex(element, "udh"), -(-units * 7 // 8))
    return _gsm_parts(units, settings)


def _unicode(element: Fields, settings: RakutenSettings) -> int:
    units = ucs2_units(_string(element, "text"))
    if "udh" in element:
        return _one_segment(_hex(element, "udh"), units * 2)
    return _ucs2_parts(units, settings)


def _binary(element: Fields, settings: RakutenSettings) -> int:
    return _one_segment(_hex(element, "udh") if "udh" in element else b"", len(_hex(element, "body")))


def _template(element: Fields, settings: RakutenSettings) -> int:
    template = settings.templates.get(_string(element, "template_id"))
    if template is None:
        raise RefusalError(UNKNOWN_TEMPLATE)
    values = _substitutions(element)
    if not set(PLACEHOLDER.findall(template)) <= values.keys():
        raise RefusalError(MISSING_SUBSTITUTION)
    text = PLACEHOLDER.sub(lambda match: values[match[1]], template)
    units = gsm_units(text)
    return _ucs2_parts(ucs2_units(text), settings) if units is None else _gsm_parts(units, settings)


KINDS: dict[str, Callable[[Fields, RakutenSettings], int]] = {
    "text": _text,
    "unicode": _unicode,
    Function.BINARY: _binary,
    Function.TEMPLATE: _template,
}


def gsm_units(text: str) -> int | None:
    """None if a character is outside the alphabet; those of its extension count twice."""
    extended = sum(character in GSM_EXTENSION for character in text)
    if extended + sum(character in GSM for character in text) < len(text):
        return None
    return len(text) + extended


def ucs2_units(text: str) -> int:
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def _gsm_parts(units: int, settings: RakutenSettings) -> int:
    if units > LONGEST_GSM:
        raise RefusalError(TOO_LONG)
    return 1 if units <= ONE_GSM else -(-units // settings.gsm_part)


def _ucs2_parts(units: int, settings: RakutenSettings) -> int:
    if units > LONGEST_UCS2:
        raise RefusalError(TOO_LONG)
    return 1 if units <= ONE_UCS2 else -(-units // settings.ucs2_part)


def _one_segment(header: bytes, octets: int) -> int:
    if len(header) + octets > OCTETS:
        raise RefusalError(TOO_LONG)
    return 1


def _string(element: Fields, name: str) -> str:
    value = element.get(name)
    if not isinstance(value, str) or not value:
        raise RefusalError(BAD_TYPE)
    return value


def _hex(element: Fields, name: str) -> bytes:
    value = _string(element, name)
    if not re.fullmatch("([0-9A-Fa-f]{2})+", value):
        raise RefusalError(BAD_TYPE)
    return bytes.fromhex(value)


def _substitutions(element: Fields) -> dict[str, str]:
    given = element.get("substitutions", [])
    if not isinstance(given, list) or not all(isinstance(one, dict) for one in given):
        raise RefusalError(BAD_TYPE)
    return {_string(one, "name"): str(one.get("value", "")) for one in given}
