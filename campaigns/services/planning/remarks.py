"""What is to be said about a text: what keeps it from being sent, what may go wrong, what costs a part."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from django.utils.translation import gettext as _

from campaigns.models import Campaign
from campaigns.rules.content_checks import ERROR, WARNING, Finding
from campaigns.rules.parts import CountingProfile, costly_character, count_parts
from campaigns.rules.placeholders import check
from campaigns.texts import finding_text

from .metering import Filled
from .readiness import findings

FEW = 3  # so many different characters may be named as the ones that cost


@dataclass(frozen=True, slots=True)
class Remark:
    """A sentence about the text; an error keeps it from being sent."""

    severity: str
    text: str
    found: Sequence[str] = ()  # what is meant, as it stands in the text


def warnings_about(campaign: Campaign) -> list[str]:
    """What is doubtful about the text, though it may be sent."""
    return [remark.text for remark in about_content(campaign) if remark.severity == WARNING]


def about_fields(body: str) -> list[Remark]:
    """Fields that are not written as they should be."""
    return [Remark(ERROR, finding_text(each.code, each.excerpt), [each.excerpt]) for each in check(body)]


def about_content(draft: Campaign) -> list[Remark]:
    return [Remark(each.severity, _sentence(each), _once(each.found)) for each in findings(draft)]


def _sentence(finding: Finding) -> str:
    return finding_text(finding.code, " ".join(_once(finding.found)))


def _once(found: Sequence[str]) -> list[str]:
    return list(dict.fromkeys(found))


def about_values(lacking: Mapping[str, int], looked: int) -> Iterator[Remark]:
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


def about_parts(longest: Filled, profile: CountingProfile) -> Iterator[Remark]:
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
