"""The portal's own side of the sandbox command; the stand-ins have tests of their own."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.core.management import call_command
from django_q.models import Schedule

from campaigns.management.commands.sandbox import Registrar, contract_of, follow_port, sandbox_url
from campaigns.models import ProviderAccount
from campaigns.services.accounts import check_account
from providers.errors import ProviderError
from providers.sandbox.server import SandboxServer
from tests.factories import make_account, make_sender

pytestmark = pytest.mark.django_db


@pytest.fixture
def sandbox() -> Iterator[SandboxServer]:
    with SandboxServer() as server:
        yield server


@pytest.fixture
def account(sandbox: SandboxServer) -> ProviderAccount:
    account = make_account(base_url=sandbox.base_url("zettai_reach"))
    make_sender(account, value="54321")
    return account


def test_an_account_works_once_the_sandbox_was_told(sandbox: SandboxServer, account: ProviderAccount) -> None:
    with pytest.raises(ProviderError):
        check_account(account)
    Registrar(sandbox.control).look()
    check_account(account)


def test_a_change_is_taken_up(sandbox: SandboxServer, account: ProviderAccount) -> None:
    registrar = Registrar(sandbox.control)
    registrar.look()
    account.credentials = account.credentials | {"token": "n" * 32}
    account.save()
    with pytest.raises(ProviderError):
        check_account(account)
    registrar.look()
    check_account(account)


def test_an_account_the_vendor_would_not_have_is_named_and_the_others_work(
    sandbox: SandboxServer, account: ProviderAccount, caplog: pytest.LogCaptureFixture
) -> None:
    make_account(label="だめな接続", base_url=account.base_url, credentials={"client_id": "1", "token": "too short"})
    Registrar(sandbox.control).look()
    check_account(account)
    assert "だめな接続 cannot be used" in caplog.text
    assert "too short" not in caplog.text


def test_a_real_vendors_account_is_none_of_its_business(sandbox: SandboxServer) -> None:
    make_account(base_url="https://vendor.example/")
    Registrar(sandbox.control).look()
    assert sandbox.control.ledger()["accounts"] == {}


@pytest.mark.parametrize(
    ("portal_url", "receives", "callback"),
    [
        pytest.param("http://127.0.0.1:8000", True, "http://127.0.0.1:8000/hooks/7/the-key/", id="on this machine"),
        pytest.param("http://127.0.0.1:8000", False, "", id="it asks instead"),
        pytest.param("https://sms.example.jp", True, "", id="the sandbox calls nobody else"),
    ],
)
def test_receipts_go_to_the_portals_own_address(settings: Any, portal_url: str, receives: bool, callback: str) -> None:
    settings.PORTAL_URL = portal_url
    account = make_account(pk=7, callback_key="the-key", receives_callbacks=receives)
    assert contract_of(account)["callback_url"] == callback


@pytest.mark.parametrize(
    ("before", "after"),
    [
        pytest.param(sandbox_url("zettai_reach", 8001), sandbox_url("zettai_reach", 9001), id="ours"),
        pytest.param("http://127.0.0.1:7000/mock/", "http://127.0.0.1:7000/mock/", id="somebody's own stand-in"),
        pytest.param(
            "https://vendor.example/zettai-reach/", "https://vendor.example/zettai-reach/", id="a real vendor"
        ),
    ],
)
def test_accounts_follow_the_sandbox_to_another_port(before: str, after: str) -> None:
    account = make_account(base_url=before)
    follow_port(9001)
    account.refresh_from_db()
    assert account.base_url == after


def test_the_schedule_is_made_once() -> None:
    for _ in range(2):
        call_command("install_schedules")
    schedule = Schedule.objects.get(name="wake_all")
    assert (schedule.func, schedule.schedule_type, schedule.minutes) == ("campaigns.tasks.wake_all", "I", 1)
