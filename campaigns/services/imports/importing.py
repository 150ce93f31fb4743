"""An import from upload to result: look at the file, check every row without storing any, then take them in.

Both passes work in slices. Each chunk of rows is stored in one transaction together with the moved resume point, so
a crash loses nothing and repeats nothing.
"""

import hashlib
import secrets
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice
from time import monotonic
from typing import BinaryIO

from django.conf import settings
from django.core.files.base import File
from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from campaigns.errors import InvalidInput, RuleError
from campaigns.models import Activity, ContactImport, ContactList, ImportState, User
from campaigns.queue import enqueue
from campaigns.rules.contact_file import FileShape, Row, inspect
from campaigns.rules.csv_reader import read_records

from .checking import CheckPass, RowLedger, rows_of
from .storing import StorePass

CHUNK = 2_000
KEEP_FILES_FOR = timedelta(days=30)
PASSES: dict[str, type[CheckPass | StorePass]] = {ImportState.CHECKING: CheckPass, ImportState.RUNNING: StorePass}


@dataclass(frozen=True)
class Choices:
    """What the person decided about the file."""

    mapping: dict[int, str]
    existing: str
    contact_list: ContactList | None = None
    new_list: str = ""
    consent_basis: str = ""


def receive_file(upload: File, actor: User, *, contact_list: ContactList | None = None) -> ContactImport:  # type: ignore[type-arg]
    """Keep an uploaded file with what it looks like; InvalidInput for one we cannot read, which is not kept."""
    if upload.size > settings.IMPORT_MAX_BYTES:
        raise InvalidInput("file_too_large", maximum=settings.IMPORT_MAX_BYTES // 1_000_000)
    shape, doubt = _look_at(upload.file)  # type: ignore[arg-type]
    received = ContactImport(
        original_name=(upload.name or "")[-255:],
        sha256=hashlib.file_digest(_rewound(upload.file), "sha256").hexdigest(),  # type: ignore[arg-type]
        size=upload.size,
        created_by=actor,
        contact_list=contact_list,
        failure=doubt,
        **_as_read(shape),
    )
    # A name of our own: the person's may be long, or tell something about people.
    received.file.save(f"{secrets.token_hex(16)}.csv", upload, save=False)
    received.save()
    return received


def reread(
    contact_import: ContactImport, *, encoding: str, delimiter: str | None = None, has_header: bool | None = None
) -> None:
    """Look at the file again as a person says it is; the choice of columns starts anew."""
    with contact_import.opened() as file:
        shape = inspect(file, encoding=encoding, delimiter=delimiter, has_header=has_header)
    contact_import.move(ImportState.UPLOADED, mapping={}, failure="", failure_context={}, **_as_read(shape))


def first_rows(contact_import: ContactImport, count: int) -> list[list[str]]:
    """The first filled rows below the heading."""
    with (
        contact_import.opened() as file,
        closing(read_records(file, contact_import.encoding, contact_import.delimiter)) as records,
    ):
        filled = (cells for _line, cells in records if "".join(cells).strip())
        return list(islice(filled, contact_import.has_header, contact_import.has_header + count))


def _look_at(file: BinaryIO) -> tuple[FileShape, str]:
    """The shape, and what the person should look at twice."""
    try:
        shape = inspect(file)
    except InvalidInput as error:
        if not error.context.get("maybe_euc_jp"):
            raise
        return inspect(file, encoding="euc_jp"), "read_as_euc_jp"
    return shape, shape.suspicious[0] if shape.suspicious else ""


def _as_read(shape: FileShape) -> dict[str, object]:
    return {
        "encoding": shape.encoding,
        "delimiter": shape.delimiter,
        "has_header": shape.has_header,
        "header": shape.header,
        "rows_total": shape.row_estimate,
    }


def _rewound(file: BinaryIO) -> BinaryIO:
    file.seek(0)
    return file


def start_check(contact_import: ContactImport, choices: Choices) -> None:
    """Go through the whole file in the background and count what would become of it."""
    with transaction.atomic():
        contact_import.move(
            ImportState.CHECKING,
            mapping={str(column): field for column, field in choices.mapping.items()},
            existing=choices.existing,
            contact_list=choices.contact_list,
            new_list=choices.new_list,
            consent_basis=choices.consent_basis,
            counts={},
            examples={},
            failure="",
            failure_context={},
            **_from_the_first_row(),
        )
        enqueue("check_import", contact_import.pk)


def start_import(contact_import: ContactImport, actor: User) -> None:
    """Take in what the check showed, in the background."""
    if contact_import.state == ImportState.CHECKED and not contact_import.counts.get("taken"):
        raise RuleError(_("取り込める行が1行もありません。エラー行の理由をご確認のうえ、ファイルを直してください。"))
    with transaction.atomic():
        contact_import.move(ImportState.RUNNING, **_from_the_first_row())
        if contact_import.new_list:
            contact_import.contact_list = ContactList.objects.get_or_create(name=contact_import.new_list)[0]
            contact_import.save(update_fields=["contact_list"])
        Activity.objects.note(actor, "import_started", contact_import, rows=contact_import.rows_total)
        enqueue("run_import", contact_import.pk)


def _from_the_first_row() -> dict[str, object]:
    now = timezone.now()
    return {"rows_read": 0, "lines_read": 0, "started_at": now, "beat_at": now, "finished_at": None}


def cancel_import(contact_import: ContactImport, actor: User) -> None:
    """Nothing more is taken in; what is stored already stays, and is what the counts say."""
    with transaction.atomic():
        contact_import.move(ImportState.CANCELLED, finished_at=timezone.now())
        contact_import.refresh_from_db()
        Activity.objects.note(actor, "import_cancelled", contact_import, **contact_import.counts)
        transaction.on_commit(lambda: _forget_file(contact_import))


def _forget_file(contact_import: ContactImport) -> None:
    RowLedger(contact_import).remove()
    contact_import.file.delete(save=False)


def forget_old_files(now: datetime) -> None:
    """What people uploaded is full of names and numbers: it is kept only as long as rejected rows may be asked for."""
    old = ContactImport.objects.filter(created_at__lt=now - KEEP_FILES_FOR, forgotten_at__isnull=True)
    for contact_import in old.exclude(state__in=(ImportState.CHECKING, ImportState.RUNNING))[:100]:
        _forget_file(contact_import)
        ContactImport.objects.filter(pk=contact_import.pk).update(forgotten_at=now, examples={})


def check_import(contact_import: ContactImport, *, until: float) -> None:
    """Check for one time slice, from where the last slice or a crash left off; then queue the next slice."""
    if contact_import.state == ImportState.CHECKING and advance(contact_import, until=until):
        enqueue("check_import", contact_import.pk)


def run_import(contact_import: ContactImport, *, until: float) -> None:
    """Take rows in for one time slice, from where the last slice or a crash left off; then queue the next slice."""
    if contact_import.state == ImportState.RUNNING and advance(contact_import, until=until):
        enqueue("run_import", contact_import.pk)


def advance(contact_import: ContactImport, *, until: float) -> bool:
    """Do a working import's next rows; True while rows are left that are ours to do."""
    try:
        work = PASSES[contact_import.state](contact_import)
        with (
            contact_import.opened() as file,
            closing(rows_of(contact_import, file, start_line=contact_import.lines_read + 1)) as rows,
        ):
            for chunk, next_line in _chunks(rows):
                if not _take(contact_import, work, chunk, next_line) or next_line is None:
                    return False
                if monotonic() >= until:
                    return True
        raise InvalidInput("header_only")
    except InvalidInput as trouble:
        _fail(contact_import, trouble)
    except FileNotFoundError:
        _fail(contact_import, InvalidInput("file_missing"))
    return False


def _chunks(rows: Iterator[Row]) -> Iterator[tuple[list[Row], int | None]]:
    """Each with the line the next one begins on; None with the last."""
    chunk = list(islice(rows, CHUNK))
    while chunk:
        following = list(islice(rows, CHUNK))
        yield chunk, following[0].line if following else None
        chunk = following


def _take(contact_import: ContactImport, work: CheckPass | StorePass, rows: list[Row], next_line: int | None) -> bool:
    """Do one chunk; False when the import was cancelled or another worker has done it."""
    prepared = work.prepare(rows)
    start = contact_import.rows_read
    changes: dict[str, object] = {"rows_read": start + len(rows), "beat_at": timezone.now()}
    if next_line:
        changes["lines_read"] = next_line - 1
    with transaction.atomic():
        # Names the place it starts from: two workers on one import cannot both store this chunk.
        if not _ours(contact_import).filter(rows_read=start).update(**changes):
            return False
        work.store(prepared, start)  # type: ignore[arg-type]
        _ours(contact_import).update(counts=work.counts, examples=work.examples)
        if next_line is None:
            _finish(contact_import, rows_total=start + len(rows), counts=work.counts)
    for name, value in changes.items():
        setattr(contact_import, name, value)
    return True


def _ours(contact_import: ContactImport) -> "QuerySet[ContactImport]":
    """This pass of it, and no later one: a person may have started the check anew with other columns."""
    return ContactImport.objects.filter(
        pk=contact_import.pk, state=contact_import.state, started_at=contact_import.started_at
    )


def _finish(contact_import: ContactImport, *, rows_total: int, counts: dict[str, int]) -> None:
    if contact_import.state == ImportState.RUNNING:
        Activity.objects.note(contact_import.created_by, "import_finished", contact_import, **counts)
    done = {ImportState.CHECKING: ImportState.CHECKED, ImportState.RUNNING: ImportState.DONE}
    state = done[ImportState(contact_import.state)]
    _ours(contact_import).update(state=state, rows_total=rows_total, finished_at=timezone.now())


def _fail(contact_import: ContactImport, trouble: InvalidInput) -> None:
    _ours(contact_import).update(
        state=ImportState.FAILED,
        failure=trouble.code,
        failure_context=trouble.context,
        finished_at=timezone.now(),
    )
