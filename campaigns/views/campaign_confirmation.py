"""Between a draft and its sending: count in the background, show what it comes to, and ask once."""

from datetime import timedelta
from typing import Any

from django.contrib import messages
from django.db import transaction
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from campaigns.errors import RuleError
from campaigns.models import Campaign, Heartbeat, PortalSettings, Preparation
from campaigns.services.figures.watching import worker_unseen
from campaigns.services.planning.confirming import exclusions, lacking, left_out
from campaigns.services.planning.launching import confirm
from campaigns.services.planning.preparing import start_preparation
from campaigns.services.planning.sampling import audience_size

from .access import requires
from .campaign_content import check_seen, pinned_content
from .htmx import HtmxRequest, render_page
from .paging import page_of

STALLED_AFTER = timedelta(seconds=60)


@requires("campaigns.change_campaign")
@require_POST
def campaign_prepare(request: HtmxRequest, campaign_id: int) -> HttpResponse:
    """Count the recipients again, for a draft that is complete."""
    campaign = get_object_or_404(Campaign, pk=campaign_id)
    try:
        start_preparation(campaign)
    except RuleError as error:
        messages.error(request, str(error))
        return redirect("campaign_edit" if campaign.is_draft else "campaign_detail", campaign_id)
    return redirect("campaign_confirm", campaign_id)


@requires("campaigns.change_campaign")
@require_GET
def campaign_confirm(request: HtmxRequest, campaign_id: int) -> HttpResponse:
    campaign = get_object_or_404(Campaign.objects.select_related("account", "sender", "created_by"), pk=campaign_id)
    if not campaign.is_draft:
        return redirect("campaign_detail", campaign_id)
    if campaign.preparation == Preparation.NONE:
        messages.info(request, _("内容が変わったため、宛先を数え直します。もう一度「確認へ進む」を押してください。"))
        return redirect("campaign_edit", campaign_id)
    context = {"campaign": campaign, **(_ready(campaign) if campaign.is_ready else _counting(campaign))}
    return render_page(request, "campaigns/confirm.html", "campaigns/_confirmation.html", context)


@requires("campaigns.view_message")
@require_GET
def campaign_exclusions(request: HtmxRequest, campaign_id: int) -> HttpResponse:
    """Who is left out and why: by name, so that the value that lacks can be put in."""
    campaign = get_object_or_404(Campaign, pk=campaign_id)
    chosen = request.GET.get("reason", "")
    page = page_of(left_out(campaign, chosen), request)
    for row in page:
        row.lacking = lacking(campaign, row.contact) if row.reason == "missing_value" else []
    context = {"campaign": campaign, "exclusions": exclusions(campaign), "chosen": chosen, "page": page}
    return render_page(request, "campaigns/exclusions.html", None, context)


def _counting(campaign: Campaign) -> dict[str, Any]:
    now = timezone.now()
    size = audience_size(campaign.lists_in.all(), campaign.lists_out.all())
    since = campaign.prepared_at
    return {
        "total": max(size.contacts, campaign.audience),
        "silent_since": Heartbeat.silent_since(),
        "worker_unseen": worker_unseen(since, now),
        "is_stalled": since is not None and since < now - STALLED_AFTER,
    }


def _ready(campaign: Campaign) -> dict[str, Any]:
    needs_approval = PortalSettings.load().needs_approval(campaign.recipients)
    return pinned_content(campaign) | {"needs_approval": needs_approval, "silent_since": Heartbeat.silent_since()}


@requires("campaigns.launch_campaign")
@require_POST
def campaign_send(request: HtmxRequest, campaign_id: int) -> HttpResponse:
    """The one decisive click. Sends what this person saw, once, however often it is posted."""
    try:
        with transaction.atomic():
            campaign = get_object_or_404(Campaign.objects.select_for_update(), pk=campaign_id)
            if not campaign.is_draft:
                messages.info(request, _("この配信はすでに受け付けています。二重には送信されません。"))
                return redirect("campaign_detail", campaign_id)
            check_seen(campaign, request.POST.get("seen", ""))
            confirm(campaign, request.user)
    except RuleError as error:
        messages.error(request, str(error))
        return redirect("campaign_confirm", campaign_id)
    if campaign.state == "pending_approval":
        messages.success(request, _("承認を依頼しました。承認されると送信されます。"))
    return redirect("campaign_detail", campaign_id)
