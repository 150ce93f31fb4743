"""Where the vendors' receipts come in: check the door, keep the body, answer. Nothing is parsed on this path."""

from allauth.account.adapter import get_adapter
from django.contrib.auth.decorators import login_not_required
from django.core.exceptions import RequestDataTooBig
from django.db import connection
from django.http import HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_GET, require_POST

from campaigns.services.results.receiving import open_door, receive

MAX_BYTES = 1_000_000


@csrf_exempt
@login_not_required
@require_POST
def webhook(request: HttpRequest, account_id: str, key: str) -> HttpResponse:
    door = open_door(int(account_id), key)
    if door is None:
        return HttpResponse(status=404)
    if door.sources and not door.lets_in(get_adapter().get_client_ip(request)):  # as the sign-in sees addresses
        return HttpResponse(status=403)
    if not door.takes(request.content_type or ""):
        return HttpResponse(status=415)
    body = _body(request)
    if body is None:
        return HttpResponse(status=413)
    if not body:
        return HttpResponse(status=400)
    receive(int(account_id), body, request.headers.get("Content-Type", ""))
    return HttpResponse(status=door.answer)


def _body(request: HttpRequest) -> bytes | None:
    """None when it is too large to be a receipt."""
    try:
        return request.body if len(request.body) <= MAX_BYTES else None
    except RequestDataTooBig:
        return None


@login_not_required
@require_GET
def health(request: HttpRequest) -> HttpResponse:
    """For load balancers: the process answers and the database does."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
    return HttpResponse("ok\n", content_type="text/plain")
