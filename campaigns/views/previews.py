"""Which person's text the phone shows beside an editor."""

import secrets
from dataclasses import dataclass
from typing import Any

from django.http import QueryDict
from django.utils.translation import gettext_lazy as _l

from campaigns.models import Campaign
from campaigns.services.planning.metering import Filled, fill_for
from campaigns.services.planning.previewing import Preview
from campaigns.services.planning.sampling import Person, find_people, find_person

FIRST, SHORTEST, LONGEST, ANYONE = "first", "shortest", "longest", "anyone"
CHOICES = {
    FIRST: _l("最初の人"),
    LONGEST: _l("いちばん長い人"),
    SHORTEST: _l("いちばん短い人"),
    ANYONE: _l("ほかの人"),
}
LONGEST_ID = 18  # digits a contact's id may have


@dataclass(frozen=True, slots=True)
class Choice:
    value: str
    label: Any
    is_chosen: bool
    phone: str = ""


def choose(preview: Preview, draft: Campaign, given: QueryDict) -> dict[str, Any]:
    """The context of _shown.html: the choices, the people searched for, and the filled text of the chosen one."""
    typed, wanted = given.get("person", "").strip(), given.get("show", "")
    people = find_people(typed)
    person = _person(wanted, people)
    wanted = wanted if wanted in CHOICES or person else FIRST
    shown = fill_for(draft, person) if person else _of(preview, wanted)
    return {
        "shown": shown,
        "marks": shown.marks(preview.costly) if shown else [],
        "lacking": person,
        "typed": typed,
        "choices": [Choice(value, label, value == wanted) for value, label in CHOICES.items()],
        "found": [Choice(str(pk), who.name, str(pk) == wanted, who.phone) for pk, who in people.items()],
    }


def _person(wanted: str, people: dict[int, Person]) -> Person | None:
    if not (wanted.isdecimal() and len(wanted) <= LONGEST_ID):
        return None
    person = people.get(int(wanted)) or find_person(int(wanted))
    if person:
        people.setdefault(int(wanted), person)
    return person


def _of(preview: Preview, wanted: str) -> Filled | None:
    if wanted == ANYONE and preview.filled:
        return secrets.choice(preview.filled)
    return {LONGEST: preview.longest, SHORTEST: preview.shortest}.get(wanted, preview.first)
