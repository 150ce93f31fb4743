"""A text with the characters that may go wrong marked in it."""

from collections.abc import Collection
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
