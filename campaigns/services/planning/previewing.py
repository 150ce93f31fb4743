"""How a text will read and what it will cost, before anybody is asked: filled for real people of the chosen lists."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from django.utils.translation import gettext as _

from campaigns.errors import InvalidInput
from campaigns.models import Campaign
from campaigns.rules.content_checks import ERROR, WARNING, Finding, check_body
from campaigns.rules.parts import PROFILES, CountingProfile, PartCount, costly_character, count_parts, prepare_body
from campaigns.rules.placeholders import CompiledText, check, compile_text
from campaigns.texts import finding_text

from .readiness import findings
from .sampling import Person

FEW = 3  # so many different characters may be named as the ones that cost


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


DOUBTFUL = {"half_width_kana", "platform_dependent", "may_not_arrive"}


@dataclass(frozen=True, slots=True)
class Remark:
    """A sentence about the text; an error keeps it from being sent."""

    severity: str
    text: str
    found: Sequence[str] = ()  # what is meant, as it stands in the text


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


@dataclass(frozen=True, slots=True)
class Preview:
    filled: Sequence[Filled]
    remarks: Sequence[Remark]
    meter: Meter

    @property
    def first(self) -> Filled | None:
        return self.filled[0] if self.filled else None

    @property
    def longest(self) -> Filled | None:
        return max(self.filled, key=_length) if self.filled else None

    @property
    def shortest(self) -> Filled | None:
        return min(self.filled, key=_length) if self.filled else None


def preview_text(draft: Campaign, people: Sequence[Person]) -> Preview:
    """`draft` need not be stored; its text, purpose and account decide."""
    profile = _profile(draft)
    try:
        body = prepare_body(draft.body)
    except InvalidInput:
        return Preview([], [], Meter(0, profile.limits(gsm=False)[0], 0, 0, 0, Decimal(0), over=False))
    if broken := check(body):
        remarks = [Remark(ERROR, finding_text(each.code, each.excerpt), [each.excerpt]) for each in broken]
        filled = [_unfilled(body, profile)]
        return Preview(filled, remarks, _meter(filled, profile))
    filled, lacking = _fill_all(compile_text(body), people, profile)
    filled = filled or [_unfilled(body, profile)]
    remarks = [
        *(Remark(each.severity, _sentence(each), _once(each.found)) for each in findings(draft)),
        *_lacking_remarks(lacking, len(people)),
        *_count_remarks(max(filled, key=_length), profile),
    ]
    return Preview(filled, remarks, _meter(filled, profile))


def fill_for(draft: Campaign, person: Person) -> Filled | None:
    """The text for one person; None where it cannot be filled for this one."""
    try:
        body = compile_text(prepare_body(draft.body)).fill(person.values)
    except InvalidInput:
        return None
    return Filled(person, body, count_parts(body, _profile(draft)))


def _profile(draft: Campaign) -> CountingProfile:
    return draft.account.counting() if draft.account else PROFILES["standard"]


def _unfilled(body: str, profile: CountingProfile) -> Filled:
    return Filled(Person("", "", {}), body, count_parts(body, profile))


def warnings_about(campaign: Campaign) -> list[str]:
    """What is doubtful about the text, though it may be sent."""
    return [_sentence(finding) for finding in findings(campaign) if finding.severity == WARNING]


def _length(filled: Filled) -> tuple[int, int]:
    return filled.count.parts, filled.count.units


def _fill_all(
    text: CompiledText, people: Sequence[Person], profile: CountingProfile
) -> tuple[list[Filled], Counter[str]]:
    """The text for each, and for each field how many lack a value for it."""
    filled: list[Filled] = []
    lacking: Counter[str] = Counter()
    for person in people:
        try:
            body = text.fill(person.values)
        except InvalidInput as error:
            lacking.update(error.context["fields"])  # type: ignore[call-overload]
        else:
            filled.append(Filled(person, body, count_parts(body, profile)))
    return filled, lacking


def _meter(filled: Sequence[Filled], profile: CountingProfile) -> Meter:
    longest = max(filled, key=_length).count
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


def _sentence(finding: Finding) -> str:
    return finding_text(finding.code, " ".join(_once(finding.found)))


def _once(found: Sequence[str]) -> list[str]:
    return list(dict.fromkeys(found))


def _lacking_remarks(lacking: Mapping[str, int], looked: int) -> Iterator[Remark]:
    for field, people in lacking.items():
        if people == looked:
            text = _(
                "差し込み項目「%(field)s」に値のある宛先が、確かめた%(looked)d件の中に見つかりません。"
                "項目名をご確認いただくか、既定値を付けてください。例: %(example)s"
            )
        else:
            text = _(
                "差し込み項目「%(field)s」に値がない宛先があります(確かめた%(looked)d件のうち%(people)d件)。"
                "その宛先には送りません。既定値を付けると送れます。例: %(example)s"
            )
        example = "{{" + field + "|" + _("既定値") + "}}"
        text %= {"field": field, "looked": looked, "people": people, "example": example}
        yield Remark(WARNING, text, ["{{" + field + "}}"])


def _count_remarks(longest: Filled, profile: CountingProfile) -> Iterator[Remark]:
    if costly := _costly(longest, profile):
        text = _("%(characters)s があるため、全角と同じ数え方になっています。半角英数字だけにすると通数が減ります。")
        yield Remark(WARNING, text % {"characters": " ".join(costly)}, costly)
    if longest.count.uncertain:
        yield Remark(WARNING, _("通数は最大の見込みです。配信事業者の数え方によっては、1通少なくなります。"))


def _costly(longest: Filled, profile: CountingProfile) -> list[str]:
    """The few characters without which the whole text would need fewer parts."""
    rest = longest.body
    costly: list[str] = []
    while (character := costly_character(rest)) and len(costly) < FEW:
        costly.append(character)
        rest = rest.replace(character, "")
    if profile.gsm_single is None or not costly or costly_character(rest) or not rest.strip():
        return []
    return costly if count_parts(rest, profile).parts < longest.count.parts else []
