"""Run within the portal's own settings and database, by Portal.call(); arguments and answers travel as JSON."""

from django.conf import settings
from django.test import Client
from django.urls import reverse

from campaigns.models import (
    Campaign,
    Contact,
    ContactList,
    ListMembership,
    PortalSettings,
    ProviderAccount,
    SenderId,
    User,
)
from campaigns.services.planning.launching import confirm
from campaigns.services.planning.preparing import start_preparation
from campaigns.services.sending.waking import wake_all
from tests.factories import make_account, make_campaign, make_phone, make_sender, make_user
from tests.pages import every_page, furnish


def open_account(requests_per_second: int) -> None:
    """On the sandbox, with a sender; nobody has to approve, nothing waits for second thoughts."""
    PortalSettings.objects.create(pk=1, approval_above=None, undo_seconds=0)
    account = make_account(
        base_url=f"http://127.0.0.1:{settings.SANDBOX_PORT}/zettai-reach/",
        credentials={"client_id": "20001", "token": "TokenForTheKillTest0000000000000"},
        requests_per_second=requests_per_second,
    )
    make_sender(account, value="54321")


def write_to(people: int) -> None:
    """A campaign to so many people, whose recipients the worker now looks through."""
    sender = SenderId.objects.get()
    campaign = make_campaign(
        account=sender.account,
        sender=sender,
        body="見本商店です。ご予約は明日10時です。",
        created_by=make_user("operator"),
        lists=[_list_of(people)],
    )
    start_preparation(campaign)


def send() -> None:
    campaign = Campaign.objects.get()
    confirm(campaign, campaign.created_by)


def _list_of(people: int) -> ContactList:
    contacts = Contact.objects.bulk_create(Contact(phone=make_phone(serial)) for serial in range(people))
    made = ContactList.objects.create(name="全員")
    ListMembership.objects.bulk_create(ListMembership(contact_list=made, contact=contact) for contact in contacts)
    return made


def wake() -> None:
    """What the schedule does once a minute."""
    wake_all()


def secrets() -> list[str]:
    """Whatever may never be written to a log."""
    kept = [settings.SECRET_KEY, *settings.FIELD_KEYS]
    for account in ProviderAccount.objects.all():
        kept += [account.callback_key, *(value for value in account.credentials.values() if len(value) > 9)]
    return kept


def pages(password: str) -> list[tuple[str, str, bool]]:
    """Every page an administrator can look at, on the demo with what it lacks."""
    furnish()
    client = Client(SERVER_NAME="127.0.0.1")
    client.force_login(User.objects.get(username="admin"))
    client.post(reverse("account_reauthenticate"), {"password": password})
    return [(page.name, page.url, page.signed_in) for page in every_page(client)]
