"""テスト送信: the draft's text to one's own phones, as a person of the lists would get it."""

from datetime import timedelta
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from campaigns.errors import RuleError
from campaigns.forms.trials import TrialForm, TrialPhoneForm
from campaigns.models import Campaign, MessageState, TrialPhone, new_reference
from campaigns.services.planning.previewing import preview_text
from campaigns.services.planning.readiness import was_tried
from campaigns.services.planning.sampling import made_up_people, sample_people
from campaigns.services.planning.trials import register_phone, send_trial, trial_messages

from .access import requires
from .htmx import HtmxRequest
from .previews import FIRST, choose

SHOWN = 20
WATCHED_FOR = timedelta(minutes=3)  # what has no result by then waits for more than a moment
MOVING = (MessageState.QUEUED, MessageState.SENDING, MessageState.ACCEPTED, MessageState.UNKNOWN)


@requires("campaigns.launch_campaign")
@require_http_methods(["GET", "POST"])
def campaign_trial(request: HtmxRequest, campaign_id: int) -> HttpResponse:
    campaign = get_object_or_404(Campaign.objects.select_related("account", "sender"), pk=campaign_id)
    if not campaign.is_draft:
        messages.info(request, _("この配信はもう下書きではないため、テスト送信できません。"))
        return redirect("campaign_detail", campaign_id)
    shown = _shown(request, campaign)
    if request.method == "POST":
        _send(request, campaign, shown)
        return redirect("campaign_trial", campaign_id)
    return _page(request, campaign, shown, TrialPhoneForm())


@requires("campaigns.launch_campaign")
@require_GET
def trial_results(request: HtmxRequest, campaign_id: int) -> HttpResponse:
    campaign = get_object_or_404(Campaign, pk=campaign_id)
    return render(request, "campaigns/_trials.html", {"campaign": campaign, **_results(campaign)})


def _page(request: HtmxRequest, campaign: Campaign, shown: dict[str, Any], form: TrialPhoneForm) -> HttpResponse:
    context = {
        "campaign": campaign,
        "phones": request.user.trial_phones.all(),
        "form": form,
        "reference": new_reference(),
    }
    status = 422 if form.errors else 200
    return render(request, "campaigns/trial.html", context | shown | _results(campaign), status=status)


def _shown(request: HtmxRequest, campaign: Campaign) -> dict[str, Any]:
    people = sample_people(campaign.lists_in.all(), campaign.lists_out.all()).people
    preview = preview_text(campaign, people or made_up_people(campaign.body))
    given = request.POST if request.method == "POST" else request.GET
    found = choose(preview, campaign, given)
    person = found["shown"].person if found["shown"] else None
    return found | {"sender": campaign.sender, "as_person": (person and person.contact_id) or FIRST}


def _results(campaign: Campaign) -> dict[str, Any]:
    rows = list(trial_messages(campaign)[:SHOWN])
    begun = timezone.now() - WATCHED_FOR
    is_moving = any(row.state in MOVING and row.campaign.created_at > begun for row in rows)
    return {"rows": rows, "is_moving": is_moving, "was_tried": was_tried(campaign)}


def _send(request: HtmxRequest, campaign: Campaign, shown: dict[str, Any]) -> None:
    form = TrialForm(request.POST)
    form.fields["phones"].queryset = request.user.trial_phones.all()  # type: ignore[attr-defined]
    if not form.is_valid() or shown["shown"] is None:
        messages.error(request, _("テスト送信先と、見え方を確かめる人を選び直してください。"))
        return
    given, person = form.cleaned_data, shown["shown"].person
    try:
        send_trial(campaign, request.user, person=person, phones=given["phones"], reference=given["reference"])
    except RuleError as error:
        messages.error(request, str(error))
    else:
        messages.success(request, _("テスト送信を受け付けました。結果はこの画面に表示されます。"))


@requires("campaigns.launch_campaign")
@require_http_methods(["GET", "POST"])
def trial_phone_add(request: HtmxRequest, campaign_id: int) -> HttpResponse:
    if request.method == "GET":  # the page with the refused form, loaded again
        return redirect("campaign_trial", campaign_id)
    form = TrialPhoneForm(request.POST)
    if form.is_valid():
        try:
            register_phone(request.user, form.cleaned_data["phone"], form.cleaned_data["label"])
        except RuleError as error:
            form.add_error(None, str(error))
        else:
            return redirect("campaign_trial", campaign_id)
    campaign = get_object_or_404(Campaign.objects.select_related("account", "sender"), pk=campaign_id)
    return _page(request, campaign, _shown(request, campaign), form)


@requires("campaigns.launch_campaign")
@require_POST
def trial_phone_remove(request: HtmxRequest, campaign_id: int) -> HttpResponse:
    wanted = request.POST.get("phone", "")
    if wanted.isdecimal():
        TrialPhone.objects.filter(user=request.user, pk=wanted).delete()
    return redirect("campaign_trial", campaign_id)
