"""A message as Rakuten CPaaS takes it, alone or in an array."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime
from math import ceil
from typing import Any

from ..base import BinaryText, OutboundSms, TemplateText

# GSM 03.38, with its extension. RK-A29: what one character outside it would do in a `text` is unknown.
GSM = (
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789 \n\r"
    "@£$¥èéùìòÇØøÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ!\"#¤%&'()*+,-./:;<=>?¡ÄÖÑÜ§¿äöñüà"
    "^{}\\[~]|€\f"
)
NOT_GSM = re.compile(f"[^{re.escape(GSM)}]")
LONGEST_REFERENCE = 50
LONGEST_VALIDITY = 72 * 60 * 60  # RK-A30, seconds


def message_object(sms: OutboundSms, now: datetime) -> dict[str, Any]:
    fields: dict[str, Any] = {"from": sms.sender_id, "to": sms.to.removeprefix("+"), **_content(sms)}
    if sms.valid_until:
        # RK-A7: exactly one of the forms, though the vendor's samples give four at once.
        seconds = ceil((sms.valid_until - now).total_seconds())
        fields["validity_period"] = {"seconds": str(min(max(seconds, 1), LONGEST_VALIDITY))}
    fields["delivery_receipts"] = {"required": True, "intermediate_dlr": False}  # RK-A9: JSON booleans
    if sms.callback_url:
        fields["delivery_receipts"]["custom_callback_url"] = sms.callback_url
    fields["metadata"] = {"client_reference": sms.reference}
    return fields


def correlation(batch: Sequence[OutboundSms]) -> dict[str, str]:
    """The group, where all are of one. RK-A10: a single message may carry it as well."""
    groups = {sms.group[:LONGEST_REFERENCE] for sms in batch}
    group = groups.pop()
    return {"correlation_id": group} if group and not groups else {}


def _content(sms: OutboundSms) -> dict[str, Any]:
    match sms.content:
        case TemplateText(template_id=template_id, values=values):
            substitutions = [{"name": name, "value": value} for name, value in values.items()]
            template = {"template_id": template_id, "substitutions": substitutions}
            return {"message_type": "template", "template_message": template}
        case BinaryText(body=body, udh=udh):  # RK-A6: hex
            binary = {"body": body.hex(), "udh": udh.hex()} if udh else {"body": body.hex()}
            return {"message_type": "binary", "binary_message": binary}
    text = sms.body.replace("\r\n", "\n")  # RK-A8: a line break is LF
    kind = "unicode" if NOT_GSM.search(text) else "text"
    return {"message_type": kind, f"{kind}_message": {"text": text}}
