"""配信停止ページ: the recipient's own, without log-in. Small and plain, for the browsers of old phones too."""

from allauth.account.adapter import get_adapter
from django.contrib.auth.decorators import login_not_required
from django.core.cache import cache
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from campaigns.models import PortalSettings
from campaigns.services.opting_out import opt_out

WRONG_PER_HOUR = 60  # from one address; a carrier's many customers share one


@csrf_exempt  # phones without cookies: the link itself is the right to this one act
@login_not_required
@require_http_methods(["GET", "HEAD", "POST"])
def opt_out_page(request: HttpRequest, token: str) -> HttpResponse:
    """Opening it changes nothing and tells nothing: mail and link scanners open every link."""
    context = {"organisation": PortalSettings.load().organisation}
    if request.method == "POST":
        context["outcome"] = _outcome(request, token)
    response = render(request, "opt_out/page.html", context)
    response["Cache-Control"] = "no-store"
    response["Referrer-Policy"] = "no-referrer"
    response["X-Robots-Tag"] = "noindex"
    return response


def _outcome(request: HttpRequest, token: str) -> str:
    counter = f"opt-out-wrong:{get_adapter(request).get_client_ip(request)}"
    wrong = cache.get(counter, 0)
    if wrong >= WRONG_PER_HOUR:
        return "wait"
    if opt_out(token):
        return "done"
    cache.set(counter, wrong + 1, timeout=3600)
    return "unknown"
