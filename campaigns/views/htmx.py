"""A partial for a swap, the whole page for everything else."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.cache import patch_vary_headers
from django_htmx.middleware import HtmxDetails

from campaigns.models import User


class HtmxRequest(HttpRequest):
    htmx: HtmxDetails
    user: User  # everybody is signed in; the few open doors do not ask


def render_page(request: HtmxRequest, page: str, partial: str | None, context: dict[str, Any]) -> HttpResponse:
    """Boosted and history-restore requests want the whole page, although htmx makes them."""
    htmx = request.htmx
    swap = partial is not None and htmx and not htmx.boosted and not htmx.history_restore_request
    response = render(request, partial if swap and partial else page, context)
    patch_vary_headers(response, ["HX-Request"])
    return response
