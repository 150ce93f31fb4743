"""The list of campaigns, and what is done to a whole one from there."""

from django.contrib import messages
from django.db.models import QuerySet, Sum
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _l
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from campaigns.errors import RuleError
from campaigns.models import Campaign, CampaignState, DayCount, MessageState
from campaigns.services.planning.drafting import delete_draft, duplicate

from .access import requires
from .htmx import HtmxRequest, render_page
from .listing import as_liked
from .paging import Page, page_of

S = CampaignState
TABS = {
    "": (_l("すべて"), ()),
    "draft": (_l("下書き"), (S.DRAFT,)),
    "pending": (_l("承認待ち"), (S.PENDING_APPROVAL,)),
    "scheduled": (_l("予約済み"), (S.SCHEDULED,)),
    "sending": (_l("配信中"), (S.SENDING, S.PAUSED, S.HOLDING)),
    "completed": (_l("配信完了"), (S.COMPLETED,)),
    "cancelled": (_l("取消済み"), (S.CANCELLED,)),
}


@requires("campaigns.view_campaign")
@require_GET
def campaign_list(request: HtmxRequest) -> HttpResponse:
    chosen = request.GET.get("state", "")
    chosen = chosen if chosen in TABS else ""
    wanted = request.GET.get("q", "").strip()
    page = page_of(_matching(chosen, wanted), request)
    _add_figures(page)
    context = {
        "page": page,
        "tabs": [(value, label, value == chosen) for value, (label, _states) in TABS.items()],
        "is_narrowed": bool(chosen or wanted),
        **as_liked(request, "campaign_list"),
    }
    return render_page(request, "campaigns/list.html", None, context)


def _matching(tab: str, wanted: str) -> QuerySet[Campaign]:
    campaigns = Campaign.objects.select_related("created_by", "account", "sender").filter(trial_of=None)
    if states := TABS[tab][1]:
        campaigns = campaigns.filter(state__in=states)
    return campaigns.filter(name__icontains=wanted) if wanted else campaigns


def _add_figures(page: Page) -> None:
    """Delivered and failed, from the counts and in one query."""
    counts = DayCount.objects.filter(campaign__in=[campaign.pk for campaign in page])
    rows = counts.values_list("campaign", "state").annotate(n=Sum("messages")).order_by()
    found = {(campaign, state): n for campaign, state, n in rows}
    for campaign in page:
        campaign.delivered = found.get((campaign.pk, MessageState.DELIVERED), 0)
        failed = (MessageState.UNDELIVERED, MessageState.REFUSED)
        campaign.failed = sum(found.get((campaign.pk, state), 0) for state in failed)


@requires("campaigns.add_campaign")
@require_POST
def campaign_duplicate(request: HtmxRequest, campaign_id: int) -> HttpResponse:
    original = get_object_or_404(Campaign, pk=campaign_id)
    copy = duplicate(original, request.user)
    text = _("「%(name)s」を複製して、新しい下書きを作りました。日時は改めて決めてください。")
    messages.success(request, text % {"name": original.name})
    return redirect("campaign_edit", copy.pk)


@requires("campaigns.delete_campaign")
@require_http_methods(["GET", "POST"])
def campaign_delete(request: HtmxRequest, campaign_id: int) -> HttpResponse:
    campaign = get_object_or_404(Campaign, pk=campaign_id)
    if request.method == "GET" and campaign.is_draft:
        return render_page(request, "campaigns/delete.html", None, {"campaign": campaign})
    if not campaign.is_draft:
        messages.error(request, _("「%(name)s」は下書きではないため、削除できません。") % {"name": campaign.name})
        return redirect("campaign_detail", campaign_id)
    try:
        delete_draft(campaign, request.user)
    except RuleError as error:
        messages.error(request, str(error))
        return redirect("campaign_detail", campaign_id)
    messages.success(request, _("下書き「%(name)s」を削除しました。") % {"name": campaign.name})
    return redirect("campaign_list")
