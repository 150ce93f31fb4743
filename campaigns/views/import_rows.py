"""CSV取込: the rows of one finding, and a rejected row to be put right."""

from typing import Any

from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from campaigns.errors import InvalidInput, RuleError
from campaigns.file_texts import row_reason
from campaigns.forms.import_rows import RowForm
from campaigns.models import ContactImport, ImportRow
from campaigns.services.imports.mending import mend
from campaigns.services.imports.report import findings

from .access import requires
from .htmx import HtmxRequest
from .paging import PAGE_SIZE


@requires("campaigns.see_numbers")
@require_GET
def import_rows(request: HtmxRequest, import_id: int) -> HttpResponse:
    contact_import = get_object_or_404(ContactImport, pk=import_id)
    found = findings(contact_import)
    if not found:
        return redirect("import_detail", import_id)
    shown = next((finding for finding in found if finding.key == request.GET.get("finding")), found[0])
    context = {
        "job": contact_import,
        "findings": found,
        "shown": shown,
        **_page(contact_import.rows.filter(finding=shown.key), request.GET.get("from", "")),
    }
    return render(request, "imports/rows.html", context)


@requires("campaigns.add_contactimport")
@require_http_methods(["GET", "POST"])
def import_row_mend(request: HtmxRequest, row_id: int) -> HttpResponse:
    row = get_object_or_404(ImportRow.objects.select_related("contact_import"), pk=row_id)
    job = row.contact_import
    if not row.can_be_mended:
        messages.error(request, _("この行は、ここでは直せません。"))
        return redirect("import_detail", job.pk)
    form = RowForm(row, request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            mend(row, form.cells())
        except InvalidInput as trouble:
            form.add_error(None, row_reason(trouble.code))
        except RuleError as error:
            messages.error(request, str(error))
            return redirect("import_detail", job.pk)
        else:
            messages.success(request, _("%(row)s行目を直しました。取り込む行に入ります。") % {"row": row.number})
            return redirect("import_detail", job.pk)
    context = {"job": job, "row": row, "form": form, "reason": row_reason(row.finding.partition(":")[2])}
    return render(request, "imports/mend.html", context, status=422 if form.errors else 200)


def _page(rows: "QuerySet[ImportRow]", wanted: str) -> dict[str, Any]:
    """In the order of the file; `previous` and `next` begin the pages beside this one."""
    start = int(wanted) if wanted.isascii() and wanted.isdigit() and len(wanted) < 6 else 1
    found = list(rows.filter(serial__gte=start).order_by("serial")[: PAGE_SIZE + 1])
    return {
        "rows": found[:PAGE_SIZE],
        "previous": max(start - PAGE_SIZE, 1) if start > 1 else None,
        "next": found[PAGE_SIZE].serial if len(found) > PAGE_SIZE else None,
    }
