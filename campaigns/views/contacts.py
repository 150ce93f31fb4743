"""連絡先: search, one person with everything known, add, edit, delete."""

from django.contrib import messages
from django.db import transaction
from django.http import HttpResponse, StreamingHttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from campaigns.forms.contacts import ContactFilter, ContactForm
from campaigns.models import Activity, Contact, ContactList, Message, Suppression
from campaigns.services.contacts import delete_contact, find_contacts

from .access import requires
from .contact_export import contact_rows
from .exports import csv_response
from .htmx import HtmxRequest
from .paging import page_of

RECENT = 10


@requires("campaigns.view_contact")
@require_GET
def contact_list(request: HtmxRequest) -> HttpResponse:
    filters = ContactFilter(request.GET)
    search = filters.search(whole_numbers=not request.user.has_perm("campaigns.see_numbers"))
    context = {
        "filters": filters,
        "page": page_of(find_contacts(search).prefetch_related("lists"), request),
        "is_narrowed": bool(search.text or search.contact_list or search.stop),
        "lists": ContactList.objects.all(),
    }
    return render(request, "contacts/list.html", context)


@requires("campaigns.export_contact")
@require_GET
def contact_export(request: HtmxRequest) -> StreamingHttpResponse:
    search = ContactFilter(request.GET).search(whole_numbers=not request.user.has_perm("campaigns.see_numbers"))
    found = find_contacts(search)
    # Written down before the first row leaves: an export that breaks off has still shown people's data.
    Activity.objects.note(request.user, "contacts_exported", search.contact_list or request.user, persons=found.count())
    return csv_response(request, _("連絡先"), contact_rows(found, request.user))


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
        "recent": Message.objects.filter(contact=contact).select_related("campaign").order_by("-pk")[:RECENT],
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
    with transaction.atomic():
        saved = form.save()
        verb, facts = ("contact_edited", {"fields": form.changed_labels()}) if contact else ("contact_created", {})
        Activity.objects.note(request.user, verb, saved, **facts)
    messages.success(request, _("連絡先「%(name)s」を保存しました。") % {"name": saved})
    return redirect("contact_detail", saved.pk)


@requires("campaigns.delete_contact")
@require_http_methods(["GET", "POST"])
def contact_delete(request: HtmxRequest, contact_id: int) -> HttpResponse:
    contact = get_object_or_404(Contact, pk=contact_id)
    if request.method == "GET":
        is_stopped = Suppression.objects.filter(phone=contact.phone).exists()
        return render(request, "contacts/delete.html", {"contact": contact, "is_stopped": is_stopped})
    name = str(contact)
    delete_contact(contact, request.user)
    messages.success(request, _("連絡先「%(name)s」を削除しました。") % {"name": name})
    return redirect("contact_list")
