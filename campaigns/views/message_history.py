from collections.abc import Callable, Iterator, Sequence
from functools import cache, partial
from typing import Any

from django.db.models import QuerySet
from django.http import HttpResponse, StreamingHttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _l
from django.views.decorators.http import require_GET

from campaigns.forms.reports import MessageFilter
from campaigns.models import Activity, Message, MessageState, User
from campaigns.services.accounts import provider_class
from campaigns.services.figures.message_search import Search, find_messages, number_writer, persons, values_in_chunks
from campaigns.texts import carrier_text, reason_text, vendor_answer
from campaigns.vendor_texts import code_text

from .access import requires
from .exports import ask_about_lost, csv_response, moment
from .htmx import HtmxRequest
from .listing import as_liked
from .paging import page_of


@requires("campaigns.view_message")
@require_GET
def message_list(request: HtmxRequest) -> HttpResponse:
    filters = MessageFilter(request.GET, request.user)
    found = find_messages(filters.search()) if filters.is_valid() else Message.objects.none()
    liked = as_liked(request, "message_list")
    if "account" in liked["columns"]:
        found = found.select_related("account")
    context = {
        "filters": filters,
        "page": page_of(found, request),
        "is_narrowed": any(request.GET.get(name) for name in filters.fields),
        **liked,
    }
    return render(request, "message_history/list.html", context)


@requires("campaigns.view_message")
@require_GET
def message_detail(request: HtmxRequest, message_id: int) -> HttpResponse:
    known = Message.objects.select_related("campaign__sender", "account", "contact", "due", "open")
    message = get_object_or_404(known, pk=message_id)
    # The vendor's own words may repeat the number they are about.
    told = message.vendor_text if request.user.has_perm("campaigns.see_numbers") else ""
    context = {
        "message": message,
        "vendor_answer": vendor_answer(message.vendor_code, told),
        "code_meaning": code_text(provider_class(message.account).explain(message.vendor_code)),
    }
    return render(request, "message_history/detail.html", context)


@requires("campaigns.export_message")
@require_GET
def message_export(request: HtmxRequest) -> HttpResponse | StreamingHttpResponse:
    filters = MessageFilter(request.GET, request.user)
    if not filters.is_valid():
        return render(request, "message_history/list.html", {"filters": filters, "page": None}, status=422)
    search: Search = filters.search()
    found = find_messages(search)
    rows = partial(_rows, found, request.user)
    if question := ask_about_lost(request, rows):
        return question
    # Written down before the first row leaves: an export that breaks off has still shown people's data.
    Activity.objects.note(request.user, "messages_exported", search.campaign or request.user, persons=persons(found))
    return csv_response(request, _("送信履歴"), rows())


# Heading, and the column below it.
EXPORTED = {
    _l("送信日時"): "sent_at",
    _l("結果日時"): "final_at",
    _l("携帯電話番号"): "phone",
    _l("氏名"): "contact__name",
    _l("配信名"): "campaign__name",
    _l("接続先"): "account__label",
    _l("状態"): "state",
    _l("理由"): "reason",
    _l("配信事業者のコード"): "vendor_code",
    _l("携帯会社"): "carrier",
    _l("見込み通数"): "parts",
    _l("課金通数"): "billed_parts",
    _l("管理番号"): "reference",
}


def _rows(found: QuerySet[Message], user: User) -> Iterator[Sequence[object]]:
    """Plain values and tables of texts: making objects, and translating each cell, takes four times as long."""
    writers: dict[str, Callable[[Any], object]] = {
        "sent_at": moment,
        "final_at": moment,
        "phone": number_writer(user),
        "state": cache(lambda state: str(MessageState(state).label)),
        "reason": cache(reason_text),
        "carrier": cache(carrier_text),
    }
    write = [writers.get(column, _unchanged) for column in EXPORTED.values()]
    yield [str(heading) for heading in EXPORTED]
    for row in values_in_chunks(found, *EXPORTED.values()):
        yield [as_text(value) for as_text, value in zip(write, row, strict=True)]


def _unchanged(value: object) -> object:
    return value
