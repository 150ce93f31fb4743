"""The vendors' stand-ins on the loopback address, with every account of the portal whose address points there."""

import logging
import threading
import time
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core.management.base import BaseCommand
from django.db import DatabaseError, connection

from campaigns.models import ProviderAccount
from campaigns.services.accounts import callback_url
from providers.sandbox.client import ControlError, SandboxControl
from providers.sandbox.pushing import is_loopback
from providers.sandbox.server import Options, mount_path, run

HOST = "127.0.0.1"
LOOK_SECONDS = 1.0

logger = logging.getLogger(__name__)


class Command(BaseCommand):
    help = "Serves the vendors' stand-ins until it is stopped; accounts added or changed meanwhile are taken up."

    def add_arguments(self, parser: Any) -> None:
        parser.add_argument("--port", type=int, default=settings.SANDBOX_PORT)
        parser.add_argument("--time-scale", type=float, default=1.0, help="0.1: phones answer ten times as fast")
        parser.add_argument("--seed", type=int, default=1, help="same seed, same chance")

    def handle(self, *args: Any, **options: Any) -> None:
        follow_port(options["port"])
        registrar = Registrar(SandboxControl(f"http://{HOST}:{options['port']}"))
        threading.Thread(target=registrar.work, name="registrar", daemon=True).start()
        chosen = Options(seed=options["seed"], time_scale=options["time_scale"])
        run(HOST, options["port"], options=chosen)


def sandbox_url(provider: str, port: int) -> str:
    """What an account takes for its vendor's address."""
    return f"http://{HOST}:{port}{mount_path(provider)}"


def follow_port(port: int) -> None:
    """Accounts on a stand-in of ours move along when the sandbox gets another port."""
    for account in ProviderAccount.objects.all():
        url = urlsplit(account.base_url)
        if is_loopback(url.hostname or "") and url.path == mount_path(account.provider):
            ProviderAccount.objects.filter(pk=account.pk).update(base_url=sandbox_url(account.provider, port))


class Registrar:
    """Tells the sandbox about the portal's accounts, again whenever one changes."""

    def __init__(self, control: SandboxControl) -> None:
        self._control = control
        self._known: dict[int, dict[str, Any]] = {}

    def work(self) -> None:
        while True:
            try:
                self.look()
            except (DatabaseError, OSError):
                pass  # the database or the server of this very process is not there yet: the next look finds it
            finally:
                connection.close()
            time.sleep(LOOK_SECONDS)

    def look(self) -> None:
        for account in self._accounts():
            contract = contract_of(account)
            if self._known.get(account.pk) != contract:
                self._register(account, contract)

    def _accounts(self) -> Iterator[ProviderAccount]:
        vendors = self._control.state()["vendors"]
        for account in ProviderAccount.objects.filter(provider__in=vendors).prefetch_related("senders"):
            if is_loopback(urlsplit(account.base_url).hostname or ""):
                yield account

    def _register(self, account: ProviderAccount, contract: dict[str, Any]) -> None:
        try:
            self._control.register_account(**contract)
            logger.info("%s: %s", account.label, account.base_url)
        except ControlError as error:
            logger.warning("%s cannot be used with the sandbox: %s", account.label, error)
        self._known[account.pk] = contract


def contract_of(account: ProviderAccount) -> dict[str, Any]:
    """What such a customer would have agreed with the vendor, in the words of its stand-in."""
    url = callback_url(account)
    is_local = is_loopback(urlsplit(url).hostname or "")
    terms = TERMS[account.provider](account, [sender.value for sender in account.senders.all()])
    return {
        "vendor": account.provider,
        "callback_url": url if account.receives_callbacks and is_local else "",
        **terms,
    }


def _zettai_reach(account: ProviderAccount, senders: list[str]) -> dict[str, Any]:
    return {**account.credentials, "sender_codes": senders, "counts_include_today": True}


def _rakuten_cpaas(account: ProviderAccount, senders: list[str]) -> dict[str, Any]:
    keys = {"api_key": "client_id", "api_secret": "secret"}
    known = ("api_key", "api_secret", "short_url_key", "short_url_secret")
    given = {keys.get(name, name): account.credentials[name] for name in known if account.credentials.get(name)}
    return {**given, "sender_codes": senders}


def _karaden(account: ProviderAccount, senders: list[str]) -> dict[str, Any]:
    services = [{"id": int(sender)} for sender in senders if sender.isdigit()]
    given = {name: account.credentials.get(name, "") for name in ("tenant_id", "token")}
    return {"client_id": str(account.pk), **given, "services": services}


TERMS = {"zettai_reach": _zettai_reach, "rakuten_cpaas": _rakuten_cpaas, "karaden": _karaden}
