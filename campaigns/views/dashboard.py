from datetime import date, timedelta

from django.http import HttpResponse
from django.utils import timezone
from django.views.decorators.http import require_GET

from campaigns.models import CampaignState, DayCount
from campaigns.rules.sending_window import jst_day, period
from campaigns.services.figures.overview import coming, first_steps, waiting_for
from campaigns.services.figures.reporting import by_day, campaigns_under_way, figures_between
from campaigns.templatetags.sms import jst

from .access import requires
from .htmx import HtmxRequest, render_page

DAYS_SHOWN = 14


@requires("campaigns.view_campaign")
@require_GET
def dashboard(request: HtmxRequest) -> HttpResponse:
    now = timezone.now()
    today = jst_day(now)
    first, last = period(today, 0)
    under_way = campaigns_under_way(now)
    context = {
        "under_way": under_way,
        "is_sending": any(row.campaign.state == CampaignState.SENDING for row in under_way),
        "coming": coming(),
        "waiting": waiting_for(request.user),
        "first_steps": first_steps(),
        "month": first,
        "month_ends": last,
        "figures": figures_between(first, last),
        **_last_days(today),
    }
    return render_page(request, "dashboard/dashboard.html", "dashboard/_under_way.html", context)


def _last_days(today: date) -> dict[str, object]:
    days = by_day(DayCount.objects.all(), today - timedelta(days=DAYS_SHOWN - 1), today)
    points = [(jst(day, "tick"), [f.delivered, f.undelivered, f.waiting]) for day, f in days.items()]
    return {"days": days, "points": points, "any_sent": any(figures.sent for figures in days.values())}
