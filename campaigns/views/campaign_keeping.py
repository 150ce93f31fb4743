"""How long numbers and texts of one campaign are kept."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from campaigns.errors import RuleError
from campaigns.forms.campaigns import KeepForm
from campaigns.models import Campaign
from campaigns.services.retention import forgotten_on, keep_campaign

from .access import requires
from .htmx import HtmxRequest


@requires("campaigns.change_portalsettings")
@require_http_methods(["GET", "POST"])
def campaign_keep(request: HtmxRequest, campaign_id: int) -> HttpResponse:
    campaign = get_object_or_404(Campaign, pk=campaign_id)
    form = KeepForm(request.POST or None, initial={"because": campaign.kept_because})
    if not form.is_valid():
        context = {"campaign": campaign, "form": form, "forgotten_on": forgotten_on(campaign)}
        return render(request, "campaigns/keep.html", context, status=422 if form.errors else 200)
    try:
        keep_campaign(campaign, form.cleaned_data["because"], request.user)
    except RuleError as error:
        messages.error(request, str(error))
    else:
        messages.success(request, _said(form.cleaned_data["because"]))
    return redirect("campaign_detail", campaign_id)


def _said(because: str) -> str:
    if because:
        return _("番号と本文は、保存期間が過ぎても消去しません。")
    return _("番号と本文は、保存期間が過ぎると消去されます。")
