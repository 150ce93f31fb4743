from collections.abc import Iterator
from datetime import date, timedelta

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from campaigns.errors import RuleError
from campaigns.forms.reports import BookingFilter, BookingSpan, TypedCount
from campaigns.models import Campaign, CampaignState, ProviderAccount
from campaigns.rules.sending_window import jst_day
from campaigns.services.figures.booked import (
    MOST_AT_ONCE,
    BulkReceipt,
    booked_campaigns,
    calendar_of,
    cancel_bookings,
    days_to_compare,
    in_list,
    missing_messages,
    on_days,
    week_with,
    weeks_of,
)
from campaigns.services.figures.reporting import months_beside
from campaigns.services.sending.booking import compare_bookings
from campaigns.texts import trouble_text
from providers.errors import ProviderError

from .access import requires
from .htmx import HtmxRequest, render_page

MOST_DAYS = 42  # six weeks


@requires("campaigns.view_campaign")
@require_GET
def booking_list(request: HtmxRequest) -> HttpResponse:
    filters = BookingFilter(request.GET)
    filters.is_valid()
    today = jst_day(timezone.now())
    month, day = filters.days(today)
    given = filters.cleaned_data
    booked = booked_campaigns(
        account=given.get("account"), held_at=given.get("held_at"), name__icontains=given.get("q", "")
    )
    week = week_with(given["week"]) if given.get("week") else []
    weeks = calendar_of([week], booked, month=None) if week else calendar_of(weeks_of(month), booked, month=month)
    rows = in_list(weeks, day)
    context = {
        "filters": filters,
        "month": month,
        "months_beside": months_beside(month),
        "day": day,
        "today": today,
        "weeks": weeks,
        "week": week,
        "shown": ":20" if week else ":2",
        "weeks_beside": (week[0] - timedelta(days=7), week[0] + timedelta(days=7)) if week else None,
        "campaigns": rows,
        "recipients": sum(campaign.recipients for campaign in rows),
        "days_to_compare": days_to_compare(rows),
        "span": BookingSpan(initial={"first": day, "last": day} if day else None),
        "is_narrowed": any(given.get(name) for name in ("q", "account", "held_at")),
    }
    return render(request, "bookings/list.html", context)


@requires("campaigns.stop_campaign")
@require_http_methods(["GET", "POST"])
def booking_cancel(request: HtmxRequest, campaign_id: int) -> HttpResponse:
    campaign = get_object_or_404(Campaign.objects.select_related("account", "sender"), pk=campaign_id)
    if request.method == "GET" and campaign.state == CampaignState.SCHEDULED:
        return render(request, "bookings/cancel.html", {"campaign": campaign})
    if request.method == "GET" or (receipt := cancel_bookings([campaign], request.user)).skipped:
        messages.error(request, _("「%(name)s」は予約済みではないため、予約取消できません。") % {"name": campaign.name})
    else:
        _say(request, receipt)
    return redirect("booking_list")


@requires("campaigns.stop_campaign")
@require_http_methods(["GET", "POST"])
def booking_cancel_many(request: HtmxRequest) -> HttpResponse:
    """First what it will hit; only what was shown there is then cancelled, and only after its number was typed."""
    try:
        campaigns = _chosen(request)
    except RuleError as error:
        messages.error(request, str(error))
        return redirect("booking_list")
    form = TypedCount(request.POST if request.method == "POST" else None, expected=len(campaigns))
    if not form.is_valid():
        status = 422 if form.is_bound else 200
        recipients = sum(campaign.recipients for campaign in campaigns)
        context = {"campaigns": campaigns, "recipients": recipients, "form": form}
        return render(request, "bookings/cancel_many.html", context, status=status)
    _say(request, cancel_bookings(campaigns, request.user))
    return redirect("booking_list")


def _chosen(request: HtmxRequest) -> list[Campaign]:
    """The ticked bookings, or those of a span of days; what was shown on the confirmation comes back as ticked."""
    data = request.POST if request.method == "POST" else request.GET
    ticked = [int(pk) for pk in data.getlist("campaign") if pk.isascii() and pk.isdigit()]
    if ticked:
        # Not only those still booked: cancel_bookings() says of which of them somebody else was first.
        found = Campaign.objects.filter(pk__in=ticked) if request.method == "POST" else booked_campaigns(pk__in=ticked)
    elif "first" in data:
        span = BookingSpan(data)
        if not span.is_valid():
            raise RuleError(_("いつからいつまでの予約を取り消すのか、日付を両方指定してください。"))
        given = span.cleaned_data
        booked = booked_campaigns(account=given["account"], held_at=given["held_at"], name__icontains=given["q"])
        found = on_days(booked, given["first"], given["last"])
    else:
        raise RuleError(_("取り消す予約を選んでください。"))
    return _not_too_many(list(found.select_related("account")[: MOST_AT_ONCE + 1]))


def _not_too_many(campaigns: list[Campaign]) -> list[Campaign]:
    if not campaigns:
        raise RuleError(_("対象の予約がありません。すでに送信が始まったか、取り消されています。"))
    if len(campaigns) > MOST_AT_ONCE:
        raise RuleError(_("一度に取り消せるのは%(most)s件までです。期間を短くしてください。") % {"most": MOST_AT_ONCE})
    return campaigns


def _say(request: HtmxRequest, receipt: BulkReceipt) -> None:
    for level, sentence in _sentences(receipt):
        messages.add_message(request, level, sentence)


def _sentences(receipt: BulkReceipt) -> Iterator[tuple[int, str]]:
    """The receipt in words: what will not be sent, and, no less clearly, what still may be."""
    if n := receipt.campaigns:
        text = ngettext("%(n)s件の配信の予約を取り消しました。", "%(n)s件の配信の予約を取り消しました。", n)
        yield messages.SUCCESS, text % {"n": f"{n:,}"}
    if n := receipt.recalled:
        text = _("このポータルで待っていた%(n)s件の宛先には送信しません。")
        yield messages.SUCCESS, text % {"n": f"{n:,}"}
    if n := receipt.at_vendor:
        text = _("配信事業者が預かっている%(n)s件は、取り消しを依頼しています。結果は送信履歴に表示されます。")
        yield messages.INFO, text % {"n": f"{n:,}"}
    if n := receipt.left:
        text = _("%(n)s件は、すでに配信事業者に渡したか送信の対象から外れているため、取り消していません。")
        yield messages.WARNING, text % {"n": f"{n:,}"}
    if n := receipt.skipped:
        text = _("%(n)s件の配信は、ほかの操作で状態が変わったため、取り消していません。")
        yield messages.WARNING, text % {"n": f"{n:,}"}


@requires("campaigns.stop_campaign")
@require_POST
def booking_compare(request: HtmxRequest) -> HttpResponse:
    account_id = request.POST.get("account", "")
    account = get_object_or_404(ProviderAccount, pk=account_id if account_id.isdecimal() else 0)
    days = _days(request.POST.getlist("day"))
    if not days:
        messages.error(request, _("照合する日を選んでください。"))
        return redirect("booking_list")
    back = f"day={days[0]}" if len(days) == 1 else f"month={days[0]:%Y-%m}"
    context = {"account": account, "days": days, "back": f"{reverse('booking_list')}?{back}"}
    try:
        comparison = compare_bookings(account, *days)
    except ProviderError as error:
        context["trouble"] = trouble_text(error.code)
    else:
        context |= {"comparison": comparison, "missing": missing_messages(comparison)}
    return render_page(request, "bookings/comparison.html", "bookings/_comparison.html", context)


def _days(given: list[str]) -> list[date]:
    """As many as the calendar shows at most; anything else in the request is left out."""
    forms = [BookingFilter({"day": value}) for value in given[:MOST_DAYS]]
    return sorted({form.cleaned_data["day"] for form in forms if form.is_valid() and form.cleaned_data["day"]})
