from collections.abc import Iterator
from datetime import date

from django.contrib import messages
from django.http import HttpResponse, StreamingHttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from campaigns.forms.reports import MonthFilter
from campaigns.models import Activity, ProviderAccount
from campaigns.rules.sending_window import jst_month
from campaigns.services.accounts import provider_class
from campaigns.services.figures.month_report import ExportRow, export_rows, month_report
from campaigns.services.figures.reporting import months_beside
from campaigns.services.results.counting import fetch_vendor_counts
from campaigns.templatetags.sms import jst
from campaigns.texts import carrier_text, trouble_text
from providers.errors import ProviderError

from .access import requires
from .exports import csv_response
from .htmx import HtmxRequest
from .listing import as_liked


@requires("campaigns.view_daycount")
@require_GET
def count_month(request: HtmxRequest) -> HttpResponse:
    filters = MonthFilter(request.GET)
    filters.is_valid()
    this_month = jst_month(timezone.now())
    month, account = filters.chosen(this_month)
    report = month_report(month, account)
    context = {
        "filters": MonthFilter(initial={"month": month, "account": account}),
        "report": report,
        "account": account,
        "months_beside": months_beside(month),
        "is_running": month >= this_month,
        "is_narrowed": account is not None,
        "points": [(jst(day, "tick"), [figures.charged]) for day, figures in report.days.items()],
        **as_liked(request, "count_month"),
    }
    return render(request, "counts/month.html", context)


@requires("campaigns.add_vendorcount")
@require_POST
def count_ask_vendor(request: HtmxRequest, account_id: int) -> HttpResponse:
    account = get_object_or_404(ProviderAccount, pk=account_id)
    filters = MonthFilter(request.POST)
    filters.is_valid()
    month, _account = filters.chosen(jst_month(timezone.now()))
    if not provider_class(account).capabilities.month_counts:
        messages.error(request, _("この配信事業者には、通数を照会する方法がありません。"))
    else:
        _ask(request, account, month)
    return redirect(f"{reverse('count_month')}?month={month:%Y-%m}")


def _ask(request: HtmxRequest, account: ProviderAccount, month: date) -> None:
    try:
        fetch_vendor_counts(account, month)
    except ProviderError as error:
        messages.error(
            request,
            _("「%(account)s」の通数を照会できませんでした。%(reason)s")
            % {"account": account, "reason": trouble_text(error.code)},
        )
    else:
        messages.success(request, _("「%(account)s」の通数を照会しました。") % {"account": account})


@requires("campaigns.export_daycount")
@require_GET
def count_export(request: HtmxRequest) -> StreamingHttpResponse:
    filters = MonthFilter(request.GET)
    filters.is_valid()
    month, account = filters.chosen(jst_month(timezone.now()))
    daily = request.GET.get("by") == "day"
    rows = list(export_rows(month, account, daily=daily))
    Activity.objects.note(
        request.user, "counts_exported", account or request.user, month=f"{month:%Y-%m}", rows=len(rows)
    )
    name = _("通数集計_%(month)s") % {"month": f"{month:%Y-%m}"}
    return csv_response(request, name, _cells(rows, daily=daily))


def _cells(rows: list[ExportRow], *, daily: bool) -> Iterator[list[object]]:
    yield [
        *([_("日付")] if daily else []),
        _("接続先"),
        _("配信名"),
        *([_("携帯会社")] if daily else []),
        _("送信件数"),
        _("送達"),
        _("未達"),
        _("結果待ち"),
        _("見込み通数"),
        _("課金通数"),
        _("1通の料金(円)"),
        _("金額(円)"),
    ]
    for row in rows:
        figures = row.figures
        yield [
            *([row.day] if daily else []),
            row.account,
            row.campaign,
            *([carrier_text(row.carrier)] if daily else []),
            figures.sent,
            figures.delivered,
            figures.undelivered,
            figures.waiting,
            figures.parts,
            figures.charged,
            row.price,
            figures.cost,
        ]
