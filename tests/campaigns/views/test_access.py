"""Deny by default: every address × method × role against what this table says; an address without a line fails."""

from http import HTTPStatus
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from django.contrib import admin
from django.test import Client
from django.urls import reverse

from campaigns.models import Activity, User
from campaigns.services.people import ADMINISTRATOR, ROLES
from tests.addresses import Address, every_address, make_objects
from tests.factories import make_user

# Open to anybody, each on purpose: those who have not signed in yet, machines with a key of their own, the language.
OPEN_DOORS = {
    "account_login",
    "account_logout",
    "account_inactive",
    "account_reset_password",
    "account_reset_password_done",
    "account_reset_password_from_key",
    "account_reset_password_from_key_done",
    "mfa_authenticate",
    "admin:login",
    "admin:logout",
    "webhook",
    "opt_out",
    "health",
    "set_language",
}
# One's own account: for everybody who has signed in, whatever the role.
OWN_ACCOUNT = {
    "account_profile",
    "account_change_password",
    "account_reauthenticate",
    "account_set_password",
    "mfa_index",
    "mfa_reauthenticate",
    "mfa_activate_totp",
    "mfa_deactivate_totp",
    "mfa_view_recovery_codes",
    "mfa_generate_recovery_codes",
    "mfa_download_recovery_codes",
    "mfa_list_webauthn",
    "mfa_add_webauthn",
    "mfa_reauthenticate_webauthn",
    "mfa_remove_webauthn",
    "mfa_edit_webauthn",
    "usersessions_list",
    "session_end",
    "filter_save",
    "filter_delete",
    "columns_choose",
}
STAFF_ONLY = {"styleguide"}  # and whatever begins with admin:
REFUSED = {HTTPStatus.FORBIDDEN}
NOT_LET_IN_OR_BROKEN = {*REFUSED, *(each for each in HTTPStatus if each >= HTTPStatus.INTERNAL_SERVER_ERROR)}
SIGN_IN_FIRST = {"get": HTTPStatus.FOUND, "post": HTTPStatus.UNAUTHORIZED}


def named(names: set[str]) -> list[Address]:
    return [address for address in every_address() if address.name in names]


def guarded() -> list[Address]:
    """Those that ask for a permission."""
    others = OPEN_DOORS | OWN_ACCOUNT | STAFF_ONLY
    return [each for each in every_address() if each.name not in others and not each.name.startswith("admin:")]


@pytest.fixture
def made(db: None) -> dict[str, Any]:
    return make_objects()


@pytest.fixture
def addresses(made: dict[str, Any]) -> list[tuple[str, str]]:
    """Every guarded address with an object behind it, and the permission it asks for."""
    return [(address.url(made), address.permission) for address in guarded()]


def signed_in(user: User) -> Client:
    client = Client(raise_request_exception=True)
    client.force_login(user)
    return client


def status(client: Client, method: str, url: str) -> HTTPStatus:
    return HTTPStatus(getattr(client, method)(url).status_code)


def test_every_address_says_who_may_see_it() -> None:
    silent = [address.name for address in guarded() if not address.permission]
    assert not silent, f"these views lack @requires: {silent}"


def test_the_doors_that_stand_open_are_the_listed_ones() -> None:
    assert {address.name for address in every_address() if address.is_open} == OPEN_DOORS


def test_the_tables_name_only_what_exists() -> None:
    assert not (OPEN_DOORS | OWN_ACCOUNT | STAFF_ONLY) - {address.name for address in every_address()}


@pytest.mark.parametrize("method", ["get", "post"])
def test_nobody_gets_in_without_signing_in(method: str, made: dict[str, Any]) -> None:
    """Neither page nor form; a link leads to the log-in."""
    client = Client()
    for address in every_address():
        if address.name not in OPEN_DOORS:
            assert status(client, method, address.url(made)) == SIGN_IN_FIRST[method], address.name


@pytest.mark.parametrize("method", ["get", "post"])
@pytest.mark.parametrize("role", [*ROLES, ADMINISTRATOR])
def test_each_role_may_what_it_may_and_nothing_breaks(role: str, method: str, addresses: list[tuple[str, str]]) -> None:
    """An empty form may be wrong, but must neither be let through to others nor break."""
    user = make_user(role)
    client = signed_in(user)
    for url, permission in addresses:
        found = status(client, method, url)
        if user.has_perm(permission):
            assert found not in NOT_LET_IN_OR_BROKEN, f"{url}: {found}"
        else:
            assert found in REFUSED, f"{url}: {found}"


@pytest.mark.parametrize("method", ["get", "post"])
def test_who_has_no_role_may_nothing(method: str, addresses: list[tuple[str, str]]) -> None:
    client = signed_in(User.objects.create_user("nobody"))
    assert {status(client, method, url) for url, _ in addresses} == REFUSED


@pytest.mark.parametrize("method", ["get", "post"])
def test_own_account_is_for_everybody_and_shows_nobody_elses(method: str, made: dict[str, Any]) -> None:
    """The key of another person is not found, not shown."""
    data = {"name": "見本", "credential": {}}
    other = Authenticator.objects.create(user=make_user(), type=Authenticator.Type.WEBAUTHN, data=data)
    for address in named(OWN_ACCOUNT):
        client = signed_in(User.objects.create_user(f"nobody-{address.name}", password="generated-for-tests"))
        found = status(client, method, address.url({"pk": other.pk}))
        assert found not in NOT_LET_IN_OR_BROKEN, f"{address.name}: {found}"
    assert Authenticator.objects.filter(pk=other.pk).exists()


@pytest.mark.parametrize("method", ["get", "post"])
@pytest.mark.parametrize("role", list(ROLES))
def test_administration_is_for_administrators(role: str, method: str, made: dict[str, Any]) -> None:
    """Every page of the admin, whichever object it is about."""
    client = signed_in(make_user(role))
    before = Activity.objects.count()
    for address in every_address():
        if address.name in STAFF_ONLY or address.name.startswith("admin:"):
            found = status(client, method, address.url(made))
            assert found in {HTTPStatus.FOUND, HTTPStatus.FORBIDDEN, HTTPStatus.NOT_FOUND}, f"{address.name}: {found}"
    assert Activity.objects.count() == before


@pytest.mark.django_db
def test_an_administrator_reaches_every_page_of_the_administration() -> None:
    client = signed_in(make_user(ADMINISTRATOR))
    index = client.get(reverse("admin:index"))
    assert index.status_code == HTTPStatus.OK
    models = [model for app in index.context["app_list"] for model in app["models"]]
    assert len(models) == len(admin.site._registry)
    for model in models:
        assert client.get(model["admin_url"], follow=True).status_code == HTTPStatus.OK, model["admin_url"]
