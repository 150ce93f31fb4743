"""The second pair of eyes: what waits for approval, approving, sending back, withdrawing."""

from typing import Any

from django.contrib import messages
from django.db import transaction
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from campaigns.errors import RuleError
from campaigns.forms.campaigns import ReturnForm
from campaigns.models import Campaign, CampaignState, User
from campaigns.services.planning.launching import approve, send_back, withdraw

from .access import requires
from .campaign_content import check_seen
from .htmx import HtmxRequest, render_page
from .listing import as_liked
from .paging import page_of


@requires("campaigns.approve_campaign")
@require_GET
def approval_list(request: HtmxRequest) -> HttpResponse:
    waiting = Campaign.objects.filter(state=CampaignState.PENDING_APPROVAL).select_related("requested_by", "account")
    page = page_of(waiting, request)
    for campaign in page:
        campaign.is_own = is_own(campaign, request.user)
    return render_page(request, "approvals/list.html", None, {"page": page} | as_liked(request, "approval_list"))


def is_own(campaign: Campaign, user: User) -> bool:
    return user.pk in {campaign.created_by_id, campaign.requested_by_id}


def approval_context(campaign: Campaign, user: User) -> dict[str, Any]:
    own = is_own(campaign, user)
    return {
        "is_own": own,
        "may_decide": user.has_perm("campaigns.approve_campaign") and not own,
        "may_withdraw": user.has_perm("campaigns.launch_campaign") and own,
    }


@requires("campaigns.approve_campaign")
@require_POST
def campaign_approve(request: HtmxRequest, campaign_id: int) -> HttpResponse:
    try:
        with transaction.atomic():
            campaign = get_object_or_404(Campaign.objects.select_for_update(), pk=campaign_id)
            if campaign.state == CampaignState.PENDING_APPROVAL:
                check_seen(campaign, request.POST.get("seen", ""))
                approve(campaign, request.user)
                messages.success(request, _("承認しました。"))
            else:
                messages.info(request, _already(campaign))
    except RuleError as error:
        messages.error(request, str(error))
    return redirect("campaign_detail", campaign_id)


@requires("campaigns.approve_campaign")
@require_http_methods(["GET", "POST"])
def campaign_return(request: HtmxRequest, campaign_id: int) -> HttpResponse:
    campaign = get_object_or_404(Campaign, pk=campaign_id)
    form = ReturnForm(request.POST or None)
    if campaign.state != CampaignState.PENDING_APPROVAL:
        messages.info(request, _already(campaign))
        return redirect("campaign_detail", campaign_id)
    if not form.is_valid():
        status = 422 if form.is_bound else 200
        return render(request, "approvals/return.html", {"form": form, "campaign": campaign}, status=status)
    try:
        send_back(campaign, request.user, form.cleaned_data["because"])
    except RuleError as error:
        messages.error(request, str(error))
    else:
        messages.success(request, _("「%(name)s」を差し戻しました。理由は作成者に表示されます。") % {"name": campaign})
    return redirect("approval_list")


@requires("campaigns.launch_campaign")
@require_POST
def campaign_withdraw(request: HtmxRequest, campaign_id: int) -> HttpResponse:
    campaign = get_object_or_404(Campaign, pk=campaign_id)
    try:
        if not is_own(campaign, request.user):
            raise RuleError(_("依頼を取り下げられるのは、作成した人か依頼した人だけです。"))
        withdraw(campaign, request.user)
    except RuleError as error:
        messages.error(request, str(error))
        return redirect("campaign_detail", campaign_id)
    messages.success(request, _("依頼を取り下げ、下書きに戻しました。"))
    return redirect("campaign_edit", campaign_id)


def _already(campaign: Campaign) -> str:
    text = _("この依頼はすでに処理されています(いまの状態: %(state)s)。")
    return text % {"state": campaign.get_state_display()}
