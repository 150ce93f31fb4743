"""BULK (一括送信): a file for many messages, for projects on the enterprise plan. One file can be started only once."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from urllib.parse import quote

from ..base import DeliveryReceipt, OutboundSms
from ..errors import ProviderError, UnreadableReply
from ..lenient import iso_moment, text
from . import rows, wire
from .form import TAGS, send_form

LARGEST_RESULT_BYTES = 64 * 1024 * 1024  # at most 10,000 messages
READY, NOT_YET = 302, 202


@dataclass(frozen=True, slots=True)
class Layout:
    """How the file is written."""

    columns: tuple[str, ...]
    has_header: bool
    encoding: str


# KD-A8: not published. One column for each field of a send; `scheduled_at` is not used in BULK.
LAYOUT = Layout(("service_id", "to", "body", TAGS, "is_shorten", "limited_at"), has_header=True, encoding="utf-8")


@dataclass(frozen=True, slots=True)
class Slot:
    """Where to put one file; good for 15 minutes."""

    file_id: str
    link: str = field(repr=False)  # signed: whoever has it may write
    expires_at: datetime | None


@dataclass(frozen=True, slots=True)
class Job:
    """A started file. Nothing has been sent when it begins."""

    bulk_id: str
    status: str  # waiting, processing, done, error, or what the vendor invents later
    vendor_code: str = ""

    @property
    def is_over(self) -> bool:
        return self.status in ("done", "error")


def bulk_file(batch: Sequence[OutboundSms]) -> bytes:
    """The file for these messages. Several tags share a cell, separated by commas."""
    file = io.StringIO(newline="")
    writer = csv.writer(file, lineterminator="\r\n")
    if LAYOUT.has_header:
        writer.writerow(LAYOUT.columns)
    for sms in batch:
        fields = send_form(sms)
        writer.writerow([",".join(value for name, value in fields if name == column) for column in LAYOUT.columns])
    return file.getvalue().encode(LAYOUT.encoding)


class KaradenBulk:
    """slot, upload, start, then job until it is over, then result."""

    def __init__(self, calls: wire.Wire) -> None:
        self._calls = calls

    async def slot(self) -> Slot:
        reply = wire.taken(await self._calls.post("messages/bulks/files"))
        file_id, link = rows.message_id(reply), text(reply.get("url"), 4000)
        if not file_id or not link:
            raise UnreadableReply
        return Slot(file_id, link, iso_moment(reply.get("expires_at"), rows.JST))

    async def upload(self, slot: Slot, content: bytes) -> None:
        await self._calls.client.put_file(slot.link, content, "text/csv")

    async def start(self, file_id: str) -> Job:
        """Raises `already_started` where it was: after a lost answer, that is the good news."""
        reply = await self._calls.post("messages/bulks", {"bulk_file_id": file_id})
        if reply.status == 409:  # KD-A12: its code is not known
            raise ProviderError("already_started", vendor_code=wire.error_code(reply) or "409")
        return _job(wire.taken(reply))

    async def job(self, bulk_id: str) -> Job:
        return _job(wire.taken(await self._calls.get(f"messages/bulks/{quote(bulk_id, safe='')}")))

    async def result(self, bulk_id: str) -> list[DeliveryReceipt] | None:
        """In the order of the file; None while there is none, which for a failed job stays so."""
        reply = await self._calls.get(f"messages/bulks/{quote(bulk_id, safe='')}/messages", more=(NOT_YET, READY))
        if reply.status == NOT_YET:
            return None
        if reply.status != READY:
            raise UnreadableReply if reply.status == 200 else wire.trouble(reply)
        content = await self._calls.client.get_file(reply.location, max_bytes=LARGEST_RESULT_BYTES)
        return [rows.receipt(row) for row in _result_rows(content)]


def _job(fields: Mapping[str, Any]) -> Job:
    bulk_id, error = rows.message_id(fields), fields.get("error")
    if not bulk_id:
        raise UnreadableReply
    code = text(error.get("code"), 40) if isinstance(error, dict) else ""
    return Job(bulk_id, text(fields.get("status"), 20), code)


def _result_rows(content: bytes) -> list[dict[str, Any]]:
    """One JSON list, or one object a line: the page says JSON, and one record for each message."""
    try:
        found = json.loads(content) if content.lstrip().startswith(b"[") else _lines(content)
    except (ValueError, RecursionError):
        raise UnreadableReply from None
    if not all(isinstance(row, dict) for row in found):
        raise UnreadableReply
    return list(found)


def _lines(content: bytes) -> list[Any]:
    return [json.loads(line) for line in content.splitlines() if line.strip()]
