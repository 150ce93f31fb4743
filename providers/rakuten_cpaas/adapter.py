"""The calls of Rakuten CPaaS, one method each."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar, Final

from ..base import (
    SUBMIT_SECONDS,
    Capabilities,
    CodeMeaning,
    DeliveryReceipt,
    OutboundSms,
    Outcome,
    Provider,
    ReceiptStatus,
    Webhook,
    submit_safely,
)
from ..errors import AccountRefused, OutcomeUnknown, ProviderError, UnreadableReply
from ..http import Reply, Request, Timeouts, VendorClient
from ..lenient import text
from . import receipts
from .answers import TAKEN, apart, code_of, is_token_refused, may_concern_one, outcomes, refusal, trouble
from .outgoing import correlation, message_object
from .tokens import Key, TokenDesk

NUMBER = re.compile(r"\+81[6-9]0[1-9][0-9]{7}")
BATCH_SIZE = 10  # RK-A26: what the vendor's sample holds
REQUESTS_PER_SECOND = 10  # RK-A28: messages, not arrays
# Every call names the type of its content, GETs as well.
JSON_HEADERS = {"accept": "application/json", "content-type": "application/json; charset=UTF-8"}
ERROR_STATUSES = (400, 401, 403, 404, 405, 406, 415, 429, 500, 502, 503, 504)
NO_REPORT = frozenset({"110", "112"})

LOOK_BACK: Final = timedelta(days=7)  # a message's last word comes within 74 hours; RK-A13: readable for 90 days
CLOCKS_DIFFER: Final = timedelta(minutes=10)
REPORT_TIME = "%Y-%m-%d %H:%M:%S"
SHORT_URL_LIFE: Final = timedelta(days=29, hours=23)  # at most 30 days; without it a link dies after 3


class RakutenCpaas(Provider):
    slug = "rakuten_cpaas"
    label = "Rakuten CPaaS"
    base_url = "https://api.cpaas.symphony.rakuten.net"
    credential_names = ("api_key", "api_secret")
    option_names = ("batch_size", "short_url_key", "short_url_secret", "enterprise_id")
    plain_names = frozenset({"batch_size", "enterprise_id"})
    formats: ClassVar = {"batch_size": "[1-9][0-9]{0,3}"}
    sender_format = "[0-9]{1,15}|[0-9A-Za-z ]{1,11}"  # RK-A33 for letters
    sender_example = "0501112222"
    capabilities = Capabilities(
        batch_size=BATCH_SIZE,
        receipts=True,
        look_up=True,
        stops_at=True,
        calls_back_each=True,
        fills_templates=True,
        binary=True,
        shortens=True,
        counting_profile="rakuten",
        requests_per_second=REQUESTS_PER_SECOND,
    )
    timeouts = Timeouts(read=30.0)  # RK-A5; the total of all our calls is 30, so not the 60 for arrays

    def __init__(self, client: VendorClient, credentials: Mapping[str, str]) -> None:
        super().__init__(client, credentials)
        self._desk = TokenDesk(client, Key("SMS", credentials["api_key"], credentials["api_secret"]))

    @classmethod
    def accepts(cls, e164: str) -> bool:
        return NUMBER.fullmatch(e164) is not None

    @classmethod
    def explain(cls, vendor_code: str) -> CodeMeaning | None:
        return receipts.meaning(vendor_code)

    async def submit(self, batch: Sequence[OutboundSms]) -> list[Outcome]:
        """A token, the array, a new token, each message alone: several calls, which end together."""
        try:
            async with asyncio.timeout(SUBMIT_SECONDS):
                return await self._submit(batch)
        except TimeoutError:
            raise OutcomeUnknown from None

    async def _submit(self, batch: Sequence[OutboundSms]) -> list[Outcome]:
        messages = [message_object(sms, datetime.now(UTC)) for sms in batch]
        alone = len(batch) == 1
        path = "sms/v1/submit" if alone else "sms/v1/multi/submit"
        body = messages[0] if alone else {"sms_messages": messages}
        reply = await self._ask(Request("POST", path, json=body | correlation(batch)), self._desk)
        if reply.status == 200:
            return outcomes(reply.json(), batch)
        if not alone and may_concern_one(reply):
            return await self._one_by_one(batch)
        return [refusal(reply)]

    async def check(self) -> None:
        await self._desk.fetch()

    async def look_up(self, reference: str) -> DeliveryReceipt | None:
        """RK-A13: the report knows a message within 5 minutes, and not every account has it."""
        now = datetime.now(UTC)
        params = {
            "date-from": f"{now - LOOK_BACK:{REPORT_TIME}}",
            "date-to": f"{now + CLOCKS_DIFFER:{REPORT_TIME}}",
            "tz": "UTC",
            "client-reference": reference,
            "page-size": "100",
            "page": "1",
        }
        if enterprise_id := self.credentials.get("enterprise_id"):
            params["enterprise-id"] = enterprise_id
        path = "cdr/v1/report/query/sms/transaction-history/mt"
        reply = await self._ask(Request("GET", path, params), self._desk)
        if reply.status in (403, 404) or code_of(reply.fields()) in NO_REPORT:
            raise ProviderError("report_refused", vendor_code=code_of(reply.fields()) or str(reply.status))
        ours = [found for found in receipts.reported(_done(reply)) if found.reference == reference]
        return max(ours, key=lambda receipt: receipt.status is ReceiptStatus.DELIVERED, default=None)

    async def shorten(self, url: str) -> str:
        """The same URL gives the same short one; needs a key of the Short URL product."""
        name, secret = self.credentials.get("short_url_key"), self.credentials.get("short_url_secret")
        if not name or not secret:
            raise AccountRefused("not_set_up")
        ends_at = datetime.now(UTC) + SHORT_URL_LIFE
        body = {"masked_url": {"remote_url": url, "valid_until_date": f"{ends_at:%Y-%m-%d %H:%M:%S}"}}
        desk = TokenDesk(self.client, Key("SHORT_URL", name, secret))
        reply = await self._ask(Request("POST", "short-url/v1/url/", json=body), desk)
        short = text(_done(reply).get("public_masked_url"), 2048)
        if not short:
            raise UnreadableReply
        return short

    def parse_receipts(self, webhook: Webhook) -> list[DeliveryReceipt]:
        return receipts.pushed(webhook.body)

    async def _ask(self, request: Request, desk: TokenDesk) -> Reply:
        """A token refused took nothing with it, so the call is made once more with a new one."""
        token = await desk.current()
        reply = await self._call(request, token)
        if is_token_refused(reply):
            reply = await self._call(request, await desk.current(refused=token))
        if is_token_refused(reply):
            raise AccountRefused("credentials_refused", vendor_code=code_of(reply.fields()) or str(reply.status))
        return reply

    async def _call(self, request: Request, token: str) -> Reply:
        headers = {**JSON_HEADERS, "Authorization": f"Bearer {token}"}
        return await self.client.ask(replace(request, headers=headers, readable=ERROR_STATUSES))

    async def _one_by_one(self, batch: Sequence[OutboundSms]) -> list[Outcome]:
        """RK-A36: the array was refused whole, perhaps for one of its messages. Each alone tells which."""
        results = await asyncio.gather(*(self._alone(sms) for sms in batch))
        refusals = [result for result in results if isinstance(result, AccountRefused)]
        if len(refusals) == len(results):
            raise refusals[0]
        return [
            apart(result.code, vendor_code=result.vendor_code) if isinstance(result, AccountRefused) else result
            for result in results
        ]

    async def _alone(self, sms: OutboundSms) -> Outcome | AccountRefused:
        try:
            return (await submit_safely(self, [sms]))[0]
        except AccountRefused as error:
            return error


def _done(reply: Reply) -> dict[str, Any]:
    """The object of a reply with status 200 and no code but 0; every other is raised."""
    if reply.status != 200 or code_of(reply.json()) not in ("", TAKEN):
        raise trouble(reply)
    return reply.json()
