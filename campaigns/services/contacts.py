"""People and lists as a person edits them: find, change, delete, put into lists."""

from collections.abc import Iterable
from dataclasses import dataclass

from django.db import transaction
from django.db.models import Exists, OuterRef, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from campaigns.errors import RuleError
from campaigns.models import Activity, Campaign, CampaignState, Contact, ContactList, ListMembership, Suppression, User

UNDECIDED = (CampaignState.DRAFT, CampaignState.PENDING_APPROVAL)


@dataclass(frozen=True)
class ContactSearch:
    text: str = ""
    contact_list: ContactList | None = None
    stop: str = ""  # "stopped", "active", or nothing for both
    whole_numbers: bool = False  # for people who may not see numbers, and so must not feel for their digits


def find_contacts(search: ContactSearch) -> QuerySet[Contact]:
    found = Contact.objects.with_stop().search(search.text, whole_numbers=search.whole_numbers)
    if search.contact_list:
        found = found.filter(pk__in=search.contact_list.memberships.values("contact"))
    if search.stop:
        found = found.filter(is_stopped=search.stop == "stopped")  # type: ignore[misc]
    return found


def delete_contact(contact: Contact, actor: User) -> None:
    """The person's data goes; a refusal stays with the number."""
    with transaction.atomic():
        Activity.objects.note(actor, "contact_deleted", contact)
        contact.delete()


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
