"""People as rows of a file that this portal, too, can take in again."""

from collections.abc import Iterator, Sequence
from functools import cache, partial
from typing import Any

from django.db.models import QuerySet
from django.http import HttpResponse, StreamingHttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import pgettext
from django.views.decorators.http import require_GET

from campaigns.forms.contacts import ContactFilter
from campaigns.models import Activity, ConsentBasis, Contact, ContactList, ListMembership, Suppression, User, bulk
from campaigns.models.contact import TEXT_COLUMNS
from campaigns.models.contact_index import ContactIndexQuerySet
from campaigns.services.contacts import find_contacts
from campaigns.services.figures.message_search import in_chunks, number_for, number_writer

from .access import requires
from .exports import ask_about_lost, csv_response, moment
from .htmx import HtmxRequest

YES = "○"
LABELS = {field.name: field.verbose_name for field in Contact._meta.concrete_fields if field.name in TEXT_COLUMNS}
CONSENT = ("number_acquired_on", "consent_basis", "consented_at", "consent_method")
CHUNK = 2_000


@requires("campaigns.export_contact")
@require_GET
def contact_export(request: HtmxRequest) -> HttpResponse | StreamingHttpResponse:
    filters = ContactFilter(request.GET)
    if not filters.is_valid():
        return render(request, "contacts/list.html", {"filters": filters, "is_narrowed": True}, status=422)
    search = filters.search(request.user)
    found = find_contacts(search)
    rows = partial(contact_rows, found, request.user)
    if question := ask_about_lost(request, rows):
        return question
    # Written down before the first row leaves: an export that breaks off has still shown people's data.
    of_list = ContactList.objects.filter(pk=search.list_id or 0).first()
    Activity.objects.note(request.user, "contacts_exported", of_list or request.user, persons=found.count())
    return csv_response(request, _("連絡先"), rows())


def contact_rows(found: ContactIndexQuerySet, user: User) -> Iterator[list[object]]:
    """Headings as the import knows them; every merge field is a column. Short queries: no transaction stays open."""
    people = Contact.objects.filter(pk__in=found.values("pk"))
    attributes = [name for name in people.attribute_names() if name not in map(str, LABELS.values())]
    yield [
        _("携帯電話番号"),
        *map(str, LABELS.values()),
        _("番号取得日"),
        _("同意"),
        _("同意区分"),
        _("同意日時"),
        _("同意方法"),
        pgettext("one", "配信停止"),
        _("配信リスト"),
        *attributes,
    ]
    written, basis = number_writer(user), cache(lambda code: str(ConsentBasis(code).label) if code else "")
    for people_known, lists, stopped in _chunks(found):
        for key, phone, *texts, acquired, code, at, method, values in people_known:
            yield [
                written(phone),
                *texts,
                acquired or "",
                YES if code == ConsentBasis.CONSENT else "",
                basis(code),
                moment(at),
                method,
                YES if phone in stopped else "",
                "、".join(lists.get(key, ())),
                *(values.get(name, "") for name in attributes),
            ]


def _chunks(found: ContactIndexQuerySet) -> Iterator[tuple[list[Sequence[Any]], dict[int, list[str]], set[str]]]:
    """People as plain values, for objects would take three times as long; their lists; who of them is stopped."""
    columns = ("pk", *(f"contact__{name}" for name in ("phone", *LABELS, *CONSENT, "attributes")))
    last = 0
    while rows := list(found.filter(pk__gt=last).order_by("pk").values_list(*columns)[:CHUNK]):
        last = rows[-1][0]
        lists = ListMembership.objects.names_by_contact([row[0] for row in rows])
        yield rows, lists, {*bulk.present("campaigns_suppression", "phone", (row[1] for row in rows))}


def suppression_rows(found: "QuerySet[Suppression]", user: User) -> Iterator[list[object]]:
    yield [_("携帯電話番号"), _("理由"), _("経路"), _("メモ"), _("登録者"), _("登録日時")]
    for row in in_chunks(found.select_related("created_by")):
        yield [
            number_for(user, row.phone),
            row.get_reason_display(),
            row.source,
            row.note,
            str(row.created_by or ""),
            moment(row.created_at),
        ]
