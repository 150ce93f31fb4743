"""Pages of a list with the vendor's links between them."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar
from urllib.parse import urlencode

from .refusals import UNREADABLE, RefusalError

T = TypeVar("T")
Fields = dict[str, object]


@dataclass(frozen=True)
class Page:
    number: int
    size: int

    def of(self, rows: Sequence[T]) -> Sequence[T]:
        return rows[(self.number - 1) * self.size : self.number * self.size]


def page_of(query: Mapping[str, str], *, size: int, largest: int, last: int = 1000) -> Page:
    return Page(_number(query.get("page", "1"), last), _number(query.get("page-size", str(size)), largest))


def with_links(path: str, query: Mapping[str, str], page: Page, total: int) -> Fields:
    """Links keep the caller's own filters; there is a next one only if there is a next page."""
    pages = max(1, -(-total // page.size))

    def link(number: int) -> Fields:
        return {"href": f"{path}?{urlencode({**query, 'page': number, 'page-size': page.size})}"}

    links = {"self": link(page.number), "first": link(1), "last": link(pages)}
    if page.number < pages:
        links["next"] = link(page.number + 1)
    return {"page_size": page.size, "page": page.number, "_links": links}


def _number(text: str, most: int) -> int:
    if not re.fullmatch("[0-9]{1,4}", text) or not 1 <= int(text) <= most:
        raise RefusalError(UNREADABLE)
    return int(text)
