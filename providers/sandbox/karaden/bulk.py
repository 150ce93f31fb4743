"""BULK: a slot for a file, its upload to a signed address, the start, the state, and the file of results."""

import hashlib
import hmac
import json
import secrets
import uuid
from datetime import timedelta

from aiohttp import web

from ..stand_in import World
from . import wire
from .accounts import VERSIONS, BulkFile, BulkMessage, KaradenAccount, Message
from .bulk_file import rows_of
from .checks import Fields, Reader, RefusalError, read_submission
from .sending import Sending

VALID_FOR = timedelta(minutes=15)
# Unscaled seconds from each step to the next: waiting, processing, done, and the file of results is ready.
STEP_SECONDS = 1.0
# The layout of the result file follows no version header of its own.
RESULT_VERSION = VERSIONS[-1]


class Bulk:
    def __init__(self, world: World, mount: str, sending: Sending) -> None:
        self._clock = world.clock
        self._root = world.origin
        self._mount = mount
        self._sending = sending
        self._key = secrets.token_bytes(32)

    def create_file(self, account: KaradenAccount) -> wire.Fields:
        now = self._sending.now()
        file = BulkFile(str(uuid.uuid4()), now, now + VALID_FOR)
        account.files[file.id] = file
        return {
            "id": file.id,
            "object": "bulk_file",
            "url": self._signed(f"{self._mount}files/{account.settings.client_id}/{file.id}"),
            "created_at": wire.shown(file.created_at),
            "expires_at": wire.shown(file.expires_at),
        }

    async def upload(self, account: KaradenAccount, request: web.Request) -> web.Response:
        file = account.files.get(request.match_info["id"])
        if file is None or not self._is_signed(request):
            return web.Response(status=403, text="Forbidden")
        file.content = await request.read()
        return web.Response()

    def start(self, account: KaradenAccount, fields: Fields) -> wire.Fields:
        reader = Reader(fields)
        file_id = reader.required("bulk_file_id", str, "")
        reader.close()
        file = account.files.get(file_id)
        if file is None:
            raise RefusalError("model_not_found")
        if file.content is None:
            raise RefusalError("validation_error", {"bulk_file_id": ["ファイルがアップロードされていません。"]})
        if file.is_used:
            raise RefusalError("conflict")
        file.is_used = True
        return self._begin(account, file.content)

    def show(self, account: KaradenAccount, bulk_id: str) -> wire.Fields:
        return _fields_of(_bulk_of(account, bulk_id))

    def result(self, account: KaradenAccount, bulk_id: str) -> web.Response:
        """202 until the file of results is ready, and for ever if the file was refused."""
        bulk = _bulk_of(account, bulk_id)
        if bulk.completed_at is None:
            return web.Response(status=202)
        location = self._signed(f"{self._mount}results/{account.settings.client_id}/{bulk.id}")
        return web.Response(status=302, headers={"Location": location})

    def download(self, account: KaradenAccount, request: web.Request) -> web.Response:
        bulk = account.bulks.get(request.match_info["id"])
        if bulk is None or bulk.completed_at is None or not self._is_signed(request):
            return web.Response(status=403, text="Forbidden")
        records = [wire.message_fields(account, message, RESULT_VERSION) for message in bulk.messages]
        lines = ",\r\n".join(json.dumps(record, ensure_ascii=False) for record in records)
        name = f"messages_bulk-{bulk.completed_at:%Y%m%d%H%M%S}.json"
        return web.Response(
            body=f"[\r\n{lines}\r\n]\r\n".encode(),
            content_type="application/json",
            headers={"Content-Disposition": f'attachment; filename="{name}"'},
        )

    def _begin(self, account: KaradenAccount, content: bytes) -> wire.Fields:
        now = self._sending.now()
        bulk = BulkMessage(str(uuid.uuid4()), now, now)
        account.bulks[bulk.id] = bulk
        self._clock.after(STEP_SECONDS, lambda: bulk.move_to("processing", self._sending.now()))
        self._clock.after(2 * STEP_SECONDS, lambda: self._process(account, bulk, content))
        return _fields_of(bulk)

    def _process(self, account: KaradenAccount, bulk: BulkMessage, content: bytes) -> None:
        try:
            rows = rows_of(content)
        except RefusalError as refusal:
            bulk.error = refusal.body()
            bulk.move_to("error", self._sending.now())
            return
        bulk.messages = [self._send(account, row) for row in rows]
        bulk.move_to("done", self._sending.now())
        self._clock.after(STEP_SECONDS, lambda: self._complete(bulk))

    def _complete(self, bulk: BulkMessage) -> None:
        bulk.completed_at = self._sending.now()

    def _send(self, account: KaradenAccount, row: Fields) -> Message:
        try:
            message = self._sending.new_message(read_submission(row, account.settings, self._clock.now()))
        except RefusalError as refusal:
            return self._refused(account, row, refusal)
        self._sending.submit(account, message)
        return message

    def _refused(self, account: KaradenAccount, row: Fields, refusal: RefusalError) -> Message:
        now, service_id = self._sending.now(), str(row.get("service_id", ""))
        message = Message(
            id=str(uuid.uuid4()),
            service_id=int(service_id) if service_id.isdecimal() else 0,
            to=str(row.get("to", "")),
            body=str(row.get("body", "")),
            tags=tuple(row.get("tags", ())),
            created_at=now,
            updated_at=now,
            status="processing_error",
            result="done",
            carrier="unknown",
            error=refusal.body(),
        )
        account.take(message)
        return message

    def _signed(self, path: str) -> str:
        expires = int((self._clock.now() + VALID_FOR).timestamp())
        return f"{self._root}{path}?expires={expires}&signature={self._signature(path, str(expires))}"

    def _signature(self, path: str, expires: str) -> str:
        return hmac.new(self._key, f"{path}?{expires}".encode(), hashlib.sha256).hexdigest()

    def _is_signed(self, request: web.Request) -> bool:
        expires, signature = request.query.get("expires", ""), request.query.get("signature", "")
        is_genuine = hmac.compare_digest(signature.encode(), self._signature(request.path, expires).encode())
        return is_genuine and self._clock.now().timestamp() < int(expires)


def _bulk_of(account: KaradenAccount, bulk_id: str) -> BulkMessage:
    try:
        return account.bulks[bulk_id]
    except KeyError:
        raise RefusalError("model_not_found") from None


def _fields_of(bulk: BulkMessage) -> wire.Fields:
    return {
        "id": bulk.id,
        "object": "bulk_message",
        "status": bulk.status,
        "error": bulk.error,
        "created_at": wire.shown(bulk.created_at),
        "updated_at": wire.shown(bulk.updated_at),
    }
