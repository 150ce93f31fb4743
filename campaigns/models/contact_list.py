"""Named sets of people."""

from collections.abc import Iterable, Sequence
from datetime import datetime

from django.db import connection, models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from . import bulk
from .contact import Contact


class ContactList(models.Model):
    name = models.CharField(_("名前"), max_length=100, unique=True)
    description = models.CharField(_("説明"), max_length=200, blank=True)
    contacts = models.ManyToManyField(Contact, through="ListMembership", related_name="lists")
    created_at = models.DateTimeField(_("作成日時"), auto_now_add=True)
    # While it is being filled with who was found: by what, and how far. Empty once it is complete.
    recipe = models.JSONField(null=True, blank=True, editable=False)
    filled_through = models.BigIntegerField(default=0, editable=False)

    class Meta:
        verbose_name = pgettext_lazy("one", "配信リスト")
        verbose_name_plural = _("配信リスト")
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name

    @property
    def is_filling(self) -> bool:
        return self.recipe is not None


class ListMembershipQuerySet(models.QuerySet["ListMembership"]):
    def add(self, members: Iterable[tuple[int, str]], now: datetime) -> int:
        """Put numbers that are contacts into lists, by pairs of list and number; how many were not in yet."""
        rows = [{"list_id": list_id, "phone": phone} for list_id, phone in members]
        if not rows:
            return 0
        table, parameter = bulk.table({"list_id": "bigint", "phone": "text"}, rows)
        with connection.cursor() as cursor:
            cursor.execute(ADD_MEMBERS.replace("<rows>", table), [bulk.moment(now), parameter])
            added: int = cursor.rowcount
        return added

    def names_by_contact(self, contacts: Sequence[int]) -> dict[int, list[str]]:
        table, parameter = bulk.table({"contact_id": "bigint"}, [{"contact_id": pk} for pk in contacts])
        names: dict[int, list[str]] = {}
        with connection.cursor() as cursor:
            cursor.execute(NAMES_BY_CONTACT.replace("<rows>", table), [parameter])
            for contact_id, name in cursor.fetchall():
                names.setdefault(contact_id, []).append(name)
        return names

    def add_contacts(self, contact_list: ContactList, contacts: Iterable[int], now: datetime) -> None:
        """By their ids; who is in already stays as they are."""
        table, parameter = bulk.table({"contact_id": "bigint"}, [{"contact_id": pk} for pk in contacts])
        with connection.cursor() as cursor:
            cursor.execute(ADD_CONTACTS.replace("<rows>", table), [contact_list.pk, bulk.moment(now), parameter])

    def add_packed(self, contact_list: "ContactList", people: str, now: datetime) -> None:
        """The same of one list, and of rows packed by bulk.packed() that name a phone."""
        table = bulk.packed_table({"phone": "text"})
        with connection.cursor() as cursor:
            cursor.execute(ADD_TO_LIST.replace("<rows>", table), [contact_list.pk, bulk.moment(now), people])


class ListMembership(models.Model):
    contact_list = models.ForeignKey(ContactList, models.CASCADE, related_name="memberships")
    contact = models.ForeignKey(Contact, models.CASCADE, related_name="memberships")
    added_at = models.DateTimeField(auto_now_add=True)

    objects = ListMembershipQuerySet.as_manager()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["contact_list", "contact"], name="member_once_per_list")]

    def __str__(self) -> str:
        return f"{self.contact_list_id}/{self.contact_id}"


# Parameters: now, the rows.
ADD_MEMBERS = """
INSERT INTO campaigns_listmembership (contact_list_id, contact_id, added_at)
SELECT v.list_id, c.id, %s FROM <rows> JOIN campaigns_contact c ON c.phone = v.phone WHERE 1 = 1
ON CONFLICT DO NOTHING
"""

# Parameters: list, now, the rows. A person deleted meanwhile is no longer there to be added.
ADD_CONTACTS = """
INSERT INTO campaigns_listmembership (contact_list_id, contact_id, added_at)
SELECT %s, c.id, %s FROM <rows> JOIN campaigns_contact c ON c.id = v.contact_id WHERE 1 = 1
ON CONFLICT DO NOTHING
"""

# Parameters: the rows.
NAMES_BY_CONTACT = """
SELECT m.contact_id, l.name FROM <rows> JOIN campaigns_listmembership m ON m.contact_id = v.contact_id
  JOIN campaigns_contactlist l ON l.id = m.contact_list_id ORDER BY l.name
"""

# Parameters: the list, now, the rows.
ADD_TO_LIST = ADD_MEMBERS.replace("v.list_id", "%s")
