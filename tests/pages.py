"""Every page of the portal that has one to look at, found by asking each address of the URL conf."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from http import HTTPStatus
from typing import Any

from django.apps import apps
from django.core.management import call_command
from django.db import transaction
from django.db.models import Model
from django.test import Client
from django.utils import timezone

from campaigns.management.commands.seed_demo import prepare
from campaigns.models import (
    Campaign,
    ClosedDay,
    Contact,
    ContactImport,
    ContactList,
    Message,
    MessageTemplate,
    PortalSettings,
    ProviderAccount,
    SenderId,
    Suppression,
    User,
)
from campaigns.services.planning.launching import confirm
from campaigns.services.results.counting import recount_touched

from .addresses import Address, every_address, make_import
from .factories import make_campaign, make_message, make_suppression

# key in an address -> the objects to show; a campaign looks different in each of its states.
SHOWN: dict[str, Any] = {
    "account_id": ProviderAccount.objects.all()[:1],
    "campaign_id": Campaign.objects.order_by("pk"),
    "contact_id": Contact.objects.filter(lists__isnull=False)[:1],
    "import_id": ContactImport.objects.order_by("pk"),
    "list_id": ContactList.objects.all()[:1],
    "message_id": Message.objects.order_by("-pk")[:1],
    "suppression_id": Suppression.objects.all()[:1],
    "template_id": MessageTemplate.objects.all()[:1],
}
REPEATED_IN_ADMIN = ("_delete", "_history")  # the same page for every model: once is enough
FORGETS_THE_SESSION = {"account_logout", "admin:logout"}

STOPPED: dict[str, dict[str, Any]] = {
    "一時停止した配信": {"state": "paused"},
    "保留になった配信": {"state": "holding", "hold_reason": "quota_used_up"},
    "停止した配信": {"state": "cancelled"},
}

UNBROKEN = "autumn_newsletter_recipients_checked_and_final_version"


@dataclass(frozen=True)
class Page:
    name: str
    url: str
    signed_in: bool


@transaction.atomic  # else a worker that runs beside it would take part in preparing
def furnish() -> None:
    """The demo, and what it lacks: a draft, a request, campaigns that stand still, an upload not yet checked, an
    opt-out, a closed day."""
    call_command("seed_demo", verbosity=0)
    operator = User.objects.get(username="operator")
    sender, everybody = SenderId.objects.filter(account__provider="zettai_reach").get(), ContactList.objects.all()
    PortalSettings.objects.update(approval_above=0)
    request = Campaign(name="年末のご挨拶", template=MessageTemplate.objects.last())
    prepare(request, sender, operator, everybody)
    confirm(request, operator)
    make_campaign(account=sender.account, sender=sender, created_by=operator, name="下書き", lists=[everybody[0]])
    for name, facts in STOPPED.items():
        stopped = make_campaign(
            account=sender.account,
            sender=sender,
            created_by=operator,
            name=name,
            lists=[everybody[0]],
            starts_at=timezone.now(),
            started_at=timezone.now(),
            recipients=4,
            **facts,
        )
        for state in ("delivered", "undelivered", "unknown", "queued"):
            make_message(stopped, state=state, sent_at=None if state == "queued" else timezone.now())
    recount_touched(timezone.now())
    make_suppression(created_by=operator, note="電話での申し出", source="電話")
    make_import()
    ClosedDay.objects.create(day=date(2026, 12, 29), name="年末休業")
    _name_at_length()


def _name_at_length() -> None:
    """One of each thing bears a name without a place to break it, as files and systems of companies do."""
    Campaign.objects.filter(name="停止した配信").update(name=UNBROKEN)
    ContactImport.objects.update(original_name=f"{UNBROKEN}.csv")
    MessageTemplate.objects.create(name=UNBROKEN, body="見本商店です。")
    contact = Contact.objects.filter(lists__isnull=False)[0]
    ContactList.objects.create(name=UNBROKEN).contacts.add(contact)
    Contact.objects.filter(pk=contact.pk).update(company=UNBROKEN, email=f"{UNBROKEN}@example.jp")


def every_page(client: Client) -> list[Page]:
    """Those that answer with HTML: first to a stranger, then to whom `client` has signed in."""
    return [*_pages(Client(SERVER_NAME="127.0.0.1"), signed_in=False), *_pages(client, signed_in=True)]


def every_url(*, signed_in: bool) -> Iterator[Page]:
    """Whether or not a page is there."""
    for address in every_address():
        if address.is_open == signed_in or address.name in FORGETS_THE_SESSION:
            continue
        for label, values in _objects(address):
            yield Page(f"{address.name}{label}".replace(":", "-"), address.url(values), signed_in)


def _pages(client: Client, *, signed_in: bool) -> Iterator[Page]:
    return (page for page in every_url(signed_in=signed_in) if _is_page(client.get(page.url)))


def _is_page(answer: Any) -> bool:
    """And not a file, nor a partial that only ever stands in a page."""
    is_html = answer.status_code == HTTPStatus.OK and answer.headers["Content-Type"].startswith("text/html")
    return is_html and "<html" in answer.content.decode()


def _objects(address: Address) -> Iterator[tuple[str, dict[str, Any]]]:
    for key in address.keys:
        if key in SHOWN:
            yield from ((_label(each), {key: each.pk}) for each in SHOWN[key])
            return
    if "object_id" not in address.keys:
        yield "", {"app_label": "campaigns"}
    elif "content_type_id" not in address.keys and (found := _first_of(address.name)):
        yield "", {"object_id": found.pk}


def _label(shown: Model) -> str:
    return f"-{shown.state}" if hasattr(shown, "state") else ""


def _first_of(name: str) -> Model | None:
    """admin:campaigns_contact_change -> a contact."""
    app, model, act = name.partition(":")[2].rsplit("_", 2)
    if f"_{act}" in REPEATED_IN_ADMIN and model != "closedday":
        return None
    return apps.get_model(app, model)._default_manager.first()
