"""連絡先: search, one person with everything known, add, edit, delete, erase."""

from dataclasses import replace

from django.contrib import messages
from django.http import HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from campaigns.errors import InvalidInput, RuleError
from campaigns.forms.contacts import ContactFilter, ContactForm, GoodbyeForm
from campaigns.models import Activity, Contact, ContactList, ErasedPerson, Suppression
from campaigns.rules.phone_numbers import parse_phone
from campaigns.services.contacts import find_contacts, people_of, save_contact
from campaigns.services.erasing import delete_contact, erase_contact, planned_for, proof_of
from campaigns.services.figures.message_search import Search, find_messages
from campaigns.services.figures.personal_data import everything_about

from .access import requires
from .exports import as_download
from .htmx import HtmxRequest
from .listing import as_liked
from .paging import page_of

RECENT = 10


@requires("campaigns.view_contact")
@require_GET
def contact_list(request: HtmxRequest) -> HttpResponse:
    filters = ContactFilter(request.GET)
    search = filters.search(request.user)
    page = page_of(find_contacts(search), request)
    context = {
        "filters": filters,
        "page": replace(page, rows=people_of(page)),
        "is_narrowed": search.is_narrow,
        "proof": None if page.rows else _proof(search.text),
        **as_liked(request, "contact_list"),
    }
    return render(request, "contacts/list.html", context)


def _proof(typed: str) -> ErasedPerson | None:
    """Nobody is found by this number, but somebody was erased who had it."""
    try:
        return proof_of(parse_phone(typed).e164)
    except InvalidInput:
        return None


@requires("campaigns.view_contact")
@require_GET
def contact_detail(request: HtmxRequest, contact_id: int) -> HttpResponse:
    contact = get_object_or_404(Contact, pk=contact_id)
    joined = contact.lists.all()
    acts = Activity.objects.filter(target_type="contact", target_id=str(contact.pk)).order_by("-pk")
    context = {
        "contact": contact,
        "joined": joined,
        "other_lists": ContactList.objects.exclude(pk__in=joined),
        "suppression": Suppression.objects.filter(phone=contact.phone).select_related("created_by").first(),
        "recent": find_messages(Search(contact=contact)).order_by("-pk")[:RECENT],
        "acts": acts[:RECENT] if request.user.has_perm("campaigns.view_activity") else None,
    }
    return render(request, "contacts/detail.html", context)


@requires("campaigns.add_contact")
@require_http_methods(["GET", "POST"])
def contact_new(request: HtmxRequest) -> HttpResponse:
    return _write(request, None)


@requires("campaigns.change_contact")
@require_http_methods(["GET", "POST"])
def contact_edit(request: HtmxRequest, contact_id: int) -> HttpResponse:
    return _write(request, get_object_or_404(Contact, pk=contact_id))


def _write(request: HtmxRequest, contact: Contact | None) -> HttpResponse:
    form = ContactForm(request.POST or None, instance=contact)
    if not form.is_valid():
        return render(request, "contacts/form.html", {"form": form}, status=422 if form.is_bound else 200)
    saved = form.filled()
    save_contact(saved, request.user, form.changed_labels() if contact else None)
    messages.success(request, _("連絡先「%(name)s」を保存しました。") % {"name": saved})
    return redirect("contact_detail", saved.pk)


@requires("campaigns.delete_contact")
@require_http_methods(["GET", "POST"])
def contact_delete(request: HtmxRequest, contact_id: int) -> HttpResponse:
    """Two ways to go: the entry alone, or everything that tells who it was."""
    contact = get_object_or_404(Contact, pk=contact_id)
    name = str(contact)
    form = GoodbyeForm(request.POST or None)
    if not form.is_valid():
        context = {"contact": contact, "form": form, "planned": planned_for(contact)}
        return render(request, "contacts/delete.html", context, status=422 if form.is_bound else 200)
    leave = erase_contact if form.cleaned_data["how"] == GoodbyeForm.ERASE else delete_contact
    try:
        withdrawn = leave(contact, request.user)
    except RuleError as error:
        messages.error(request, str(error))
        return redirect("contact_detail", contact_id)
    messages.success(request, _("連絡先「%(name)s」を削除しました。") % {"name": name} + _withdrawn_text(withdrawn))
    return redirect("contact_list")


def _withdrawn_text(withdrawn: int) -> str:
    if not withdrawn:
        return ""
    return _("予定していた送信%(messages)s件を取り消しました。") % {"messages": f"{withdrawn:,}"}


@requires("campaigns.export_contact")
@require_GET
def contact_data(request: HtmxRequest, contact_id: int) -> HttpResponse:
    """Everything kept about one person, for the person."""
    contact = get_object_or_404(Contact, pk=contact_id)
    Activity.objects.note(request.user, "person_exported", contact)
    readable = {"ensure_ascii": False, "indent": 2}
    response = JsonResponse(everything_about(contact, request.user), json_dumps_params=readable)
    return as_download(response, _("個人データ"), "json")
