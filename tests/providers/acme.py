"""A made-up vendor, written by the checklist of providers/README.md: its adapter, and its stand-in on loopback."""

from __future__ import annotations

import json
import threading
from collections.abc import Sequence
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from providers.base import (
    Accepted,
    Capabilities,
    DeliveryReceipt,
    OutboundSms,
    Outcome,
    Provider,
    ReceiptStatus,
    Refused,
    Unknown,
    Webhook,
)
from providers.errors import WebhookRefused
from providers.http import Reply, Request
from providers.lenient import text

RECEIPT_STATUSES = {"DLV": ReceiptStatus.DELIVERED, "UND": ReceiptStatus.UNDELIVERED}
REFUSALS = {"E10": "recipient_invalid", "E22": "recipient_opted_out"}


class Acme(Provider):
    slug = "acme"
    label = "Acme SMS"
    base_url = "https://api.acme.example/v2/"
    credential_names = ("api_key",)
    capabilities = Capabilities(receipts=True)

    async def submit(self, batch: Sequence[OutboundSms]) -> list[Outcome]:
        (sms,) = batch
        body = {"to": sms.to, "from": sms.sender_id, "text": sms.body, "ref": sms.reference}
        reply = await self._post("messages", body)
        if code := text(reply.fields().get("error")):
            return [Refused(REFUSALS.get(code, "refused_unlisted"), vendor_code=code)]
        if reply.status != 200:
            raise reply.error()
        message_id = text(reply.json().get("id"), 64)
        return [Accepted(message_id) if message_id else Unknown("unreadable_reply")]

    async def check(self) -> None:
        await self._post("ping", {})

    def parse_receipts(self, webhook: Webhook) -> list[DeliveryReceipt]:
        try:
            return [self._receipt(event) for event in json.loads(webhook.body)["events"]]
        except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
            raise WebhookRefused from None

    def _receipt(self, event: dict[str, Any]) -> DeliveryReceipt:
        state = text(event["state"], 40)
        status = RECEIPT_STATUSES.get(state, ReceiptStatus.UNKNOWN)
        reason = "undelivered" if status is ReceiptStatus.UNDELIVERED else ""
        return DeliveryReceipt(text(event["ref"]), status, vendor_code=state, reason=reason)

    async def _post(self, path: str, body: dict[str, str]) -> Reply:
        headers = {"Authorization": f"Bearer {self.credentials['api_key']}"}
        return await self.client.ask(Request("POST", path, json=body, headers=headers, readable=(422,)))


class AcmeStandIn:
    """Takes every message but those to numbers ending in 22; `taken` are their references."""

    def __init__(self, api_key: str) -> None:
        self.taken: list[str] = []
        stand_in = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                call = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                allowed = self.headers["Authorization"] == f"Bearer {api_key}"
                status, answer = stand_in.answer(call) if allowed else (401, {})
                self.send_response(status)
                self.end_headers()
                self.wfile.write(json.dumps(answer).encode())

            def log_message(self, *args: object) -> None:
                """Nothing to say."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}/v2/"

    def answer(self, call: dict[str, str]) -> tuple[int, dict[str, str]]:
        if call.get("to", "").endswith("22"):
            return 422, {"error": "E22"}
        if "ref" in call:
            self.taken.append(call["ref"])
        return 200, {"id": f"acme-{len(self.taken)}"}

    def __enter__(self) -> AcmeStandIn:
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,))
        self._thread.start()
        return self

    def __exit__(self, *exception: object) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()
