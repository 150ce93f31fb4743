"""A rejected row put right by hand, between the check and the taking in."""

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from campaigns.errors import InvalidInput, RuleError
from campaigns.models import ContactImport, ImportRow, ImportState
from campaigns.rules.contact_file import RowReader
from campaigns.rules.phone_numbers import format_domestic

from .checking import REJECTED, REPEATED, CheckPass, mapping_of, shape_of
from .passes import Step
from .preparing import refusal
from .uploading import file_limits

MENDED = "mended"


def mend(import_row: ImportRow, cells: list[str]) -> None:
    """Judge the row as if the file had these cells; InvalidInput with the reason when it is still not to be taken."""
    with transaction.atomic():
        job = ContactImport.objects.select_for_update().get(pk=import_row.contact_import_id)
        waits = ImportRow.objects.filter(pk=import_row.pk, mended_at=None, finding__startswith=REJECTED)
        if job.state != ImportState.CHECKED or not waits.update(cells=cells, mended_at=timezone.now()):
            raise RuleError(_("この行は、もう直せません。取込の画面で状態をご確認ください。"))
        work = CheckPass(job)
        reader = RowReader(shape_of(job), mapping_of(job), file_limits())
        row = reader.read(1, import_row.number, cells, "".join(cells))
        (number,), prepared = work.prepare(Step([row], 0, {}, is_last=True))
        if not number:
            raise InvalidInput(refusal(row) or REPEATED)
        prepared.rows = 0  # of the file: it was counted when it was rejected
        ImportRow.objects.filter(pk=import_row.pk).update(became=format_domestic(f"+{number}"))
        work.counts.update({REJECTED: -1, MENDED: 1})
        work.findings.subtract([import_row.finding])
        more = work.store(([number], prepared), import_row.position)
        ContactImport.objects.filter(pk=job.pk).update(counts=work.counts, **more)
