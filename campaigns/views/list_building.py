"""A list made of people found by conditions, of other lists, or of numbers pasted in."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from campaigns.errors import InvalidInput
from campaigns.file_texts import file_trouble
from campaigns.forms.contacts import ContactFilter, ContactListForm, PasteForm
from campaigns.services.contacts import ContactSearch, count_found, count_stopped
from campaigns.services.imports.pasting import receive_pasted
from campaigns.services.list_building import build_list

from .access import requires
from .htmx import HtmxRequest, render_page


@requires("campaigns.add_contactlist")
@require_http_methods(["GET", "POST"])
def contactlist_build(request: HtmxRequest) -> HttpResponse:
    """`look` in the form asks for the size alone. Conditions in the address come from the list of people."""
    filters = ContactFilter(request.POST or request.GET)
    search = filters.search(request.user)
    is_looking = "look" in request.POST
    typed = request.POST.dict() or {"name": filters.suggested_name() if search.campaign else ""}
    form = ContactListForm(None if is_looking else request.POST or None, initial=typed)
    if form.is_valid() and filters.is_valid():
        made = form.save(commit=False)
        build_list(made, search, request.user)
        messages.success(request, _("配信リスト「%(name)s」を作成しました。") % {"name": made})
        return redirect("contactlist_detail", made.pk)
    context = {"filters": filters, "form": form, **_sizes(search)}
    response = render_page(request, "contact_lists/build.html", "contact_lists/_size.html", context)
    response.status_code = 422 if form.is_bound else 200
    return response


def _sizes(search: ContactSearch) -> dict[str, int]:
    size = count_found(search)
    return {"size": size, "stopped": count_stopped(search) if size else 0}


@requires("campaigns.add_contactimport")
@require_http_methods(["GET", "POST"])
def contactlist_paste(request: HtmxRequest) -> HttpResponse:
    form = PasteForm(request.POST or None)
    if form.is_valid():
        given = form.cleaned_data
        try:
            received = receive_pasted(given["text"], request.user, contact_list=given["into"], new_list=given["name"])
        except InvalidInput as error:
            form.add_error("text", file_trouble(error.code, error.context))
        else:
            return redirect("import_detail", received.pk)
    return render(request, "contact_lists/paste.html", {"form": form}, status=422 if form.errors else 200)
