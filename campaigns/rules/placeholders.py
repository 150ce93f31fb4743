"""Find, check and fill the fields of a text: `{{氏名}}`, or with a default `{{氏名|お客様}}`."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

from campaigns.errors import InvalidInput

FIELD = re.compile(r"\{\{([^{}|\r\n]*)(\|[^{}\r\n]*)?\}\}")
LEFT_OVER = re.compile(r"\{\{[^}\r\n]{0,20}|\}\}")
# At least one of the braces is full-width: with four plain ones it would have been a field.
FULL_WIDTH_BRACES = re.compile(r"(?=[^\r\n]{0,44}[｛｝])[｛{]{2}[^｛｝{}\r\n]{0,40}[｝}]{2}|｛｛|｝｝")


class Field(NamedTuple):
    name: str
    default: str = ""


class Problem(NamedTuple):
    """`code` is stable: unclosed, unopened, empty_name, empty_default, full_width_braces or full_width_bar."""

    code: str
    position: int
    excerpt: str


def fields(text: str) -> list[Field]:
    """In order of appearance, each once."""
    return list(dict.fromkeys(map(_field, FIELD.finditer(text))))


def check(text: str) -> list[Problem]:
    """What the author has to mend before the text can be filled, in order of position."""
    problems = [problem for match in FIELD.finditer(text) if (problem := _problem(match))]
    rest = FIELD.sub(_blank, text)
    problems += [Problem("full_width_braces", found.start(), found[0]) for found in FULL_WIDTH_BRACES.finditer(rest)]
    for match in LEFT_OVER.finditer(FULL_WIDTH_BRACES.sub(_blank, rest)):
        problems.append(Problem("unclosed" if match[0].startswith("{") else "unopened", match.start(), match[0]))
    return sorted(problems, key=lambda problem: problem.position)


def fill(text: str, values: Mapping[str, str]) -> str:
    """For one person; `compile_text` is for many."""
    return compile_text(text).fill(values)


def compile_text(text: str) -> "CompiledText":
    """Refuses a text with problems, so that none can go out with a field left in it."""
    if problems := check(text):
        raise InvalidInput("broken_field", problems=problems)
    pieces: list[str] = []
    slots: list[tuple[int, Field]] = []
    end = 0
    for match in FIELD.finditer(text):
        pieces += [text[end : match.start()], ""]
        slots.append((len(pieces) - 1, _field(match)))
        end = match.end()
    return CompiledText((*pieces, text[end:]), tuple(slots))


@dataclass(frozen=True)
class CompiledText:
    """A text taken apart once, to be filled for any number of people."""

    pieces: tuple[str, ...]
    slots: tuple[tuple[int, Field], ...]

    @cached_property
    def names(self) -> frozenset[str]:
        return frozenset(field.name for _, field in self.slots)

    def fill(self, values: Mapping[str, str]) -> str:
        """A blank value counts as missing. What a value contains is never read as a field."""
        pieces = list(self.pieces)
        for index, (name, default) in self.slots:
            pieces[index] = _written(values.get(name), default)
            if not pieces[index]:
                raise InvalidInput("missing_value", fields=self._missing(values))
        return "".join(pieces)

    def filled(self, values: Mapping[str, str]) -> dict[str, str]:
        """What fill() writes for each field, by its name."""
        return {name: _written(values.get(name), default) for _, (name, default) in self.slots}

    def _missing(self, values: Mapping[str, str]) -> list[str]:
        needed = (field.name for _, field in self.slots if not field.default)
        return list(dict.fromkeys(name for name in needed if not (values.get(name) or "").strip()))


def _written(value: str | None, default: str) -> str:
    return value if value and not value.isspace() else default


def _field(match: re.Match[str]) -> Field:
    return Field(match[1].strip(), (match[2] or "")[1:].strip())


def _blank(match: re.Match[str]) -> str:
    return " " * len(match[0])


def _problem(match: re.Match[str]) -> Problem | None:
    name, default = _field(match)
    if not name:
        return Problem("empty_name", match.start(), match[0])
    if "｜" in name:
        return Problem("full_width_bar", match.start(), match[0])
    if match[2] and not default:
        return Problem("empty_default", match.start(), match[0])
    return None
