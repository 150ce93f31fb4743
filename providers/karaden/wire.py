"""How every call of Karaden's travels, and what its error objects mean."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final
from urllib.parse import quote

from ..base import OutboundSms, Outcome, Refused
from ..errors import AccountRefused, OutcomeUnknown, ProviderError
from ..http import Fields, Reply, Request, VendorClient
from ..lenient import text

VERSIONS: Final = ("2024-03-01", "2023-12-01", "2023-01-01")  # the second without BULK, the third without click flags
# Those that carry an error object. KD-A12, KD-A13: 403, 409 and 429 probably do.
ERROR_STATUSES: Final = (400, 401, 403, 404, 409, 422, 429, 500)
LARGEST_PAGE_BYTES: Final = 8 * 1024 * 1024

ACCOUNT_CODES = {
    "unauthentication": "credentials_refused",  # spelt so
    "invalid_tenant": "credentials_refused",
    "invalid_version": "version_refused",
}
NOT_FOUND, INVALID, TOO_LATE_TO_CANCEL = "model_not_found", "validation_error", "can_not_cancel_message"
SENDER = "service_id"
INVALID_FIELDS = {
    "to": "recipient_invalid",
    "body": "body_invalid",
    "scheduled_at": "schedule_invalid",
    "limited_at": "validity_invalid",
}
LONGEST_BODY = 660  # KD-A15: in code points; KD-A4: before URLs are shortened


class Wire:
    """The calls of one project."""

    def __init__(self, client: VendorClient, credentials: Mapping[str, str]) -> None:
        self.client = client
        self._tenant = quote(credentials["tenant_id"], safe="")
        self._headers = {
            "Authorization": f"Bearer {credentials['token']}",
            "Karaden-Version": credentials.get("version") or VERSIONS[0],
        }

    async def get(self, path: str, params: Fields = (), *, more: tuple[int, ...] = ()) -> Reply:
        return await self._ask(Request("GET", path, params, readable=(*ERROR_STATUSES, *more)))

    async def post(self, path: str, form: Fields = ()) -> Reply:
        return await self._ask(Request("POST", path, form=form, readable=ERROR_STATUSES))

    async def _ask(self, request: Request) -> Reply:
        path = f"{self._tenant}/{request.path}"
        return await self.client.ask(replace(request, path=path, headers=self._headers, max_bytes=LARGEST_PAGE_BYTES))


def taken(reply: Reply) -> dict[str, Any]:
    """The object of a reply with status 200; every other is raised."""
    if reply.status != 200:
        raise trouble(reply)
    return reply.json()


def error_code(reply: Reply) -> str:
    return text(reply.fields().get("code"), 40) if reply.status != 200 else ""


def trouble(reply: Reply) -> ProviderError:
    """What an answer without success says; `call_refused` for a refusal of this one call."""
    code = error_code(reply)
    if code in ACCOUNT_CODES:
        return AccountRefused(ACCOUNT_CODES[code], vendor_code=code)
    if reply.status == 500 and code:
        return OutcomeUnknown("system_error", vendor_code=code)
    if reply.status in (400, 404, 409, 422) and code:
        return ProviderError("call_refused", vendor_code=code)
    return reply.error()


def refused(reply: Reply, sms: OutboundSms) -> Outcome:
    """A send that was not taken."""
    code = error_code(reply)
    if code == NOT_FOUND:  # KD-A21: for a send, of the service setting
        raise AccountRefused("sender_refused", vendor_code=code)
    if code == INVALID:
        return _invalid(reply.fields(), sms)
    error = trouble(reply)
    if error.code == "call_refused":
        return Refused("refused_unlisted", vendor_code=code, text=text(reply.fields().get("message")))
    raise error


def _invalid(fields: Mapping[str, Any], sms: OutboundSms) -> Refused:
    faults = fields.get("errors")
    faults = faults if isinstance(faults, dict) else {}
    if SENDER in faults:
        raise AccountRefused("sender_refused", vendor_code=INVALID)
    name = next((name for name in INVALID_FIELDS if name in faults), "")
    too_long = name == "body" and len(sms.body) > LONGEST_BODY
    reason = "body_too_long" if too_long else INVALID_FIELDS.get(name, "refused")
    said = faults.get(name) or fields.get("message")
    return Refused(reason, vendor_code=INVALID, text=text(said[0] if isinstance(said, list) and said else said))
