"""What the dashboard tells one person: what waits for them, what comes next, what is still to be set up."""

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Exists, OuterRef, Q

from campaigns.models import (
    TAKEN,
    Campaign,
    CampaignState,
    Contact,
    Heartbeat,
    ProviderAccount,
    SenderId,
    User,
)

from .watching import LIVE

NOT_DECIDED = (CampaignState.DRAFT, CampaignState.PENDING_APPROVAL)
SHOWN = 5


@dataclass(frozen=True, slots=True)
class Waiting:
    """What does not go on until a person does something; `approvals` and `returned` hold the first few."""

    approvals: list[Campaign]
    returned: list[Campaign]
    accounts: list[ProviderAccount]  # halted, out of reach just now, or out of use while campaigns wait for it
    silent_since: datetime | None
    silent_machines: list[Heartbeat]  # some of those that work

    def __bool__(self) -> bool:
        return bool(self.approvals or self.returned)


def waiting_for(user: User) -> Waiting:
    """Six queries at most."""
    approvals = Campaign.objects.none()
    if user.has_perm("campaigns.approve_campaign"):
        pending = Campaign.objects.filter(state=CampaignState.PENDING_APPROVAL)
        approvals = pending.exclude(Q(created_by=user) | Q(requested_by=user)).order_by("requested_at")
    returned = Campaign.objects.filter(state=CampaignState.DRAFT, created_by=user).exclude(returned_because="")
    live = Campaign.objects.filter(account=OuterRef("pk"), state__in=LIVE)
    troubled = Q(is_active=True) & (Q(halted_reason__gt="") | Q(trouble__gt=""))
    in_trouble = ProviderAccount.objects.filter(troubled | Q(Exists(live), is_active=False))
    silent_since = Heartbeat.silent_since()
    return Waiting(
        approvals=list(approvals.select_related("requested_by")[:SHOWN]),
        returned=list(returned.order_by("-updated_at")[:SHOWN]),
        accounts=list(in_trouble),
        silent_since=silent_since,
        silent_machines=[] if silent_since else Heartbeat.silent_machines(),
    )


def coming() -> list[Campaign]:
    """The next few bookings."""
    booked = Campaign.objects.filter(state=CampaignState.SCHEDULED, trial_of=None).select_related("account")
    return list(booked.order_by("starts_at", "pk")[:SHOWN])


@dataclass(frozen=True, slots=True)
class FirstSteps:
    """What a new portal needs before its first campaign."""

    account: bool
    sender: bool
    contact: bool
    trial: bool
    draft: Campaign | None  # the latest, to be tried on one's own phone


def first_steps() -> FirstSteps | None:
    """None once anything was ever decided to be sent."""
    campaigns = Campaign.objects.filter(trial_of=None)
    if campaigns.exclude(state__in=NOT_DECIDED).exists():
        return None
    return FirstSteps(
        account=ProviderAccount.objects.exists(),
        sender=SenderId.objects.exists(),
        contact=Contact.objects.exists(),
        trial=Campaign.objects.filter(trial_of__isnull=False, messages__state__in=TAKEN).exists(),
        draft=campaigns.filter(state=CampaignState.DRAFT).order_by("-pk").first(),
    )
