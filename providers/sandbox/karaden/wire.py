"""The vendor's JSON: messages as each version shows them, lists, errors, and the callback."""

import json
from collections.abc import Iterable
from datetime import datetime

from aiohttp import web

from ..clock import JST
from ..pushing import Push
from .accounts import VERSIONS, KaradenAccount, Message
from .checks import ERRORS, RefusalError

WITH_CLICKS, WITH_ERRORS = VERSIONS[1], VERSIONS[2]
# Minutes before each repetition of a callback; README.md tells how long a minute is here.
REPETITIONS = (1, 5, 15, 30)
NOT_IN_CALLBACKS = ("to", "body")

Fields = dict[str, object]


def message_fields(account: KaradenAccount, message: Message, version: str) -> Fields:
    fields = _plain_fields(account, message)
    if version >= WITH_CLICKS:
        fields["is_shorten_clicked"] = message.is_clicked
    if version >= WITH_ERRORS:
        fields["error"] = message.error
    elif message.status == "processing_error":
        fields["status"] = "error"
    return fields


def list_fields(account: KaradenAccount, found: Iterable[Message], version: str, *, has_more: bool) -> Fields:
    data = [message_fields(account, message, version) for message in found]
    return {"object": "list", "has_more": has_more, "data": data}


def callback(account: KaradenAccount, message: Message) -> Push:
    service, settings = account.service_of(message), account.settings
    fields = _plain_fields(account, message)
    for name in NOT_IN_CALLBACKS:
        del fields[name]
    return Push(
        url=service.callback_url or settings.callback_url,
        body=_encoded(fields),
        content_type="application/json",
        waits=tuple(minutes * settings.retry_seconds for minutes in REPETITIONS),
        answer_within=settings.answer_within,
        headers={"Karaden-Version": service.callback_version},
    )


def reply(fields: Fields) -> web.Response:
    return web.Response(body=_encoded(fields), content_type="application/json")


def refusal_reply(refusal: RefusalError) -> web.Response:
    status, _ = ERRORS[refusal.code]
    return web.Response(status=status, body=_encoded(refusal.body()), content_type="application/json")


def shown(moment: datetime | None) -> str | None:
    return moment.astimezone(JST).isoformat(timespec="seconds") if moment else None


def _plain_fields(account: KaradenAccount, message: Message) -> Fields:
    return {
        "id": message.id,
        "object": "message",
        "project_id": int(account.settings.client_id),
        "service_id": message.service_id,
        "billing_address_id": account.settings.billing_address_id,
        "to": message.to,
        "body": message.body,
        "tags": list(message.tags),
        "is_shorten": message.is_shorten,
        "result": message.result,
        "status": message.status,
        "sent_result": message.sent_result,
        "carrier": message.carrier,
        "charged_count_per_sent": message.parts,
        "scheduled_at": shown(message.scheduled_at),
        "limited_at": shown(message.limited_at),
        "sent_at": shown(message.sent_at),
        "received_at": shown(message.received_at),
        "charged_at": shown(message.charged_at),
        "created_at": shown(message.created_at),
        "updated_at": shown(message.updated_at),
    }


def _encoded(fields: Fields) -> bytes:
    return json.dumps(fields, ensure_ascii=False).encode()
