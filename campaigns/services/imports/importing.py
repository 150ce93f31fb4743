"""An import from the choice of columns to its end: check every row without storing any, take them in, or back.

Every pass works in slices. Each chunk of rows is stored in one transaction together with the moved resume point, so
a crash loses nothing and repeats nothing.
"""

import gc
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from time import monotonic

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from campaigns.errors import InvalidInput, RuleError
from campaigns.models import (
    Activity,
    Contact,
    ContactImport,
    ContactIndex,
    ContactList,
    ImportState,
    ListMembership,
    User,
    bulk,
)
from campaigns.queue import enqueue

from .beside import KeptTexts, PreparedRows, forget
from .checking import CheckPass
from .passes import Pass, Step, begun, from_the_first_row
from .sheets import ReadPass
from .storing import StorePass
from .undoing import UndoPass

KEEP_FILES_FOR = timedelta(days=30)
PASSES: dict[str, type[Pass]] = {
    ImportState.READING: ReadPass,
    ImportState.CHECKING: CheckPass,
    ImportState.RUNNING: StorePass,
    ImportState.UNDOING: UndoPass,
}
ENDS = {
    ImportState.CHECKING: ImportState.CHECKED,
    ImportState.RUNNING: ImportState.DONE,
    ImportState.UNDOING: ImportState.UNDONE,
}


@dataclass(frozen=True)
class Choices:
    """What the person decided about the file."""

    mapping: dict[int, str]
    existing: str
    contact_list: ContactList | None = None
    new_list: str = ""
    consent_basis: str = ""


def start_check(contact_import: ContactImport, choices: Choices) -> None:
    """Go through the whole file in the background and count what would become of it; first read what is unread."""
    reads = contact_import.unread_from is not None
    with transaction.atomic():
        contact_import.move(
            ImportState.READING if reads else ImportState.CHECKING,
            mapping={str(column): field for column, field in choices.mapping.items()},
            existing=choices.existing,
            contact_list=choices.contact_list,
            new_list=choices.new_list,
            consent_basis=choices.consent_basis,
            counts={},
            findings={},
            new_lists=[],
            failure="",
            failure_context={},
            **(begun() if reads else _to_check()),
        )
        contact_import.rows.all().delete()
        enqueue("advance_import", contact_import.pk)


def _to_check() -> dict[str, object]:
    return {"bytes_prepared": 0, **from_the_first_row()}


def start_import(contact_import: ContactImport, actor: User) -> None:
    """Take in what the check showed, in the background."""
    if contact_import.state == ImportState.CHECKED and not contact_import.counts.get("taken"):
        raise RuleError(_("取り込める行が1行もありません。エラー行の理由をご確認のうえ、ファイルを直してください。"))
    with transaction.atomic():
        contact_import.move(ImportState.RUNNING, **from_the_first_row())
        if contact_import.new_list:
            contact_import.contact_list = ContactList.objects.get_or_create(name=contact_import.new_list)[0]
            contact_import.save(update_fields=["contact_list"])
        Activity.objects.note(actor, "import_started", contact_import, rows=contact_import.rows_total)
        enqueue("advance_import", contact_import.pk)


def cancel_import(contact_import: ContactImport, actor: User) -> None:
    """Nothing more is taken in; what is stored already stays, and is what the counts say."""
    with transaction.atomic():
        contact_import.move(ImportState.CANCELLED, finished_at=timezone.now())
        contact_import.refresh_from_db()
        Activity.objects.note(actor, "import_cancelled", contact_import, **contact_import.counts)
        undoable = contact_import.stored
        transaction.on_commit(PreparedRows(contact_import).remove if undoable else partial(forget, contact_import))


def forget_old_files(now: datetime) -> None:
    """What people uploaded is full of names and numbers: it is kept only as long as rejected rows may be asked for."""
    old = ContactImport.objects.filter(created_at__lt=now - KEEP_FILES_FOR, forgotten_at__isnull=True)
    for contact_import in old.exclude(state__in=PASSES)[:100]:
        forget(contact_import)
        ContactImport.objects.filter(pk=contact_import.pk).update(forgotten_at=now)


def work_on(contact_import: ContactImport, *, until: float) -> None:
    """For one time slice, from where the last slice or a crash left off; then queue the next slice."""
    if contact_import.is_working and advance(contact_import, until=until):
        enqueue("advance_import", contact_import.pk)


def advance(contact_import: ContactImport, *, until: float) -> bool:
    """Do a working import's next steps; True while steps are left that are ours to do."""
    work = PASSES[contact_import.state](contact_import)
    try:
        with _collector_resting(), closing(work.steps()) as steps:  # type: ignore[type-var]
            for step in steps:
                if not _take(contact_import, work, step) or step.is_last:
                    return False
                if monotonic() >= until:
                    return True
    except InvalidInput as trouble:
        _fail(contact_import, trouble)
    except FileNotFoundError:
        _fail(contact_import, InvalidInput("file_missing"))
    return False


@contextmanager
def _collector_resting() -> Iterator[None]:
    """Rows hold no cycles, yet Python looks for some in all of them again and again: a third of the time."""
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


def _take(contact_import: ContactImport, work: Pass, step: Step) -> bool:
    """Do one step; False when the import was cancelled or another worker has done it."""
    prepared = work.prepare(step)
    start = contact_import.rows_read
    changes: dict[str, object] = {"rows_read": start + step.rows, "beat_at": timezone.now(), **step.place}
    with transaction.atomic():
        # Names the place it starts from: two workers on one import cannot both store this chunk.
        begun_at = {name: getattr(contact_import, name) for name in ("rows_read", *step.place)}
        if not _ours(contact_import).filter(**begun_at).update(**changes):
            return False
        more = work.store(prepared, start)
        _ours(contact_import).update(counts=work.counts, **more)
        if step.is_last:
            _finish(contact_import, rows_total=start + step.rows, counts=work.counts)
    for name, value in (changes | more).items():
        setattr(contact_import, name, value)
    return True


def _ours(contact_import: ContactImport) -> "QuerySet[ContactImport]":
    """This pass of it, and no later one: a person may have started the check anew with other columns."""
    return ContactImport.objects.filter(
        pk=contact_import.pk, state=contact_import.state, started_at=contact_import.started_at
    )


def _finish(contact_import: ContactImport, *, rows_total: int, counts: dict[str, int]) -> None:
    if contact_import.state == ImportState.READING:
        _finish_reading(contact_import, rows_total)
        return
    if contact_import.state == ImportState.RUNNING:
        Activity.objects.note(contact_import.created_by, "import_finished", contact_import, **counts)
        transaction.on_commit(PreparedRows(contact_import).remove)
        bulk.count_anew(Contact, ContactIndex, ListMembership)
    state = ENDS[ImportState(contact_import.state)]
    _ours(contact_import).update(state=state, rows_total=rows_total, finished_at=timezone.now())


def _finish_reading(contact_import: ContactImport, rows: int) -> None:
    total = rows - contact_import.has_header
    _ours(contact_import).update(state=ImportState.CHECKING, rows_total=total, **_to_check())
    transaction.on_commit(KeptTexts(contact_import).remove)
    enqueue("advance_import", contact_import.pk)


def _fail(contact_import: ContactImport, trouble: InvalidInput) -> None:
    _ours(contact_import).update(
        state=ImportState.FAILED,
        failure=trouble.code,
        failure_context=trouble.context,
        finished_at=timezone.now(),
    )
