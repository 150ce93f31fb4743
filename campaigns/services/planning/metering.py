"""A text filled for people, and what it comes to over them: characters, parts, the longest and the shortest."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from campaigns.errors import InvalidInput
from campaigns.models import Campaign
from campaigns.rules.content_checks import check_body
from campaigns.rules.parts import PROFILES, CountingProfile, PartCount, count_parts, prepare_body
from campaigns.rules.placeholders import CompiledText, compile_text

from .sampling import Person

DOUBTFUL = {"half_width_kana", "platform_dependent", "may_not_arrive"}


@dataclass(frozen=True, slots=True)
class Filled:
    """The text as one person would get it."""

    person: Person
    body: str
    count: PartCount

    @property
    def doubtful(self) -> tuple[int, ...]:
        """Positions of the characters a phone may not show."""
        found = check_body(self.body, purpose="notice", organisation_names=[], allowed_hosts=[], route_jis_only=False)
        characters = (finding for finding in found if finding.code in DOUBTFUL)
        return tuple(sorted(position for finding in characters for position in finding.positions))


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
