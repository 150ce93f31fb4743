"""Files that are not text, told by what is in them and not by their name."""

import zipfile
from typing import BinaryIO

from campaigns.errors import InvalidInput

OLD_WORKBOOK = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"  # .xls, and whatever Office locks with a password
LOCKED = "EncryptedPackage".encode("utf_16_le")
ARCHIVES = (b"PK\x03\x04", b"PK\x05\x06", b"Rar!", b"7z\xbc\xaf", b"\x1f\x8b")
CHUNK = 1 << 20


def holds_workbook(file: BinaryIO) -> bool:
    """True for a workbook we can read; refuses archives and workbooks of any other kind."""
    file.seek(0)
    head = file.read(len(OLD_WORKBOOK))
    if head == OLD_WORKBOOK:
        raise InvalidInput("locked_workbook" if _contains(file, LOCKED) else "old_workbook")
    if not head.startswith(ARCHIVES):
        return False
    names = _names_in(file)
    if "xl/workbook.xml" in names:
        return True
    if any(name == "content.xml" or name.startswith("xl/") for name in names):  # OpenDocument, or .xlsb
        raise InvalidInput("old_workbook")
    raise InvalidInput("is_archive")


def _names_in(file: BinaryIO) -> list[str]:
    try:
        return zipfile.ZipFile(file).namelist()
    except (zipfile.BadZipFile, ValueError, OSError, NotImplementedError):  # what a damaged directory raises
        return []


def _contains(file: BinaryIO, wanted: bytes) -> bool:
    tail = b""
    while chunk := file.read(CHUNK):
        if wanted in tail + chunk:
            return True
        tail = chunk[-len(wanted) :]
    return False
