from collections.abc import Iterator, Sequence
from decimal import Decimal
from functools import partial
from typing import Any

from django.apps import apps
from django.core.exceptions import FieldDoesNotExist
from django.db.models import QuerySet
from django.http import HttpResponse, StreamingHttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from campaigns.forms.reports import ActivityFilter
from campaigns.models import Activity
from campaigns.services.figures.message_search import in_chunks
from campaigns.services.figures.reporting import find_activity
from campaigns.templatetags.sms import yen
from campaigns.texts import detail_text, role_text, verb_text

from .access import requires
from .exports import ask_about_lost, csv_response, moment
from .htmx import HtmxRequest
from .listing import as_liked
from .paging import page_of

CHECKED = 1_000  # of the newest, in some 15 ms; `manage.py verify_activity` checks all
NOTHING = "–"
ROLE_FIELDS = {"groups", "second_factor_roles"}


@requires("campaigns.view_activity")
@require_GET
def activity_list(request: HtmxRequest) -> HttpResponse:
    filters = ActivityFilter(request.GET)
    found = find_activity(filters.cleaned_data) if filters.is_valid() else Activity.objects.none()
    page = page_of(found, request)
    for row in page:
        row.facts = _facts(row)
        row.kind = _kind(row.target_type)
    context = {
        "filters": filters,
        "page": page,
        "broken": Activity.objects.first_broken(CHECKED),
        "checked": CHECKED,
        "is_narrowed": any(request.GET.get(name) for name in filters.fields),
        **as_liked(request, "activity_list"),
    }
    return render(request, "activity/list.html", context)


@requires("campaigns.view_activity")
@require_GET
def activity_export(request: HtmxRequest) -> HttpResponse | StreamingHttpResponse:
    filters = ActivityFilter(request.GET)
    if not filters.is_valid():
        return render(request, "activity/list.html", {"filters": filters, "page": None}, status=422)
    rows = partial(_rows, find_activity(filters.cleaned_data))
    if question := ask_about_lost(request, rows):
        return question
    Activity.objects.note(request.user, "activity_exported", request.user)
    return csv_response(request, _("操作履歴"), rows())


def _rows(found: QuerySet[Activity]) -> Iterator[Sequence[object]]:
    """Oldest first, each with its link of the chain, so that the file can be compared with the records later."""
    yield [_("日時"), _("操作者"), _("操作"), _("対象の種類"), _("対象"), _("内容"), _("ハッシュ値")]
    for row in in_chunks(found):
        told = " / ".join(f"{name}: {value}" for name, value in _facts(row))
        who = row.actor_name or _("自動")
        yield [
            moment(row.at),
            who,
            verb_text(row.verb),
            _kind(row.target_type),
            row.target_label or row.target_id,
            told,
            row.digest,
        ]


def _facts(row: Activity) -> list[tuple[str, str]]:
    """Its details as words: the changes of settings by the names the forms show."""
    changed = row.details.get("changed", {})
    facts = [(_field_label(row.target_type, name), " → ".join(_told(name, values))) for name, values in changed.items()]
    others = {name: value for name, value in row.details.items() if name != "changed"}
    return facts + [(detail_text(name), _written(name, value)) for name, value in others.items()]


def _told(name: str, values: list[str]) -> list[str]:
    """Roles are kept by their codes, which mean the same in every language."""
    if name not in ROLE_FIELDS:
        return [value or NOTHING for value in values]
    return [", ".join(map(role_text, value.split(", "))) for value in values]


def _kind(target_type: str) -> str:
    try:
        return str(apps.get_model("campaigns", target_type)._meta.verbose_name)
    except LookupError:
        return target_type


def _field_label(target_type: str, name: str) -> str:
    try:
        return str(apps.get_model("campaigns", target_type)._meta.get_field(name).verbose_name)
    except (LookupError, FieldDoesNotExist):
        return name


def _written(name: str, value: Any) -> str:
    if isinstance(value, list):
        return ", ".join(map(str, value))
    if name == "yen":
        return yen(Decimal(value))
    return f"{value:,}" if isinstance(value, int) and not isinstance(value, bool) else str(value)
