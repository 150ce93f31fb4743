"""One campaign while it waits, sends and afterwards: the page that looks again by itself."""

from typing import Any

from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.utils import timezone
from django.views.decorators.http import require_GET

from campaigns.models import Campaign, CampaignState, User
from campaigns.services.figures.watching import (
    LIVE,
    figures,
    first_failures,
    freshen_counts,
    last_events,
    obstacles,
    poll_seconds,
)
from campaigns.services.planning.forecasting import forecast
from campaigns.services.retention import forgotten_on

from .access import requires
from .approvals import approval_context
from .campaign_content import pinned_content
from .htmx import HtmxRequest, render_page

PEOPLE = ("created_by", "requested_by", "approved_by", "stopped_by")


@requires("campaigns.view_campaign")
@require_GET
def campaign_detail(request: HtmxRequest, campaign_id: int) -> HttpResponse:
    campaigns = Campaign.objects.select_related("account", "sender", "template", *PEOPLE)
    campaign = get_object_or_404(campaigns, pk=campaign_id)
    record = {
        "lists_in": campaign.lists_in.all(),
        "lists_out": campaign.lists_out.all(),
        "forgotten_on": forgotten_on(campaign),
    }
    context = record | _context(campaign, request.user)
    return render_page(request, "campaigns/detail.html", "campaigns/_live.html", context)


def _context(campaign: Campaign, user: User) -> dict[str, Any]:
    if campaign.is_draft:
        return {"campaign": campaign}
    if campaign.state == CampaignState.PENDING_APPROVAL:
        return {"campaign": campaign, **pinned_content(campaign), **approval_context(campaign, user)}
    return live_context(campaign)


def live_context(campaign: Campaign) -> dict[str, Any]:
    now = timezone.now()
    freshen_counts(campaign)
    found = figures(campaign, now)
    is_live = campaign.state in LIVE
    return {
        "campaign": campaign,
        "figures": found,
        "failures": first_failures(campaign, found),
        "events": last_events(campaign),
        "obstacles": obstacles(campaign, now) if is_live else None,
        "forecast": forecast(campaign, found.waiting, now=now, pace=found.rate) if is_live else None,
        "undo_seconds": _undo_seconds(campaign),
        "poll_seconds": poll_seconds(campaign, found, now),
        "is_live": is_live,
    }


def _undo_seconds(campaign: Campaign) -> int | None:
    """Whole seconds until the first message leaves, for what was to be sent at once."""
    if campaign.state != CampaignState.SCHEDULED or campaign.scheduled_for or campaign.starts_at is None:
        return None
    return max(0, round((campaign.starts_at - timezone.now()).total_seconds()))
