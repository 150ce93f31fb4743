"""What is to be said about a text: what keeps it from being sent, what may go wrong, what costs a part."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches

from django.utils.translation import gettext as _

from campaigns.models import Campaign
from campaigns.rules.content_checks import ERROR, WARNING, Finding
from campaigns.rules.placeholders import check
from campaigns.texts import finding_text

from .metering import Filled
from .readiness import findings
from .sampling import Person, field_names


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


def about_values(lacking: Mapping[str, int], looked: Sequence[Person]) -> Iterator[Remark]:
    """Fields that some of these people have no value for; where nobody has one, perhaps another name was meant."""
    for field, people in lacking.items():
        if people == len(looked):
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
        text %= {"field": field, "looked": len(looked), "people": people, "example": example}
        if meant := get_close_matches(field, [name for name in field_names(looked) if name != field], 1):
            text += " " + _("「%(name)s」のことでしょうか。") % {"name": meant[0]}
        yield Remark(WARNING, text, ["{{" + field + "}}"])


def about_parts(longest: Filled, costly: Sequence[str]) -> Iterator[Remark]:
    if costly:
        text = _("%(characters)s があるため、全角と同じ数え方になっています。半角英数字だけにすると通数が減ります。")
        yield Remark(WARNING, text % {"characters": " ".join(costly)}, costly)
    if longest.count.uncertain:
        yield Remark(WARNING, _("通数は最大の見込みです。配信事業者の数え方によっては、1通少なくなります。"))
