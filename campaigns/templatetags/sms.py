"""What templates may ask for: how values are written, and the few components an include cannot express."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from functools import cache
from typing import Any
from zoneinfo import ZoneInfo

from django import template
from django.template.context import RequestContext
from django.utils.dateformat import format as format_date
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext as _
from heroicons.templatetags.heroicons import heroicon_micro, heroicon_mini, heroicon_outline

from campaigns.models import MessageState
from campaigns.rules.phone_numbers import format_domestic, mask

from .chart import Point, columns, round_top
from .navigation import links_for

register = template.Library()
Number = int | float | Decimal

TOKYO = ZoneInfo("Asia/Tokyo")
FORMATS = {
    "ja": {
        "full": "Y年n月j日(D) G:i",
        "second": "Y年n月j日(D) G:i:s",
        "short": "n/j(D) G:i",
        "day": "Y年n月j日(D)",
        "short_day": "n/j(D)",
        "tick": "n/j",
        "month": "Y年n月",
        "time": "G:i",
    },
    "en": {
        "full": "D j M Y, G:i",
        "second": "D j M Y, G:i:s",
        "short": "D j M, G:i",
        "day": "D j M Y",
        "short_day": "D j M",
        "tick": "j M",
        "month": "F Y",
        "time": "G:i",
    },
}


@register.filter
def jst(moment: date | datetime | None, style: str = "full") -> str:
    """A moment or day as Japan writes it, in Japan's time whatever the server's zone; styles: see FORMATS."""
    if moment is None:
        return ""
    if isinstance(moment, datetime):
        moment = moment.astimezone(TOKYO)
    language = "ja" if (get_language() or "ja").startswith("ja") else "en"
    return format_date(moment, FORMATS[language][style])


@register.filter
def phone(e164: str) -> str:
    return format_domestic(e164) if e164 else ""


@register.filter
def phone_for(e164: str, user: Any) -> str:
    """The number, masked for those who may not see numbers."""
    if not e164:
        return ""
    return format_domestic(e164) if user.has_perm("campaigns.see_numbers") else mask(e164)


@register.filter
def figure(value: Number | None) -> str:
    return f"{value or 0:,}"


@register.filter
def parts(value: int | None) -> str:
    return ngettext("%(figure)s通", "%(figure)s通", value or 0) % {"figure": figure(value)}


@register.filter
def count(value: int | None) -> str:
    return ngettext("%(figure)s件", "%(figure)s件", value or 0) % {"figure": figure(value)}


@register.filter
def yen(value: Number | None) -> str:
    """Whole yen; prices below ¥100 keep their sen, because a price per part may be ¥9.50."""
    amount = Decimal(str(value or 0))
    if amount == amount.to_integral_value() or abs(amount) >= 100:
        return f"¥{amount.quantize(Decimal(1), ROUND_HALF_UP):,}"
    return f"¥{amount.quantize(Decimal('0.01'), ROUND_HALF_UP):,}"


@register.filter
def percent(value: Number | None, whole: Number | None = 1) -> str:
    """`0.973` or `973 of 1000` as 97.3%; cut, not rounded, so that 100% always means all."""
    if value is None or not whole:
        return "–"
    share = int(Decimal(str(value)) * 1000 / Decimal(str(whole)))
    return f"{share // 10}%" if share in {0, 1000} else f"{share / 10:.1f}%"


@register.filter
def duration(value: timedelta | Number | None) -> str:
    """About how long, in the largest unit that still says something; seconds or a timedelta."""
    if value is None:
        return ""
    seconds = round(value.total_seconds() if isinstance(value, timedelta) else float(value))
    if seconds < 60:
        return ngettext("約%(figure)s秒", "約%(figure)s秒", seconds) % {"figure": seconds}
    minutes = round(seconds / 60)
    if minutes < 60:
        return ngettext("約%(figure)s分", "約%(figure)s分", minutes) % {"figure": minutes}
    hours, rest = divmod(minutes, 60)
    if not rest:
        return _("約%(hours)s時間") % {"hours": hours}
    return _("約%(hours)s時間%(minutes)s分") % {"hours": hours, "minutes": rest}


@register.filter
def remaining(value: timedelta | Number | None) -> str:
    return "" if value is None else _("あと%(time)s") % {"time": duration(value)}


@register.simple_tag(takes_context=True)
def query(context: RequestContext, **changes: Any) -> str:
    """This page's query string with these changes; empty values leave it."""
    params = context["request"].GET.copy()
    for name, value in changes.items():
        params[name] = value
    for name in [name for name in params if params[name] in ("", None)]:
        del params[name]
    return f"?{params.urlencode()}"


@register.simple_tag
def icon(name: str, size: int = 20) -> str:
    """A heroicon drawn for its size: 16 within words, 20 in buttons and navigation, 24 and more alone."""
    return _svg(str(name), size)


@cache
def _svg(name: str, size: int) -> str:
    draw = {16: heroicon_micro, 20: heroicon_mini}.get(size, heroicon_outline)
    return draw(name, size=size)


TONE_ICONS = {
    "info": "information-circle",
    "success": "check-circle",
    "warning": "exclamation-triangle",
    "danger": "exclamation-circle",
    "neutral": "minus-circle",
}


@register.filter
def tone_icon(tone: str) -> str:
    return TONE_ICONS[tone or "info"]


@register.simple_tag
def badge(tone: str, word: str, symbol: str = "") -> SafeString:
    """Colour, icon and word together, so that none of them has to be understood alone."""
    return format_html('<span class="badge {}">{}{}</span>', tone, icon(symbol or TONE_ICONS[tone], 16), word)


# A state's tone and icon; campaigns, messages and imports share the words of their states.
STATES = {
    "draft": ("neutral", "pencil"),
    "pending_approval": ("warning", "user-circle"),
    "scheduled": ("info", "calendar"),
    "sending": ("info", "paper-airplane"),
    "paused": ("warning", "pause-circle"),
    "holding": ("warning", "clock"),
    "completed": ("success", "check-circle"),
    "cancelled": ("neutral", "x-circle"),
    "queued": ("neutral", "ellipsis-horizontal-circle"),
    "booked": ("info", "calendar"),
    "accepted": ("info", "arrow-up-circle"),
    "delivered": ("success", "check-circle"),
    "undelivered": ("danger", "x-circle"),
    "no_result": ("warning", "question-mark-circle"),
    "refused": ("danger", "exclamation-circle"),
    "unknown": ("warning", "question-mark-circle"),
    "suppressed": ("neutral", "no-symbol"),
    "expired": ("neutral", "clock"),
    "excluded": ("neutral", "minus-circle"),
    "uploaded": ("neutral", "document"),
    "reading": ("info", "arrow-path"),
    "checking": ("info", "magnifying-glass"),
    "checked": ("warning", "user-circle"),
    "running": ("info", "arrow-path"),
    "done": ("success", "check-circle"),
    "failed": ("danger", "x-circle"),
    "undoing": ("info", "arrow-uturn-left"),
    "undone": ("neutral", "arrow-uturn-left"),
}


@register.simple_tag
def state_badge(thing: Any) -> SafeString:
    """Of anything with a `state`, of a member of a state enumeration, or of a message state's bare value."""
    if hasattr(thing, "get_state_display"):
        value, word = thing.state, thing.get_state_display()
    else:
        member = thing if hasattr(thing, "label") else MessageState(thing)
        value, word = member.value, member.label
    tone, symbol = STATES.get(value, ("neutral", "question-mark-circle"))
    return badge(tone, word, symbol)


@register.inclusion_tag("components/_nav.html", takes_context=True)
def navigation(context: RequestContext) -> dict[str, Any]:
    return {"groups": list(links_for(context["request"]))}


@register.inclusion_tag("components/_stepper.html")
def stepper(current: int, *labels: str) -> dict[str, Any]:
    """Steps from 1; those before `current` are done."""
    steps = [{"label": label, "done": at < current, "current": at == current} for at, label in enumerate(labels, 1)]
    return {"steps": steps}


@register.inclusion_tag("components/_chart.html")
def column_chart(title: str, points: Sequence[Point], *series: str) -> dict[str, Any]:
    """Stacked columns; `points` are (label, values), `series` names the values. The table beside it is the page's."""
    points = [Point(*point) for point in points]
    top = round_top(max((sum(point.values) for point in points), default=1))
    return {"title": title, "columns": columns(points, top), "series": series, "scale": (top, top // 2, 0)}
