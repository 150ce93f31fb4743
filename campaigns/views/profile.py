"""One's own account, for everybody who has signed in: who one is here, and where else one is signed in."""

from allauth.usersessions.models import UserSession
from django.contrib import messages
from django.db import transaction
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from campaigns.models import Activity
from campaigns.texts import ROLES

from .htmx import HtmxRequest


@require_GET
def profile(request: HtmxRequest) -> HttpResponse:
    names = request.user.groups.values_list("name", flat=True)
    return render(request, "account/profile.html", {"roles": [ROLES[name] for name in names if name in ROLES]})


@require_POST
def session_end(request: HtmxRequest, session_id: int) -> HttpResponse:
    session = get_object_or_404(UserSession, pk=session_id, user=request.user)
    with transaction.atomic():
        session.end()
        Activity.objects.note(request.user, "session_ended", request.user, from_address=session.ip)
    messages.success(request, _("選んだ端末をログアウトしました。"))
    return redirect("usersessions_list")
