"""A text with something marked in it: characters that may go wrong, or what was changed."""

from collections.abc import Collection
from difflib import SequenceMatcher
from itertools import groupby

from django import template
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

register = template.Library()


@register.filter
def marked(body: str, positions: Collection[int]) -> SafeString:
    doubtful = frozenset(positions)
    runs = groupby(range(len(body)), key=doubtful.__contains__)
    pieces = (
        format_html("<mark>{}</mark>" if is_doubtful else "{}", "".join(body[at] for at in run))
        for is_doubtful, run in runs
    )
    return format_html_join("", "{}", ((piece,) for piece in pieces))


@register.filter
def changed_from(body: str, before: str) -> SafeString:
    """The body with what is new and what has gone, character by character."""
    pieces = []
    for kind, start, end, new_start, new_end in SequenceMatcher(None, before, body, autojunk=False).get_opcodes():
        if kind in {"delete", "replace"}:
            pieces.append(format_html("<del>{}</del>", before[start:end]))
        if kind in {"insert", "replace"}:
            pieces.append(format_html("<ins>{}</ins>", body[new_start:new_end]))
        if kind == "equal":
            pieces.append(format_html("{}", body[new_start:new_end]))
    return format_html_join("", "{}", ((piece,) for piece in pieces))
