"""The vendor's calls: tokens, single and multi submit, the report, and short URLs."""

import json
from collections.abc import Awaitable, Callable, Iterable, Mapping
from datetime import datetime
from typing import Any, ClassVar, cast

from aiohttp import BasicAuth, web

from ..faults import Handler
from ..stand_in import Account, Settings, StandIn, World
from . import report
from .accounts import Function, Product, RakutenAccount, RakutenSettings
from .refusals import METHOD_NOT_ALLOWED, NOT_ENABLED, UNAUTHENTICATED, UNREADABLE, RefusalError
from .sending import Sending
from .short_urls import ID_LENGTH, ShortUrls
from .tokens import Grant, Tokens, expiry

UNSUPPORTED, NOT_ACCEPTABLE = -4, -3
FRONT_DOOR_CODES = {401: 2, 403: 112, 429: 1, 500: -1}
HAL = "application/hal+json"

Act = Callable[[RakutenAccount, web.Request], Awaitable[web.Response]]


class RakutenCpaas(StandIn):
    slug = "rakuten_cpaas"
    settings_type: ClassVar[type[Settings]] = RakutenSettings
    account_type: ClassVar[type[Account]] = RakutenAccount
    limits_calls = False

    def __init__(self, world: World) -> None:
        super().__init__(world)
        self._tokens = Tokens()
        self._sending = Sending(world)
        self._short_urls = ShortUrls(world, self.mount)

    def calls(self) -> Iterable[tuple[str, str, Handler]]:
        sms, links = Product.SMS, Product.SHORT_URL
        calls = [
            ("GET", "auth/v1/token", self.token),
            ("POST", "sms/v1/submit", self._answering(sms, self.submit)),
            ("POST", "sms/v1/multi/submit", self._answering(sms, self.submit_many)),
            ("GET", report.PATH.removeprefix("/"), self._answering(sms, self.history)),
            ("POST", "short-url/v1/url/", self._answering(links, self.create_url)),
            ("GET", "short-url/v1/query/url", self._answering(links, self.list_urls)),
            ("GET", "short-url/v1/url/{id}", self._answering(links, self.show_url)),
            ("PUT", "short-url/v1/url/{id}", self._answering(links, self.update_url)),
            ("DELETE", "short-url/v1/url/{id}", self._answering(links, self.delete_url)),
        ]
        yield from calls
        for path in dict.fromkeys(path for _, path, _ in calls):
            yield "*", path, self.wrong_method
        yield "GET", f"{{code:[0-9A-Za-z]{{{ID_LENGTH}}}}}", self.world.links.follow

    async def account_of(self, request: web.Request) -> Account | None:
        """Also by a token that has run out."""
        scheme, _, value = request.headers.get("Authorization", "").partition(" ")
        if scheme == "Bearer":
            grant = self._tokens.grant_of(value)
            return self.accounts.get(grant.client_id) if grant else None
        if scheme != "Basic":
            return None
        key = _basic_of(request).login
        accounts = (cast(RakutenAccount, account) for account in self.accounts.values())
        return next((account for account in accounts if account.settings.secret_of(key)), None)

    def http_error(self, status: int) -> web.Response:
        """With a result code where the vendor itself speaks, without where it is somebody in front of it."""
        if code := FRONT_DOOR_CODES.get(status):
            return _refused(RefusalError(code))
        return super().http_error(status)

    async def token(self, request: web.Request) -> web.Response:
        basic, account = _basic_of(request), await self.account_of(request)
        known = cast(RakutenAccount, account).settings.secret_of(basic.login) if account and basic.login else None
        if account is None or known is None or known[1] != basic.password:
            return _refused(RefusalError(UNAUTHENTICATED))
        settings = cast(RakutenAccount, account).settings
        now = self.world.clock.now()
        valid_until = expiry(now, settings.token_seconds * self.world.clock.time_scale)
        return _json(self._tokens.issue(basic.login, Grant(settings.client_id, known[0], valid_until), now))

    async def submit(self, account: RakutenAccount, request: web.Request) -> web.Response:
        return _json(await self._sending.submit(account, await _json_of(request)))

    async def submit_many(self, account: RakutenAccount, request: web.Request) -> web.Response:
        return _json(await self._sending.submit_many(account, await _json_of(request)))

    async def history(self, account: RakutenAccount, request: web.Request) -> web.Response:
        if Function.REPORT in account.settings.disabled:
            raise RefusalError(NOT_ENABLED)
        return _json(report.history(account, request.query))

    async def create_url(self, account: RakutenAccount, request: web.Request) -> web.Response:
        return _json(self._short_urls.create(account, await _json_of(request)))

    async def list_urls(self, account: RakutenAccount, request: web.Request) -> web.Response:
        return _json(self._short_urls.list_active(account, request.query), HAL)

    async def show_url(self, account: RakutenAccount, request: web.Request) -> web.Response:
        return _json(self._short_urls.show(account, request.match_info["id"]))

    async def update_url(self, account: RakutenAccount, request: web.Request) -> web.Response:
        return _json(self._short_urls.update(account, request.match_info["id"], await _json_of(request)))

    async def delete_url(self, account: RakutenAccount, request: web.Request) -> web.Response:
        return _json(self._short_urls.delete(account, request.match_info["id"]))

    async def wrong_method(self, request: web.Request) -> web.Response:
        return _refused(RefusalError(METHOD_NOT_ALLOWED))

    def _answering(self, product: Product, act: Act) -> Handler:
        async def answer(request: web.Request) -> web.Response:
            try:
                return await act(self._admit(request, product), request)
            except RefusalError as refusal:
                return _refused(refusal)

        return answer

    def _admit(self, request: web.Request, product: Product) -> RakutenAccount:
        """By a token of this product that has not run out."""
        grant = self._tokens.grant_of(request.headers.get("Authorization", "").removeprefix("Bearer "))
        if grant is None or grant.product is not product or grant.valid_until <= self._now():
            raise RefusalError(UNAUTHENTICATED)
        account = self.accounts.get(grant.client_id)
        if account is None:
            raise RefusalError(UNAUTHENTICATED)
        accepted = request.headers.get("Accept", "")
        if "application/json" not in accepted and "*/*" not in accepted:
            raise RefusalError(NOT_ACCEPTABLE)
        return cast(RakutenAccount, account)

    def _now(self) -> datetime:
        return self.world.clock.now()


async def _json_of(request: web.Request) -> Mapping[str, Any]:
    if request.content_type != "application/json":
        raise RefusalError(UNSUPPORTED)
    try:
        fields = json.loads(await request.read())
    except ValueError:
        raise RefusalError(UNREADABLE) from None
    if not isinstance(fields, dict):
        raise RefusalError(UNREADABLE)
    return fields


def _basic_of(request: web.Request) -> BasicAuth:
    """Empty if there is none that can be read."""
    try:
        return BasicAuth.decode(request.headers.get("Authorization", ""), "utf-8")
    except ValueError:
        return BasicAuth("")


def _json(fields: Mapping[str, object], content_type: str = "application/json") -> web.Response:
    body = json.dumps(fields, ensure_ascii=False).encode()
    return web.Response(body=body, content_type=content_type, charset="utf-8")


def _refused(refusal: RefusalError) -> web.Response:
    body = json.dumps(refusal.body(), ensure_ascii=False).encode()
    return web.Response(status=refusal.status, body=body, content_type="application/json")
