"""What a person sees before the button: real texts, who is left out and why, and how it differs from last time."""

import secrets
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta

from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from campaigns.errors import InvalidInput
from campaigns.models import Campaign, CampaignState, Contact, Message, MessageState
from campaigns.rules.parts import count_parts
from campaigns.rules.placeholders import compile_text
from campaigns.texts import reason_text

RECENT = 10  # campaigns looked at for the last one to the same lists
SAME_TEXT_WITHIN = timedelta(days=1)
SENT = (
    CampaignState.SCHEDULED,
    CampaignState.SENDING,
    CampaignState.PAUSED,
    CampaignState.HOLDING,
    CampaignState.COMPLETED,
)


@dataclass(frozen=True, slots=True)
class Example:
    title: str
    message: Message


@dataclass(frozen=True, slots=True)
class Exclusion:
    reason: str  # code
    contacts: int
    text: str


@dataclass(frozen=True, slots=True)
class LastTime:
    campaign: Campaign
    more: int  # recipients now beyond those of last time; negative: fewer
    same_text: bool  # and only a day ago: perhaps it is about to be sent twice

    @property
    def less(self) -> int:
        return -self.more


def examples(campaign: Campaign) -> list[Example]:
    """Up to three different messages exactly as they will be sent."""
    found: dict[int, Example] = {}
    for example in _candidates(campaign):
        found.setdefault(example.message.pk, example)
    return list(found.values())


def _candidates(campaign: Campaign) -> Iterator[Example]:
    rows = campaign.messages.filter(state=MessageState.QUEUED).select_related("contact").order_by("pk")
    first, last = rows.first(), rows.last()
    if first is None or last is None:
        return
    yield Example(_("いちばん長い本文"), rows.filter(pk=campaign.longest_message or 0).first() or first)
    yield Example(_("最初の宛先"), first)
    somewhere = rows.filter(pk__gte=first.pk + secrets.randbelow(last.pk - first.pk + 1)).first()
    yield Example(_("ランダムに選んだ宛先"), somewhere or last)


def is_uncertain(campaign: Campaign) -> bool:
    """With the other reading of the vendor's step the longest text would need fewer parts: the figures are the most."""
    assert campaign.account is not None
    longest = Message.objects.filter(pk=campaign.longest_message or 0).first()
    return longest is not None and count_parts(longest.body, campaign.account.counting()).uncertain


def exclusions(campaign: Campaign) -> list[Exclusion]:
    counted = sorted(campaign.excluded.items(), key=lambda row: -row[1])
    return [Exclusion(reason, contacts, reason_text(reason)) for reason, contacts in counted]


def left_out(campaign: Campaign, reason: str = "") -> "QuerySet[Message]":
    """The messages behind the figures, with their contacts."""
    rows = campaign.messages.filter(state__in=(MessageState.EXCLUDED, MessageState.SUPPRESSED)).select_related(
        "contact"
    )
    return rows.filter(reason=reason) if reason else rows


def lacking(campaign: Campaign, contact: Contact | None) -> list[str]:
    """The fields of the text this person has no value for."""
    try:
        compile_text(campaign.body).fill(contact.merge_values() if contact else {})
    except InvalidInput as error:
        return [str(field) for field in error.context.get("fields", ())]  # type: ignore[attr-defined]
    return []


def last_time(campaign: Campaign) -> LastTime | None:
    """The last campaign to exactly the same lists."""
    lists = {each.pk for each in campaign.lists_in.all()}
    recent = Campaign.objects.filter(lists_in__in=lists, state__in=SENT).exclude(pk=campaign.pk).distinct()
    for other in recent.order_by("-starts_at").prefetch_related("lists_in")[:RECENT]:
        if {each.pk for each in other.lists_in.all()} == lists:
            return LastTime(other, campaign.recipients - other.recipients, _is_repeat(campaign, other))
    return None


def _is_repeat(campaign: Campaign, other: Campaign) -> bool:
    begun_at = other.starts_at or timezone.now()
    return other.body == campaign.body and begun_at > timezone.now() - SAME_TEXT_WITHIN
