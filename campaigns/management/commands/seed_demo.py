"""Demo data for an empty portal: the same people, lists, texts and campaigns every time; only the secrets differ."""

import random
import secrets
from collections.abc import Iterator
from datetime import datetime, time, timedelta
from decimal import Decimal
from itertools import count
from math import inf
from typing import Any
from uuid import uuid4

from django.conf import settings
from django.contrib.auth.models import Group
from django.core.files import File
from django.core.management.base import BaseCommand
from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from campaigns.models import (
    Campaign,
    CampaignState,
    ContactImport,
    ContactList,
    DayCount,
    DueMessage,
    ExistingContacts,
    Message,
    MessageState,
    MessageTemplate,
    PortalSettings,
    ProviderAccount,
    Purpose,
    RegisteredTemplate,
    SenderId,
    User,
)
from campaigns.rules.headers import guess_mapping
from campaigns.rules.sending_window import JST, jst_day
from campaigns.services.accounts import provider_class
from campaigns.services.imports.importing import (
    Choices,
    start_check,
    start_import,
    work_on,
)
from campaigns.services.imports.uploading import receive_file
from campaigns.services.people import install_roles
from campaigns.services.planning.launching import approve, confirm
from campaigns.services.planning.preparing import prepare_campaign, start_preparation

CONTACTS = settings.BASE_DIR / "tests" / "data" / "customers_cp932.csv"
# Username, name on screen, role, what the role is for.
PEOPLE = (
    ("operator", "大野 恵", "operator", "連絡先・配信の作成と送信"),
    ("approver", "正木 誠", "approver", "配信の承認"),
    ("accountant", "金子 明", "accountant", "通数集計"),
    ("viewer", "三田 葵", "viewer", "閲覧のみ(電話番号は伏せ字)"),
    ("admin", "管野 隆", "administrator", "すべての操作と管理"),
)
PASSWORD_LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"  # noqa: S105  none that is taken for another
ORGANISATION = "見本商店"
NOTICE = (
    "{{氏名|お客}}様 見本商店です。{{次回来店日|次回}}のご来店をお待ちしております。変更はお電話でお知らせください。"
)
# As the sandbox's customers registered it, under this id and these names of fields.
RESERVATION = "{{氏名|お客}}様 ご予約は{{次回来店日|次回}}です。変更はお電話でどうぞ。"
RESERVATION_FIELDS = {"name": "氏名", "date": "次回来店日"}
ADVERTISEMENT = (
    "【見本商店】{{氏名|お客}}様 秋のご愛顧感謝フェア開催中です。"
    "詳しくは https://shop.example.jp/fair 配信停止はこちら https://shop.example.jp/stop"
)
# The last four digits of a number mean the same here as in the sandbox; any other number is delivered.
FAILURES = {"9903": "out_of_reach", "9904": "number_dead", "9905": "blocked_by_recipient", "9906": "congestion"}
CARRIERS = {"docomo": 41, "au": 31, "softbank": 24, "rakuten": 4}
SENT_IN_THE_EVENING = 600
SETTLED = ["day", "state", "reason", "carrier", "billed_parts", "sent_at", "answered_at", "final_at"]


class Command(BaseCommand):
    help = "Fills an empty portal with demo data, and writes the log-ins it makes to a file under var/."

    def handle(self, *args: Any, **options: Any) -> None:
        if User.objects.exists():
            return
        self.stdout.write("Making demo data; this is needed once ...")
        with transaction.atomic():
            install_roles()
            people, logins = make_people()
            sender = make_organisation()
            take_in_contacts(people["operator"])
            make_finished_campaign(sender, people)
            make_scheduled_campaign(sender, people)
            open_other_accounts()
            write_privately(logins)


def make_people() -> tuple[dict[str, User], str]:
    """The people by username, and their log-ins as text."""
    people, lines = {}, []
    for username, name, role, purpose in PEOPLE:
        password = "-".join("".join(secrets.choice(PASSWORD_LETTERS) for _ in range(4)) for _ in range(3))
        person = User.objects.create_user(username, password=password, first_name=name, is_staff=username == "admin")
        person.groups.add(Group.objects.get(name=role))
        people[username] = person
        lines.append(f"  {username:<12}{password:<18}{purpose}\n")
    return people, "".join(lines)


def write_privately(logins: str) -> None:
    settings.DEMO_LOGINS.unlink(missing_ok=True)
    settings.DEMO_LOGINS.touch(mode=0o600)
    settings.DEMO_LOGINS.write_text(logins, encoding="utf-8")


def make_organisation() -> SenderId:
    portal = PortalSettings.load()
    portal.organisation, portal.own_hosts, portal.approval_above = ORGANISATION, "shop.example.jp", 1_000
    portal.save()
    sender = open_account("zettai_reach", "54321", {"client_id": "20001", "token": secrets.token_hex(16)})
    MessageTemplate.objects.create(name="ご来店日のお知らせ", category="予約", purpose=Purpose.NOTICE, body=NOTICE)
    MessageTemplate.objects.create(
        name="秋のフェアのご案内", category="販促", purpose=Purpose.ADVERTISING, body=ADVERTISEMENT
    )
    return sender


def open_account(provider: str, sender: str, credentials: dict[str, str]) -> SenderId:
    """On the sandbox, with one sender."""
    account = ProviderAccount(provider=provider, credentials=credentials)
    vendor = provider_class(account)
    account.label = f"{vendor.label}(お試し)"
    account.base_url = f"http://127.0.0.1:{settings.SANDBOX_PORT}/{provider.replace('_', '-')}/"
    account.counting_profile = vendor.capabilities.counting_profile
    account.requests_per_second = vendor.capabilities.requests_per_second
    account.cleaning_price = Decimal(3) if vendor.capabilities.cleans else None
    account.save()
    return SenderId.objects.create(account=account, value=sender, label=ORGANISATION)


def open_other_accounts() -> None:
    """Of the other vendors, so that each can be tried; one text is sent as the vendor's own template."""
    keys = ("api_key", "api_secret", "short_url_key", "short_url_secret")
    rakuten = open_account("rakuten_cpaas", "0501112222", {name: secrets.token_hex(8) for name in keys})
    template = MessageTemplate.objects.create(name="ご予約の確認(Rakuten)", category="予約", body=RESERVATION)
    RegisteredTemplate.objects.create(
        template=template, account=rakuten.account, vendor_id="reservation", fields=RESERVATION_FIELDS
    )
    open_account("karaden", "12", {"tenant_id": str(uuid4()), "token": secrets.token_hex(16)})


def take_in_contacts(operator: User) -> ContactImport:
    """Through the same steps as on screen: upload, columns as guessed, check, import."""
    with CONTACTS.open("rb") as file:
        upload = receive_file(File(file, name="顧客名簿_11月.csv"), operator)
    start_check(upload, Choices(mapping=guess_mapping(upload.header).fields, existing=ExistingContacts.UPDATE))
    work_on(upload, until=inf)
    upload.refresh_from_db()
    start_import(upload, operator)
    work_on(upload, until=inf)
    return upload


def make_scheduled_campaign(sender: SenderId, people: dict[str, User]) -> None:
    """To more people than one may decide about alone, so a second one approved it."""
    tomorrow = jst_day(timezone.now()) + timedelta(days=1)
    campaign = Campaign(
        name="ご来店日のお知らせ(東京・大阪)",
        template=MessageTemplate.objects.get(purpose=Purpose.NOTICE),
        scheduled_for=datetime.combine(tomorrow, time(10), JST),
    )
    prepare(campaign, sender, people["operator"], ContactList.objects.exclude(name="福岡店"))
    confirm(campaign, people["operator"])
    approve(campaign, people["approver"])


def make_finished_campaign(sender: SenderId, people: dict[str, User]) -> None:
    """History: rows as they would stand some days after the sending."""
    campaign = Campaign(name="秋のフェアのご案内", template=MessageTemplate.objects.get(purpose=Purpose.ADVERTISING))
    prepare(campaign, sender, people["operator"], ContactList.objects.all())
    messages = list(campaign.messages.filter(state=MessageState.QUEUED).order_by("pk"))
    evening = datetime.combine(jst_day(timezone.now()) - timedelta(days=3), time(19, 50), JST)
    for message, sent_at in zip(messages, moments(evening), strict=False):
        settle(message, sent_at)
    Message.objects.bulk_update(messages, SETTLED, batch_size=500)
    DueMessage.objects.filter(campaign=campaign).delete()
    Campaign.objects.filter(pk=campaign.pk).update(
        state=CampaignState.COMPLETED,
        created_at=evening - timedelta(hours=2),
        requested_by=people["operator"],
        requested_at=evening - timedelta(hours=1),
        approved_by=people["approver"],
        approved_at=evening,
        starts_at=evening,
        started_at=evening,
        finished_at=messages[-1].sent_at,
    )
    DayCount.objects.recount(campaign.pk)


def prepare(campaign: Campaign, sender: SenderId, operator: User, lists: "QuerySet[ContactList]") -> None:
    """A draft as its author leaves it on the confirmation page."""
    template = campaign.template
    assert template is not None
    campaign.purpose, campaign.body, campaign.template_version = template.purpose, template.body, template.version
    campaign.sender, campaign.account, campaign.created_by = sender, sender.account, operator
    campaign.save()
    campaign.lists_in.set(lists)
    start_preparation(campaign)
    prepare_campaign(campaign, until=inf)
    campaign.refresh_from_db()


def moments(evening: datetime) -> Iterator[datetime]:
    """One message a second until the window closes at 20:00, the others from 9:00 the next morning."""
    morning = evening.replace(hour=9, minute=0) + timedelta(days=1)
    yield from (evening + timedelta(seconds=second) for second in range(SENT_IN_THE_EVENING))
    yield from (morning + timedelta(seconds=second) for second in count())


def settle(message: Message, sent_at: datetime) -> None:
    """As its receipt would have left it; the same for the same number every time."""
    chance = random.Random(message.phone)  # noqa: S311  repeatable, not secret
    message.day, message.sent_at = jst_day(sent_at), sent_at
    message.answered_at = sent_at + timedelta(milliseconds=120)
    message.final_at = sent_at + timedelta(seconds=chance.uniform(1, 40))
    message.carrier = chance.choices(list(CARRIERS), weights=list(CARRIERS.values()))[0]
    message.reason = FAILURES.get(message.phone[-4:], "")
    message.state = MessageState.UNDELIVERED if message.reason else MessageState.DELIVERED
    message.billed_parts = 0 if message.reason else message.parts
