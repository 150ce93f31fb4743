"""CSV to a browser: written while it is read, so that a million rows need neither memory nor patience."""

from collections import Counter
from collections.abc import Callable, Iterable
from datetime import datetime
from time import monotonic
from typing import TypeVar

from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.http import content_disposition_header

from campaigns.rules.csv_cells import write_csv
from campaigns.rules.sending_window import JST

ENCODINGS = {"cp932": "cp932"}
DEFAULT = "utf_8_sig"  # what spreadsheets recognise by themselves
LONGEST_LOOK = 3.0  # seconds
MOST_NAMED = 30

Download = TypeVar("Download", HttpResponse, StreamingHttpResponse)


def csv_response(request: HttpRequest, name: str, rows: Iterable[Iterable[object]]) -> StreamingHttpResponse:
    """`rows` with their heading; ?encoding=cp932 for programs that read nothing else."""
    encoding = ENCODINGS.get(request.GET.get("encoding", ""), DEFAULT)
    charset = "cp932" if encoding == "cp932" else "utf-8"
    response = StreamingHttpResponse(write_csv(rows, encoding=encoding), content_type=f"text/csv; charset={charset}")
    return as_download(response, name, "csv")


def moment(at: datetime | None) -> str:
    """In Japan's time, as spreadsheets sort it."""
    return f"{at.astimezone(JST):%Y-%m-%d %H:%M:%S}" if at else ""


def as_download(response: Download, name: str, kind: str) -> Download:
    filename = f"{name}_{timezone.localtime():%Y%m%d_%H%M}.{kind}"
    response["Content-Disposition"] = content_disposition_header(as_attachment=True, filename=filename) or ""
    return response


def ask_about_lost(request: HttpRequest, rows: Callable[[], Iterable[Iterable[object]]]) -> HttpResponse | None:
    """A page that names the characters the Shift_JIS file asked for cannot hold; None when it can be made at once.

    Who was told asks again with ?lost=ok. A very long list is looked through for three seconds, not to its end.
    """
    if request.GET.get("encoding") not in ENCODINGS or request.GET.get("lost") == "ok":
        return None
    lost, until = Counter[str](), monotonic() + LONGEST_LOOK
    is_whole = all(monotonic() < until for _piece in write_csv(rows(), encoding="cp932", lost=lost))
    context = {"lost": lost.most_common(MOST_NAMED), "kinds": len(lost), "total": lost.total(), "is_whole": is_whole}
    return render(request, "exports/lost.html", context) if lost else None
