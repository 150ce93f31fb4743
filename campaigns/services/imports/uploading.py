"""A file as it arrives: kept, looked at, and looked at again the way a person says it is to be read."""

import hashlib
import secrets
from collections.abc import Sequence
from contextlib import closing
from itertools import islice
from typing import Any, BinaryIO

from django.conf import settings
from django.core.files.base import File

from campaigns.errors import InvalidInput
from campaigns.file_texts import headings_of_ours
from campaigns.models import ContactImport, ContactList, ImportState, PortalSettings, User
from campaigns.rules.contact_file import FileLimits, FileShape, inspect
from campaigns.rules.containers import holds_workbook
from campaigns.rules.csv_reader import read_records
from campaigns.rules.headers import header_key

from .beside import forget
from .sheets import AS_WRITTEN, write_head


def file_limits() -> FileLimits:
    return FileLimits(max_columns=settings.IMPORT_MAX_COLUMNS, allow_m2m=PortalSettings.load().allow_m2m)


def receive_file(upload: File, actor: User, *, contact_list: ContactList | None = None) -> ContactImport:  # type: ignore[type-arg]
    """Keep an uploaded file with what it looks like; InvalidInput for one we cannot read, which is not kept."""
    if upload.size > settings.IMPORT_MAX_BYTES:
        raise InvalidInput("file_too_large", maximum=settings.IMPORT_MAX_BYTES // 1_000_000)
    is_workbook = holds_workbook(upload.file)  # type: ignore[arg-type]
    received = ContactImport(
        original_name=(upload.name or "")[-255:],
        sha256=hashlib.file_digest(_rewound(upload.file), "sha256").hexdigest(),  # type: ignore[arg-type]
        size=upload.size,
        created_by=actor,
        contact_list=contact_list,
    )
    # A name of our own: the person's may be long, or tell something about people.
    received.file.save(f"{secrets.token_hex(16)}.{'xlsx' if is_workbook else 'csv'}", upload, save=False)
    try:
        read = _as_workbook(received) if is_workbook else _as_text(received)
        for name, value in read.items():
            setattr(received, name, value)
        received.save()
    except InvalidInput:
        forget(received)
        raise
    return received


def reread(
    contact_import: ContactImport,
    *,
    encoding: str = "",
    delimiter: str | None = None,
    has_header: bool | None = None,
    sheet: str = "",
) -> None:
    """Look at the file again as a person says it is; the choice of columns starts anew."""
    if sheet and sheet != contact_import.sheet:
        read = _as_workbook(contact_import, name=sheet, has_header=has_header)
    elif contact_import.sheet:
        read = _as_read(contact_import, **AS_WRITTEN, has_header=has_header)
        if contact_import.unread_from is not None:
            read["rows_total"] = contact_import.rows_total
    else:
        read = _as_read(contact_import, encoding=encoding, delimiter=delimiter, has_header=has_header)
    contact_import.move(ImportState.UPLOADED, mapping={}, failure_context={}, **read)


def first_rows(contact_import: ContactImport, count: int) -> list[list[str]]:
    """The first filled rows below the heading."""
    with (
        contact_import.opened() as file,
        closing(read_records(file, contact_import.encoding, contact_import.delimiter)) as records,
    ):
        filled = (cells for _line, _row, cells in records if "".join(cells).strip())
        return list(islice(filled, contact_import.has_header, contact_import.has_header + count))


def remembered(contact_import: ContactImport) -> tuple[dict[int, str], ContactImport | None]:
    """The columns as somebody chose them for the last file taken in with the same headings, in whatever order."""
    last = (
        ContactImport.objects.filter(header_key=contact_import.header_key, state=ImportState.DONE)
        .exclude(header_key="")
        .select_related("created_by")
        .first()
    )
    if last is None:
        return {}, None
    chosen = {last.header[int(column)]: field for column, field in last.mapping.items()}
    return {at: chosen[title] for at, title in enumerate(contact_import.header) if title in chosen}, last


def _as_text(received: ContactImport) -> dict[str, Any]:
    try:
        return _as_read(received)
    except InvalidInput as error:
        if not error.context.get("maybe_euc_jp"):
            raise
        return _as_read(received, encoding="euc_jp") | {"failure": "read_as_euc_jp"}


def _as_workbook(received: ContactImport, *, name: str = "", has_header: bool | None = None) -> dict[str, Any]:
    """`rows_total` is an estimate where only the head is read."""
    head = write_head(received, name)
    text = ContactImport(file=received.file.name, sheets=head["sheets"], sheet=head["sheet"])
    doubt = "" if name or len(head["sheets"]) == 1 else "several_sheets"
    return _as_read(text, **AS_WRITTEN, has_header=has_header) | head | {"failure": doubt}


def _as_read(
    received: ContactImport, *, encoding: str = "", delimiter: str | None = None, has_header: bool | None = None
) -> dict[str, Any]:
    with received.opened() as file:
        shape = inspect(
            file, encoding=encoding or None, delimiter=delimiter, has_header=has_header, limits=file_limits()
        )
    return _columns_of(shape) | {"failure": shape.suspicious[0] if shape.suspicious else ""}


def _columns_of(shape: FileShape) -> dict[str, Any]:
    return {
        "encoding": shape.encoding,
        "delimiter": shape.delimiter,
        "has_header": shape.has_header,
        "header": shape.header,
        "header_key": _key_of(shape.header),
        "rows_total": shape.row_estimate,
    }


def _key_of(header: Sequence[str]) -> str:
    """Blank without headings, for then nothing tells one file from another."""
    if not any(header):
        return ""
    theirs = {*header} - headings_of_ours()
    return hashlib.sha256("\n".join(sorted(map(header_key, theirs))).encode()).hexdigest()


def _rewound(file: BinaryIO) -> BinaryIO:
    file.seek(0)
    return file
