"""An import's second pass: the rows the check let through become contacts, members and refusals."""

from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache
from typing import Any

from django.utils import timezone

from campaigns.models import (
    ConsentBasis,
    Contact,
    ContactImport,
    ContactList,
    ExistingContacts,
    ListMembership,
    SuppressionReason,
    bulk,
)
from campaigns.models.contact import TEXT_COLUMNS
from campaigns.rules.contact_file import Row

from ..erasing import remember_erased
from ..suppressing import suppress
from .checking import RowLedger, list_names

# Outcomes counted while storing.
ADDED, EXISTING, REFUSED_NOW = "added", "existing", "newly_stopped"
ATTRIBUTE = "attr:"
# The halves of a name are merge fields too: 「{{姓}}様」 is how most texts begin.
NAME_PARTS = {"family_name": "姓", "given_name": "名", "family_kana": "セイ", "given_kana": "メイ"}


@dataclass
class Prepared:
    """What one chunk of rows will write."""

    contacts: list[dict[str, Any]] = field(default_factory=list)
    withdrawn: list[str] = field(default_factory=list)  # numbers that say they do not agree
    refused: list[str] = field(default_factory=list)  # numbers that say they must not be texted
    lists: list[tuple[str, str]] = field(default_factory=list)  # name of a list, number


class StorePass:
    """One slice of storing."""

    def __init__(self, contact_import: ContactImport) -> None:
        self.job = contact_import
        self.counts = Counter[str](contact_import.counts)
        self.examples = contact_import.examples
        self.ledger = RowLedger(contact_import)
        self.asks_consent = "consent" in contact_import.mapping.values()

    def prepare(self, rows: list[Row]) -> Prepared:
        found = Prepared()
        numbers = self.ledger.read(self.job.rows_read, len(rows))
        for row, number in zip(rows, numbers, strict=True):
            if number:
                self._add(found, row, f"+{number}")
        found.contacts.sort(key=lambda contact: contact["phone"])  # two imports at once lock rows in the same order
        return found

    def store(self, found: Prepared, start: int) -> None:
        now = timezone.now()
        added, existing = Contact.objects.store(found.contacts, self.job.existing, now)
        self.counts.update({ADDED: added, EXISTING: existing})
        remember_erased(contact["phone"] for contact in found.contacts)
        if self.job.existing != ExistingContacts.SKIP:
            Contact.objects.withdraw_consent(found.withdrawn, now)
        self.counts[REFUSED_NOW] += suppress(
            found.refused, reason=SuppressionReason.OPT_OUT, source=self.job.original_name
        )
        ListMembership.objects.add(self._members(found), now)

    def _members(self, found: Prepared) -> list[tuple[int, str]]:
        ids = {name: ContactList.objects.get_or_create(name=name)[0].pk for name in {name for name, _ in found.lists}}
        members = [(ids[name], phone) for name, phone in found.lists]
        if list_id := self.job.contact_list_id:
            members += [(list_id, contact["phone"]) for contact in found.contacts]
        return members

    def _add(self, found: Prepared, row: Row, phone: str) -> None:
        contact = {"phone": phone, **_person(row), **self._consent(row)}
        if acquired := row.moments.get("number_acquired_on"):
            contact["number_acquired_on"] = acquired.date().isoformat()
        found.contacts.append(contact)
        if "list" in row.values:
            found.lists += [(name, phone) for name in list_names(row.values["list"])]
        if row.flags.get("consent") is False:
            found.withdrawn.append(phone)
        if row.flags.get("opt_out"):
            found.refused.append(phone)

    def _consent(self, row: Row) -> dict[str, Any]:
        """What the file says wins over the choice made for all its rows; a blank cell never means agreed."""
        agreed, at = row.flags.get("consent"), row.moments.get("consented_at")
        if agreed is None and at and not self.asks_consent:
            agreed = True
        basis = ConsentBasis.CONSENT if agreed else "" if agreed is False else self.job.consent_basis
        if not basis:
            return {}
        return {
            "consent_basis": str(basis),
            "consented_at": _stored(at),
            "consent_method": row.values.get("consent_method", ""),
        }


def _person(row: Row) -> dict[str, Any]:
    """Columns of the contact, and its merge fields."""
    attributes: dict[str, str] = {}
    person: dict[str, Any] = {"attributes": attributes}
    for name, text in row.values.items():
        if name in TEXT_COLUMNS:
            person[name] = text
        elif name.startswith(ATTRIBUTE):
            attributes[name.removeprefix(ATTRIBUTE)] = text
        elif label := NAME_PARTS.get(name):
            attributes[label] = text
    return person


@lru_cache(maxsize=10_000)
def _stored(at: datetime | None) -> str | None:
    return str(bulk.moment(at)) if at else None
