"""A row of a file as the columns of a contact, its lists and its refusals."""

from collections.abc import Sequence
from datetime import datetime
from functools import lru_cache
from operator import itemgetter
from typing import Any

from campaigns.models import ConsentBasis, Contact, ContactImport, bulk
from campaigns.models.contact import TEXT_COLUMNS
from campaigns.models.contact_index import words_of
from campaigns.rules.contact_file import Row

from .beside import Prepared

LIMITS = {field.name: field.max_length for field in Contact._meta.concrete_fields if field.max_length}
SHORTEST_LIMIT = LIMITS["name"]
LIST_SEPARATORS = str.maketrans(dict.fromkeys("、,;；\r", "\n"))
ATTRIBUTE = "attr:"
# The halves of a name are merge fields too: 「{{姓}}様」 is how most texts begin.
NAME_PARTS = {"family_name": "姓", "given_name": "名", "family_kana": "セイ", "given_kana": "メイ"}


def refusal(row: Row) -> str:
    """Why this row cannot be stored, as far as it says so itself."""
    if row.error or max(map(len, row.values.values()), default=0) <= SHORTEST_LIMIT:
        return row.error
    return "value_too_long" if any(_is_too_long(name, text) for name, text in row.values.items()) else ""


def _is_too_long(name: str, text: str) -> bool:
    if name == "list":
        return any(len(part) > LIMITS["name"] for part in list_names(text))
    return len(text) > LIMITS.get(name, len(text))


def list_names(text: str) -> list[str]:
    """The lists a cell names; several stand on lines of their own or between commas."""
    return [name for part in text.translate(LIST_SEPARATORS).split("\n") if (name := part.strip())]


class RowPreparer:
    """By the choices made for all rows of a file."""

    def __init__(self, contact_import: ContactImport) -> None:
        chosen = contact_import.mapping.values()
        self.asks_consent = "consent" in chosen
        self.consent_basis = contact_import.consent_basis
        self.attributes = [(name, key) for name in chosen if (key := _merge_field(name))]
        self.others = [name for name in chosen if name not in ("phone", *TEXT_COLUMNS) and not _merge_field(name)]

    def prepare(self, rows: Sequence[Row], *, read: int) -> Prepared:
        """Of rows that are taken in, out of `read` ones."""
        prepared = Prepared(count=len(rows), rows=read)
        people = [self._person(row, prepared) for row in rows]
        people.sort(key=itemgetter("phone"))  # two imports at once lock rows in the same order
        prepared.people = bulk.packed(people)
        return prepared

    def _person(self, row: Row, prepared: Prepared) -> dict[str, Any]:
        assert row.phone is not None
        phone = row.phone.e164
        person: dict[str, Any] = {**row.values, "phone": phone}
        person["attributes"] = {key: person.pop(name) for name, key in self.attributes if name in person}
        for name in self.others:
            person.pop(name, None)
        if row.flags or row.moments or self.consent_basis:
            self._add_typed(person, row, prepared)
        if "list" in row.values:
            prepared.lists += [(name, phone) for name in list_names(row.values["list"])]
        person["words"] = words_of(person)
        return person

    def _add_typed(self, person: dict[str, Any], row: Row, prepared: Prepared) -> None:
        person |= self._consent(row)
        if acquired := row.moments.get("number_acquired_on"):
            person["number_acquired_on"] = acquired.date().isoformat()
        if row.flags.get("consent") is False:
            prepared.withdrawn.append(person["phone"])
        if row.flags.get("opt_out"):
            prepared.refused.append(person["phone"])

    def _consent(self, row: Row) -> dict[str, Any]:
        """What the file says wins over the choice made for all its rows; a blank cell never means agreed."""
        agreed, at = row.flags.get("consent"), row.moments.get("consented_at")
        if agreed is None and at and not self.asks_consent:
            agreed = True
        basis = ConsentBasis.CONSENT if agreed else "" if agreed is False else self.consent_basis
        if not basis:
            return {}
        return {
            "consent_basis": str(basis),
            "consented_at": _stored(at),
            "consent_method": row.values.get("consent_method", ""),
        }


def _merge_field(name: str) -> str:
    """The merge field a field of the file goes to."""
    return name.removeprefix(ATTRIBUTE) if name.startswith(ATTRIBUTE) else NAME_PARTS.get(name, "")


@lru_cache(maxsize=10_000)
def _stored(at: datetime | None) -> str | None:
    return str(bulk.moment(at)) if at else None
