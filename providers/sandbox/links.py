"""Short links of all vendors: they lead to their long addresses and count how often they were followed."""

import random
import re
import string
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from aiohttp import web

from .clock import Clock

WEB_ADDRESS = re.compile(r"https?://[^/\s]\S*")
LETTERS = string.digits + string.ascii_letters


@dataclass(slots=True, kw_only=True)
class Link:
    """`path` is on the sandbox itself; `reference` is that of the message it belongs to, where it belongs to one."""

    account: str
    path: str
    long_url: str
    reference: str = ""
    valid_until: datetime | None = None
    clicks: int = 0
    on_click: Callable[[], object] | None = None


class Links:
    def __init__(self, clock: Clock, seed: int) -> None:
        self._clock = clock
        self._random = random.Random(f"{seed}:links")  # noqa: S311 - chance must be repeatable here, not secret
        self._links: dict[str, Link] = {}

    def new_code(self, length: int) -> str:
        return "".join(self._random.choices(LETTERS, k=length))

    def add(self, link: Link) -> Link:
        self._links[link.path] = link
        return link

    def remove(self, link: Link) -> None:
        self._links.pop(link.path, None)

    def clear(self) -> None:
        self._links.clear()

    def all(self, **wanted: str) -> list[Link]:
        """Every link whose fields are as wanted."""
        return [
            link for link in self._links.values() if all(getattr(link, name) == value for name, value in wanted.items())
        ]

    def is_live(self, link: Link) -> bool:
        return link.valid_until is None or self._clock.now() < link.valid_until

    async def follow(self, request: web.Request) -> web.Response:
        """What a phone gets that opens the link."""
        link = self._links.get(request.path)
        if link is None or not self.is_live(link):
            return web.Response(status=404, text="Not Found")
        link.clicks += 1
        if link.on_click:
            link.on_click()
        return web.Response(status=302, headers={"Location": link.long_url})
