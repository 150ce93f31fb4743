"""Where the vendor fills a template of its own: what its fields are filled with, pinned beside our own text."""

from collections.abc import Sequence
from typing import Any

from django.db import connection

from campaigns.models import Campaign, MessageState, RegisteredTemplate, bulk

from ..accounts import provider_class
from .audience import Audience, NewMessage

COLUMNS = {"reference": "text", "filled": "jsonb"}
# Parameter: the rows.
INSERT = """
INSERT INTO campaigns_fieldvalues (message_id, filled)
SELECT m.id, v.filled FROM <rows> JOIN campaigns_message m ON m.reference = v.reference WHERE 1 = 1
ON CONFLICT DO NOTHING
"""


def template_to_pin(campaign: Campaign) -> dict[str, Any]:
    """The vendor's id and fields; empty where the text goes as a text: edited since, or of another account."""
    registered = RegisteredTemplate.objects.filter(template=campaign.template_id, account=campaign.account)
    found = registered.select_related("account", "template").first()
    if found is None or not provider_class(found.account).capabilities.fills_templates:
        return {}
    is_its_text = found.is_current and campaign.body == found.template.body
    return {"id": found.vendor_id, "fields": found.fields} if is_its_text else {}


def pin_fields(audience: Audience, messages: Sequence[NewMessage], contacts: Sequence[dict[str, Any]]) -> None:
    fields = audience.campaign.vendor_template["fields"]
    rows = []
    for message, contact in zip(messages, contacts, strict=True):
        if message.state == MessageState.QUEUED:
            filled = audience.text.filled(audience.values(contact))
            rows.append(
                {"reference": message.reference, "filled": {name: filled[ours] for name, ours in fields.items()}}
            )
    if not rows:
        return
    table, parameter = bulk.table(COLUMNS, rows)
    with connection.cursor() as cursor:
        cursor.execute(INSERT.replace("<rows>", table), [parameter])
