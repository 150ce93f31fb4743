"""What the vendor says about a message afterwards: rows of the status call, and the DLR push in its three formats."""

import hashlib
import json
from collections.abc import Mapping
from datetime import datetime
from urllib.parse import quote
from xml.etree import ElementTree as ET

from ..network import Leg, Outcome
from ..pushing import Push
from .accounts import Message, ReceiptFormat, State, ZettaiAccount

RETRIES = 3
CARRIER_NAMES = {"101": "AU", "103": "Docomo", "105": "Softbank", "106": "楽天モバイル"}
CARRIER_MODULES = {"101": "11", "103": "31", "105": "51", "106": "61"}
CAUSES = {
    Outcome.CONGESTED: "721",
    Outcome.DEAD_NUMBER: "732",
    Outcome.OUT_OF_RANGE: "824",
    Outcome.REFUSED: "834",
}
STATES = {Outcome.IN_TRANSIT: State.SENT, Outcome.DELIVERED: State.DELIVERED, Outcome.UNKNOWN: State.UNKNOWN}
DELIVERED_DETAIL = "2"
STATUS_IDS = {State.UNKNOWN: "0", State.SENT: "1", State.DELIVERED: "2", State.FAILED: "3"}
# With these the vendor names no carrier, no detail and no parts.
OPEN_STATES = frozenset({State.UNKNOWN, State.SENT})
DESCRIPTIONS = {"0": "Unknown", "1": "Message is Sending", "2": "Message delivered", "3": "Message delivery failed"}
FORM = "application/x-www-form-urlencoded"


def state_after(outcome: Outcome) -> State:
    return STATES.get(outcome, State.FAILED)


def detail_after(outcome: Outcome, carrier_id: str) -> str:
    if outcome in CAUSES:
        return CARRIER_MODULES[carrier_id] + CAUSES[outcome]
    return DELIVERED_DETAIL if outcome is Outcome.DELIVERED else "0"


def status_row(message: Message) -> dict[str, object]:
    known = message.state not in OPEN_STATES
    return {
        "dateTime": f"{message.changed_at:%Y%m%d %H%M%S}000",
        "phoneNumber": message.number,
        "message": message.body,
        "smsCode": int(message.sms_code),
        "carrierId": message.carrier_id if known else None,
        "carrierName": CARRIER_NAMES[message.carrier_id] if known else "",
        "statusId": STATUS_IDS[message.state],
        "clientTag": message.tag,
        "detailedStatusId": message.detail,
        "separatedSuccessCount": message.parts if message.state is State.DELIVERED else 0,
    }


def event_of(account: ZettaiAccount, message: Message, leg: Leg, now: datetime) -> dict[str, object]:
    """The news as it was when it came, even if the message has moved on since."""
    state = state_after(leg.outcome)
    known = state not in OPEN_STATES
    event: dict[str, object] = {
        "type": "DLR",
        "dateTime": f"{now:%Y/%m/%d %H:%M:%S}",
        "messageId": _message_id(account, message),
        "phoneNumber": message.number,
        "smsCode": message.sms_code,
        "carrierId": message.carrier_id if known else None,
        "carrierName": CARRIER_NAMES[message.carrier_id] if known else "",
        "messageText": message.body,
        "clientId": account.settings.client_id,
        "clientTag": message.tag,
        "statusId": STATUS_IDS[state],
        "statusDescription": DESCRIPTIONS[STATUS_IDS[state]],
    }
    if known:
        event["detailedStatusId"] = int(detail_after(leg.outcome, message.carrier_id))
    if state is State.DELIVERED:
        event["separatedSuccessCount"] = message.parts
    return event


def push_of(account: ZettaiAccount, event: Mapping[str, object]) -> Push:
    settings = account.settings
    body, content_type = WRITERS[ReceiptFormat(settings.receipt_format)](event)
    waits = (settings.retry_seconds,) * RETRIES
    return Push(settings.callback_url, body, content_type, waits, settings.answer_within)


def _message_id(account: ZettaiAccount, message: Message) -> str:
    # Worked out, not stored: the same in every repetition, and nothing to keep for each message.
    source = f"{account.key}:{message.tag}:{message.number}".encode()
    return hashlib.blake2b(source, digest_size=16).hexdigest()


def _raw_json(event: Mapping[str, object]) -> tuple[bytes, str]:
    return _json(event).encode(), "application/json"


def _form_json(event: Mapping[str, object]) -> tuple[bytes, str]:
    return f"json={quote(_json(event), safe='')}".encode(), FORM


def _form_xml(event: Mapping[str, object]) -> tuple[bytes, str]:
    # The vendor publishes no element names: those of the JSON body, under a root that JSON does not name.
    root = ET.Element("dlr")
    item = ET.SubElement(root, "eventNotifications")
    for name, value in event.items():
        ET.SubElement(item, name).text = "" if value is None else str(value)
    return f"xml={quote(ET.tostring(root, encoding='unicode'), safe='')}".encode(), FORM


def _json(event: Mapping[str, object]) -> str:
    return json.dumps({"eventNotifications": [event]}, ensure_ascii=False)


WRITERS = {
    ReceiptFormat.FORM_JSON: _form_json,
    ReceiptFormat.FORM_XML: _form_xml,
    ReceiptFormat.RAW_JSON: _raw_json,
}
