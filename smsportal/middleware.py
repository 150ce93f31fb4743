"""What holds for every answer and every visitor: the browser's rules, closed doors, and who gets past the log-in."""

from collections.abc import Callable
from http import HTTPStatus
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.middleware import LoginRequiredMiddleware
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import resolve, reverse
from django.utils import translation
from django.utils.translation import gettext as _
from django_htmx.http import HttpResponseClientRedirect

from campaigns.services.people import must_add_second_factor

Answer = Callable[[HttpRequest], HttpResponse]
MACHINES, MACHINE_URLS = ("/hooks/", "/healthz"), "campaigns.urls.webhooks"
RETRY_SECONDS = 300
READING = {"GET", "HEAD", "OPTIONS"}


def browser_rules(get_response: Answer) -> Answer:
    """What the browser may do with our pages, said on every answer."""

    def answer(request: HttpRequest) -> HttpResponse:
        response = get_response(request)
        response.headers.setdefault("Content-Security-Policy", settings.SECURE_CSP)
        response.headers.setdefault("Permissions-Policy", "camera=(), geolocation=(), microphone=(), payment=()")
        return response

    return answer


def machines(get_response: Answer) -> Answer:
    """Vendors and load balancers go straight to their views: no session, language or log-in is theirs, all of which
    would cost three quarters of a receipt; and they are answered even while people are kept out."""

    def answer(request: HttpRequest) -> HttpResponse:
        if not request.path_info.startswith(MACHINES):
            return get_response(request)
        request.get_host()  # refuses a name that is not ours, as CommonMiddleware does for people
        found = resolve(request.path_info, MACHINE_URLS)
        view: Answer = found.func
        response = view(request, *found.args, **found.kwargs)
        response.headers["Content-Length"] = str(len(response.content))  # else the server would send it in chunks
        return response

    return answer


def own_language(get_response: Answer) -> Answer:
    """Whoever chose a language meets it on every machine, whatever its browser prefers."""

    def answer(request: HttpRequest) -> HttpResponse:
        if language := getattr(request.user, "language", ""):  # nobody's, before somebody signs in
            translation.activate(language)
        return get_response(request)

    return answer


def maintenance(get_response: Answer) -> Answer:
    """While the file MAINTENANCE_NOTICE exists, people read that we are at work; needs no database."""

    def answer(request: HttpRequest) -> HttpResponse:
        if not settings.MAINTENANCE_NOTICE.exists():
            return get_response(request)
        response = render(request, "503.html", status=HTTPStatus.SERVICE_UNAVAILABLE)
        response.headers["Retry-After"] = str(RETRY_SECONDS)
        response.headers["Cache-Control"] = "no-store"
        return response

    return answer


class SignedIn(LoginRequiredMiddleware):
    """Lets nobody past who has not signed in, or lacks the second factor that a role of theirs demands."""

    def process_view(
        self, request: Any, view_func: Callable[..., HttpResponseBase], view_args: Any, view_kwargs: Any
    ) -> Any:
        if not getattr(view_func, "login_required", True):
            return None
        if not request.user.is_authenticated:
            return self.handle_no_permission(request, view_func)
        if _is_own_account(request) or not must_add_second_factor(request.user):
            return None
        messages.warning(request, _("あなたの役割では2段階認証が必要です。設定すると、続けて利用できます。"))
        url = reverse("mfa_index")
        return HttpResponseClientRedirect(url) if request.htmx else redirect(url)

    def handle_no_permission(self, request: Any, view_func: Callable[..., HttpResponseBase]) -> Any:
        """A link may lead round by the log-in; what was typed into a form would be lost on that way."""
        if request.htmx or request.method not in READING:
            return render(request, "401.html", status=HTTPStatus.UNAUTHORIZED)
        return super().handle_no_permission(request, view_func)


def _is_own_account(request: HttpRequest) -> bool:
    return request.path.startswith("/accounts/")
