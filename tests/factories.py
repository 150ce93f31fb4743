"""Valid objects by default; name only what the test is about. Numbers are generated, never a real person's."""

import itertools
from datetime import timedelta
from typing import Any

from django.contrib.auth.models import Group
from django.utils import timezone

from campaigns.models import (
    Campaign,
    Contact,
    ContactList,
    ListMembership,
    Message,
    MessageTemplate,
    NumberCleaning,
    ProviderAccount,
    SenderId,
    Suppression,
    User,
)
from campaigns.rules.sending_window import jst_day
from campaigns.services.people import install_roles

_serial = itertools.count(1)


def make_phone(serial: int | None = None) -> str:
    return f"+8190{10_000_000 + (next(_serial) if serial is None else serial):08d}"


def make_user(role: str = "administrator", **overrides: Any) -> User:
    """A person in one of the five roles of services/people.py."""
    install_roles()
    values = {"username": f"{role}{next(_serial)}", "is_staff": role == "administrator"} | overrides
    user = User.objects.create_user(password="generated-for-tests", **values)
    user.groups.add(Group.objects.get(name=role))
    return user


def make_contact(**overrides: Any) -> Contact:
    number = next(_serial)
    return Contact.objects.create(**{"phone": make_phone(), "name": f"見本 {number}郎"} | overrides)


def make_list(*contacts: Contact, **overrides: Any) -> ContactList:
    made = ContactList.objects.create(**{"name": f"見本リスト{next(_serial)}"} | overrides)
    ListMembership.objects.bulk_create(ListMembership(contact_list=made, contact=contact) for contact in contacts)
    return made


def make_account(**overrides: Any) -> ProviderAccount:
    values = {
        "provider": "zettai_reach",
        "label": f"見本接続{next(_serial)}",
        "base_url": "http://127.0.0.1:9/",
        "credentials": {"token": "t" * 32, "client_id": "20001"},
        "counting_profile": "zettai",
        "requests_per_second": 500,
    }
    return ProviderAccount.objects.create(**values | overrides)


def make_sender(account: ProviderAccount, **overrides: Any) -> SenderId:
    return SenderId.objects.create(**{"account": account, "value": f"{50_000 + next(_serial)}"} | overrides)


def make_template(**overrides: Any) -> MessageTemplate:
    values = {"name": f"見本定型文{next(_serial)}", "body": "{{氏名|お客様}}様 ご予約は明日10時です。"}
    return MessageTemplate.objects.create(**values | overrides)


def make_campaign(*, lists: list[ContactList] | None = None, **overrides: Any) -> Campaign:
    """A complete draft: account, sender, text and one list of two contacts, unless told otherwise."""
    account = overrides.pop("account", None) or make_account()
    values = {
        "name": f"見本配信{next(_serial)}",
        "account": account,
        "body": "{{氏名|お客様}}様 ご予約は明日10時です。",
    }
    values["sender"] = overrides.pop("sender", None) or make_sender(account)
    values["created_by"] = overrides.pop("created_by", None) or make_user("operator")
    campaign = Campaign.objects.create(**values | overrides)
    campaign.lists_in.set([make_list(make_contact(), make_contact())] if lists is None else lists)
    return campaign


def make_message(campaign: Campaign | None = None, **overrides: Any) -> Message:
    campaign = campaign or make_campaign(state="sending", starts_at=timezone.now() - timedelta(minutes=1))
    contact = overrides.pop("contact", None) or make_contact()
    values = {
        "campaign": campaign,
        "account": campaign.account,
        "contact": contact,
        "reference": f"{campaign.reference}{contact.pk:012d}",
        "phone": contact.phone,
        "body": "ご予約は明日10時です。",
        "parts": 1,
        "day": jst_day(timezone.now()),
    }
    return Message.objects.create(**values | overrides)


def make_cleaning(**overrides: Any) -> NumberCleaning:
    values = {
        "since": jst_day(timezone.now()) - timedelta(days=90),
        "total": 2,
        "beat_at": timezone.now(),
    }
    values["contact_list"] = overrides.pop("contact_list", None) or make_list(make_contact(), make_contact())
    values["account"] = overrides.pop("account", None) or make_account()
    values["created_by"] = overrides.pop("created_by", None) or make_user("operator")
    return NumberCleaning.objects.create(**values | overrides)


def make_suppression(**overrides: Any) -> Suppression:
    return Suppression.objects.create(**{"phone": make_phone(), "reason": "opt_out"} | overrides)
