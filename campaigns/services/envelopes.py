"""From a message of ours to what goes on the wire."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from campaigns.models import Campaign, FieldValues, HeldAt, Leaving, Message, ProviderAccount
from providers.base import OutboundSms, TemplateText

from .accounts import callback_url, provider_class


@dataclass(frozen=True, slots=True)
class Envelope:
    """What all messages of one campaign share on the wire."""

    sender_id: str
    group: str
    scheduled_for: datetime | None
    valid_until: datetime | None
    callback_url: str
    shorten: bool | None
    template_id: str

    def around(self, message: Leaving | Message, filled: Mapping[str, str]) -> OutboundSms:
        return OutboundSms(
            reference=message.reference,
            to=message.phone,
            body=message.body,
            sender_id=self.sender_id,
            scheduled_for=self.scheduled_for,
            group=self.group,
            valid_until=self.valid_until,
            callback_url=self.callback_url,
            shorten=self.shorten,
            content=TemplateText(self.template_id, filled) if self.template_id else None,
        )


def seal(wave: Sequence[Leaving | Message], envelopes: Mapping[int, Envelope]) -> list[OutboundSms]:
    """Each message in the envelope of its campaign; what the vendor's own templates are filled with is read at once."""
    templated = [message.id for message in wave if envelopes[message.campaign_id].template_id]
    filled = dict(FieldValues.objects.filter(pk__in=templated).values_list("pk", "filled")) if templated else {}
    return [envelopes[message.campaign_id].around(message, filled.get(message.id, {})) for message in wave]


def can_still_be_booked(account: ProviderAccount, campaign: Campaign, now: datetime) -> bool:
    """A reservation for a time that is too near might be sent at once, or refused."""
    ahead = timedelta(seconds=provider_class(account).capabilities.book_at_least_ahead)
    return campaign.starts_at is not None and campaign.starts_at - now >= ahead


def envelope_of(campaign: Campaign, now: datetime) -> Envelope:
    assert campaign.account is not None
    assert campaign.sender is not None
    able = provider_class(campaign.account).capabilities
    is_booking = campaign.held_at == HeldAt.VENDOR and can_still_be_booked(campaign.account, campaign, now)
    return Envelope(
        sender_id=campaign.sender.value,
        group=campaign.reference,
        scheduled_for=campaign.starts_at if is_booking else None,
        valid_until=campaign.deadline_at,
        callback_url=callback_url(campaign.account) if campaign.account.receives_callbacks else "",
        shorten=campaign.shortens_urls if able.shortens_in_text else None,
        template_id=campaign.vendor_template.get("id", ""),
    )
