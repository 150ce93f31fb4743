"""The same job at the other vendors, over real HTTP to their stand-ins: send, hear, ask, count, book, take back."""

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import httpx
import pytest
from django.db.models import Sum
from django.utils import timezone

from campaigns.models import (
    Campaign,
    DayCount,
    HeldAt,
    MessageState,
    MessageTemplate,
    OpenMessage,
    ProviderAccount,
    RegisteredTemplate,
    Suppression,
    User,
)
from campaigns.rules.sending_window import jst_day
from campaigns.services.cleaning import start_cleaning
from campaigns.services.planning.registered_templates import take_over
from campaigns.services.results.clicking import ask_clicks
from campaigns.services.results.polling import look_due
from campaigns.services.sending.booking import compare_bookings
from campaigns.services.sending.stopping import cancel_booking
from campaigns.services.short_urls import shorten
from providers.rakuten_cpaas.tokens import KEPT
from providers.sandbox.network import MAGIC_NUMBERS
from providers.sandbox.server import Options, SandboxServer
from tests.factories import make_account, make_campaign, make_contact, make_list, make_sender, make_template
from tests.providers.contract_bench import CUSTOMERS, Customer
from tests.providers.sandbox.helpers import Receiver, eventually

from .test_story import hand_in_receipts, send, states_of

Work = Callable[[], None]
# What the vendors can tell apart: 絶対リーチ more than these two.
FATES = {
    "delivered_fast": "delivered",
    "out_of_range": "undelivered",
    "dead_number": "undelivered",
    "receipt_lost": "delivered",
    "receipt_twice": "delivered",
    "receipts_out_of_order": "delivered",
}

pytestmark = pytest.mark.django_db(transaction=True)


@dataclass
class Vendor:
    slug: str
    customer: Customer
    sandbox: SandboxServer
    account: ProviderAccount

    @property
    def client_id(self) -> str:
        return str(self.customer.settings["client_id"])

    def campaign(self, operator: User, **changes: Any) -> Campaign:
        """To one number of each fate."""
        people = [make_contact(phone="+81801111" + MAGIC_NUMBERS[fate]) for fate in FATES]
        sender = make_sender(self.account, value=self.customer.sender_id)
        values = {"account": self.account, "sender": sender, "created_by": operator, "lists": [make_list(*people)]}
        return make_campaign(**values | changes)


@pytest.fixture(params=["rakuten_cpaas", "karaden"])
def vendor(request: pytest.FixtureRequest, receiver: Receiver, settings: Any) -> Iterator[Vendor]:
    KEPT.clear()
    settings.PORTAL_URL = receiver.url.removesuffix("/receipts")  # Rakuten is told the address with each message
    customer = CUSTOMERS[request.param]
    contract = {"vendor": request.param, **customer.settings, "callback_url": receiver.url}
    with SandboxServer([contract], Options(time_scale=0.01)) as sandbox:
        base_url = sandbox.base_url(request.param) + customer.base_path
        account = make_account(
            provider=request.param,
            base_url=base_url,
            credentials=customer.credentials,
            counting_profile="standard",
        )
        yield Vendor(request.param, customer, sandbox, account)
    KEPT.clear()


zettai = pytest.mark.parametrize("vendor", ["zettai_reach"], indirect=True)
karaden = pytest.mark.parametrize("vendor", ["karaden"], indirect=True)
rakuten = pytest.mark.parametrize("vendor", ["rakuten_cpaas"], indirect=True)


def expected() -> Counter[str]:
    return Counter(FATES.values())


def states(campaign: Campaign) -> Counter[str]:
    return Counter(campaign.messages.values_list("state", flat=True))


def ask_all(account: ProviderAccount) -> None:
    """As if the time to ask had come for everything still open."""
    OpenMessage.objects.filter(account=account).update(next_look_at=timezone.now())
    look_due(ProviderAccount.objects.get(pk=account.pk))


def test_receipts_tell_most_and_a_question_the_rest(
    vendor: Vendor, receiver: Receiver, operator: User, work: Work
) -> None:
    campaign = vendor.campaign(operator)
    send(campaign, operator, work)
    ledger = vendor.sandbox.control.ledger()
    assert ledger["handed_over"] == ledger["numbers"] == len(FATES)

    vendor.sandbox.control.advance(120)

    def all_pushed() -> bool:
        hand_in_receipts(vendor.account, receiver, work)
        return states(campaign)["accepted"] == 1

    assert eventually(all_pushed)  # one receipt was lost
    ask_all(vendor.account)
    work()
    assert states(campaign) == expected()
    counted = DayCount.objects.filter(campaign=campaign, state=MessageState.DELIVERED)
    assert counted.aggregate(n=Sum("messages"), billed=Sum("billed_parts")) == {"n": 4, "billed": 4}
    assert vendor.sandbox.control.ledger()["rung_twice"] == []


def test_without_callbacks_everything_is_asked_for(
    vendor: Vendor, receiver: Receiver, operator: User, work: Work
) -> None:
    ProviderAccount.objects.update(receives_callbacks=False)
    vendor.account.refresh_from_db()
    campaign = vendor.campaign(operator)
    send(campaign, operator, work)
    vendor.sandbox.control.advance(120)
    ask_all(vendor.account)
    work()
    assert states(campaign) == expected()


def test_an_answer_lost_on_the_way_is_found_out_and_nothing_goes_twice(
    vendor: Vendor, operator: User, work: Work
) -> None:
    campaign = vendor.campaign(operator)
    lost = {"kind": "reset", "taken": True, "times": 1, "path": vendor.customer.send_path}
    vendor.sandbox.control.faults(vendor.slug, vendor.client_id, lost)
    send(campaign, operator, work)
    assert states(campaign)["unknown"] >= 1
    vendor.sandbox.control.advance(120)
    ask_all(vendor.account)
    work()
    assert states(campaign) == expected()
    assert vendor.sandbox.control.ledger()["handed_over"] == len(FATES)


def test_wrong_credentials_hold_the_campaign_and_lose_nothing(vendor: Vendor, operator: User, work: Work) -> None:
    wrong = {name: "0" * len(value) for name, value in vendor.customer.credentials.items()}
    ProviderAccount.objects.update(credentials=wrong)
    campaign = vendor.campaign(operator, account=ProviderAccount.objects.get())
    send(campaign, operator, work)
    assert (campaign.state, campaign.hold_reason) == ("holding", "credentials_refused")
    assert states(campaign) == {"queued": len(FATES)}


def test_a_deadline_goes_with_each_message(vendor: Vendor, operator: User, work: Work) -> None:
    campaign = vendor.campaign(operator, deadline_at=timezone.now() + timedelta(hours=1))
    send(campaign, operator, work)
    assert vendor.sandbox.control.ledger()["handed_over"] == len(FATES)


@zettai
def test_zettai_reach_tells_whose_number_changed_hands(vendor: Vendor, operator: User, work: Work) -> None:
    verdicts = {"delivered_fast": "same", "holder_changed": "changed", "holder_not_listed": "no_verdict"}
    people = {fate: make_contact(phone="+81801111" + MAGIC_NUMBERS[fate]) for fate in verdicts}
    since = jst_day(timezone.now()) - timedelta(days=365)
    job = start_cleaning(make_list(*people.values()), vendor.account, since, operator)
    work()
    found = dict(job.results.values_list("contact_id", "verdict"))
    assert found == {people[fate].pk: verdict for fate, verdict in verdicts.items()}
    stopped = Suppression.objects.get()
    assert (stopped.phone, stopped.reason) == (people["holder_changed"].phone, "holder_changed")


@zettai
def test_zettai_reach_gives_its_templates_and_short_urls(vendor: Vendor, operator: User) -> None:
    templates = [{"title": "予約", "default_content": "{{%氏名%}}様 明日10時です。"}]
    vendor.sandbox.control.register_account(vendor.slug, **vendor.customer.settings, templates=templates)
    assert take_over(vendor.account, ["予約"], operator) == 1
    assert MessageTemplate.objects.get().body == "{{氏名}}様 明日10時です。"
    short = shorten(vendor.account, "https://shop.example.jp/fair", operator)
    assert [link["url"] for link in vendor.sandbox.control.links()] == [short]


@karaden
def test_karaden_holds_a_booking_and_gives_it_back(vendor: Vendor, operator: User, work: Work) -> None:
    tomorrow = timezone.now() + timedelta(days=1)
    campaign = vendor.campaign(
        operator,
        scheduled_for=tomorrow.replace(hour=3, minute=0, second=0, microsecond=0),
        held_at=HeldAt.VENDOR,
    )
    send(campaign, operator, work)
    assert states(campaign) == {"booked": len(FATES)}
    assert campaign.scheduled_for is not None
    both = compare_bookings(vendor.account, jst_day(campaign.scheduled_for))
    assert (both.ours, both.theirs, both.missing_there, both.unknown_here) == (len(FATES), len(FATES), [], [])

    cancel_booking(campaign, operator)
    work()
    assert states_of(campaign) == {("cancelled", "stopped"): len(FATES)}
    both = compare_bookings(vendor.account, jst_day(campaign.scheduled_for))
    assert (both.ours, both.theirs) == (0, 0)
    vendor.sandbox.control.advance(2 * 86_400)
    assert vendor.sandbox.control.ledger()["handed_over"] == 0


@karaden
def test_karaden_shortens_urls_and_tells_who_opened_them(vendor: Vendor, operator: User, work: Work) -> None:
    campaign = vendor.campaign(operator, body="詳しくは https://shop.example.jp/fair まで", shortens_urls=True)
    send(campaign, operator, work)
    link = vendor.sandbox.control.links()[0]
    assert httpx.get(link["url"], follow_redirects=False, trust_env=False).is_redirect
    ask_clicks(campaign, until=float("inf"))
    campaign.refresh_from_db()
    assert campaign.clicked == 1
    assert campaign.messages.get(clicked=True).reference == link["reference"]
    assert campaign.messages.filter(clicked=False).count() == len(FATES) - 1


@rakuten
def test_rakuten_fills_its_own_template(vendor: Vendor, operator: User, work: Work) -> None:
    templates = {"T-1": "{who}様 ご予約は明日10時です。"}
    vendor.sandbox.control.register_account(vendor.slug, **vendor.customer.settings, templates=templates)
    template = make_template(body="{{氏名|お客様}}様 ご予約は明日10時です。")
    RegisteredTemplate.objects.create(
        template=template, account=vendor.account, vendor_id="T-1", fields={"who": "氏名"}
    )
    campaign = vendor.campaign(operator, template=template, body=template.body)
    send(campaign, operator, work)
    assert campaign.vendor_template["id"] == "T-1"
    assert states(campaign)["accepted"] == len(FATES)
    assert vendor.sandbox.control.ledger()["handed_over"] == len(FATES)


@rakuten
def test_rakuten_makes_a_short_url(vendor: Vendor, operator: User) -> None:
    short = shorten(vendor.account, "https://shop.example.jp/fair", operator)
    (link,) = vendor.sandbox.control.links()
    assert (short, link["long_url"]) == (link["url"], "https://shop.example.jp/fair")
