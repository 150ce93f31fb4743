"""Where the vendors' receipts come in: check the key, keep the body, answer. Nothing is parsed on this path."""

from django.contrib.auth.decorators import login_not_required
from django.db import connection
from django.http import HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_GET, require_POST

from campaigns.models import ProviderAccount
from campaigns.services.results.receiving import receive

MAX_BYTES = 1_000_000


@csrf_exempt
@login_not_required
@require_POST
def webhook(request: HttpRequest, key: str) -> HttpResponse:
    # The key is 256 random bits behind a unique index: looking it up tells a guesser nothing by its timing.
    account = ProviderAccount.objects.filter(callback_key=key).first()
    if account is None:
        return HttpResponse(status=404)
    if int(request.headers.get("Content-Length") or 0) > MAX_BYTES:
        return HttpResponse(status=413)
    if not request.body:
        return HttpResponse(status=400)
    receive(account, request.body, request.headers.get("Content-Type", ""))
    return HttpResponse()  # exactly 200 and an empty body: what the vendors count as taken


@login_not_required
@require_GET
def health(request: HttpRequest) -> HttpResponse:
    """For load balancers: the process answers and the database does."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
    return HttpResponse("ok\n", content_type="text/plain")
