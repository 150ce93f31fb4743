"""通知先のURL in the admin: its key is changed in two steps, and only the vendor's addresses may call."""

import pytest
from django.urls import reverse

from campaigns.models import Activity, ProviderAccount
from tests.factories import make_account, make_user

from .test_admin import ACCOUNT_ADD, account_form, change_url

pytestmark = pytest.mark.django_db


@pytest.fixture
def administrator(client):
    client.force_login(make_user("administrator"))
    return client


def key_url(account, step):
    return reverse("admin:campaigns_provideraccount_key", args=[account.pk, step])


def test_the_key_is_changed_in_two_steps_each_confirmed_and_noted(administrator):
    account = make_account()
    old = account.callback_key
    for step, title in [("rotate", "鍵を替える"), ("retire", "古い鍵を止める")]:
        assert title in administrator.get(change_url(account)).content.decode()
        assert title in administrator.get(key_url(account, step)).content.decode()
        administrator.post(key_url(account, step))
        account.refresh_from_db()
    assert old not in (account.callback_key, account.previous_callback_key)
    assert list(Activity.objects.values_list("verb", flat=True)) == ["callback_key_rotated", "callback_key_retired"]


def test_a_third_key_must_wait_until_the_first_is_stopped(administrator):
    account = make_account(previous_callback_key="still-in-use")
    page = administrator.post(key_url(account, "rotate"), follow=True).content.decode()
    assert "前の鍵がまだ使えます" in page
    assert ProviderAccount.objects.get().callback_key == account.callback_key


def test_a_key_is_changed_by_administrators_only(administrator, client):
    client.force_login(make_user("operator", is_staff=True))
    assert client.post(key_url(make_account(), "rotate")).status_code == 403
    assert administrator.get(key_url(ProviderAccount.objects.get(), "else")).status_code == 403


@pytest.mark.parametrize("sources", ["203.0.113.0/24\n198.51.100.7", "どこでも"])
def test_the_addresses_of_the_vendor_are_read_as_ranges(administrator, sources):
    page = administrator.post(ACCOUNT_ADD, account_form(callback_sources=sources))
    assert (page.status_code == 302) == ProviderAccount.objects.filter(callback_sources=sources).exists()
    assert (page.status_code == 302) == sources[0].isdigit()
