"""An account taken out of use and back: what sends on it is held, and goes on only by a person's act."""

from dataclasses import dataclass

from django.db import transaction
from django.db.models import Count, Q

from campaigns.models import Activity, Campaign, CampaignState, HeldAt, ProviderAccount

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


def take_all_out_of_use() -> dict[ProviderAccount, Affected]:
    """What each that was in use held; nobody has decided it, a backup was put back."""
    found = {}
    for account in ProviderAccount.objects.filter(is_active=True):
        with transaction.atomic():
            found[account] = affected_by(account)
            account.is_active = False
            account.save(update_fields=["is_active"])
            Activity.objects.note(None, "settings_changed", account, changed={"is_active": ["True", "False"]})
            take_out_of_use(account)
    return found
