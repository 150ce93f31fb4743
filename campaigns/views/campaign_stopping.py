"""The acts that change the course of a campaign: stop, pause, go on."""

from collections.abc import Callable

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from campaigns.errors import RuleError
from campaigns.models import Campaign, CampaignState
from campaigns.services.figures.watching import LIVE
from campaigns.services.sending.stopping import StopReceipt, pause_campaign, resume_campaign, stop_campaign

from .access import requires
from .campaign_live import live_context
from .htmx import HtmxRequest, render_page


@requires("campaigns.stop_campaign")
@require_http_methods(["GET", "POST"])
def campaign_stop(request: HtmxRequest, campaign_id: int) -> HttpResponse:
    campaign = get_object_or_404(Campaign.objects.select_related("account"), pk=campaign_id)
    if request.method == "GET":
        if campaign.state not in LIVE:
            return redirect("campaign_detail", campaign_id)
        return render_page(request, "campaigns/stop.html", None, live_context(campaign))
    if campaign.state == CampaignState.CANCELLED:
        messages.info(request, _("この配信はすでに停止しています。"))
        return redirect("campaign_detail", campaign_id)
    try:
        receipt = stop_campaign(campaign, request.user)
    except RuleError as error:
        messages.error(request, str(error))
    else:
        messages.success(request, receipt_text(receipt))
    return redirect("campaign_detail", campaign_id)


def receipt_text(receipt: StopReceipt) -> str:
    figures = {
        "left": f"{receipt.left:,}",
        "recalled": f"{receipt.recalled:,}",
        "at_vendor": f"{receipt.at_vendor:,}",
    }
    if receipt.at_vendor:
        text = _(
            "停止しました。いま送信済み %(left)s件。取り消した %(recalled)s件。"
            "配信事業者に取り消しを依頼中 %(at_vendor)s件。結果はこの画面に表示します。"
        )
    elif receipt.left:
        text = _("停止しました。いま送信済み %(left)s件(取り消せません)。取り消した %(recalled)s件。")
    else:
        text = _("停止しました。1件も送っていません。取り消した %(recalled)s件。")
    return text % figures


@requires("campaigns.stop_campaign")
@require_POST
def campaign_pause(request: HtmxRequest, campaign_id: int) -> HttpResponse:
    campaign = get_object_or_404(Campaign, pk=campaign_id)
    if campaign.state != CampaignState.PAUSED:
        _try(request, lambda: pause_campaign(campaign, request.user))
    return redirect("campaign_detail", campaign_id)


@requires("campaigns.stop_campaign")
@require_POST
def campaign_resume(request: HtmxRequest, campaign_id: int) -> HttpResponse:
    campaign = get_object_or_404(Campaign.objects.select_related("account"), pk=campaign_id)
    if campaign.state != CampaignState.SENDING:
        _try(request, lambda: resume_campaign(campaign, request.user))
    return redirect("campaign_detail", campaign_id)


def _try(request: HtmxRequest, act: Callable[[], None]) -> None:
    try:
        act()
    except RuleError as error:
        messages.error(request, str(error))
