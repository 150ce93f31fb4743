"""A handful of the people a text would go to, and how many there are: quick enough for every pause in typing."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from django.core.cache import cache
from django.db.models import Count
from django.utils.translation import gettext as _

from campaigns.models import MERGE_COLUMNS, Contact, ContactList, ListMembership
from campaigns.rules.placeholders import fields

HANDFUL = 20
PLACES = 12  # looked into, over all lists together
LISTS = 6  # looked into at most
LONG_LIST = 50_000
REMEMBERED_SECONDS = 20
FOUND = 5  # people offered for a search


@dataclass(frozen=True, slots=True)
class Person:
    """`phone` is empty for somebody made up, and so is `contact_id`."""

    name: str
    phone: str
    values: Mapping[str, str]
    contact_id: int | None = None


@dataclass(frozen=True, slots=True)
class AudienceSize:
    contacts: int
    is_exact: bool  # False: nobody counted twice or left out yet, so this is the most


@dataclass(frozen=True, slots=True)
class Sample:
    people: Sequence[Person]
    is_everybody: bool  # of the lists; otherwise a few from all over them


def sample_people(lists_in: Collection[ContactList], lists_out: Collection[ContactList]) -> Sample:
    """The same people each time for the same lists, so that figures do not flicker while somebody types."""
    looked = list(lists_in)[:LISTS]
    taken = [_members_of(each, max(2, PLACES // len(looked))) for each in looked]
    chosen = list(dict.fromkeys(pk for members, _all in taken for pk in members))
    left_out = _members_among(chosen, lists_out)
    contacts = Contact.objects.in_bulk([pk for pk in chosen if pk not in left_out])
    people = [_person(contacts[pk]) for pk in chosen if pk in contacts]
    return Sample(people, len(looked) == len(lists_in) and all(is_all for _members, is_all in taken))


def _members_of(contact_list: ContactList, places: int) -> tuple[list[int], bool]:
    """Contacts from all over a list, and whether they are all of it. Each place is one step down the index."""
    inside = ListMembership.objects.filter(contact_list=contact_list).order_by("contact_id")
    members = inside.values_list("contact_id", flat=True)
    first = list(members[: HANDFUL * places])
    if len(first) < HANDFUL * places:
        return first, True
    last = members.last() or first[-1]
    step = (last - first[0]) // places
    further = (members.filter(contact_id__gte=first[0] + step * place)[:HANDFUL] for place in range(1, places))
    return [*first[:HANDFUL], *(pk for handful in further for pk in handful), last], False


def _members_among(contacts: Collection[int], lists: Collection[ContactList]) -> set[int]:
    if not lists:
        return set()
    among = ListMembership.objects.filter(contact_list__in=[each.pk for each in lists], contact__in=contacts)
    return set(among.values_list("contact_id", flat=True))


def _person(contact: Contact) -> Person:
    return Person(str(contact), contact.phone, contact.merge_values(), contact.pk)


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
    return [Person(values["氏名"], "", own | values) for values in people]


def field_names(people: Iterable[Person]) -> list[str]:
    """What a text may name for these people: the columns every contact has, then their own attributes."""
    return list(dict.fromkeys([*MERGE_COLUMNS, *(name for person in people for name in person.values)]))


def find_people(typed: str) -> dict[int, Person]:
    """The first few whose name, number, company or customer id contains this, by contact."""
    if not typed.strip():
        return {}
    return {contact.pk: _person(contact) for contact in Contact.objects.search(typed).order_by("pk")[:FOUND]}


def find_person(contact_id: int) -> Person | None:
    contact = Contact.objects.filter(pk=contact_id).first()
    return _person(contact) if contact else None


def newest_people() -> list[Person]:
    return [_person(contact) for contact in Contact.objects.order_by("-pk")[:HANDFUL]]


def audience_size(lists_in: Collection[ContactList], lists_out: Collection[ContactList]) -> AudienceSize:
    return AudienceSize(sum(list_sizes(lists_in).values()), is_exact=len(lists_in) < 2 and not lists_out)


def list_sizes(lists: Collection[ContactList]) -> dict[int, int]:
    """Members by list. Counting a million takes longer than all else here, so a long list is remembered for a while."""
    keys = {each.pk: f"list-size:{each.pk}" for each in lists}
    remembered = cache.get_many(keys.values())
    unknown = [pk for pk, key in keys.items() if key not in remembered]
    counted = dict.fromkeys(unknown, 0) | _count(unknown)
    cache.set_many({keys[pk]: size for pk, size in counted.items() if size >= LONG_LIST}, REMEMBERED_SECONDS)
    return {pk: counted[pk] if pk in counted else remembered[key] for pk, key in keys.items()}


def _count(lists: Collection[int]) -> dict[int, int]:
    if not lists:
        return {}
    members = ListMembership.objects.filter(contact_list__in=lists).values_list("contact_list")
    return dict(members.annotate(n=Count("pk")).order_by())
