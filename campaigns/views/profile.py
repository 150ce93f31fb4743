"""One's own account, for everybody who has signed in: who one is here, and where else one is signed in."""

from allauth.usersessions.models import UserSession
from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.db import transaction
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST
from django.views.i18n import set_language

from campaigns.forms.people import NoticesForm
from campaigns.models import Activity
from campaigns.texts import ROLES

from .htmx import HtmxRequest


@require_http_methods(["GET", "POST"])
def profile(request: HtmxRequest) -> HttpResponse:
    form = NoticesForm(request.POST if request.method == "POST" else None, instance=request.user)
    if form.is_valid():
        form.save()
        messages.success(request, _("プロフィールを保存しました。"))
        return redirect("account_profile")
    names = request.user.groups.values_list("name", flat=True)
    context = {"roles": [ROLES[name] for name in names if name in ROLES], "form": form}
    return render(request, "account/profile.html", context)


@login_not_required
def set_own_language(request: HtmxRequest) -> HttpResponseBase:
    """As Django does it for the browser, and for the person who has signed in."""
    language = request.POST.get("language")
    if request.user.is_authenticated and language in dict(settings.LANGUAGES):
        request.user.language = language
        request.user.save(update_fields=["language"])
    return set_language(request)


@require_POST
def session_end(request: HtmxRequest, session_id: int) -> HttpResponse:
    session = get_object_or_404(UserSession, pk=session_id, user=request.user)
    with transaction.atomic():
        session.end()
        Activity.objects.note(request.user, "session_ended", request.user, from_address=session.ip)
    messages.success(request, _("選んだ端末をログアウトしました。"))
    return redirect("usersessions_list")
