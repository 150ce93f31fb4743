"""An import taken back: the people it brought who are still as it left them go; whoever was touched since stays."""

from collections.abc import Iterator

from django.db import transaction
from django.db.models import Exists, F, OuterRef, QuerySet
from django.utils.translation import gettext as _

from campaigns.errors import InvalidInput, RuleError
from campaigns.models import Activity, Contact, ContactImport, ImportState, ListMembership, Message, User
from campaigns.queue import enqueue

from .beside import RowLedger
from .passes import CHUNK, Pass, Step, from_the_first_row

REMOVED = "removed"


def start_undo(contact_import: ContactImport, actor: User) -> None:
    """In the background. What it changed about people who were there before, and whom it stopped, stays."""
    try:
        RowLedger(contact_import).read(0, contact_import.rows_total)
    except InvalidInput as error:
        raise RuleError(_("ファイルの保存期間を過ぎたため、この取込は元に戻せません。")) from error
    with transaction.atomic():
        contact_import.move(ImportState.UNDOING, **from_the_first_row())
        Activity.objects.note(actor, "import_undone", contact_import, added=contact_import.counts.get("added", 0))
        enqueue("advance_import", contact_import.pk)


class UndoPass(Pass):
    """One slice of taking back."""

    def steps(self) -> Iterator[Step]:
        ledger, total = RowLedger(self.job), self.job.rows_total
        for start in range(self.job.rows_read, total, CHUNK):
            rows = min(CHUNK, total - start)
            phones = [f"+{number}" for number in ledger.read(start, rows) if number]
            yield Step(phones, rows, {}, is_last=start + rows == total)

    def store(self, phones: list[str], start: int) -> dict[str, object]:
        # Held, so that nobody is removed who is edited at this very moment.
        untouched = list(self._untouched(phones).select_for_update().values_list("pk", flat=True))
        _total, gone = Contact.objects.filter(pk__in=untouched).delete()
        self.counts[REMOVED] += gone.get(Contact._meta.label, 0)
        return {}

    def _untouched(self, phones: list[str]) -> "QuerySet[Contact]":
        texted = Message.objects.filter(contact=OuterRef("pk"))
        listed_since = ListMembership.objects.filter(contact=OuterRef("pk"), added_at__gt=OuterRef("created_at"))
        brought = Contact.objects.filter(phone__in=phones, source_import=self.job, updated_at=F("created_at"))
        return brought.filter(~Exists(texted), ~Exists(listed_since))
