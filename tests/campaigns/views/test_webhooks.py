"""Who may hand in receipts, and what is answered."""

from types import SimpleNamespace

import pytest
from django.urls import reverse

from campaigns.models import ReceiptLog
from campaigns.services.results.receiving import BELIEVED_SECONDS
from tests.factories import make_account

pytestmark = pytest.mark.django_db(transaction=True)

FORM = "application/x-www-form-urlencoded"


def address(account, key: str = "") -> str:
    return reverse("webhook", args=[account.pk, key or account.callback_key])


def test_a_call_with_the_right_key_is_kept_as_it_came_and_answered_with_an_empty_200(client, queued):
    account = make_account()
    body = b"json=%7B%22eventNotifications%22%3A%5B%5D%7D"
    answer = client.post(address(account), body, content_type=FORM)
    assert (answer.status_code, answer.content, answer.headers["Content-Length"]) == (200, b"", "0")
    log = ReceiptLog.objects.get()
    assert (bytes(log.body), log.content_type, log.account) == (body, FORM, account)
    assert queued == [("apply_receipts", (account.pk,))]


@pytest.fixture
def clock(monkeypatch):
    """Stands still until a test moves it."""
    clock = SimpleNamespace(now=1_800_000_000.0)
    monkeypatch.setattr("campaigns.services.results.receiving.time", lambda: clock.now)
    return clock


def test_the_second_call_queues_nothing_and_writes_nothing_but_itself(client, queued, clock, django_assert_num_queries):
    account = make_account()
    client.post(address(account), b"1", content_type="text/plain")
    with django_assert_num_queries(2):  # the call itself, the flag
        client.post(address(account), b"2", content_type="text/plain")
    assert len(queued) == 1


@pytest.mark.parametrize(
    ("method", "body", "content_type", "status"),
    [
        pytest.param("GET", b"", "text/plain", 405, id="not a POST"),
        pytest.param("POST", b"", "text/plain", 400, id="nothing in it"),
        pytest.param("POST", b"x" * 1_000_001, "text/plain", 413, id="too large"),
        pytest.param("POST", b"x" * 3_000_000, "text/plain", 413, id="too large to be read at all"),
        pytest.param("POST", b"x", "multipart/form-data; boundary=x", 415, id="an upload"),
        pytest.param("POST", b"x", "text/html", 415, id="a page"),
    ],
)
def test_what_cannot_be_a_receipt_is_turned_away_and_not_kept(client, queued, method, body, content_type, status):
    answer = client.generic(method, address(make_account()), body, content_type=content_type)
    assert answer.status_code == status
    assert not ReceiptLog.objects.exists()


@pytest.mark.parametrize(
    ("path", "status"),
    [
        pytest.param("/hooks/{other}/{key}/", 404, id="another account's key"),
        pytest.param("/hooks/{own}/{key}x/", 404, id="a wrong key"),
        pytest.param("/hooks/{own}/鍵/", 404, id="a key beyond ASCII"),
        pytest.param("/hooks/0/{key}/", 404, id="no such account"),
        pytest.param("/hooks/99999999999999999999999/{key}/", 404, id="a number no database holds"),
    ],
)
def test_a_wrong_door_does_not_open(client, queued, path, status):
    own, other = make_account(), make_account()
    answer = client.post(path.format(own=own.pk, other=other.pk, key=own.callback_key), b"x", content_type="text/plain")
    assert answer.status_code == status
    assert not ReceiptLog.objects.exists()


def test_while_a_key_is_changed_both_are_good_and_a_second_later_only_the_new_one(client, queued, clock):
    account = make_account()
    old = account.callback_key

    def statuses() -> list[int]:
        account.refresh_from_db()
        keys = (old, account.callback_key)
        return [client.post(address(account, key), b"x", content_type="text/plain").status_code for key in keys]

    assert statuses() == [200, 200]
    account.rotate_callback_key()
    assert statuses() == [200, 200]  # at once, whatever this process read before
    account.retire_callback_key()
    clock.now += BELIEVED_SECONDS
    assert statuses() == [404, 200]


@pytest.mark.parametrize(
    ("sources", "came_from", "status"),
    [
        pytest.param("", "198.51.100.1", 200, id="no list"),
        pytest.param("203.0.113.0/24", "203.0.113.9", 200, id="in the range"),
        pytest.param("203.0.113.0/24\n2001:db8::/32", "2001:db8::5", 200, id="in the second range"),
        pytest.param("203.0.113.7", "203.0.113.8", 403, id="a neighbour"),
        pytest.param("203.0.113.7", "::ffff:203.0.113.7", 200, id="IPv4 as IPv6"),
    ],
)
def test_only_the_vendors_own_addresses_may_call_where_they_are_listed(client, queued, sources, came_from, status):
    account = make_account(callback_sources=sources)
    answer = client.post(address(account), b"x", content_type="text/plain", REMOTE_ADDR=came_from)
    assert answer.status_code == status
    assert ReceiptLog.objects.exists() == (status == 200)


def test_a_list_of_addresses_that_grew_shorter_is_obeyed_a_second_later(client, queued, clock):
    account = make_account()
    assert client.post(address(account), b"x", content_type="text/plain").status_code == 200
    type(account).objects.update(callback_sources="203.0.113.7")
    clock.now += BELIEVED_SECONDS
    assert client.post(address(account), b"x", content_type="text/plain").status_code == 403


def test_a_call_under_a_name_that_is_not_ours_is_refused(client, queued):
    answer = client.post(
        address(make_account()), b"x", content_type="text/plain", headers={"host": "elsewhere.example"}
    )
    assert answer.status_code == 400
    assert not ReceiptLog.objects.exists()


def test_a_call_and_its_answer_carry_no_session_and_no_language(client, queued):
    answer = client.post(address(make_account()), b"x", content_type="text/plain")
    assert not answer.cookies
    assert "Vary" not in answer.headers
    assert "Content-Security-Policy" in answer.headers


@pytest.mark.parametrize(
    ("proxies", "status"),
    [pytest.param(1, 200, id="behind a proxy"), pytest.param(0, 403, id="a header anybody could write")],
)
def test_the_address_is_taken_from_where_the_sign_in_takes_it(client, queued, settings, proxies, status):
    settings.ALLAUTH_TRUSTED_PROXY_COUNT = proxies
    account = make_account(callback_sources="203.0.113.7")
    forwarded = {"REMOTE_ADDR": "10.0.0.1", "HTTP_X_FORWARDED_FOR": "203.0.113.7"}
    assert client.post(address(account), b"x", content_type="text/plain", **forwarded).status_code == status


def test_the_health_check_needs_no_log_in(client):
    assert client.get(reverse("health")).content == b"ok\n"
