import pytest
from django.urls import reverse

from campaigns.models import ReceiptLog
from tests.factories import make_account

pytestmark = pytest.mark.django_db(transaction=True)


def test_a_call_with_the_right_key_is_kept_as_it_came_and_answered_with_an_empty_200(client, queued):
    account = make_account()
    body = b"json=%7B%22eventNotifications%22%3A%5B%5D%7D"
    answer = client.post(
        reverse("webhook", args=[account.callback_key]), body, content_type="application/x-www-form-urlencoded"
    )
    assert (answer.status_code, answer.content) == (200, b"")
    log = ReceiptLog.objects.get()
    assert (bytes(log.body), log.content_type, log.account) == (body, "application/x-www-form-urlencoded", account)


@pytest.mark.parametrize(
    ("key", "method", "body", "status"),
    [
        pytest.param("wrong", "post", b"json=1", 404, id="a wrong key"),
        pytest.param("", "get", b"", 405, id="not a POST"),
        pytest.param("", "post", b"", 400, id="nothing in it"),
        pytest.param("", "post", b"x" * 1_000_001, 413, id="too large"),
    ],
)
def test_anything_else_is_turned_away_and_not_kept(client, queued, key, method, body, status):
    url = reverse("webhook", args=[key or make_account().callback_key])
    answer = client.get(url) if method == "get" else client.post(url, body, content_type="text/plain")
    assert answer.status_code == status
    assert not ReceiptLog.objects.exists()


def test_the_health_check_needs_no_log_in(client):
    assert client.get(reverse("health")).content == b"ok\n"
