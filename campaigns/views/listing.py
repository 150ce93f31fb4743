"""How a person likes to see the long lists: columns chosen once, and narrowings kept under a name."""

from collections.abc import Mapping
from typing import Any, TypeVar

from django.contrib import messages
from django.http import Http404, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from campaigns.forms.listing import COLUMNS, NARROWED_BY, SavedFilterForm
from campaigns.models import SavedFilter

from .htmx import HtmxRequest

Entry = TypeVar("Entry")
NO_COLUMN = "none"  # an empty value would say nothing, and so mean the usual columns


def as_liked(request: HtmxRequest, screen: str) -> dict[str, Any]:
    """What the shared pieces of a list need: columns as the address says, else as last chosen, else the usual ones."""
    columns = COLUMNS.get(screen, ())
    names = request.GET.get("columns") or request.user.columns.get(screen)
    shown = names.split(".") if names else [column.name for column in columns if column.is_usual]
    return {
        "screen": screen,
        "all_columns": columns,
        "columns": {column.name: column for column in columns if column.name in shown},
        "saved": request.user.saved_filters.filter(screen=screen) if screen in NARROWED_BY else [],
    }


@require_POST
def columns_choose(request: HtmxRequest, screen: str) -> HttpResponse:
    """Remembered for this person, and put into the address, so that the page can be passed on as it looks."""
    columns = _known(COLUMNS, screen)
    ticked = request.POST.getlist("column")
    is_usual = "usual" in request.POST
    shown = [column.name for column in columns if (column.is_usual if is_usual else column.name in ticked)]
    request.user.columns[screen] = ".".join(shown) or NO_COLUMN
    request.user.save(update_fields=["columns"])
    query = QueryDict(request.POST.get("query", ""), mutable=True)
    query["columns"] = request.user.columns[screen]
    return redirect(f"{reverse(screen)}?{query.urlencode()}")


@require_POST
def filter_save(request: HtmxRequest, screen: str) -> HttpResponse:
    _known(NARROWED_BY, screen)
    form = SavedFilterForm(request.POST, instance=SavedFilter(user=request.user, screen=screen))
    if not form.is_valid():
        for errors in form.errors.values():
            messages.error(request, str(errors[0]))
        return redirect(f"{reverse(screen)}?{request.POST.get('query', '')}")
    given = form.cleaned_data
    request.user.saved_filters.update_or_create(name=given["name"], screen=screen, defaults={"query": given["query"]})
    messages.success(request, _("条件「%(name)s」を保存しました。") % {"name": given["name"]})
    return redirect(f"{reverse(screen)}?{given['query']}")


@require_POST
def filter_delete(request: HtmxRequest, filter_id: int) -> HttpResponse:
    saved = get_object_or_404(request.user.saved_filters, pk=filter_id)
    saved.delete()
    return redirect(saved.screen)


def _known(table: Mapping[str, Entry], screen: str) -> Entry:
    if screen not in table:
        raise Http404
    return table[screen]
