"""A message as Karaden's form takes it."""

from __future__ import annotations

from ..base import OutboundSms
from .rows import domestic, wire_time

TAGS = "tags[]"  # one key for each; the vendor takes numbered ones as well


def send_form(sms: OutboundSms) -> list[tuple[str, str]]:
    """The reference is the first tag: the only thing of ours that comes back."""
    fields = [("service_id", sms.sender_id), ("to", domestic(sms.to)), ("body", sms.body), (TAGS, sms.reference)]
    if sms.group:
        fields.append((TAGS, sms.group))
    if sms.shorten is not None:
        fields.append(("is_shorten", "true" if sms.shorten else "false"))
    if sms.scheduled_for:
        fields.append(("scheduled_at", wire_time(sms.scheduled_for)))
    if sms.valid_until:
        fields.append(("limited_at", wire_time(sms.valid_until)))
    return fields
