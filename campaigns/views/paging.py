"""Keyset paging: the newest first, and never a COUNT or an OFFSET."""

from dataclasses import dataclass
from typing import Any

from django.db.models import Model, QuerySet
from django.http import HttpRequest

PAGE_SIZE = 50


@dataclass(frozen=True)
class Page:
    rows: list[Any]
    newer: int | None  # pass as ?after= for the page before this one; None on the first
    older: int | None  # pass as ?before= for the next page; None on the last

    def __iter__(self) -> Any:
        return iter(self.rows)

    def __len__(self) -> int:
        return len(self.rows)


def page_of(queryset: QuerySet[Model], request: HttpRequest, *, size: int = PAGE_SIZE) -> Page:
    """The page that ?before= or ?after= (primary keys) asks for, ordered by falling primary key."""
    before, after = _key(request, "before"), _key(request, "after")
    if after is not None:
        rows = list(queryset.filter(pk__gt=after).order_by("pk")[: size + 1])
        more, rows = len(rows) > size, rows[:size][::-1]
        return Page(rows, newer=rows[0].pk if more else None, older=rows[-1].pk if rows else None)
    if before is not None:
        queryset = queryset.filter(pk__lt=before)
    rows = list(queryset.order_by("-pk")[: size + 1])
    more, rows = len(rows) > size, rows[:size]
    return Page(
        rows,
        newer=rows[0].pk if rows and before is not None else None,
        older=rows[-1].pk if more else None,
    )


def _key(request: HttpRequest, name: str) -> int | None:
    value = request.GET.get(name, "")
    return int(value) if value.isascii() and value.isdigit() and len(value) < 19 else None
