"""Answers where a page could not be given."""

from http import HTTPStatus

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render


@login_not_required
def stale_page(request: HttpRequest, reason: str = "") -> HttpResponse:
    """The form is of a session that has ended; by the header app.js tells it from a lack of permission."""
    response = render(request, "403_csrf.html", {"path": request.path}, status=HTTPStatus.FORBIDDEN)
    response.headers["X-Trouble"] = "session"
    return response
