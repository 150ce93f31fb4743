"""A text filled for people, and what it comes to over them: characters, parts, the longest and the shortest."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal

from campaigns.errors import InvalidInput
from campaigns.models import Campaign
from campaigns.rules.content_checks import check_body
from campaigns.rules.parts import PROFILES, CountingProfile, PartCount, costly_character, count_parts, prepare_body
from campaigns.rules.placeholders import CompiledText, compile_text

from .sampling import Person

FEW = 3  # so many different characters may be named as the ones that cost
DOUBTFUL = {"half_width_kana", "platform_dependent", "may_not_arrive"}


@dataclass(frozen=True, slots=True)
class Filled:
    """The text as one person would get it."""

    person: Person
    body: str
    count: PartCount

    def marks(self, costly: Sequence[str]) -> list[int]:
        """Positions of the characters a phone may not show, and of those that cost a part."""
        return sorted({*self._doubtful(), *(at for at, character in enumerate(self.body) if character in costly)})

    def _doubtful(self) -> Iterator[int]:
        found = check_body(self.body, purpose="notice", organisation_names=[], allowed_hosts=[], route_jis_only=False)
        return (position for finding in found if finding.code in DOUBTFUL for position in finding.positions)


@dataclass(frozen=True, slots=True)
class Meter:
    """Over the people looked at.

    `units`, `limit` and `uncertain` are those of the longest, `usual` are the parts of most, `average` is per person.
    """

    units: int
    limit: int
    parts_min: int
    parts_max: int
    usual: int
    average: Decimal
    over: bool
    uncertain: bool = False


def profile_of(draft: Campaign) -> CountingProfile:
    """The account's; a draft that has none yet is counted as most vendors count."""
    return draft.account.counting() if draft.account else PROFILES["standard"]


def unfilled(body: str, profile: CountingProfile) -> Filled:
    return Filled(Person("", "", {}), body, count_parts(body, profile))


def fill_for(draft: Campaign, person: Person) -> Filled | None:
    """The text for one person; None where it cannot be filled for this one."""
    try:
        text = compile_text(prepare_body(draft.body))
    except InvalidInput:
        return None
    filled, _lacking = fill_all(text, [person], profile_of(draft))
    return filled[0] if filled else None


def fill_all(
    text: CompiledText, people: Sequence[Person], profile: CountingProfile
) -> tuple[list[Filled], Counter[str]]:
    """The text for each, and for each field how many lack a value for it."""
    filled: list[Filled] = []
    lacking: Counter[str] = Counter()
    for person in people:
        try:
            body = prepare_body(text.fill(person.values))
        except InvalidInput as error:
            lacking.update(error.context["fields"])  # type: ignore[call-overload]
        else:
            filled.append(Filled(person, body, count_parts(body, profile)))
    return filled, lacking


def length(filled: Filled) -> tuple[int, int]:
    return filled.count.parts, filled.count.units


def meter(filled: Sequence[Filled], profile: CountingProfile) -> Meter:
    longest = max(filled, key=length).count
    parts = [each.count.parts for each in filled]
    single, step, most = profile.limits(gsm=longest.alphabet == "gsm")
    limit = most if longest.over_limit else single if longest.parts == 1 else step * longest.parts
    return Meter(
        units=longest.units,
        limit=limit - profile.reserved_units,
        parts_min=min(parts),
        parts_max=max(parts),
        usual=Counter(parts).most_common(1)[0][0],
        average=Decimal(sum(parts)) / len(parts),
        over=any(each.count.over_limit for each in filled),
        uncertain=longest.uncertain,
    )


def costly_characters(longest: Filled, profile: CountingProfile) -> list[str]:
    """The few characters without which the whole text would need fewer parts."""
    rest = longest.body
    costly: list[str] = []
    while (character := costly_character(rest)) and len(costly) < FEW:
        costly.append(character)
        rest = rest.replace(character, "")
    if profile.gsm_single is None or not costly or costly_character(rest) or not rest.strip():
        return []
    return costly if count_parts(rest, profile).parts < longest.count.parts else []
