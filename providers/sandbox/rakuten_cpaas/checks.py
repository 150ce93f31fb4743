"""What the vendor checks in one message, in the order of its result codes."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from ..links import WEB_ADDRESS
from .accounts import RakutenSettings, Wish
from .refusals import UNREADABLE, RefusalError
from .texts import parts_of_message
from .validity import validity_of

BAD_SENDER, BAD_NUMBER = 101, 102
BAD_CLASS, BAD_WAITING_INDICATOR = 106, 107
BAD_URL, LONG_URL = 108, 114
NOT_ALLOWED, BLOCKED, NO_ROUTE = 111, 113, 200

SENDER = re.compile("[0-9]{1,15}|[0-9A-Za-z ]{1,11}")
NUMBER = re.compile("[1-9][0-9]{6,14}")
JAPANESE = re.compile("81[1-9][0-9]{8,12}")
LONGEST_REFERENCE = 50
LONGEST_URL = 250

Fields = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Submission:
    sender: str
    number: str
    parts: int
    validity: float
    wish: Wish | None
    reference: str


def read_message(fields: object, settings: RakutenSettings, now: datetime) -> Submission:
    """RefusalError, with the message's own reference if it has one."""
    if not isinstance(fields, dict):
        raise RefusalError(UNREADABLE)
    reference = ""
    try:
        reference = reference_of(fields)
        return _read(fields, reference, settings, now)
    except RefusalError as refusal:
        refusal.reference = reference
        raise


def reference_of(fields: Fields) -> str:
    return short_text(_object(fields, "metadata"), "client_reference")


def short_text(fields: Fields, name: str) -> str:
    """Empty if not given."""
    value = fields.get(name, "")
    if not isinstance(value, str) or len(value) > LONGEST_REFERENCE:
        raise RefusalError(UNREADABLE)
    return value


def _read(fields: Fields, reference: str, settings: RakutenSettings, now: datetime) -> Submission:
    sender = _matching(fields, "from", SENDER, BAD_SENDER)
    number = _number(fields)
    parts = parts_of_message(fields, settings)
    validity = validity_of(fields, now)
    _check_advanced(_object(fields, "advanced_settings"))
    wish = _wish(_object(fields, "delivery_receipts"))
    _check_destination(number, settings)
    return Submission(sender, number, parts, validity, wish, reference)


def _number(fields: Fields) -> str:
    number = _matching(fields, "to", NUMBER, BAD_NUMBER)
    if number.startswith("81") and not JAPANESE.fullmatch(number):
        raise RefusalError(BAD_NUMBER)
    return number


def _matching(fields: Fields, name: str, form: re.Pattern[str], code: int) -> str:
    value = fields.get(name)
    if not isinstance(value, str) or not form.fullmatch(value):
        raise RefusalError(code)
    return value


def _object(fields: Fields, name: str) -> Fields:
    value = fields.get(name, {})
    if not isinstance(value, dict):
        raise RefusalError(UNREADABLE)
    return value


def _check_advanced(advanced: Fields) -> None:
    if str(advanced.get("message_class", 0)) not in ("0", "1", "2", "3"):
        raise RefusalError(BAD_CLASS)
    if str(advanced.get("message_waiting_indicator", 1)) not in ("1", "2"):
        raise RefusalError(BAD_WAITING_INDICATOR)


def _wish(receipts: Fields) -> Wish | None:
    url = receipts.get("custom_callback_url", "")
    if not isinstance(url, str) or (url and not WEB_ADDRESS.fullmatch(url)):
        raise RefusalError(BAD_URL)
    if len(url) > LONGEST_URL:
        raise RefusalError(LONG_URL)
    return Wish(url, _is_true(receipts, "intermediate_dlr")) if _is_true(receipts, "required") else None


def _is_true(fields: Fields, name: str) -> bool:
    """The vendor writes true and false without naming a type."""
    return fields.get(name) in (True, "true")


def _check_destination(number: str, settings: RakutenSettings) -> None:
    if settings.allow_list and number not in settings.allow_list:
        raise RefusalError(NOT_ALLOWED)
    if number in settings.block_list:
        raise RefusalError(BLOCKED)
    if not number.startswith("81"):
        raise RefusalError(NO_ROUTE)
    if code := settings.result_codes.get(number):
        raise RefusalError(code)
