"""From an account to its vendor: the only place where a stored account becomes an open connection."""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import TypeVar
from urllib.parse import urlsplit

from django.conf import settings
from django.db.models import QuerySet
from django.urls import reverse

from campaigns.models import ProviderAccount
from providers.base import Provider
from providers.http import VendorClient
from providers.registry import PROVIDERS

T = TypeVar("T")
LONGEST_WAIT = 5.0  # seconds a question waits for its turn


def provider_class(account: ProviderAccount) -> type[Provider]:
    return PROVIDERS[account.provider]


def accounts_that(capability: str) -> "QuerySet[ProviderAccount]":
    """Those in use whose vendor can do this, by the name of the field in Capabilities."""
    able = [slug for slug, vendor in PROVIDERS.items() if getattr(vendor.capabilities, capability)]
    return ProviderAccount.objects.filter(provider__in=able, is_active=True)


def link_hosts(account: ProviderAccount) -> list[str]:
    """Of the short URLs its vendor makes; a stand-in makes them at its own address."""
    able = provider_class(account).capabilities
    own = urlsplit(account.base_url).hostname if able.shortens or able.shortens_in_text else ""
    return [*able.short_hosts, *([own] if own else [])]


@asynccontextmanager
async def open_provider(account: ProviderAccount, *, connections: int = 4) -> AsyncIterator[Provider]:
    """One client for this event loop, closed at the end; raises AccountRefused for an unusable address."""
    vendor = provider_class(account)
    async with VendorClient(account.base_url, connections=connections, timeouts=vendor.timeouts) as client:
        yield vendor(client, account.credentials)


def callback_url(account: ProviderAccount) -> str:
    """Where this vendor's receipts come in. The URL is its own key: it is shown to administrators alone."""
    return settings.PORTAL_URL.rstrip("/") + reverse("webhook", args=[account.pk, account.callback_key])


def offline_provider(account: ProviderAccount) -> Provider:
    """For reading what the vendor sent us; it opens no connection."""
    return provider_class(account)(VendorClient(account.base_url), account.credentials)


def ask_vendor(account: ProviderAccount, question: Callable[[Provider], Awaitable[T]]) -> T:
    """Put one question to the vendor from code that is not async; ProviderError where there is no answer."""

    async def ask() -> T:
        async with open_provider(account) as provider:
            return await question(provider)

    return asyncio.run(ask())


def buy_turn(account: ProviderAccount, questions: int = 1) -> float | None:
    """UNIX time from which so many may be asked, at the pace that sends share; None where that is too far off, and the
    schedule asks again."""
    now = time.time()
    if account.free_from(now=now) > now + LONGEST_WAIT:
        return None  # and nothing bought, which would keep sends waiting for nobody
    return account.buy_pace(questions, now=now)


def wait_turn(account: ProviderAccount) -> bool:
    """For one question; False, without waiting, where its turn is too far off."""
    starts_at = buy_turn(account)
    if starts_at is None:
        return False
    time.sleep(max(0.0, starts_at - time.time()))
    return True


def check_account(account: ProviderAccount) -> None:
    """A harmless real call with this account's address and credentials; ProviderError says what is wrong."""
    ask_vendor(account, lambda provider: provider.check())
