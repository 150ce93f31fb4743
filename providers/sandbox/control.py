"""The control API under /_control/: who the customers are, what goes wrong, what the phones saw."""

import json
from collections.abc import Awaitable, Callable, Iterable, Mapping
from typing import Any

from aiohttp import web

from .faults import Fault
from .links import Link
from .stand_in import Account, StandIn, World

PREFIX = "/_control/"
LOCAL_NAMES = frozenset({"127.0.0.1", "localhost", "[::1]"})

Answer = dict[str, object]
Fields = Mapping[str, Any]
Handler = Callable[[web.Request], Awaitable[web.Response]]


class RejectedError(Exception):
    """The control call makes no sense; the text says why."""


class Control:
    def __init__(self, world: World, stand_ins: Mapping[str, StandIn]) -> None:
        self._world = world
        self._stand_ins = stand_ins

    def routes(self) -> Iterable[tuple[str, str, Handler]]:
        return [
            ("GET", PREFIX, _answering(self.state)),
            ("GET", f"{PREFIX}ledger", _answering(self.ledger)),
            ("GET", f"{PREFIX}ledger/entries", _answering(self.entries)),
            ("GET", f"{PREFIX}links", _answering(self.links)),
            ("POST", f"{PREFIX}accounts", _answering(self.register)),
            ("POST", f"{PREFIX}faults", _answering(self.set_faults)),
            ("POST", f"{PREFIX}clock", _answering(self.set_clock)),
            ("POST", f"{PREFIX}reset", _answering(self.reset)),
        ]

    async def state(self, fields: Fields) -> Answer:
        clock = self._world.clock
        return {"vendors": list(self._stand_ins), "now": clock.now().isoformat(), "time_scale": clock.time_scale}

    async def register(self, fields: Fields) -> Answer:
        vendor, settings = self._vendor(fields), {name: fields[name] for name in fields if name != "vendor"}
        return {"account": vendor.register(settings).key}

    async def set_faults(self, fields: Fields) -> Answer:
        rules = [Fault(**rule) for rule in fields["rules"]]
        self._account(fields).faults.set(rules)
        return {"rules": len(rules)}

    async def ledger(self, fields: Fields) -> Answer:
        tallies = {account.key: dict(account.tally) for account in self._accounts()}
        return {**self._world.ledger.summary(**_filter(fields)), "accounts": tallies}

    async def entries(self, fields: Fields) -> Answer:
        found = self._world.ledger.entries(**_filter(fields))
        return {"entries": [entry._asdict() for entry in found]}

    async def links(self, fields: Fields) -> Answer:
        wanted = {name: fields[name] for name in ("account", "reference", "long_url") if name in fields}
        return {"links": [self._link(link) for link in self._world.links.all(**wanted)]}

    async def set_clock(self, fields: Fields) -> Answer:
        clock = self._world.clock
        if "time_scale" in fields:
            clock.time_scale = float(fields["time_scale"])
        clock.advance(float(fields.get("advance", 0)))
        return await self.state(fields)

    async def reset(self, fields: Fields) -> Answer:
        self._world.clock.clear()
        self._world.ledger.clear()
        self._world.links.clear()
        for stand_in in self._stand_ins.values():
            await stand_in.reset()
        return {}

    def _link(self, link: Link) -> Answer:
        shown = {name: getattr(link, name) for name in ("account", "long_url", "reference", "clicks")}
        return {"url": self._world.origin + link.path, **shown}

    def _accounts(self) -> Iterable[Account]:
        return (account for stand_in in self._stand_ins.values() for account in stand_in.accounts.values())

    def _vendor(self, fields: Fields) -> StandIn:
        try:
            return self._stand_ins[fields["vendor"]]
        except KeyError:
            raise RejectedError(f"vendor is one of {', '.join(self._stand_ins)}") from None

    def _account(self, fields: Fields) -> Account:
        try:
            return self._vendor(fields).accounts[fields["client_id"]]
        except KeyError:
            raise RejectedError("no such client_id") from None


def _answering(act: Callable[[Fields], Awaitable[Answer]]) -> Handler:
    async def answer(request: web.Request) -> web.Response:
        if not _is_local(request):
            return web.json_response({"error": "only from this machine"}, status=403)
        try:
            return web.json_response(await act(await _fields_of(request)))
        except (RejectedError, KeyError, TypeError, ValueError) as error:
            return web.json_response({"error": str(error)}, status=400)

    return answer


def _is_local(request: web.Request) -> bool:
    """Refuses web pages, too: a page of any site may call this machine, but not under this name or with an origin."""
    port = request.url.port
    name = request.host.removesuffix(f":{port}")
    return name in LOCAL_NAMES and "Origin" not in request.headers


async def _fields_of(request: web.Request) -> Fields:
    if request.method == "GET":
        return dict(request.query)
    fields = json.loads(await request.read() or b"{}")
    if not isinstance(fields, dict):
        raise RejectedError("a JSON object is needed")
    return fields


def _filter(fields: Fields) -> dict[str, str]:
    return {name: fields[name] for name in ("account", "number", "reference") if name in fields}
