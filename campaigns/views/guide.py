"""使い方: one printable page for each role."""

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_GET

from campaigns.models import User
from campaigns.services.people import ADMINISTRATOR

from .access import requires
from .htmx import HtmxRequest

# Of a person with several roles the first counts.
GUIDES = {
    ADMINISTRATOR: _("管理者"),
    "operator": _("担当者"),
    "approver": _("承認者"),
    "accountant": _("経理担当"),
    "viewer": _("閲覧者"),
}


@requires("campaigns.view_campaign")
@require_GET
def guide(request: HtmxRequest) -> HttpResponse:
    guides = _guides_for(request.user)
    role = request.GET.get("role") or next(iter(guides))
    if role not in guides:
        raise Http404
    return render(request, f"guide/{role}.html", {"role": role, "role_name": guides[role], "guides": guides})


def _guides_for(user: User) -> dict[str, Promise]:
    """Those of the person's own roles, so that every link in them leads somewhere; an administrator prints them all."""
    roles = set(user.groups.values_list("name", flat=True))
    if ADMINISTRATOR in roles or user.is_superuser:
        return GUIDES
    return {role: name for role, name in GUIDES.items() if role in roles} or {"viewer": GUIDES["viewer"]}
