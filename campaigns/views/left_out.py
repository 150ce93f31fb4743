"""The rows of an upload that are not taken in, as a file to mend."""

from collections.abc import Iterable, Iterator

from django.http import StreamingHttpResponse
from django.utils import timezone
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _

from campaigns.file_texts import REASON_HEADING, row_reason
from campaigns.models import ContactImport
from campaigns.rules.csv_cells import write_csv
from campaigns.services.imports.checking import left_out

# In a file without its mark, spreadsheets take UTF-8 for something else.
WRITTEN_AS = {"utf_8": "utf_8_sig"}


def left_out_response(contact_import: ContactImport) -> StreamingHttpResponse:
    """The rows that are not taken in, in the file's own encoding, with the reason in a column of its own."""
    encoding = WRITTEN_AS.get(contact_import.encoding, contact_import.encoding)
    lines = _lines(left_out(contact_import), contact_import.header)
    content = write_csv(lines, encoding=encoding, delimiter=contact_import.delimiter)
    response = StreamingHttpResponse(content, content_type="text/csv")
    name = _("取り込まない行")  # the collector of texts does not look into f-strings
    filename = f"{name}_{timezone.localtime():%Y%m%d_%H%M}.csv"
    response["Content-Disposition"] = content_disposition_header(as_attachment=True, filename=filename) or ""
    return response


def _lines(rows: Iterable[tuple[list[str], str]], header: list[str]) -> Iterator[list[str]]:
    """The reason comes first: a row may have more cells than there are headings."""
    if any(header):
        yield [str(REASON_HEADING), *header]
    for cells, code in rows:
        yield [row_reason(code), *cells]
