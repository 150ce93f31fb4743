"""接続先 of each vendor: its own fields, told what is wrong with them, and checked for real against its stand-in."""

import re
from collections.abc import Iterator
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from campaigns.models import Activity, ProviderAccount, SenderId
from providers.rakuten_cpaas.tokens import KEPT
from providers.sandbox.server import SandboxServer
from tests.factories import make_account, make_sender, make_user
from tests.providers.contract_bench import CUSTOMERS

TENANT = "5d0f6f0e-1111-4a4a-8c8c-000000000001"
CREDENTIALS = {
    "zettai_reach": {"token": "t" * 32, "client_id": "20001"},
    "rakuten_cpaas": {"api_key": "sample-key", "api_secret": "sample-secret"},
    "karaden": {"token": "sample-token", "tenant_id": TENANT},
}
vendors = pytest.mark.parametrize("provider", CREDENTIALS)


@pytest.fixture
def administrator(db: None, client: Client) -> Client:
    client.force_login(make_user("administrator"))
    return client


def add_url(provider: str) -> str:
    return f"{reverse('admin:campaigns_provideraccount_add')}?provider={provider}"


def typed(provider: str, **overrides: Any) -> dict[str, Any]:
    values = {
        "label": "本番",
        "base_url": "https://sms.example.jp/",
        "is_active": "on",
        "requests_per_second": 10,
        "receives_callbacks": "on",
        "counting_profile": "standard",
        "counting_overrides": "{}",
        "unit_price": "9.50",
        "billing_rule": "delivered",
        "closing_day": 0,
        "senders-TOTAL_FORMS": 1,
        "senders-INITIAL_FORMS": 0,
        "senders-0-value": {"zettai_reach": "54321", "rakuten_cpaas": "0501112222", "karaden": "12"}[provider],
    }
    return values | {f"credential_{name}": value for name, value in CREDENTIALS[provider].items()} | overrides


@vendors
def test_an_account_of_each_vendor_is_added_with_its_sender(administrator: Client, provider: str) -> None:
    assert administrator.post(add_url(provider), typed(provider)).status_code == 302
    account = ProviderAccount.objects.get()
    assert account.provider == provider
    assert account.credentials.items() >= CREDENTIALS[provider].items()
    assert SenderId.objects.get().account == account


@pytest.mark.parametrize(
    ("provider", "asks", "does_not_ask"),
    [
        pytest.param("zettai_reach", {"token", "client_id"}, {"version", "batch_size"}, id="zettai_reach"),
        pytest.param("rakuten_cpaas", {"api_key", "batch_size", "short_url_key"}, {"token", "version"}, id="rakuten"),
        pytest.param("karaden", {"token", "tenant_id", "version"}, {"client_id", "batch_size"}, id="karaden"),
    ],
)
def test_each_vendor_asks_for_its_own_fields(
    administrator: Client, provider: str, asks: set[str], does_not_ask: set[str]
) -> None:
    shown = set(re.findall(r'name="credential_(\w+)"', administrator.get(add_url(provider)).content.decode()))
    assert asks <= shown
    assert not does_not_ask & shown


@pytest.mark.parametrize(
    ("provider", "wrong", "sentence"),
    [
        pytest.param("zettai_reach", {"credential_token": "t" * 31}, "値の形", id="a token cut short"),
        pytest.param("zettai_reach", {"credential_client_id": "abc"}, "値の形", id="a client that is a name"),
        pytest.param("zettai_reach", {"senders-0-value": "123"}, "例: 54321", id="a sender cut short"),
        pytest.param("karaden", {"credential_tenant_id": "4"}, "値の形", id="a project for a tenant"),
        pytest.param("karaden", {"credential_version": "2022-01-01"}, "選べません", id="a version there is not"),
        pytest.param("karaden", {"senders-0-value": "0501112222"}, "例: 12", id="a number for a service"),
        pytest.param("rakuten_cpaas", {"credential_batch_size": "0"}, "値の形", id="arrays of nothing"),
        pytest.param("rakuten_cpaas", {"senders-0-value": "見本商店"}, "例: 0501112222", id="a sender in kanji"),
    ],
)
def test_what_no_vendor_gives_out_is_refused(
    administrator: Client, provider: str, wrong: dict[str, str], sentence: str
) -> None:
    answer = administrator.post(add_url(provider), typed(provider, **wrong)).content.decode()
    assert sentence in " ".join(re.findall(r'<ul class="errorlist.*?</ul>', answer, re.DOTALL))
    assert not ProviderAccount.objects.exists()


def test_what_is_no_secret_is_shown_and_may_be_taken_back(administrator: Client) -> None:
    account = make_account(provider="rakuten_cpaas", credentials=CREDENTIALS["rakuten_cpaas"] | {"batch_size": "25"})
    page = reverse("admin:campaigns_provideraccount_change", args=[account.pk])
    shown = administrator.get(page).content.decode()
    assert 'value="25"' in shown
    assert "sample-secret" not in shown
    administrator.post(page, typed("rakuten_cpaas", credential_batch_size="", credential_api_secret=""))
    account.refresh_from_db()
    assert account.credentials == CREDENTIALS["rakuten_cpaas"]
    note = Activity.objects.get(target_type="provideraccount")
    assert note.details["credentials"] == ["api_key", "batch_size"]


def test_a_sender_by_itself_is_looked_at_as_well(administrator: Client) -> None:
    sender = make_sender(make_account())
    page = reverse("admin:campaigns_senderid_change", args=[sender.pk])
    answer = administrator.post(page, {"account": sender.account_id, "value": "12", "label": "", "purpose": ""})
    assert "例: 54321" in answer.content.decode()


@pytest.fixture
def sandbox() -> Iterator[SandboxServer]:
    KEPT.clear()
    accounts = [{"vendor": slug, **customer.settings} for slug, customer in CUSTOMERS.items()]
    with SandboxServer(accounts) as server:
        yield server
    KEPT.clear()


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    ("provider", "changes", "fault", "sentence"),
    [
        *(pytest.param(slug, {}, "", "接続できました", id=f"{slug}: all well") for slug in CREDENTIALS),
        pytest.param("zettai_reach", {"token": "x" * 32}, "", "認証情報", id="zettai_reach: wrong token"),
        pytest.param("rakuten_cpaas", {"api_secret": "wrong"}, "", "認証情報", id="rakuten_cpaas: wrong secret"),
        pytest.param("karaden", {"token": "wrong"}, "", "認証情報", id="karaden: wrong token"),
        pytest.param("karaden", {"version": "2020-01-01"}, "", "バージョン", id="karaden: wrong version"),
        *(pytest.param(slug, {}, "http_403", "IPの制限", id=f"{slug}: address refused") for slug in CREDENTIALS),
        *(pytest.param(slug, {}, "http_503", "もう一度", id=f"{slug}: out of order") for slug in CREDENTIALS),
        *(pytest.param(slug, {}, "html_page", "もう一度", id=f"{slug}: a page instead") for slug in CREDENTIALS),
        *(pytest.param(slug, {}, "http_429", "混み合って", id=f"{slug}: too often") for slug in CREDENTIALS),
    ],
)
def test_the_check_says_in_words_what_is_wrong(
    client: Client, sandbox: SandboxServer, provider: str, changes: dict[str, str], fault: str, sentence: str
) -> None:
    customer = CUSTOMERS[provider]
    account = make_account(
        provider=provider,
        base_url=sandbox.base_url(provider) + customer.base_path,
        credentials=customer.credentials | changes,
    )
    if fault:
        sandbox.control.faults(provider, customer.settings["client_id"], {"kind": fault})
    assert sentence in checked(client, account)


@pytest.mark.django_db(transaction=True)
def test_the_check_says_when_nobody_answers(client: Client) -> None:
    assert "ネットワーク" in checked(client, make_account(base_url="http://127.0.0.1:9/"))


def checked(client: Client, account: ProviderAccount) -> str:
    client.force_login(make_user("administrator"))
    url = reverse("admin:campaigns_provideraccount_check", args=[account.pk])
    return client.post(url, follow=True).content.decode()
