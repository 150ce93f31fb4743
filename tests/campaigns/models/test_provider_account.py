from datetime import timedelta

import pytest
from cryptography.fernet import Fernet
from django.core.exceptions import FieldError, ImproperlyConfigured
from django.db import connection
from django.utils import timezone

from campaigns.models import ProviderAccount
from tests.factories import make_account

pytestmark = pytest.mark.django_db


def test_pace_is_sold_once_whoever_buys():
    account = make_account(requests_per_second=100)
    same = ProviderAccount.objects.get(pk=account.pk)
    first = account.buy_pace(49, now=1000.0)
    second = same.buy_pace(49, now=1000.0)
    assert (first, second) == (pytest.approx(1000.0), pytest.approx(1000.5))


def test_unused_time_is_not_saved_up():
    account = make_account(requests_per_second=100)
    account.buy_pace(49, now=1000.0)
    assert account.buy_pace(1, now=2000.0) == pytest.approx(2000.0)


def test_a_throttled_account_waits_and_never_shortens_its_wait():
    account = make_account(requests_per_second=100)
    account.hold_back(30, now=1000.0)
    account.hold_back(5, now=1000.0)
    assert account.buy_pace(1, now=1000.0) == pytest.approx(1030.0)


def test_a_clock_set_back_by_hours_keeps_no_account_waiting():
    account, before = make_account(requests_per_second=100), timezone.now()
    account.buy_pace(49, now=before.timestamp())
    account.take_lease(now=before, seconds=10)  # by a worker that is gone
    after = before - timedelta(hours=3)
    assert account.free_from(now=after.timestamp()) == after.timestamp()
    assert account.buy_pace(49, now=after.timestamp()) == pytest.approx(after.timestamp())
    assert account.take_lease(now=after, seconds=10)
    account.hold_back(30, now=before.timestamp())
    account.hold_back(5, now=after.timestamp())
    assert account.buy_pace(1, now=after.timestamp()) == pytest.approx(after.timestamp() + 5)


def test_a_lease_belongs_to_one_worker_until_it_ends():
    account, now = make_account(), timezone.now()
    lease = account.take_lease(now=now, seconds=10)
    assert lease
    assert account.take_lease(now=now, seconds=10) is None
    assert account.take_lease(now=now + timedelta(seconds=11), seconds=10)
    account.release_lease(lease)  # ended long ago: it is somebody else's now
    assert account.take_lease(now=now + timedelta(seconds=12), seconds=10) is None


def test_credentials_are_unreadable_in_the_database_and_survive_a_key_rotation(settings):
    account = make_account(credentials={"token": "very-secret"})
    with connection.cursor() as cursor:
        cursor.execute("SELECT credentials FROM campaigns_provideraccount")
        assert "very-secret" not in cursor.fetchone()[0]
    settings.FIELD_KEYS = [Fernet.generate_key().decode(), *settings.FIELD_KEYS]
    account.refresh_from_db()
    assert account.credentials == {"token": "very-secret"}
    account.save()
    settings.FIELD_KEYS = settings.FIELD_KEYS[:1]
    assert ProviderAccount.objects.get().credentials == {"token": "very-secret"}


def test_a_missing_key_is_an_error_and_never_shows_the_ciphertext(settings):
    make_account()
    settings.FIELD_KEYS = [Fernet.generate_key().decode()]
    with pytest.raises(ImproperlyConfigured):
        ProviderAccount.objects.get()


def test_credentials_cannot_be_searched_for():
    with pytest.raises(FieldError):
        ProviderAccount.objects.filter(credentials={"token": "x"}).exists()
