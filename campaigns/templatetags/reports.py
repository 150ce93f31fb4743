"""Codes in rows as words, for the tables of the reports."""

from django import template

from campaigns import file_texts, texts

register = template.Library()
register.filter("reason", texts.reason_text)
register.filter("carrier", texts.carrier_text)
register.filter("verb", texts.verb_text)
register.filter("row_reason", file_texts.row_reason)


@register.filter
def difference(value: int) -> str:
    """With its sign; a plain 0 where the two agree."""
    return f"{value:+,}" if value else "0"
