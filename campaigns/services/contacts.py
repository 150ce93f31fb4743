"""People as a clerk looks for them and puts them into lists."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from django.db import transaction
from django.db.models import Exists, OuterRef, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from campaigns.errors import RuleError
from campaigns.models import (
    FAILED,
    Activity,
    Campaign,
    CampaignState,
    Contact,
    ContactIndex,
    ContactList,
    ListMembership,
    Message,
    Suppression,
    User,
    states_named,
)
from campaigns.models.contact_index import ContactIndexQuerySet

from .erasing import remember_erased

UNDECIDED = (CampaignState.DRAFT, CampaignState.PENDING_APPROVAL)
STOPPED, ACTIVE = "stopped", "active"
NOT_CONSENTED = "none"
CLICKED = "clicked"
FAILED_IN_USE = "failed_in_use"  # not reached, though nobody said that the number is dead: worth another text


@dataclass(frozen=True)
class ContactSearch:
    """All of it must hold. Plain values, because a list remembers by what it is being filled."""

    text: str = ""
    list_id: int | None = None
    stop: str = ""
    consent: str = ""
    field: str = ""  # a merge field, and the value it has
    value: str = ""
    any_of: tuple[int, ...] = ()  # lists
    all_of: tuple[int, ...] = ()
    none_of: tuple[int, ...] = ()
    campaign: int | None = None  # they were to get, and what became of it: a state, a group of states, CLICKED …
    result: str = ""
    nobody: bool = False  # conditions that cannot be read must not find everybody
    whole_numbers: bool = False  # for people who may not see numbers, and so must not feel for their digits

    @property
    def is_narrow(self) -> bool:
        return self != ContactSearch(whole_numbers=self.whole_numbers)


def find_contacts(search: ContactSearch) -> ContactIndexQuerySet:
    """Rows whose key is the contact's; `people_of` makes people of a page of them."""
    if search.nobody:
        return ContactIndex.objects.none()
    found = ContactIndex.objects.search(search.text, whole_numbers=search.whole_numbers)
    found = _by_lists(found, search)
    if search.stop:
        stopped = Exists(Suppression.objects.filter(phone=OuterRef("phone")))
        found = found.filter(stopped if search.stop == STOPPED else ~stopped)
    if search.consent:
        found = found.filter(contact__consent_basis="" if search.consent == NOT_CONSENTED else search.consent)
    if search.field and search.value:
        found = found.having(search.field, search.value)
    if search.campaign:
        found = found.filter(pk__in=_recipients(search.campaign, search.result))
    return found


def count_found(search: ContactSearch) -> int:
    """Who is in some lists is counted and taken off, where everybody else would have to be looked for in them."""
    if not search.none_of or search.text or search.value:
        return find_contacts(search).count()
    either = find_contacts(replace(search, none_of=()))
    return either.count() - either.filter(pk__in=_members(search.none_of)).count()


def count_stopped(search: ContactSearch) -> int:
    """How many of those found must not be texted.

    From the side of the refusals, which are few, where no list or campaign says whom to look at; else SQLite would
    walk all of the list for each of them.
    """
    if search.list_id or search.all_of or search.any_of or search.campaign:
        return find_contacts(replace(search, stop=STOPPED)).count() if search.stop != ACTIVE else 0
    return find_contacts(search).filter(contact__phone__in=Suppression.objects.values("phone")).count()


def _recipients(campaign: int, result: str) -> "QuerySet[Message, Any]":
    recipients = Message.objects.filter(campaign=campaign)
    if result == CLICKED:
        recipients = recipients.filter(clicked=True)
    elif result == FAILED_IN_USE:
        recipients = recipients.filter(state__in=FAILED).exclude(reason="number_dead")
    elif result:
        recipients = recipients.filter(state__in=states_named(result))
    return recipients.values("contact")


def _by_lists(found: ContactIndexQuerySet, search: ContactSearch) -> ContactIndexQuerySet:
    for list_id in filter(None, (search.list_id, *search.all_of)):
        found = found.filter(pk__in=_members([list_id]))
    if search.any_of:
        found = found.filter(pk__in=_members(search.any_of))
    if search.none_of:
        # Not NOT IN: PostgreSQL would read the whole list again for each person.
        among = ListMembership.objects.filter(contact_list__in=search.none_of, contact=OuterRef("pk"))
        found = found.filter(~Exists(among))
    return found


def _members(lists: Collection[int]) -> "QuerySet[ListMembership, Any]":
    return ListMembership.objects.filter(contact_list__in=lists).values("contact")


def people_of(rows: Iterable[ContactIndex]) -> list[Contact]:
    """The people of a page, in its order, with their lists and whether they must not be texted."""
    keys = [row.pk for row in rows]
    known = Contact.objects.with_stop().prefetch_related("lists").in_bulk(keys)
    return [known[key] for key in keys if key in known]


def save_contact(contact: Contact, actor: User, changed: Sequence[str] | None) -> None:
    """`changed`: labels of the fields edited; None for somebody new. Who refused and was erased is still refused."""
    with transaction.atomic():
        contact.save()
        remember_erased([contact.phone])
        verb, facts = ("contact_created", {}) if changed is None else ("contact_edited", {"fields": list(changed)})
        Activity.objects.note(actor, verb, contact, **facts)


def delete_list(contact_list: ContactList, actor: User) -> None:
    """The people in it stay."""
    using = Campaign.objects.filter(state__in=UNDECIDED)
    used_by = (using.filter(lists_in=contact_list) | using.filter(lists_out=contact_list)).first()
    if used_by:
        raise RuleError(
            _(
                "この配信リストは、配信「%(campaign)s」で使われているため削除できません。先に配信の宛先を変えてください。"
            )
            % {"campaign": used_by}
        )
    with transaction.atomic():
        Activity.objects.note(actor, "list_deleted", contact_list)
        contact_list.delete()


def add_members(contact_list: ContactList, contacts: "QuerySet[Contact]", actor: User) -> int:
    """How many were not in it yet."""
    phones = contacts.values_list("phone", flat=True)
    with transaction.atomic():
        added = ListMembership.objects.add([(contact_list.pk, phone) for phone in phones], timezone.now())
        if added:
            Activity.objects.note(actor, "members_added", contact_list, persons=added)
    return added


def remove_members(contact_list: ContactList, contact_ids: Iterable[int], actor: User) -> int:
    with transaction.atomic():
        removed, _kinds = contact_list.memberships.filter(contact__in=list(contact_ids)).delete()
        if removed:
            Activity.objects.note(actor, "members_removed", contact_list, persons=removed)
    return removed


def stopped_members(contact_list: ContactList) -> int:
    """How many of a list must not be texted."""
    members = ListMembership.objects.filter(contact_list=contact_list, contact__phone=OuterRef("phone"))
    return Suppression.objects.filter(Exists(members)).count()
