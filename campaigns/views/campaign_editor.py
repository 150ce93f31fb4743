"""Writing a draft: one page, saved by itself however incomplete, with what it will look like and cost beside it."""

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from campaigns.errors import RuleError
from campaigns.forms.campaigns import LATER, CampaignForm
from campaigns.forms.vendors import ShortUrlForm
from campaigns.models import Campaign, MessageTemplate, PortalSettings, User
from campaigns.services.accounts import accounts_that
from campaigns.services.planning.drafting import DraftOvertaken
from campaigns.services.planning.preparing import start_preparation
from campaigns.services.planning.readiness import problems, problems_by_field

from .access import requires
from .campaign_preview import preview_context
from .draft_saving import REFERENCE, autosave, page_id, saved_state, store, stored_draft
from .htmx import HtmxRequest

SAVE, AUTOSAVE, CONFIRM, TRIAL, USE_TEMPLATE, PREVIEW = (
    "save",
    "autosave",
    "confirm",
    "trial",
    "use_template",
    "preview",
)


@requires("campaigns.add_campaign")
@require_http_methods(["GET", "POST"])
def campaign_new(request: HtmxRequest) -> HttpResponse:
    if request.method == "GET":
        preset = _from_template(request.GET.get("template", "")) | {"sender": _last_sender(request.user)}
        return _editor(request, CampaignForm(initial=preset))
    reference = request.POST.get("reference", "")
    if already := Campaign.objects.filter(reference=reference, created_by=request.user).first():
        return _edit(request, already)  # posted twice: the same draft, not a second one
    return _answer(request, Campaign(reference=reference) if REFERENCE.fullmatch(reference) else Campaign())


@requires("campaigns.change_campaign")
@require_http_methods(["GET", "POST"])
def campaign_edit(request: HtmxRequest, campaign_id: int) -> HttpResponse:
    return _edit(request, get_object_or_404(Campaign.objects.select_related("account"), pk=campaign_id))


def _edit(request: HtmxRequest, campaign: Campaign) -> HttpResponse:
    by_itself = request.POST.get("intent") == AUTOSAVE
    if not campaign.is_draft:
        text = _("この配信はもう下書きではないため、編集できません。複製すると新しい下書きになります。")
        if by_itself:
            return saved_state(request, CampaignForm(instance=campaign), trouble=text)
        messages.info(request, text)
        return redirect("campaign_detail", campaign.pk)
    if request.method == "POST":
        return _answer(request, campaign)
    return _editor(request, CampaignForm(instance=campaign))


def _from_template(wanted: str) -> dict[str, Any]:
    template = MessageTemplate.objects.filter(pk=wanted).first() if wanted.isdecimal() else None
    if template is None:
        return {}
    return {"template": template.pk, "body": template.body, "purpose": template.purpose, "name": template.name}


def _last_sender(user: User) -> int | None:
    """Where there are several, people mostly go on with the one they used before."""
    own = Campaign.objects.filter(created_by=user, sender__isnull=False).order_by("-pk")
    return own.values_list("sender_id", flat=True).first()


def _answer(request: HtmxRequest, campaign: Campaign) -> HttpResponse:
    intent = request.POST.get("intent", SAVE)
    if intent == USE_TEMPLATE:
        return _take_template(request, campaign)
    form = CampaignForm(request.POST, instance=campaign)
    if intent == AUTOSAVE:
        return autosave(request, form)
    if not form.is_valid():
        return _editor(request, form, status=422)
    if intent == PREVIEW:
        return _editor(request, form)
    return _save(request, form, intent)


def _save(request: HtmxRequest, form: CampaignForm, intent: str) -> HttpResponse:
    campaign = form.instance
    try:
        store(request, form)
    except DraftOvertaken:
        return _editor(request, form, status=409, overtaken=stored_draft(campaign))
    except RuleError as error:
        messages.error(request, str(error))
        return redirect("campaign_detail", campaign.pk) if campaign.pk else redirect("campaign_list")
    if intent == TRIAL:
        return redirect("campaign_trial", campaign.pk)
    if intent != CONFIRM:
        messages.success(request, _("下書きを保存しました。"))
        return redirect("campaign_edit", campaign.pk)
    if form.add_problems(problems_by_field(campaign)):
        messages.info(request, _("下書きは保存しました。確認へ進むには、次の点を直してください。"))
        return _editor(request, form, status=422, is_saved=True)
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


def _editor(request: HtmxRequest, form: CampaignForm, *, status: int = 200, **more: Any) -> HttpResponse:
    campaign = form.instance
    context = preview_context(request, form) | {
        "form": form,
        "campaign": campaign,
        "templates": MessageTemplate.objects.order_by("category", "name"),
        "short_url_form": _short_url_form(form),
        "settings": PortalSettings.load(),
        "page_id": page_id(request),
        "still": problems(campaign) if campaign.pk and not form.is_bound else None,
        "open_sections": _open_sections(form),
        **more,
    }
    return render(request, "campaigns/edit.html", context, status=status)


def _short_url_form(form: CampaignForm) -> ShortUrlForm | None:
    """For the dialog; None where no vendor makes short URLs."""
    can = accounts_that("shortens").exists()
    return ShortUrlForm(initial={"account": form.instance.account_id}) if can else None


def _open_sections(form: CampaignForm) -> set[str]:
    """Folded is what somebody has already decided, or what was decided for them; never what holds a mistake."""
    wrong = set(form.errors)
    sections = {"text"}
    if form.instance.pk is None or not form["lists_in"].value() or wrong & {"lists_in", "lists_out"}:
        sections.add("audience")
    is_later = form["when"].value() == LATER
    if is_later or not form["sender"].value() or wrong & {"when", "scheduled_for", "held_at", "deadline_at", "sender"}:
        sections.add("time")
    return sections
