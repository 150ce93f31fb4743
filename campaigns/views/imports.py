"""CSV取込: upload → what the columns are → check → take in. One address per upload, whatever stage it is at."""

from typing import Any

from django.contrib import messages
from django.http import HttpResponse, StreamingHttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from campaigns.errors import InvalidInput, RuleError
from campaigns.file_texts import file_trouble
from campaigns.forms.imports import MappingForm, ReadingForm, UploadForm
from campaigns.models import Activity, ContactImport, ImportState
from campaigns.services.imports.importing import cancel_import, start_check, start_import
from campaigns.services.imports.report import findings
from campaigns.services.imports.undoing import start_undo
from campaigns.services.imports.uploading import first_rows, receive_file, remembered, reread

from .access import requires
from .htmx import HtmxRequest, render_page
from .left_out import left_out_response
from .listing import as_liked
from .paging import page_of

SAMPLE = 20  # rows to guess by; the page shows the first of them
TAKING_IN = (ImportState.RUNNING, ImportState.DONE, ImportState.UNDOING, ImportState.UNDONE)
MAPPABLE = (ImportState.UPLOADED, ImportState.CHECKED, ImportState.FAILED)


@requires("campaigns.view_contactimport")
@require_GET
def import_list(request: HtmxRequest) -> HttpResponse:
    found = ContactImport.objects.select_related("created_by", "contact_list")
    wanted = request.GET.get("q", "").strip()
    if wanted:
        found = found.filter(original_name__icontains=wanted)
    context = {"page": page_of(found, request), "is_filtered": bool(wanted)}
    return render(request, "imports/list.html", context | as_liked(request, "import_list"))


@requires("campaigns.add_contactimport")
@require_http_methods(["GET", "POST"])
def import_new(request: HtmxRequest) -> HttpResponse:
    form = UploadForm(request.POST or None, request.FILES or None, initial={"list": request.GET.get("list")})
    if request.method == "POST" and form.is_valid():
        try:
            contact_import = receive_file(
                form.cleaned_data["file"], request.user, contact_list=form.cleaned_data["list"]
            )
        except InvalidInput as trouble:
            form.add_error("file", file_trouble(trouble.code, trouble.context))
        else:
            return redirect("import_detail", contact_import.pk)
    return render(request, "imports/new.html", {"form": form}, status=422 if form.errors else 200)


@requires("campaigns.view_contactimport")
@require_GET
def import_detail(request: HtmxRequest, import_id: int) -> HttpResponse:
    contact_import = get_object_or_404(ContactImport.objects.select_related("created_by", "contact_list"), pk=import_id)
    maps = contact_import.state == ImportState.UPLOADED or (
        "columns" in request.GET and contact_import.state in MAPPABLE
    )
    if maps and request.user.has_perm("campaigns.add_contactimport"):
        return _mapping_page(request, contact_import)
    return render_page(request, "imports/detail.html", "imports/_stage.html", _stage(contact_import))


@requires("campaigns.add_contactimport")
@require_http_methods(["GET", "POST"])
def import_reread(request: HtmxRequest, import_id: int) -> HttpResponse:
    contact_import = get_object_or_404(ContactImport, pk=import_id)
    if request.method == "GET" or contact_import.state not in MAPPABLE:
        return redirect("import_detail", import_id)
    form = ReadingForm(contact_import, request.POST)
    if form.is_valid():
        try:
            reread(contact_import, **form.cleaned_data)
        except InvalidInput as trouble:
            code = "wrong_encoding" if trouble.code == "undecodable" else trouble.code
            form.add_error(None, file_trouble(code, trouble.context))
        except FileNotFoundError:
            form.add_error(None, file_trouble("file_missing", {}))
        except RuleError as error:
            messages.error(request, str(error))
    if form.errors:
        return _mapping_page(request, contact_import, reading=form)
    return redirect("import_detail", import_id)


@requires("campaigns.add_contactimport")
@require_http_methods(["GET", "POST"])
def import_check(request: HtmxRequest, import_id: int) -> HttpResponse:
    contact_import = get_object_or_404(ContactImport, pk=import_id)
    if request.method == "GET" or contact_import.state not in MAPPABLE:
        return redirect("import_detail", import_id)
    try:
        form = _mapping_form(contact_import, request.POST)
        if not form.is_valid():
            return _mapping_page(request, contact_import, form=form)
        start_check(contact_import, form.choices())
    except RuleError as error:
        messages.error(request, str(error))
    except FileNotFoundError:
        messages.error(request, file_trouble("file_missing", {}))
    return redirect("import_detail", import_id)


@requires("campaigns.add_contactimport")
@require_http_methods(["GET", "POST"])
def import_run(request: HtmxRequest, import_id: int) -> HttpResponse:
    contact_import = get_object_or_404(ContactImport, pk=import_id)
    if request.method == "GET" or contact_import.state in TAKING_IN:
        return redirect("import_detail", import_id)
    if contact_import.taken_in_before() and not request.POST.get("again"):
        messages.error(
            request, _("同じ内容のファイルが取込済みです。もう一度取り込む場合は、確認の欄に印を付けてください。")
        )
        return redirect("import_detail", import_id)
    try:
        start_import(contact_import, request.user)
    except RuleError as error:
        messages.error(request, str(error))
    return redirect("import_detail", import_id)


@requires("campaigns.add_contactimport")
@require_http_methods(["GET", "POST"])
def import_cancel(request: HtmxRequest, import_id: int) -> HttpResponse:
    contact_import = get_object_or_404(ContactImport, pk=import_id)
    try:
        if request.method == "GET":
            contact_import.check_move(ImportState.CANCELLED)
            return render(request, "imports/cancel.html", {"job": contact_import})
        cancel_import(contact_import, request.user)
    except RuleError as error:
        messages.error(request, str(error))
    else:
        messages.success(request, _("取込を取り消しました。"))
    return redirect("import_detail", import_id)


@requires("campaigns.add_contactimport")
@require_http_methods(["GET", "POST"])
def import_undo(request: HtmxRequest, import_id: int) -> HttpResponse:
    contact_import = get_object_or_404(ContactImport, pk=import_id)
    try:
        if request.method == "GET":
            contact_import.check_move(ImportState.UNDOING)
            return render(request, "imports/undo.html", {"job": contact_import})
        start_undo(contact_import, request.user)
    except RuleError as error:
        messages.error(request, str(error))
    return redirect("import_detail", import_id)


@requires("campaigns.add_contactimport")
@require_GET
def import_rejected(request: HtmxRequest, import_id: int) -> HttpResponse | StreamingHttpResponse:
    contact_import = get_object_or_404(ContactImport, pk=import_id)
    try:
        response = left_out_response(contact_import)
    except (InvalidInput, FileNotFoundError):
        messages.error(request, file_trouble("file_missing", {}))
        return redirect("import_detail", import_id)
    rows = contact_import.counts.get("rejected", 0) + contact_import.counts.get("repeated", 0)
    Activity.objects.note(request.user, "left_out_exported", contact_import, rows=rows)
    return response


def _mapping_page(
    request: HtmxRequest,
    contact_import: ContactImport,
    *,
    form: MappingForm | None = None,
    reading: ReadingForm | None = None,
) -> HttpResponse:
    wrong = bool(form or reading)
    try:
        form = form or _mapping_form(contact_import)
    except FileNotFoundError:
        contact_import.failure = "file_missing"
        return render(request, "imports/detail.html", _stage(contact_import))
    context = {
        "job": contact_import,
        "form": form,
        "reading": reading or ReadingForm(contact_import),
        "doubt": file_trouble(contact_import.failure, {}) if contact_import.failure else "",
        "before": contact_import.taken_in_before(),
    }
    return render(request, "imports/mapping.html", context, status=422 if wrong else 200)


def _mapping_form(contact_import: ContactImport, data: Any = None) -> MappingForm:
    return MappingForm(contact_import, first_rows(contact_import, SAMPLE), data, remembered=remembered(contact_import))


def _stage(contact_import: ContactImport) -> dict[str, Any]:
    return {
        "job": contact_import,
        "step": 4 if contact_import.state in TAKING_IN else 3,
        "findings": findings(contact_import),
        "trouble": file_trouble(contact_import.failure, contact_import.failure_context),
        "before": contact_import.taken_in_before() if contact_import.state == ImportState.CHECKED else None,
    }
