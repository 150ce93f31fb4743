"""How a text will read and what it will cost, before anybody is asked: filled for real people of the chosen lists."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from campaigns.errors import InvalidInput
from campaigns.models import Campaign
from campaigns.rules.parts import prepare_body
from campaigns.rules.placeholders import compile_text

from .metering import Filled, Meter, costly_characters, fill_all, length, meter, profile_of, unfilled
from .remarks import Remark, about_content, about_fields, about_parts, about_values
from .sampling import Person


@dataclass(frozen=True, slots=True)
class Preview:
    filled: Sequence[Filled]
    remarks: Sequence[Remark]
    meter: Meter
    costly: Sequence[str] = ()  # the few characters without which it would need fewer parts

    @property
    def first(self) -> Filled | None:
        return self.filled[0] if self.filled else None

    @property
    def longest(self) -> Filled | None:
        return max(self.filled, key=length) if self.filled else None

    @property
    def shortest(self) -> Filled | None:
        return min(self.filled, key=length) if self.filled else None


def preview_text(draft: Campaign, people: Sequence[Person]) -> Preview:
    """`draft` need not be stored; its text, purpose and account decide."""
    profile = profile_of(draft)
    try:
        body = prepare_body(draft.body)
    except InvalidInput:
        return Preview([], [], Meter(0, profile.limits(gsm=False)[0], 0, 0, 0, Decimal(0), over=False))
    if broken := about_fields(body):
        filled = [unfilled(body, profile)]
        return Preview(filled, broken, meter(filled, profile))
    filled, lacking = fill_all(compile_text(body), people, profile)
    filled = filled or [unfilled(body, profile)]
    longest = max(filled, key=length)
    costly = costly_characters(longest, profile)
    remarks = [
        *about_content(draft),
        *about_values(lacking, people),
        *about_parts(longest, costly),
    ]
    return Preview(filled, remarks, meter(filled, profile), costly)
