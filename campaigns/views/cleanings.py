"""電話番号クリーニング of a list: what it would cost, how far it is, what was found."""

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from campaigns.errors import RuleError
from campaigns.forms.vendors import CleaningForm
from campaigns.models import ContactList, NumberCleaning, Verdict
from campaigns.services.cleaning import cancel_cleaning, efforts, start_cleaning, verdicts
from campaigns.texts import trouble_text

from .access import requires
from .htmx import HtmxRequest, render_page
from .paging import page_of


@requires("campaigns.add_numbercleaning")
@require_http_methods(["GET", "POST"])
def cleaning_new(request: HtmxRequest, list_id: int) -> HttpResponse:
    contact_list = get_object_or_404(ContactList, pk=list_id)
    form = CleaningForm(contact_list, request.POST or None)
    if form.is_bound and form.is_valid():
        given = form.cleaned_data
        try:
            job = start_cleaning(contact_list, given["account"], given["since"], request.user)
        except RuleError as error:
            form.add_error(None, str(error))
        else:
            return redirect("cleaning_detail", job.pk)
    context = {
        "contact_list": contact_list,
        "form": form,
        "efforts": efforts(contact_list),
        "before": NumberCleaning.objects.filter(contact_list=contact_list).select_related("account")[:10],
    }
    return render(request, "cleanings/new.html", context, status=422 if form.errors else 200)


@requires("campaigns.view_numbercleaning")
@require_GET
def cleaning_detail(request: HtmxRequest, cleaning_id: int) -> HttpResponse:
    jobs = NumberCleaning.objects.select_related("contact_list", "account", "created_by")
    job = get_object_or_404(jobs, pk=cleaning_id)
    return render_page(request, "cleanings/detail.html", "cleanings/_stage.html", _stage(request, job))


def _stage(request: HtmxRequest, job: NumberCleaning) -> dict[str, Any]:
    wanted = request.GET.get("verdict", "")
    wanted = wanted if wanted in Verdict else Verdict.CHANGED
    found = verdicts(job)
    return {
        "job": job,
        "trouble": trouble_text(job.trouble),
        "tabs": [(verdict, found.get(verdict, 0), verdict == wanted) for verdict in Verdict],
        "page": page_of(job.results.filter(verdict=wanted).select_related("contact"), request),
    }


@requires("campaigns.add_numbercleaning")
@require_http_methods(["GET", "POST"])
def cleaning_cancel(request: HtmxRequest, cleaning_id: int) -> HttpResponse:
    job = get_object_or_404(NumberCleaning.objects.select_related("contact_list"), pk=cleaning_id)
    if request.method == "GET":
        return render(request, "cleanings/cancel.html", {"job": job})
    try:
        cancel_cleaning(job, request.user)
    except RuleError as error:
        messages.error(request, str(error))
    else:
        messages.success(request, _("電話番号クリーニングを止めました。それまでの結果は残っています。"))
    return redirect("cleaning_detail", cleaning_id)
