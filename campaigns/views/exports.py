"""CSV to a browser: written while it is read, so that a million rows need neither memory nor patience."""

from collections.abc import Iterable

from django.http import HttpRequest, StreamingHttpResponse
from django.utils import timezone
from django.utils.http import content_disposition_header

from campaigns.rules.csv_cells import write_csv

ENCODINGS = {"cp932": "cp932"}
DEFAULT = "utf_8_sig"  # what spreadsheets recognise by themselves


def csv_response(request: HttpRequest, name: str, rows: Iterable[Iterable[object]]) -> StreamingHttpResponse:
    """`rows` with their heading; ?encoding=cp932 for programs that read nothing else."""
    encoding = ENCODINGS.get(request.GET.get("encoding", ""), DEFAULT)
    charset = "cp932" if encoding == "cp932" else "utf-8"
    response = StreamingHttpResponse(write_csv(rows, encoding=encoding), content_type=f"text/csv; charset={charset}")
    filename = f"{name}_{timezone.localtime():%Y%m%d_%H%M}.csv"
    response["Content-Disposition"] = content_disposition_header(as_attachment=True, filename=filename) or ""
    return response
