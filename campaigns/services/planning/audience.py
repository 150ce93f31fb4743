"""Who gets a campaign, and with what text: lists in − lists out, once per number, each with a state and a reason."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from django.db import connection
from django.db.models import Exists, OuterRef, QuerySet
from django.utils import timezone

from campaigns.errors import InvalidInput
from campaigns.models import (
    Campaign,
    ConsentBasis,
    Contact,
    ListMembership,
    Message,
    MessageState,
    PortalSettings,
    Purpose,
    Suppression,
    bulk,
)
from campaigns.rules.content_checks import carries
from campaigns.rules.parts import CountingProfile, count_parts, prepare_body
from campaigns.rules.placeholders import CompiledText, compile_text
from campaigns.rules.sending_window import jst_day

from ..accounts import provider_class


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


class Audience:
    """The contacts of one campaign in the order of their ids, and the message each would get."""

    def __init__(self, campaign: Campaign) -> None:
        assert campaign.account is not None
        self.campaign = campaign
        self.text: CompiledText = compile_text(campaign.body)
        self.profile: CountingProfile = campaign.account.counting()
        self.provider = provider_class(campaign.account)
        self.recent_days = PortalSettings.load().recent_days

    def contacts(self, *, after: int = 0) -> "QuerySet[Contact]":
        """In the lists in and not in the lists out, with what decides whether each may be sent to."""
        inside = ListMembership.objects.filter(contact=OuterRef("pk"), contact_list__campaigns_in=self.campaign)
        outside = ListMembership.objects.filter(contact=OuterRef("pk"), contact_list__campaigns_out=self.campaign)
        stopped = Suppression.objects.filter(phone=OuterRef("phone"))
        found = Contact.objects.filter(Exists(inside), ~Exists(outside), pk__gt=after)
        return found.annotate(
            is_stopped=Exists(stopped), was_recent=Exists(self._recent()), was_today=Exists(self._sent(days=1))
        ).order_by("pk")

    def _sent(self, *, days: int) -> "QuerySet[Message]":
        """To this number, today and on the days before it."""
        since = jst_day(timezone.now()) - timedelta(days=days)
        sent = (MessageState.SENDING, MessageState.ACCEPTED, MessageState.DELIVERED, MessageState.UNKNOWN)
        return Message.objects.filter(phone=OuterRef("phone"), day__gt=since, state__in=sent)

    def _recent(self) -> "QuerySet[Message]":
        recent = self._sent(days=self.recent_days)
        advertised = recent.filter(campaign__purpose=Purpose.ADVERTISING)
        return advertised if self.recent_days and self._is_advertising else advertised.none()

    @property
    def _is_advertising(self) -> bool:
        return self.campaign.purpose == Purpose.ADVERTISING

    def messages(self, contacts: Sequence[Contact]) -> Iterator[NewMessage]:
        for contact in contacts:
            body, parts, reason = self.write(contact.merge_values())
            reason = self._objection(contact) or reason
            yield NewMessage(
                contact_id=contact.pk,
                reference=f"{self.campaign.reference}{contact.pk:012d}",
                phone=contact.phone,
                body=body,
                parts=parts,
                state=state_for(reason),
                reason=reason,
                is_second_today=contact.was_today and not reason,  # type: ignore[attr-defined]
            )

    def _objection(self, contact: Contact) -> str:
        """Why this person is not sent to, whatever the text."""
        if contact.is_stopped:  # type: ignore[attr-defined]
            return "opted_out"
        if self._is_advertising and contact.consent_basis == ConsentBasis.NONE:
            return "no_consent"
        if contact.was_recent:  # type: ignore[attr-defined]
            return "recently_texted"
        return "" if self.provider.accepts(contact.phone) else "not_for_this_vendor"

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


def store(campaign: Campaign, messages: Sequence[NewMessage], day: date) -> None:
    if not messages:
        return
    table, parameter = bulk.table(COLUMNS, bulk.as_rows(COLUMNS, messages))
    with connection.cursor() as cursor:
        cursor.execute(INSERT.replace("<rows>", table), [campaign.pk, campaign.account_id, day, parameter])
