"""What a draft comes to and looks like, beside the editor while somebody types."""

from decimal import Decimal
from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_POST

from campaigns.forms.campaigns import CampaignForm
from campaigns.models import Campaign
from campaigns.services.planning.previewing import preview_text
from campaigns.services.planning.sampling import audience_size, field_names, made_up_people, sample_people

from .access import requires
from .htmx import HtmxRequest
from .previews import choose


@requires("campaigns.change_campaign")
@require_POST
def campaign_preview(request: HtmxRequest) -> HttpResponse:
    """Nothing is stored, so an incomplete draft is as good as any."""
    form = CampaignForm(request.POST)
    form.is_valid()
    return render(request, "campaigns/_previews.html", preview_context(request, form))


def preview_context(request: HtmxRequest, form: CampaignForm) -> dict[str, Any]:
    draft, lists_in, lists_out = _draft(form), form.lists("lists_in"), form.lists("lists_out")
    sample = sample_people(lists_in, lists_out)
    preview = preview_text(draft, sample.people or made_up_people(draft.body))
    size = audience_size(lists_in, lists_out)
    price = draft.account.unit_price if draft.account else None
    return {
        "preview": preview,
        "size": size,
        "sample": sample,
        "sender": draft.sender,
        "yen": None if price is None else (preview.meter.average * size.contacts).quantize(Decimal(1)) * price,
        "field_names": field_names(sample.people),
        **choose(preview, draft, request.POST),
    }


def _draft(form: CampaignForm) -> Campaign:
    """As the form has it: typed, stored, or preset."""
    draft: Campaign = form.instance
    if form.is_bound:
        form.is_valid()
    elif draft.pk is None:
        draft.body, draft.purpose = form.initial.get("body", ""), form.initial.get("purpose", draft.purpose)
    return draft
