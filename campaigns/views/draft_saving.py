"""How a page stores the draft it shows: by a decision, or by itself while somebody types."""

import re
from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse

from campaigns.errors import RuleError
from campaigns.forms.campaigns import CampaignForm
from campaigns.models import Campaign, new_reference
from campaigns.services.planning.drafting import DraftOvertaken, Edition, save_draft
from campaigns.services.planning.readiness import problems

from .htmx import HtmxRequest

REFERENCE = re.compile("[0-9a-f]{12}")
REVISION = re.compile("[0-9]{1,9}")


def autosave(request: HtmxRequest, form: CampaignForm) -> HttpResponse:
    """Keep what can be kept; a field with a mistake stays as it was stored, and the page says so."""
    form.is_valid()
    is_new = form.instance.pk is None
    try:
        store(request, form, by_itself=True)
    except DraftOvertaken:
        return saved_state(request, form, overtaken=stored_draft(form.instance))
    except RuleError as error:
        return saved_state(request, form, trouble=str(error))
    unkept = [field.label for field in form if field.errors]
    response = saved_state(request, form, unkept=unkept, still=problems(form.instance), digests=True)
    if is_new:
        response["HX-Replace-Url"] = reverse("campaign_edit", args=[form.instance.pk])
    return response


def store(request: HtmxRequest, form: CampaignForm, *, by_itself: bool = False) -> None:
    seen = request.POST.get("revision", "")
    edition = Edition(
        revision=int(seen) if REVISION.fullmatch(seen) else form.instance.revision,
        page=page_id(request),
        by_itself=by_itself,
    )
    lists = {name: form.lists(name) for name in ("lists_in", "lists_out")}
    save_draft(form.instance, request.user, **lists, edition=edition)


def page_id(request: HtmxRequest) -> str:
    given = request.POST.get("page", "")
    return given if REFERENCE.fullmatch(given) else new_reference()


def stored_draft(campaign: Campaign) -> Campaign:
    """As the other page left it."""
    return Campaign.objects.select_related("edited_by").get(pk=campaign.pk)


def saved_state(request: HtmxRequest, form: CampaignForm, **context: Any) -> HttpResponse:
    return render(request, "campaigns/_saved.html", {"form": form, "campaign": form.instance, **context})
