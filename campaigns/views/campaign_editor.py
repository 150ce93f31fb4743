"""Writing a draft: one page, saved however incomplete, with what it will look like and cost beside it."""

import re
from decimal import Decimal
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from campaigns.errors import RuleError
from campaigns.forms.campaigns import CampaignForm
from campaigns.models import Campaign, MessageTemplate, PortalSettings
from campaigns.services.planning.drafting import save_draft
from campaigns.services.planning.preparing import start_preparation
from campaigns.services.planning.previewing import preview_text
from campaigns.services.planning.readiness import problems_by_field
from campaigns.services.planning.sampling import audience_size, field_names, made_up_people, sample_people

from .access import requires
from .htmx import HtmxRequest
from .previews import choose

REFERENCE = re.compile("[0-9a-f]{12}")
SAVE, CONFIRM, USE_TEMPLATE, PREVIEW = "save", "confirm", "use_template", "preview"


@requires("campaigns.add_campaign")
@require_http_methods(["GET", "POST"])
def campaign_new(request: HtmxRequest) -> HttpResponse:
    if request.method == "GET":
        return _editor(request, CampaignForm(initial=_from_template(request.GET.get("template", ""))))
    reference = request.POST.get("reference", "")
    if already := Campaign.objects.filter(reference=reference, created_by=request.user).first():
        return _edit(request, already)  # posted twice: the same draft, not a second one
    return _answer(request, Campaign(reference=reference) if REFERENCE.fullmatch(reference) else Campaign())


@requires("campaigns.change_campaign")
@require_http_methods(["GET", "POST"])
def campaign_edit(request: HtmxRequest, campaign_id: int) -> HttpResponse:
    return _edit(request, get_object_or_404(Campaign.objects.select_related("account"), pk=campaign_id))


def _edit(request: HtmxRequest, campaign: Campaign) -> HttpResponse:
    if not campaign.is_draft:
        messages.info(
            request, _("この配信はもう下書きではないため、編集できません。複製すると新しい下書きになります。")
        )
        return redirect("campaign_detail", campaign.pk)
    if request.method == "POST":
        return _answer(request, campaign)
    return _editor(request, CampaignForm(instance=campaign))


@requires("campaigns.change_campaign")
@require_POST
def campaign_preview(request: HtmxRequest) -> HttpResponse:
    """Nothing is stored, so an incomplete draft is as good as any."""
    form = CampaignForm(request.POST)
    form.is_valid()
    return render(request, "campaigns/_preview.html", _preview(request, form))


def _from_template(wanted: str) -> dict[str, Any]:
    template = MessageTemplate.objects.filter(pk=wanted).first() if wanted.isdecimal() else None
    if template is None:
        return {}
    return {"template": template.pk, "body": template.body, "purpose": template.purpose, "name": template.name}


def _answer(request: HtmxRequest, campaign: Campaign) -> HttpResponse:
    intent = request.POST.get("intent", SAVE)
    if intent == USE_TEMPLATE:
        return _take_template(request, campaign)
    form = CampaignForm(request.POST, instance=campaign)
    if not form.is_valid():
        return _editor(request, form, status=422)
    if intent == PREVIEW:
        return _editor(request, form)
    return _save(request, form, goes_on=intent == CONFIRM)


def _save(request: HtmxRequest, form: CampaignForm, *, goes_on: bool) -> HttpResponse:
    campaign, given = form.instance, form.cleaned_data
    try:
        save_draft(campaign, request.user, lists_in=given["lists_in"], lists_out=given["lists_out"])
    except RuleError as error:
        messages.error(request, str(error))
        return redirect("campaign_detail", campaign.pk) if campaign.pk else redirect("campaign_list")
    if not goes_on:
        messages.success(request, _("下書きを保存しました。"))
        return redirect("campaign_edit", campaign.pk)
    if form.add_problems(problems_by_field(campaign)):
        messages.info(request, _("下書きは保存しました。確認へ進むには、次の点を直してください。"))
        return _editor(request, form, status=422)
    start_preparation(campaign)
    return redirect("campaign_confirm", campaign.pk)


def _take_template(request: HtmxRequest, campaign: Campaign) -> HttpResponse:
    """Put a template's text into the form and keep everything else as typed; nothing is saved yet."""
    given = request.POST.copy()
    wanted = given.get("pick", "")
    template = MessageTemplate.objects.filter(pk=wanted).first() if wanted.isdecimal() else None
    if template is None:
        messages.info(request, _("使う定型文を選んでください。"))
        return _editor(request, CampaignForm(given, instance=campaign))
    replaced = given.get("body", "").strip()
    given["template"], given["body"], given["purpose"] = str(template.pk), template.body, template.purpose
    form = CampaignForm(given, instance=campaign)
    return _editor(request, form, replaced=replaced if replaced != template.body else "")


def _editor(request: HtmxRequest, form: CampaignForm, *, replaced: str = "", status: int = 200) -> HttpResponse:
    context = _preview(request, form) | {
        "form": form,
        "campaign": form.instance,
        "templates": MessageTemplate.objects.order_by("category", "name"),
        "replaced": replaced,
        "settings": PortalSettings.load(),
    }
    return render(request, "campaigns/edit.html", context, status=status)


def _preview(request: HtmxRequest, form: CampaignForm) -> dict[str, Any]:
    draft, lists_in, lists_out = _content(form)
    chosen = sample_people(lists_in, lists_out)
    preview = preview_text(draft, chosen or made_up_people(draft.body))
    size = audience_size(lists_in, lists_out)
    price = draft.account.unit_price if draft.account else None
    return {
        "preview": preview,
        "size": size,
        "sender": draft.sender,
        "yen": None if price is None else (preview.meter.average * size.contacts).quantize(Decimal(1)) * price,
        "field_names": field_names(chosen),
        **choose(preview, request.POST.get("show", "")),
    }


def _content(form: CampaignForm) -> tuple[Campaign, list[Any], list[Any]]:
    """The draft as the form has it: typed, stored, or preset."""
    draft = form.instance
    if form.is_bound:
        form.is_valid()
        return draft, list(form.cleaned_data.get("lists_in", ())), list(form.cleaned_data.get("lists_out", ()))
    if draft.pk is None:
        draft.body, draft.purpose = form.initial.get("body", ""), form.initial.get("purpose", draft.purpose)
        return draft, [], []
    return draft, list(draft.lists_in.all()), list(draft.lists_out.all())
