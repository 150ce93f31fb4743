"""Another time for one booking; the calendar leads here with the day it was dropped on."""

from datetime import datetime

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from campaigns.errors import RuleError
from campaigns.forms.bookings import MoveForm
from campaigns.models import Campaign
from campaigns.services.planning.rescheduling import reschedule, why_not_to_move
from campaigns.templatetags.sms import jst

from .access import requires
from .htmx import HtmxRequest


@requires("campaigns.stop_campaign")
@require_http_methods(["GET", "POST"])
def booking_move(request: HtmxRequest, campaign_id: int) -> HttpResponse:
    campaign = get_object_or_404(Campaign.objects.select_related("account", "sender"), pk=campaign_id)
    form = MoveForm(request.POST or None, campaign=campaign, day=request.GET.get("day", ""))
    if form.is_valid() and _moved(request, form, campaign):
        return redirect("booking_list")
    context = {"campaign": campaign, "form": form, "because": why_not_to_move(campaign, request.user)}
    return render(request, "bookings/move.html", context, status=422 if form.is_bound else 200)


def _moved(request: HtmxRequest, form: MoveForm, campaign: Campaign) -> bool:
    starts_at: datetime = form.cleaned_data["starts_at"]
    try:
        reschedule(campaign, request.user, starts_at)
    except RuleError as error:
        form.add_error("starts_at", str(error))
        campaign.refresh_from_db()
        return False
    text = _("「%(name)s」の配信予定日時を %(at)s に変更しました。")
    messages.success(request, text % {"name": campaign.name, "at": jst(starts_at)})
    return True
