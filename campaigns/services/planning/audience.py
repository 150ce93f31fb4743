"""Who gets a campaign, and with what text: lists in − lists out, once per number, each with a state and a reason."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any

from django.db import connection
from django.db.models import Max
from django.utils import timezone

from campaigns.errors import InvalidInput
from campaigns.models import (
    MERGE_COLUMNS,
    REACHES,
    Campaign,
    ConsentBasis,
    Contact,
    ListMembership,
    Message,
    MessageState,
    Purpose,
    bulk,
)
from campaigns.rules import opt_out_tokens
from campaigns.rules.content_checks import carries
from campaigns.rules.parts import CountingProfile, count_parts, prepare_body
from campaigns.rules.placeholders import CompiledText, compile_text
from campaigns.rules.sending_window import jst_day

from .. import opting_out
from ..accounts import provider_class
from .spacing import Spacing


@dataclass(frozen=True, slots=True)
class NewMessage:
    contact_id: int | None
    reference: str
    phone: str
    body: str
    parts: int
    state: str
    reason: str
    is_second_today: bool = False


COLUMNS = {
    "contact_id": "bigint",
    "reference": "text",
    "phone": "text",
    "body": "text",
    "parts": "smallint",
    "state": "text",
    "reason": "text",
}
# Parameters: campaign, account, day, the rows. A row that is already there stays: making rows twice does no harm.
INSERT = """
INSERT INTO campaigns_message (campaign_id, account_id, day, contact_id, reference, phone, body, parts, state, reason,
  vendor_code, vendor_text, provider_message_id, carrier)
SELECT %s, %s, %s, v.contact_id, v.reference, v.phone, v.body, v.parts, v.state, v.reason, '', '', '', ''
FROM <rows> WHERE 1 = 1
ON CONFLICT DO NOTHING
"""
# Parameters: now, campaign, the last message it had before.
MAKE_DUE = """
INSERT INTO campaigns_duemessage (message_id, account_id, campaign_id, phone, due_at, token, attempts)
SELECT id, account_id, campaign_id, phone, %s, '', 0 FROM campaigns_message
WHERE campaign_id = %s AND id > %s AND state = 'queued'
"""


class Audience:
    """The contacts of one campaign in the order of their ids, and the message each would get."""

    def __init__(self, campaign: Campaign) -> None:
        assert campaign.account is not None
        self.campaign = campaign
        self.text: CompiledText = compile_text(campaign.body)
        self.profile: CountingProfile = campaign.account.counting()
        self.provider = provider_class(campaign.account)
        self.spacing = Spacing(campaign)
        self.opt_out_link = opting_out.link_maker(campaign.pk) if opting_out.is_used_in(campaign.body) else None
        self.lists_in = list(campaign.lists_in.values_list("pk", flat=True))
        self.lists_out = list(campaign.lists_out.values_list("pk", flat=True))
        self.columns = {label: column for label, column in MERGE_COLUMNS.items() if label in self.text.names}

    def members(self, *, after: int, size: int) -> list[int]:
        """The next contacts in the lists in. Read from each list by its key: a join would walk all that are left."""
        found: set[int] = set()
        for pk in self.lists_in:
            members = ListMembership.objects.filter(contact_list=pk, contact__gt=after).order_by("contact_id")
            found.update(members.values_list("contact_id", flat=True)[:size])
        return sorted(found)[:size]

    def contacts(self, members: Sequence[int]) -> list[dict[str, Any]]:
        """Those not in the lists out, with what decides whether each may be sent to, and what the text needs."""
        out = ListMembership.objects.filter(contact_list__in=self.lists_out, contact__among=members)
        left_out = set(out.values_list("contact_id", flat=True)) if self.lists_out else set()
        found = Contact.objects.filter(pk__among=[pk for pk in members if pk not in left_out]).order_by("pk")
        needed = [*self.columns.values(), "attributes"] if self.text.names else []
        contacts = list(found.values("pk", "phone", "consent_basis", *needed))
        known = self._known([contact["phone"] for contact in contacts])
        return [contact | {name: contact["phone"] in phones for name, phones in known.items()} for contact in contacts]

    def _known(self, phones: Sequence[str]) -> dict[str, set[str]]:
        """Which of these numbers opted out, which have another advertisement near, which had a text today.

        Asked by the numbers themselves: for a condition on each contact PostgreSQL reads all messages there are.
        """
        return {
            "is_stopped": set(bulk.present("campaigns_suppression", "phone", phones)),
            "has_another": self.spacing.has_another(phones) if self._is_advertising else set(),
            "was_today": self._texted_today(phones),
        }

    def _texted_today(self, phones: Sequence[str]) -> set[str]:
        found = Message.objects.filter(phone__among=phones, day=jst_day(timezone.now()), state__in=REACHES)
        return set(found.values_list("phone", flat=True))

    @property
    def _is_advertising(self) -> bool:
        return self.campaign.purpose == Purpose.ADVERTISING

    def messages(self, contacts: Iterable[dict[str, Any]]) -> Iterator[NewMessage]:
        for contact in contacts:
            body, parts, reason = self._write(contact)
            reason = self._objection(contact) or reason
            yield NewMessage(
                contact_id=contact["pk"],
                reference=f"{self.campaign.reference}{contact['pk']:012d}",
                phone=contact["phone"],
                body=body,
                parts=parts,
                state=state_for(reason),
                reason=reason,
                is_second_today=contact["was_today"] and not reason,
            )

    def _objection(self, contact: dict[str, Any]) -> str:
        """Why this person is not sent to, whatever the text."""
        if contact["is_stopped"]:
            return "opted_out"
        if self._is_advertising and contact["consent_basis"] == ConsentBasis.NONE:
            return "no_consent"
        if contact["has_another"]:
            return "recently_texted"
        return "" if self.provider.accepts(contact["phone"]) else "not_for_this_vendor"

    def _write(self, contact: dict[str, Any]) -> tuple[str, int, str]:
        if not self.text.names:
            return self._same_for_all
        return self.write(self.values(contact))

    def values(self, contact: dict[str, Any]) -> dict[str, str]:
        """What the fields of the text may be filled with."""
        values: dict[str, str] = {label: contact[column] for label, column in self.columns.items()}
        values |= contact["attributes"]
        if self.opt_out_link:
            values[opt_out_tokens.FIELD] = self.opt_out_link(contact["pk"])
        return values

    @cached_property
    def _same_for_all(self) -> tuple[str, int, str]:
        return self.write({})

    def write(self, values: Mapping[str, str]) -> tuple[str, int, str]:
        """The body for somebody with these values, its parts, and why it cannot be sent."""
        try:
            body = prepare_body(self.text.fill(values))
        except InvalidInput as error:
            return "", 0, error.code
        count = count_parts(body, self.profile)
        if self.provider.capabilities.jis_only and not carries(body):
            return body, count.parts, "unsendable_character"
        return body, count.parts, "body_too_long" if count.over_limit else ""


def state_for(reason: str) -> str:
    if not reason:
        return MessageState.QUEUED
    return MessageState.SUPPRESSED if reason == "opted_out" else MessageState.EXCLUDED


def store(campaign: Campaign, messages: Sequence[NewMessage], now: datetime) -> None:
    """Make the rows, and for each that is to be sent its place in the queue."""
    if not messages:
        return
    table, parameter = bulk.table(COLUMNS, bulk.as_rows(COLUMNS, messages))
    last = Message.objects.filter(campaign=campaign).aggregate(pk=Max("pk"))["pk"] or 0
    with connection.cursor() as cursor:
        cursor.execute(INSERT.replace("<rows>", table), [campaign.pk, campaign.account_id, jst_day(now), parameter])
        cursor.execute(MAKE_DUE, [bulk.moment(now), campaign.pk, last])
