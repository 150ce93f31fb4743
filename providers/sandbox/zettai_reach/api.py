"""The vendor's calls: sending, reservations, status, short URLs, templates, number cleaning, monthly counts."""

import json
import re
from collections.abc import Awaitable, Callable, Iterable
from datetime import date, timedelta
from typing import ClassVar, cast
from urllib.parse import parse_qsl

from aiohttp import web

from ..faults import Handler
from ..ledger import Parcel
from ..links import WEB_ADDRESS, Link
from ..network import MAGIC_NUMBERS, Leg, carrier_of
from ..stand_in import Account, Settings, StandIn
from . import checks, receipts
from .accounts import CARRIER_IDS, Message, State, ZettaiAccount, ZettaiSettings
from .checks import Call, Params, RefusalError, invalid

Fields = dict[str, object]
Act = Callable[[ZettaiAccount, Params], Awaitable[Fields]]

# By the last four digits: in another person's name by now, or not in the judging database.
VERDICTS = {MAGIC_NUMBERS["holder_changed"]: "T", MAGIC_NUMBERS["holder_not_listed"]: "ERROR"}
SAME_HOLDER = "N"

PARAMS = web.RequestKey("params", Params)


class ZettaiReach(StandIn):
    slug = "zettai_reach"
    settings_type: ClassVar[type[Settings]] = ZettaiSettings
    account_type: ClassVar[type[Account]] = ZettaiAccount

    def calls(self) -> Iterable[tuple[str, str, Handler]]:
        return [
            ("POST", "p5/api/mt.json", self._answering(checks.SEND, self.send)),
            ("GET", "p5/api/checkreservation.json", self._answering(checks.CHECK, self.check)),
            ("GET", "p5/api/cancelreservation.json", self._answering(checks.CANCEL, self.cancel)),
            ("GET", "p5/api/cancelreservationall.json", self._answering(checks.CANCEL_ALL, self.cancel_all)),
            ("GET", "p5/api/status.json", self._answering(checks.STATUS, self.status)),
            ("POST", "p1/api/shortenurl.json", self._answering(checks.SHORTEN, self.shorten)),
            ("GET", "{code:[0-9A-Za-z]{6}}", self.world.links.follow),
            ("GET", "p5/api/numbercleaning.json", self._answering(checks.CLEANING, self.cleaning)),
            ("GET", "p5/api/template.json", self._answering(checks.TEMPLATES, self.templates)),
            ("GET", "p5/api/separatedsuccesscount.json", self._answering(checks.COUNTS, self.counts)),
        ]

    async def account_of(self, request: web.Request) -> Account | None:
        params = await _params_of(request)
        request[PARAMS] = params
        return self.accounts.get(params.get("clientId", ""))

    async def send(self, account: ZettaiAccount, params: Params) -> Fields:
        due = checks.read_minute(params["scheduleTime"]) if "scheduleTime" in params else None
        if due and due <= self.world.clock.now():
            raise invalid("scheduleTime")
        tag = params.get("clientTag", "")
        _check_room(account, tag)
        number = checks.international(params["phoneNumber"])
        carrier_id = params.get("carrierId") or CARRIER_IDS[carrier_of(number)]
        group = params.get("groupTag", "")
        message = Message(number, params["message"], params["smsCode"], carrier_id, tag, group, due)
        account.take(message)
        if due:
            self.world.clock.at(due, lambda: self._release_reserved(account, message))
        elif (held := self._release(account, message)) is not None:
            await held
        return {"phoneNumber": number, "smsMessage": message.body}

    async def check(self, account: ZettaiAccount, params: Params) -> Fields:
        if tag := params.get("clientTag"):
            found = _reservation_of(account, tag, params["smsCode"])
        else:
            found = self._reservations_at(account, params)
        return {"count": len(found), "status": [_reservation_row(message) for message in found]}

    async def cancel(self, account: ZettaiAccount, params: Params) -> Fields:
        message = account.by_tag.get(params["clientTag"])
        if message is None or message.state is State.CANCELLED:
            raise invalid("clientTag")
        if message.state is not State.RESERVED:
            raise RefusalError(checks.ALREADY_SENT, "Already send.")
        account.cancel(message)
        return {"clientTag": message.tag}

    async def cancel_all(self, account: ZettaiAccount, params: Params) -> Fields:
        start = checks.read_day(params["startDate"]) if "startDate" in params else date.min
        end = checks.read_day(params["endDate"]) if "endDate" in params else date.max
        if end < start:
            raise invalid("endDate")
        account.cancel_between(start, end, params.get("groupTag"))
        return {}

    async def status(self, account: ZettaiAccount, params: Params) -> Fields:
        if tag := params.get("clientTag"):
            message = account.by_tag.get(tag)
            found = [message] if message else []
        else:
            found = account.by_day.get(checks.read_day(params["date"]), [])
        return {"status": [receipts.status_row(message) for message in found if message.sent_on]}

    async def shorten(self, account: ZettaiAccount, params: Params) -> Fields:
        if not WEB_ADDRESS.fullmatch(params["longUrl"]):
            raise invalid("longUrl")
        if params.get("domain") not in (None, *account.settings.domains):
            raise invalid("domain")
        link = Link(account=account.key, path=self.mount + self.world.links.new_code(6), long_url=params["longUrl"])
        self.world.links.add(link)
        name = params.get("name") or f"Shorturl-{self.world.clock.now():%Y%m%d%H%M%S%f}"[:-3]
        # The vendor's own table for this call prints the text without its full stop.
        return {"responseMessage": "Success", "shortUrl": self.world.origin + link.path, "name": name}

    async def cleaning(self, account: ZettaiAccount, params: Params) -> Fields:
        asked, today = checks.read_day(params["referenceDate"]), self.world.clock.now().date()
        two_years_on = (asked.year + 2, asked.month, asked.day)
        if asked > today or two_years_on < (today.year, today.month, today.day):
            raise invalid("referenceDate")
        number = checks.international(params["phoneNumber"])
        verdict = VERDICTS.get(number[-4:], SAME_HOLDER)
        return {"phoneNumber": number, "referenceDate": params["referenceDate"], "status": verdict}

    async def templates(self, account: ZettaiAccount, params: Params) -> Fields:
        templates = [
            _template(template["title"], template["default_content"]) for template in account.settings.templates
        ]
        return {"count": len(templates), "templates": templates}

    async def counts(self, account: ZettaiAccount, params: Params) -> Fields:
        today = self.world.clock.now().date()
        last_day = today if account.settings.counts_include_today else today - timedelta(days=1)
        month = checks.read_month(params["month"])
        if month > today:
            raise invalid("month")
        billed = account.billed_in(month, last_day)
        if not billed:
            return {"separatedSuccessCount": []}
        return {"separatedSuccessCount": [{**billed, "clientId": int(account.settings.client_id)}]}

    def _answering(self, call: Call, act: Act) -> Handler:
        async def answer(request: web.Request) -> web.Response:
            params = request[PARAMS]
            try:
                fields = await act(self._admit(params, call), params)
            except RefusalError as refusal:
                return _json({"responseCode": refusal.code, "responseMessage": str(refusal)})
            return _json({"responseCode": 0, "responseMessage": "Success.", **fields})

        return answer

    def _admit(self, params: Params, call: Call) -> ZettaiAccount:
        checks.require(params, call)
        account = self.accounts.get(params["clientId"])
        if account is None:
            raise invalid("clientId")
        known = cast(ZettaiAccount, account)
        if params["token"] != known.settings.token:
            raise invalid("token")
        if "smsCode" in call.required and params["smsCode"] not in known.settings.sender_codes:
            raise invalid("smsCode")
        checks.check_values(params, call)
        checks.check_lengths(params, call)
        return known

    def _release_reserved(self, account: ZettaiAccount, message: Message) -> None:
        if message.state is State.RESERVED:
            self._release(account, message)

    def _release(self, account: ZettaiAccount, message: Message) -> Awaitable[None] | None:
        account.release(message, self.world.clock.now())
        parcel = Parcel(account.key, message.number, message.tag)
        return self.world.network.carry(parcel, lambda leg: self._report(account, message, leg))

    def _report(self, account: ZettaiAccount, message: Message, leg: Leg) -> Awaitable[None] | None:
        now = self.world.clock.now()
        state = receipts.state_after(leg.outcome)
        if state is not State.SENT:
            account.settle(message, state, receipts.detail_after(leg.outcome, message.carrier_id), now)
        if not (message.tag and account.settings.callback_url):
            return None
        push = receipts.push_of(account, receipts.event_of(account, message, leg, now))
        tried = [account.lane.push(push) for _ in range(leg.receipts)]
        return tried[0] if tried else None

    def _reservations_at(self, account: ZettaiAccount, params: Params) -> list[Message]:
        name = "scheduleTime" if "scheduleTime" in params else "scheduleDate"
        now = self.world.clock.now()
        wanted = params[name].replace("-", "")
        # Both forms sort as text once the hyphens are gone, and a prefix of the one is the other.
        if wanted < f"{now:%Y%m%d %H:%M}"[: len(wanted)]:
            raise RefusalError(checks.PAST, f"Past {name}.")
        group = params.get("groupTag")
        return [
            message
            for message in account.reservations(params["smsCode"])
            if f"{message.due:%Y%m%d %H:%M}".startswith(wanted) and group in (None, message.group)
        ]


async def _params_of(request: web.Request) -> Params:
    """The query or the form; a member without a value counts as not given."""
    if request.method != "POST":
        return dict(parse_qsl(request.rel_url.raw_query_string))
    if request.content_type != "application/x-www-form-urlencoded":
        return {}
    return dict(parse_qsl((await request.read()).decode("utf-8", "replace")))


def _check_room(account: ZettaiAccount, tag: str) -> None:
    limit = account.settings.sending_limit
    if limit and account.tally["taken"] >= limit:
        raise RefusalError(checks.EXCEEDED, "Exceed sending count.")
    if tag in account.by_tag:
        raise RefusalError(checks.DUPLICATE, "Duplicate client tag.")


def _reservation_of(account: ZettaiAccount, tag: str, sms_code: str) -> list[Message]:
    message = account.by_tag.get(tag)
    if message is None or message.state is State.CANCELLED or message.sms_code != sms_code:
        return []
    if message.state is not State.RESERVED:
        raise RefusalError(checks.ALREADY_SENT, "Already send.")
    return [message]


def _reservation_row(message: Message) -> Fields:
    return {
        "scheduleTime": f"{message.due:%Y-%m-%d %H:%M}",
        "phoneNumber": message.number,
        "message": message.body,
        "smsCode": int(message.sms_code),
        "clientTag": message.tag,
    }


def _template(title: str, content: str) -> Fields:
    names = dict.fromkeys(re.findall(r"\{\{%(.+?)%\}\}", content))
    return {"title": title, "default_content": content, "parameters": [{"parameter_name": name} for name in names]}


def _json(fields: Fields) -> web.Response:
    body = json.dumps(fields, ensure_ascii=False).encode()
    return web.Response(body=body, content_type="application/json")
