from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from campaigns.texts import ROLES

from .htmx import HtmxRequest


@require_GET
def profile(request: HtmxRequest) -> HttpResponse:
    """One's own, so nobody needs a permission for it."""
    names = request.user.groups.values_list("name", flat=True)
    return render(request, "account/profile.html", {"roles": [ROLES[name] for name in names if name in ROLES]})
