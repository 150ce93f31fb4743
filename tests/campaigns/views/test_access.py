"""Deny by default: every address of the portal says who may see it, and keeps to that, for every role."""

from collections.abc import Callable, Iterator
from http import HTTPStatus
from typing import Any

import pytest
from django.core.files.base import ContentFile
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse

from campaigns.models import ContactImport, User
from campaigns.services.people import ADMINISTRATOR, ROLES
from tests.factories import (
    make_account,
    make_campaign,
    make_cleaning,
    make_contact,
    make_list,
    make_message,
    make_suppression,
    make_template,
    make_user,
)

# Doors of other makers, and those that are open on purpose; each of these is listed by hand.
NOT_OURS = ("admin/", "accounts/")
OPEN_DOORS = {"webhook", "health", "set_language"}
STAFF_ONLY = {"styleguide"}
# Any one object behind an address: name of its key -> how to make it.
OBJECTS: dict[str, Callable[[], Any]] = {
    "account_id": make_account,
    "campaign_id": make_campaign,
    "cleaning_id": make_cleaning,
    "contact_id": make_contact,
    "import_id": lambda: make_import(),
    "list_id": make_list,
    "message_id": make_message,
    "suppression_id": make_suppression,
    "template_id": make_template,
}
LETS_IN = {HTTPStatus.OK, HTTPStatus.FOUND, HTTPStatus.METHOD_NOT_ALLOWED}


def make_import() -> ContactImport:
    made = ContactImport(
        original_name="見本.csv",
        sha256="0" * 64,
        size=40,
        encoding="utf-8",
        delimiter=",",
        header=["携帯番号", "氏名"],
        created_by=make_user(),
        rows_total=1,
    )
    made.file.save("sample.csv", ContentFile("携帯番号,氏名\n08011112222,見本\n".encode()))
    return made


def patterns(resolver: URLResolver, route: str = "") -> Iterator[tuple[str, URLPattern]]:
    for pattern in resolver.url_patterns:
        if isinstance(pattern, URLResolver):
            yield from patterns(pattern, route + str(pattern.pattern))
        else:
            yield route + str(pattern.pattern), pattern


def ours() -> list[URLPattern]:
    return [pattern for route, pattern in patterns(get_resolver()) if not route.startswith(NOT_OURS)]


def guarded() -> list[URLPattern]:
    return [pattern for pattern in ours() if pattern.name not in OPEN_DOORS | STAFF_ONLY]


@pytest.fixture
def addresses(db: None) -> list[tuple[str, str]]:
    """Every guarded address with an object behind it, and the permission it asks for."""
    made = {name: make().pk for name, make in OBJECTS.items()}
    found = []
    for pattern in guarded():
        keys = {name: made[name] for name in pattern.pattern.converters}
        found.append((reverse(str(pattern.name), kwargs=keys), asks_for(pattern)))
    return found


def asks_for(pattern: URLPattern) -> str:
    return getattr(pattern.callback, "required", "")


def signed_in(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def test_every_address_says_who_may_see_it() -> None:
    silent = [str(pattern.name) for pattern in guarded() if not asks_for(pattern)]
    assert not silent, f"these views lack @requires: {silent}"


def test_the_doors_that_stand_open_are_the_listed_ones() -> None:
    doors = {pattern.name for pattern in ours() if not getattr(pattern.callback, "login_required", True)}
    assert doors == OPEN_DOORS


def test_nobody_gets_in_without_signing_in(addresses: list[tuple[str, str]]) -> None:
    for method in (Client().get, Client().post):
        for url, _ in addresses:
            answer = method(url)
            assert answer.status_code == HTTPStatus.FOUND, url
            assert answer["Location"].startswith(reverse("account_login")), url


@pytest.mark.parametrize("role", [*ROLES, ADMINISTRATOR])
def test_each_role_sees_what_it_may_and_nothing_breaks(role: str, addresses: list[tuple[str, str]]) -> None:
    user = make_user(role)
    client = signed_in(user)
    for url, permission in addresses:
        status = HTTPStatus(client.get(url).status_code)
        assert (status in LETS_IN) if user.has_perm(permission) else (status == HTTPStatus.FORBIDDEN), (
            f"{url}: {status}"
        )


def test_who_has_no_role_sees_nothing(addresses: list[tuple[str, str]]) -> None:
    client = signed_in(User.objects.create_user("nobody"))
    assert {client.get(url).status_code for url, _ in addresses} == {HTTPStatus.FORBIDDEN}


@pytest.mark.django_db
@pytest.mark.parametrize("role", list(ROLES))
def test_administration_is_for_administrators(role: str) -> None:
    client = signed_in(make_user(role))
    for name in ("admin:index", "admin:campaigns_provideraccount_changelist", "styleguide"):
        answer = client.get(reverse(name))
        assert answer.status_code in {HTTPStatus.FOUND, HTTPStatus.FORBIDDEN}, name


@pytest.mark.django_db
def test_an_administrator_reaches_every_page_of_the_administration() -> None:
    client = signed_in(make_user(ADMINISTRATOR))
    index = client.get(reverse("admin:index"))
    assert index.status_code == HTTPStatus.OK
    for app in index.context["app_list"]:
        for model in app["models"]:
            assert client.get(model["admin_url"], follow=True).status_code == HTTPStatus.OK, model["admin_url"]
