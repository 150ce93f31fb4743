"""What Rakuten CPaaS answers to a submission: one result code for each message, or one for the whole request."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any, Final

from ..base import Accepted, OutboundSms, Outcome, Refused, TurnedAway, Unknown
from ..errors import AccountRefused, OutcomeUnknown, ProviderError, Throttled, UnreadableReply
from ..http import Reply
from ..lenient import number, text

TAKEN: Final = "0"
THROTTLED: Final = "1"
NOT_AUTHENTICATED: Final = "2"
DOUBTFUL = frozenset({"-1", "99", "201"})  # the vendor says «retry», but not that it took nothing
# Nothing on the account can go, or nothing with this sender or this callback address.
ACCOUNT_CODES = {
    "-4": "call_refused",
    "-3": "call_refused",
    "-2": "call_refused",
    NOT_AUTHENTICATED: "credentials_refused",
    "101": "sender_refused",
    "108": "callback_refused",
    "110": "access_refused",
    "112": "access_refused",
    "114": "callback_refused",
}
CONCERN_ONE_MESSAGE = frozenset({"101", "108", "112", "114"})  # another in the same request may well pass
MESSAGE_CODES = {
    "100": "refused",
    "102": "recipient_invalid",
    "103": "refused",
    "104": "body_too_long",
    "105": "validity_invalid",
    "106": "refused",
    "107": "refused",
    "111": "recipient_not_allowed",
    "113": "recipient_opted_out",
    "200": "no_route",
}
UNLISTED = "refused_unlisted"  # RK-A22, RK-A25: final, kept raw, and a person is told to look


def code_of(fields: Mapping[str, Any]) -> str:
    """A number in one place of the documents, a string in another."""
    return text(fields.get("result_code"), 40)


def elements_of(reply: Mapping[str, Any]) -> list[dict[str, Any]]:
    """One for each message: a single submission's answer is flat."""
    elements = reply.get("smsResponses", [dict(reply)])
    if not isinstance(elements, list) or not all(isinstance(element, dict) for element in elements):
        raise UnreadableReply
    return elements


def is_token_refused(reply: Reply) -> bool:
    if reply.status == 401:
        return True
    elements = elements_of(reply.fields()) if reply.status == 200 else [reply.fields()]
    return bool(elements) and all(code_of(element) == NOT_AUTHENTICATED for element in elements)


def outcomes(reply: Mapping[str, Any], batch: Sequence[OutboundSms]) -> list[Outcome]:
    """One for each message. Account trouble is raised only when none got past it: the others are with the vendor."""
    elements = _matched(elements_of(reply), batch)
    troubles = [ACCOUNT_CODES.get(code_of(element)) for element in elements]
    if all(troubles):
        raise AccountRefused(str(troubles[0]), vendor_code=code_of(elements[0]))
    return [_outcome(element) for element in elements]


def apart(code: str, *, vendor_code: str, said: str = "") -> Outcome:
    """Account trouble of one message, when others of the same request got past it."""
    if vendor_code not in CONCERN_ONE_MESSAGE:
        return TurnedAway(code)
    return Refused("sender_refused" if code == "sender_refused" else "refused", vendor_code, said)


def refusal(reply: Reply) -> Refused:
    """A submission refused for what is in it, of which nothing was taken (RK-A12); everything else is raised."""
    code = code_of(reply.fields())
    if reply.status in (405, 406, 415) or (reply.status == 400 and code in ACCOUNT_CODES):
        raise AccountRefused(ACCOUNT_CODES.get(code, "call_refused"), vendor_code=code or str(reply.status))
    error = trouble(reply)
    if error.code != "call_refused":
        raise error
    return Refused(MESSAGE_CODES.get(code, UNLISTED), code, text(reply.fields().get("result_message")))


def may_concern_one(reply: Reply) -> bool:
    """Whether an array was refused for something the other messages in it may be free of (RK-A36)."""
    code = code_of(reply.fields())
    if reply.status != 400 or not code or code in (THROTTLED, *DOUBTFUL):
        return False
    return code in CONCERN_ONE_MESSAGE or code not in ACCOUNT_CODES


def trouble(reply: Reply) -> ProviderError:
    """What an answer without success says; `call_refused` for a refusal of this one call."""
    code = code_of(reply.fields())
    if reply.status == 429 or code == THROTTLED:
        return Throttled(vendor_code=code, retry_after=reply.retry_after)
    if code and (reply.status >= 500 or code in DOUBTFUL):
        return OutcomeUnknown("system_error", vendor_code=code)
    if code and reply.status in (200, 400):
        return ProviderError("call_refused", vendor_code=code)
    return reply.error()


def _matched(elements: Sequence[Mapping[str, Any]], batch: Sequence[OutboundSms]) -> list[Mapping[str, Any]]:
    """Each message's element: by its reference, by its place where it has none, and {} where neither tells."""
    references = [text(element.get("client_reference"), 64) for element in elements]
    times = Counter(references)
    named = {reference: element for reference, element in zip(references, elements, strict=True) if reference}
    in_order = len(elements) == len(batch)
    found: list[Mapping[str, Any]] = []
    for place, sms in enumerate(batch):
        if times[sms.reference] == 1:
            found.append(named[sms.reference])
        else:
            found.append(elements[place] if in_order and not references[place] else {})
    return found


def _outcome(element: Mapping[str, Any]) -> Outcome:
    code, said = code_of(element), text(element.get("result_message"))
    if not code:
        return Unknown("unreadable_reply")
    if code == TAKEN:
        return Accepted(
            text(element.get("message_id"), 64), parts=number(element.get("how_many_message_parts"), digits=3)
        )
    if code == THROTTLED:
        return TurnedAway("throttled")
    if code in DOUBTFUL:
        return Unknown("system_error", vendor_code=code)
    if code in ACCOUNT_CODES:
        return apart(ACCOUNT_CODES[code], vendor_code=code, said=said)
    return Refused(MESSAGE_CODES.get(code, UNLISTED), code, said)
