"""The vendor's calls: send, list, detail, cancel and BULK, each in the version the caller names."""

from collections.abc import Awaitable, Callable, Iterable
from itertools import islice
from typing import ClassVar, NamedTuple, cast

from aiohttp import web

from ..faults import Handler
from ..stand_in import Account, Settings, StandIn, World
from . import checks, wire
from .accounts import VERSIONS, KaradenAccount, KaradenSettings, Message
from .bulk import Bulk
from .checks import RefusalError
from .sending import Sending
from .texts import CODE_LENGTH

# The mount stands for the vendor's host and for its /api alike, whichever a caller takes for the base address.
ROOTS = ("api/{tenant_id}/", "{tenant_id}/")
BULK_SINCE = VERSIONS[2]
FORM = "application/x-www-form-urlencoded"
FRONT_DOOR_CODES = {403: "forbidden", 429: "too_many_requests", 500: "unknown"}


class Caller(NamedTuple):
    account: KaradenAccount
    version: str


Act = Callable[[Caller, web.Request], Awaitable[web.Response]]


class Karaden(StandIn):
    slug = "karaden"
    settings_type: ClassVar[type[Settings]] = KaradenSettings
    account_type: ClassVar[type[Account]] = KaradenAccount

    def __init__(self, world: World) -> None:
        super().__init__(world)
        self._sending = Sending(world, self.mount)
        self._bulk = Bulk(world, self.mount, self._sending)

    def calls(self) -> Iterable[tuple[str, str, Handler]]:
        for root in ROOTS:
            yield "POST", f"{root}messages", self._answering(self.send)
            yield "GET", f"{root}messages", self._answering(self.list_messages)
            # Before the calls on one message, whose id could otherwise be "bulks".
            yield "POST", f"{root}messages/bulks/files", self._answering_bulk(self.create_file)
            yield "POST", f"{root}messages/bulks", self._answering_bulk(self.start_bulk)
            yield "GET", f"{root}messages/bulks/{{id}}", self._answering_bulk(self.show_bulk)
            yield "GET", f"{root}messages/bulks/{{id}}/messages", self._answering_bulk(self.bulk_result)
            yield "GET", f"{root}messages/{{id}}", self._answering(self.detail)
            yield "POST", f"{root}messages/{{id}}/cancel", self._answering(self.cancel)
        yield "PUT", "files/{project}/{id}", self.upload
        yield "GET", "results/{project}/{id}", self.download
        yield "GET", f"{{code:[0-9A-Za-z]{{{CODE_LENGTH}}}}}", self.world.links.follow

    async def account_of(self, request: web.Request) -> Account | None:
        """By token; signed addresses carry none and name the project."""
        if project := request.match_info.get("project"):
            return self.accounts.get(project)
        scheme, _, token = request.headers.get("Authorization", "").partition(" ")
        accounts = self.accounts.values() if scheme == "Bearer" else ()
        return next((known for known in accounts if cast(KaradenAccount, known).settings.token == token), None)

    def http_error(self, status: int) -> web.Response:
        """With an error object where the vendor itself speaks, without where it is somebody in front of it."""
        if code := FRONT_DOOR_CODES.get(status):
            return wire.refusal_reply(RefusalError(code))
        return super().http_error(status)

    async def send(self, caller: Caller, request: web.Request) -> web.Response:
        account = caller.account
        submission = checks.read_submission(await _form_of(request), account.settings, self.world.clock.now())
        message = self._sending.new_message(submission)
        reply = wire.reply(wire.message_fields(account, message, caller.version))
        if (held := self._sending.submit(account, message)) is not None:
            await held
        return reply

    async def list_messages(self, caller: Caller, request: web.Request) -> web.Response:
        query = checks.read_query(checks.fields_of(request.rel_url.raw_query_string))
        start = (query.page - 1) * query.per_page
        found = [*islice(caller.account.find(query), start, start + query.per_page + 1)]
        shown, more = found[: query.per_page], len(found) > query.per_page
        return wire.reply(wire.list_fields(caller.account, shown, caller.version, has_more=more))

    async def detail(self, caller: Caller, request: web.Request) -> web.Response:
        return _shown(caller, _message_of(caller, request))

    async def cancel(self, caller: Caller, request: web.Request) -> web.Response:
        message = _message_of(caller, request)
        self._sending.cancel(message)
        return _shown(caller, message)

    async def create_file(self, caller: Caller, request: web.Request) -> web.Response:
        return wire.reply(self._bulk.create_file(caller.account))

    async def start_bulk(self, caller: Caller, request: web.Request) -> web.Response:
        return wire.reply(self._bulk.start(caller.account, await _form_of(request)))

    async def show_bulk(self, caller: Caller, request: web.Request) -> web.Response:
        return wire.reply(self._bulk.show(caller.account, request.match_info["id"]))

    async def bulk_result(self, caller: Caller, request: web.Request) -> web.Response:
        return self._bulk.result(caller.account, request.match_info["id"])

    async def upload(self, request: web.Request) -> web.Response:
        account = await self.account_of(request)
        return await self._bulk.upload(cast(KaradenAccount, account), request) if account else self.http_error(403)

    async def download(self, request: web.Request) -> web.Response:
        account = await self.account_of(request)
        return self._bulk.download(cast(KaradenAccount, account), request) if account else self.http_error(403)

    def _answering(self, act: Act) -> Handler:
        async def answer(request: web.Request) -> web.Response:
            try:
                return await act(await self._admit(request), request)
            except RefusalError as refusal:
                return wire.refusal_reply(refusal)

        return answer

    def _answering_bulk(self, act: Act) -> Handler:
        async def act_for_plan(caller: Caller, request: web.Request) -> web.Response:
            if caller.version < BULK_SINCE:
                raise RefusalError("model_not_found")
            if not caller.account.settings.bulk:
                raise RefusalError("forbidden")
            return await act(caller, request)

        return self._answering(act_for_plan)

    async def _admit(self, request: web.Request) -> Caller:
        """Token, version, tenant, in this order; then the call itself looks for objects and at fields."""
        account = await self.account_of(request)
        if account is None:
            raise RefusalError("unauthentication")
        known = cast(KaradenAccount, account)
        version = request.headers.get("Karaden-Version", "")
        if version not in VERSIONS:
            raise RefusalError("invalid_version")
        if request.match_info["tenant_id"] != known.settings.tenant_id:
            raise RefusalError("invalid_tenant")
        return Caller(known, version)


async def _form_of(request: web.Request) -> checks.Fields:
    if request.content_type != FORM:
        return {}
    return checks.fields_of((await request.read()).decode("utf-8", "replace"))


def _message_of(caller: Caller, request: web.Request) -> Message:
    try:
        return caller.account.by_id[request.match_info["id"]]
    except KeyError:
        raise RefusalError("model_not_found") from None


def _shown(caller: Caller, message: Message) -> web.Response:
    return wire.reply(wire.message_fields(caller.account, message, caller.version))
