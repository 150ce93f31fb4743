"""An account taken out of use and back: what sends on it is held, and goes on only by a person's act."""

from dataclasses import dataclass

from django.db.models import Count, Q

from campaigns.models import Campaign, CampaignState, HeldAt, ProviderAccount

from .outlook import hold_running


@dataclass(frozen=True, slots=True)
class Affected:
    """Campaigns that meet an account out of use."""

    sending: int  # held at once
    booked: int  # held when their time comes
    at_vendor: int  # booked there already: the vendor sends them all the same


def affected_by(account: ProviderAccount) -> Affected:
    booked = Q(state=CampaignState.SCHEDULED)
    there = booked & Q(held_at=HeldAt.VENDOR)
    counts = Campaign.objects.filter(account=account).aggregate(
        sending=Count("pk", filter=Q(state=CampaignState.SENDING)),
        booked=Count("pk", filter=booked & ~there),
        at_vendor=Count("pk", filter=there),
    )
    return Affected(**counts)


def take_out_of_use(account: ProviderAccount) -> None:
    """To be called once the account says so: whatever sends on it, or begins to, is held."""
    hold_running(account, account.why_halted)
