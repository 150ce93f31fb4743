"""配信停止: numbers that must not be texted, whoever they belong to."""

from functools import partial

from django.contrib import messages
from django.db.models import Q, QuerySet
from django.http import HttpResponse, StreamingHttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_http_methods

from campaigns.errors import InvalidInput, RuleError
from campaigns.file_texts import file_trouble
from campaigns.forms.suppressions import LiftForm, RefusalFileForm, SuppressionFilter, SuppressionForm
from campaigns.models import Activity, Contact, Suppression, User
from campaigns.models.contact_index import phone_like
from campaigns.rules.phone_numbers import format_domestic, is_whole_mobile
from campaigns.services.imports.refusals import register_file
from campaigns.services.suppressing import lift, suppress

from .access import requires
from .contact_export import suppression_rows
from .exports import ask_about_lost, csv_response
from .htmx import HtmxRequest
from .listing import as_liked
from .paging import page_of


@requires("campaigns.view_suppression")
@require_GET
def suppression_list(request: HtmxRequest) -> HttpResponse:
    filters = SuppressionFilter(request.GET)
    page = page_of(_found(filters, request.user).select_related("created_by"), request)
    names = dict(Contact.objects.filter(phone__in=[row.phone for row in page]).values_list("phone", "pk"))
    for row in page:
        row.contact_id = names.get(row.phone)
    context = {"filters": filters, "page": page, "is_narrowed": filters.has_changed()}
    return render(request, "suppressions/list.html", context | as_liked(request, "suppression_list"))


def _found(filters: SuppressionFilter, user: User) -> "QuerySet[Suppression]":
    if not filters.is_valid():
        return Suppression.objects.none()
    found, given = Suppression.objects.all(), filters.cleaned_data
    if text := given["q"]:
        is_number = is_whole_mobile(text)  # found at once, by the index; all else is read through
        number = phone_like(text, whole=is_number or not user.has_perm("campaigns.see_numbers"))
        found = found.filter(number if is_number else number | Q(source__icontains=text) | Q(note__icontains=text))
    if reason := given["reason"]:
        found = found.filter(reason=reason)
    return found


@requires("campaigns.add_suppression")
@require_http_methods(["GET", "POST"])
def suppression_new(request: HtmxRequest) -> HttpResponse:
    # By the person's id: a number in an address would end in logs.
    person = request.GET.get("contact", "")
    contact = Contact.objects.filter(pk=person).first() if person.isascii() and person.isdigit() else None
    form = SuppressionForm(request.POST or None, initial={"phones": format_domestic(contact.phone) if contact else ""})
    if not form.is_valid():
        return render(request, "suppressions/form.html", {"form": form}, status=422 if form.is_bound else 200)
    given = form.cleaned_data
    new = suppress(
        given["phones"], reason=given["reason"], source=_("画面で登録"), actor=request.user, note=given["note"]
    )
    known = len(set(given["phones"])) - new
    messages.success(
        request, ngettext("%(count)s件を登録しました。", "%(count)s件を登録しました。", new) % {"count": new}
    )
    if known:
        text = ngettext(
            "%(count)s件はすでに登録されていたため、そのままにしました。",
            "%(count)s件はすでに登録されていたため、そのままにしました。",
            known,
        )
        messages.info(request, text % {"count": known})
    return redirect("suppression_list")


@requires("campaigns.delete_suppression")
@require_http_methods(["GET", "POST"])
def suppression_lift(request: HtmxRequest, suppression_id: int) -> HttpResponse:
    suppression = get_object_or_404(
        Suppression.objects.of_known_numbers().select_related("created_by"), pk=suppression_id
    )
    form = LiftForm(request.POST or None)
    if form.is_valid():
        try:
            lift(suppression, request.user, form.cleaned_data)
        except RuleError as error:
            form.add_error("consented_at", str(error))
        else:
            messages.success(request, _("配信停止を解除し、新しい同意を記録しました。"))
            return redirect("suppression_list")
    context = {
        "form": form,
        "suppression": suppression,
        "contact": Contact.objects.filter(phone=suppression.phone).first(),
    }
    return render(request, "suppressions/lift.html", context, status=422 if form.is_bound else 200)


@requires("campaigns.add_suppression")
@require_http_methods(["GET", "POST"])
def suppression_file(request: HtmxRequest) -> HttpResponse:
    form = RefusalFileForm(request.POST or None, request.FILES or None)
    report = None
    if form.is_valid():
        given = form.cleaned_data
        try:
            report = register_file(given["file"], request.user, reason=given["reason"], note=given["note"])
        except InvalidInput as error:
            form.add_error("file", file_trouble(error.code, error.context))
    context = {"form": form, "report": report}
    return render(request, "suppressions/file.html", context, status=422 if form.errors else 200)


@requires("campaigns.export_contact")
@require_GET
def suppression_export(request: HtmxRequest) -> HttpResponse | StreamingHttpResponse:
    filters = SuppressionFilter(request.GET)
    if not filters.is_valid():
        return render(request, "suppressions/list.html", {"filters": filters, "is_narrowed": True}, status=422)
    found = _found(filters, request.user)
    rows = partial(suppression_rows, found, request.user)
    if question := ask_about_lost(request, rows):
        return question
    Activity.objects.note(request.user, "suppressions_exported", request.user, persons=found.count())
    return csv_response(request, _("配信停止"), rows())
