"""A handful of the people a text would go to, and how many there are: quick enough for every pause in typing."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

from django.db.models import Max, Min
from django.utils.translation import gettext as _

from campaigns.models import MERGE_COLUMNS, Contact, ContactList, ListMembership
from campaigns.rules import opt_out_tokens
from campaigns.rules.placeholders import fields

from .. import opting_out

HANDFUL = 60
LISTS = 5  # looked into at most


@dataclass(frozen=True, slots=True)
class Person:
    """`phone` is empty for somebody made up."""

    name: str
    phone: str
    values: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class AudienceSize:
    contacts: int
    is_exact: bool  # False: nobody counted twice or left out yet, so this is the most


def sample_people(lists_in: Collection[ContactList], lists_out: Collection[ContactList]) -> list[Person]:
    """The same people each time for the same lists, so that figures do not flicker while somebody types."""
    chosen = list(dict.fromkeys(pk for each in list(lists_in)[:LISTS] for pk in _members_of(each)))
    left_out = _members_among(chosen, lists_out)
    contacts = Contact.objects.in_bulk([pk for pk in chosen if pk not in left_out])
    return [_person(contacts[pk]) for pk in chosen if pk in contacts]


def _members_of(contact_list: ContactList) -> list[int]:
    """Contacts from the beginning and from the middle of a list."""
    members = ListMembership.objects.filter(contact_list=contact_list)
    ends = members.aggregate(first=Min("contact_id"), last=Max("contact_id"))
    if ends["first"] is None:
        return []
    places = (ends["first"], (ends["first"] + ends["last"]) // 2)
    handfuls = (members.filter(contact_id__gte=at).order_by("contact_id")[:HANDFUL] for at in places)
    return [member.contact_id for handful in handfuls for member in handful]


def _members_among(contacts: Collection[int], lists: Collection[ContactList]) -> set[int]:
    if not lists:
        return set()
    among = ListMembership.objects.filter(contact_list__in=[each.pk for each in lists], contact__in=contacts)
    return set(among.values_list("contact_id", flat=True))


def _person(contact: Contact) -> Person:
    return Person(
        str(contact), contact.phone, contact.merge_values() | {opt_out_tokens.FIELD: opting_out.sample_link()}
    )


def made_up_people(text: str) -> list[Person]:
    """For a text without lists: somebody with a usual name and somebody with long ones; other fields say their name."""
    own = {field.name: field.name for field in fields(text)}
    usual = (_("山田 花子"), _("ヤマダ ハナコ"), _("見本商事"), _("営業部"), _("部長"), "A-00123")
    long = (
        _("勅使河原 権左衛門"),
        _("テシガワラ ゴンザエモン"),
        _("株式会社見本コーポレーション"),
        _("カスタマーサポート部"),
        _("シニアマネージャー"),
        "A-00123-4567",
    )
    people = (dict(zip(MERGE_COLUMNS, values, strict=True)) for values in (usual, long))
    link = {opt_out_tokens.FIELD: opting_out.sample_link()}
    return [Person(values["氏名"], "", own | values | link) for values in people]


def field_names(people: Iterable[Person]) -> list[str]:
    """What a text may name for these people: the columns every contact has, then their own attributes."""
    return list(dict.fromkeys([*MERGE_COLUMNS, *(name for person in people for name in person.values)]))


def newest_people() -> list[Person]:
    return [_person(contact) for contact in Contact.objects.order_by("-pk")[:HANDFUL]]


def audience_size(lists_in: Collection[ContactList], lists_out: Collection[ContactList]) -> AudienceSize:
    members = ListMembership.objects.filter(contact_list__in=[each.pk for each in lists_in])
    return AudienceSize(members.count(), is_exact=len(lists_in) < 2 and not lists_out)
