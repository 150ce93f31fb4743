"""配信リスト: the named sets of people that campaigns go to."""

from dataclasses import replace

from django.contrib import messages
from django.db import transaction
from django.db.models import Count
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from campaigns.errors import RuleError
from campaigns.forms.contacts import ChosenContacts, ContactFilter, ContactListForm
from campaigns.models import Activity, ContactList
from campaigns.services.contacts import (
    add_members,
    delete_list,
    find_contacts,
    people_of,
    remove_members,
    stopped_members,
)

from .access import requires
from .htmx import HtmxRequest, render_page
from .listing import as_liked
from .paging import page_of


@requires("campaigns.view_contactlist")
@require_GET
def contactlist_list(request: HtmxRequest) -> HttpResponse:
    found = ContactList.objects.annotate(size=Count("memberships"))
    wanted = request.GET.get("q", "").strip()
    if wanted:
        found = found.filter(name__icontains=wanted) | found.filter(description__icontains=wanted)
    return render(request, "contact_lists/list.html", {"page": page_of(found, request), "is_filtered": bool(wanted)})


@requires("campaigns.view_contactlist")
@require_GET
def contactlist_detail(request: HtmxRequest, list_id: int) -> HttpResponse:
    contact_list = get_object_or_404(ContactList, pk=list_id)
    filters = ContactFilter(request.GET)
    given = filters.search(request.user)
    page = page_of(find_contacts(replace(given, list_id=list_id)), request)
    liked = as_liked(request, "contact_list")
    liked["columns"].pop("lists", None)  # every row is in this one
    context = {
        "contact_list": contact_list,
        "columns": liked["columns"],
        "filters": filters,
        "page": replace(page, rows=people_of(page)),
        "size": contact_list.memberships.count(),
        "stopped": stopped_members(contact_list),
        "is_narrowed": replace(given, list_id=None).is_narrow,
    }
    return render_page(request, "contact_lists/detail.html", "contact_lists/_filling.html", context)


@requires("campaigns.add_contactlist")
@require_http_methods(["GET", "POST"])
def contactlist_new(request: HtmxRequest) -> HttpResponse:
    return _write(request, None)


@requires("campaigns.change_contactlist")
@require_http_methods(["GET", "POST"])
def contactlist_edit(request: HtmxRequest, list_id: int) -> HttpResponse:
    return _write(request, get_object_or_404(ContactList, pk=list_id))


def _write(request: HtmxRequest, contact_list: ContactList | None) -> HttpResponse:
    form = ContactListForm(request.POST or None, instance=contact_list)
    if not form.is_valid():
        return render(request, "contact_lists/form.html", {"form": form}, status=422 if form.is_bound else 200)
    with transaction.atomic():
        saved = form.save()
        Activity.objects.note(request.user, "list_edited" if contact_list else "list_created", saved)
    messages.success(request, _("配信リスト「%(name)s」を保存しました。") % {"name": saved})
    return redirect("contactlist_detail", saved.pk)


@requires("campaigns.delete_contactlist")
@require_http_methods(["GET", "POST"])
def contactlist_delete(request: HtmxRequest, list_id: int) -> HttpResponse:
    contact_list = get_object_or_404(ContactList, pk=list_id)
    if request.method == "GET":
        size = contact_list.memberships.count()
        return render(request, "contact_lists/delete.html", {"contact_list": contact_list, "size": size})
    try:
        delete_list(contact_list, request.user)
    except RuleError as error:
        messages.error(request, str(error))
        return redirect("contactlist_detail", list_id)
    messages.success(
        request, _("配信リスト「%(name)s」を削除しました。連絡先は残っています。") % {"name": contact_list}
    )
    return redirect("contactlist_list")


@requires("campaigns.change_contactlist")
@require_POST
def contactlist_add(request: HtmxRequest) -> HttpResponse:
    """Ticked people into a list; from the list of people or from one person's page."""
    form = ChosenContacts(request.POST)
    if not form.is_valid():
        for errors in form.errors.values():
            messages.error(request, str(errors[0]))
        return redirect(_back(request))
    contact_list = form.cleaned_data["into"]
    added = add_members(contact_list, form.cleaned_data["row"], request.user)
    text = ngettext(
        "配信リスト「%(name)s」に%(count)s件を追加しました。",
        "配信リスト「%(name)s」に%(count)s件を追加しました。",
        added,
    )
    messages.success(request, text % {"name": contact_list, "count": added})
    return redirect(_back(request))


@requires("campaigns.change_contactlist")
@require_POST
def contactlist_remove(request: HtmxRequest, list_id: int) -> HttpResponse:
    contact_list = get_object_or_404(ContactList, pk=list_id)
    chosen = [int(value) for value in request.POST.getlist("row") if value.isascii() and value.isdigit()]
    removed = remove_members(contact_list, chosen, request.user)
    text = ngettext(
        "配信リスト「%(name)s」から%(count)s件を外しました。連絡先は残っています。",
        "配信リスト「%(name)s」から%(count)s件を外しました。連絡先は残っています。",
        removed,
    )
    if chosen:
        messages.success(request, text % {"name": contact_list, "count": removed})
    else:
        messages.error(request, _("外す連絡先を1件以上選んでください。"))
    return redirect(_back(request))


def _back(request: HtmxRequest) -> str:
    """The page the form stood on, filters and all."""
    wanted = request.POST.get("next", "")
    return wanted if url_has_allowed_host_and_scheme(wanted, allowed_hosts=None) else reverse("contactlist_list")
