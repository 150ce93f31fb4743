"""使い方: one printable page for each role."""

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from campaigns.models import User
from campaigns.services.people import ADMINISTRATOR
from campaigns.texts import role_text

from .access import requires
from .htmx import HtmxRequest

# Of a person with several roles the first counts.
GUIDES = (ADMINISTRATOR, "operator", "approver", "accountant", "viewer")


@requires("campaigns.view_campaign")
@require_GET
def guide(request: HtmxRequest) -> HttpResponse:
    guides = _guides_for(request.user)
    role = request.GET.get("role") or next(iter(guides))
    if role not in guides:
        raise Http404
    return render(request, f"guide/{role}.html", {"role": role, "role_name": guides[role], "guides": guides})


def _guides_for(user: User) -> dict[str, str]:
    """Those of the person's own roles, so that every link in them leads somewhere; an administrator prints them all."""
    roles = set(user.groups.values_list("name", flat=True))
    if ADMINISTRATOR in roles or user.is_superuser:
        roles = set(GUIDES)
    known = roles.intersection(GUIDES) or {"viewer"}
    return {role: role_text(role) for role in GUIDES if role in known}
