"""Run within the portal's own settings and database, by Portal.call(); arguments and answers travel as JSON lines."""

import time
from datetime import timedelta

from django.conf import settings
from django.db.models import Sum
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from django_q.models import Schedule

from campaigns.management.commands.seed_demo import prepare
from campaigns.models import (
    Campaign,
    Contact,
    ContactList,
    DayCount,
    Heartbeat,
    ListMembership,
    Message,
    MessageTemplate,
    OpenMessage,
    PortalSettings,
    ProviderAccount,
    SenderId,
    User,
)
from campaigns.services.planning.launching import confirm
from campaigns.services.planning.preparing import start_preparation
from campaigns.services.sending.stopping import pause_campaign, resume_campaign, stop_campaign
from campaigns.services.sending.waking import wake_all
from providers.sandbox.server import mount_path
from tests.factories import make_account, make_campaign, make_phone, make_sender, make_user
from tests.pages import every_page, furnish
from tests.providers.contract_bench import CUSTOMERS


def open_account(vendor: str, requests_per_second: int, **credentials: str) -> int:
    """On the sandbox, with a sender; nobody has to approve, nothing waits for second thoughts."""
    PortalSettings.objects.update_or_create(pk=1, defaults={"approval_above": None, "undo_seconds": 0})
    customer = CUSTOMERS[vendor]
    account = make_account(
        provider=vendor,
        label=vendor,
        base_url=f"http://127.0.0.1:{settings.SANDBOX_PORT}{mount_path(vendor)}{customer.base_path}",
        credentials=customer.credentials | credentials,
        requests_per_second=requests_per_second,
    )
    make_sender(account, value=customer.sender_id)
    return account.pk


def write_to(people: int) -> None:
    """For each account a campaign to so many people of its own, whose recipients the worker now looks through."""
    operator = make_user("operator")
    for place, sender in enumerate(SenderId.objects.order_by("pk")):
        campaign = make_campaign(
            account=sender.account,
            sender=sender,
            body="見本商店です。ご予約は明日10時です。",
            created_by=operator,
            lists=[_list_of(people, after=place * people)],
        )
        start_preparation(campaign)


def draft(name: str, people: int, requests_per_second: int = 200) -> int:
    """The operator's, to people of its own and ready to be confirmed, on an account with this pace from now on."""
    sender = SenderId.objects.filter(account__provider="zettai_reach").select_related("account").get()
    ProviderAccount.objects.filter(pk=sender.account_id).update(requests_per_second=requests_per_second)
    campaign = Campaign(name=name, template=MessageTemplate.objects.get(name="ご来店日のお知らせ"))
    new_list(name, people)
    prepare(campaign, sender, User.objects.get(username="operator"), ContactList.objects.filter(name=name))
    return campaign.pk


def new_list(name: str, people: int) -> None:
    _list_of(people, after=Contact.objects.count(), name=name)


def age_heartbeat(minutes: int) -> None:
    """As if the last worker had stopped so long ago."""
    Heartbeat.objects.all().delete()
    Heartbeat.objects.create(machine="worker-1", at=timezone.now() - timedelta(minutes=minutes))


def _list_of(people: int, *, after: int, name: str = "") -> ContactList:
    contacts = Contact.objects.bulk_create(Contact(phone=make_phone(after + serial)) for serial in range(people))
    made = ContactList.objects.create(name=name or f"全員{after}")
    ListMembership.objects.bulk_create(ListMembership(contact_list=made, contact=contact) for contact in contacts)
    return made


def send() -> None:
    for campaign in Campaign.objects.all():
        confirm(campaign, campaign.created_by)


def pause() -> int:
    """How many campaigns were under way."""
    under_way = list(Campaign.objects.filter(state="sending"))
    for campaign in under_way:
        pause_campaign(campaign, campaign.created_by)
    return len(under_way)


def resume() -> None:
    for campaign in Campaign.objects.filter(state="paused"):
        resume_campaign(campaign, campaign.created_by)


def stop() -> float:
    """The moment (UNIX time) at which the person had the answer."""
    for campaign in Campaign.objects.all():
        stop_campaign(campaign, User.objects.get())
    return time.time()


def make_schedules_due() -> None:
    Schedule.objects.update(next_run=timezone.now() - timedelta(minutes=1))


def wake() -> None:
    """What the schedule does once a minute."""
    wake_all()


def let_time_pass(minutes: int) -> None:
    """For what is still open, as if so long had passed; and its next look is due."""
    for row in OpenMessage.objects.all():
        OpenMessage.objects.filter(pk=row.pk).update(since=row.since - timedelta(minutes=minutes))
    OpenMessage.objects.update(next_look_at=timezone.now())
    wake_all()


def miscounted() -> list[list[object]]:
    """Campaign, state, and how many messages it counts where the ledger of messages says otherwise."""
    counted = {
        (row["campaign_id"], row["state"]): row["n"]
        for row in DayCount.objects.values("campaign_id", "state").annotate(n=Sum("messages"))
    }
    present: dict[tuple[int, str], int] = {}
    for key in Message.objects.values_list("campaign_id", "state"):
        present[key] = present.get(key, 0) + 1
    return [
        [*key, counted.get(key), present.get(key)]
        for key in counted.keys() | present.keys()
        if counted.get(key) != present.get(key)
    ]


def secrets() -> list[str]:
    """Whatever may never be written to a log."""
    kept = [settings.SECRET_KEY, *settings.FIELD_KEYS]
    for account in ProviderAccount.objects.all():
        names = {"token", "api_secret", "short_url_secret"} & account.credentials.keys()
        kept += [account.callback_key, *(account.credentials[name] for name in names)]
    return kept


def pages(password: str) -> list[tuple[str, str, bool]]:
    """Every page an administrator can look at, on the demo with what it lacks."""
    furnish()
    client = Client(SERVER_NAME="127.0.0.1")
    client.force_login(User.objects.get(username="admin"))
    client.post(reverse("account_reauthenticate"), {"password": password})
    return [(page.name, page.url, page.signed_in) for page in every_page(client)]
