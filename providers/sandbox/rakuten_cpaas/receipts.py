"""What the vendor says about a message afterwards: the receipt it pushes, and the record of its report."""

import json
from datetime import UTC, datetime, tzinfo
from functools import cache

from ..network import Carrier, Leg, Outcome
from ..pushing import Push
from .accounts import Message, RakutenAccount

NETWORKS = {Carrier.DOCOMO: "44010", Carrier.RAKUTEN: "44011", Carrier.SOFTBANK: "44020", Carrier.AU: "44051"}
STATUSES = {
    Outcome.IN_TRANSIT: "ENROUTE",
    Outcome.DELIVERED: "DELIVRD",
    Outcome.OUT_OF_RANGE: "EXPIRED",
    Outcome.DEAD_NUMBER: "UNDELIV",
    Outcome.REFUSED: "REJECTD",
    Outcome.CONGESTED: "UNDELIV",
    Outcome.UNKNOWN: "UNKNOWN",
}
NOT_FINAL = frozenset({"ACCEPTD", "ENROUTE", "UNKNOWN"})
NO_ERROR = "000"
# The vendor prints none; these only have to differ.
ERRORS = {
    Outcome.OUT_OF_RANGE: "027",
    Outcome.DEAD_NUMBER: "001",
    Outcome.REFUSED: "013",
    Outcome.CONGESTED: "034",
}
ERROR_TEXTS = {"027": "Absent subscriber", "001": "Unknown subscriber", "013": "Call barred", "034": "System failure"}
# Minutes before each repetition, up to 24 hours in all; README.md tells how long a minute is here.
REPETITIONS = (1, 2, 5, 10, 30, *[60] * 23)

Fields = dict[str, object]


def settle(message: Message, leg: Leg, now: datetime) -> None:
    """News that was overtaken changes nothing."""
    if leg.outcome is Outcome.IN_TRANSIT and message.status not in NOT_FINAL:
        return
    message.status = STATUSES[leg.outcome]
    message.error = ERRORS.get(leg.outcome, NO_ERROR)
    message.done_at = now


def receipt_of(account: RakutenAccount, message: Message, leg: Leg, now: datetime) -> Push | None:
    """None unless the sender wished for it and there is somewhere to send it."""
    wish, settings = message.wish, account.settings
    if wish is None or (leg.outcome is Outcome.IN_TRANSIT and not wish.intermediate):
        return None
    url = wish.url or settings.callback_url
    if not url:
        return None
    status, error = STATUSES[leg.outcome], ERRORS.get(leg.outcome, NO_ERROR)
    fields = {
        **_identity(message),
        **_state(status, error),
        "network": message.network,
        "how_many_message_parts": message.parts,
        "submit_time": shown(message.submitted_at),
        "done_time": shown(now),
    }
    body = json.dumps(fields, ensure_ascii=False).encode()
    return Push(url, body, "application/json", _waits(settings.retry_seconds), settings.answer_within)


def record_of(account: RakutenAccount, message: Message, zone: tzinfo) -> Fields:
    return {
        **_identity(message),
        "api_key": account.settings.client_id,
        **_state(message.status, message.error),
        "network": message.network,
        "how_many_message_parts": message.parts,
        "submit_time": shown(message.submitted_at, zone),
        "done_time": shown(message.done_at, zone) if message.done_at else None,
    }


def shown(moment: datetime, zone: tzinfo = UTC) -> str:
    return f"{moment.astimezone(zone):%Y-%m-%d %H:%M:%S}"


@cache
def _waits(minute: float) -> tuple[float, ...]:
    return tuple(minutes * minute for minutes in REPETITIONS)


def _identity(message: Message) -> Fields:
    fields: Fields = {
        "message_id": message.id,
        "client_reference": message.reference,
        "correlation_id": message.correlation_id,
        "sender_address": message.sender,
        "destination_address": message.number,
    }
    return {name: value for name, value in fields.items() if value}


def _state(status: str, error: str) -> Fields:
    return {
        "status": status,
        "final": status not in NOT_FINAL,
        "error_code": error,
        "error_description": ERROR_TEXTS.get(error, ""),
    }
