"""What an import keeps beside the uploaded file and forgets with it. Writing the same twice leaves the same bytes."""

import json
import os
from array import array
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, field
from itertools import islice
from mmap import ACCESS_READ, mmap
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import NamedTuple

from campaigns.errors import InvalidInput
from campaigns.models import ContactImport, ImportRow
from campaigns.rules.shared_texts import SharedTexts, TextTable
from campaigns.rules.workbook import Workbook

ROWS, PREPARED, TEXTS = "rows", "prepared", "texts"
ITEM = array("Q").itemsize


class RowLedger:
    """Eight bytes a row: its number, or 0 where the row is left out.

    So a check that goes on after a crash knows which numbers came before, and the rows left out can be told.
    """

    def __init__(self, contact_import: ContactImport) -> None:
        self.path = contact_import.beside(ROWS)

    def read(self, start: int, count: int) -> "array[int]":
        """Refuses a ledger that is not there or too short."""
        try:
            with self.path.open("rb") as file:
                file.seek(start * ITEM)
                content = file.read(count * ITEM)
        except FileNotFoundError:
            content = b""
        if len(content) < count * ITEM:
            raise InvalidInput("file_missing")
        return array("Q", content)

    def write(self, start: int, numbers: Sequence[int]) -> None:
        write_at(self.path, start * ITEM, array("Q", numbers).tobytes())


@dataclass
class Prepared:
    """What a chunk of rows will write; `people` are contacts, packed for the database."""

    people: str = "[]"
    count: int = 0  # of people
    rows: int = 0  # of the file
    withdrawn: list[str] = field(default_factory=list)  # numbers that say they do not agree
    refused: list[str] = field(default_factory=list)  # numbers that say they must not be texted
    lists: list[tuple[str, str]] = field(default_factory=list)  # name of a list, number

    def phones(self) -> Iterator[str]:
        """Unpacked only when asked for."""
        yield from (person["phone"] for person in json.loads(self.people))


class Portion(NamedTuple):
    prepared: Prepared
    end: int  # the place after it


class PreparedRows:
    """The rows to take in, exactly as the check showed them: two lines a chunk, the facts and the people."""

    def __init__(self, contact_import: ContactImport) -> None:
        self.path = contact_import.beside(PREPARED)

    def write(self, start: int, prepared: Prepared) -> int:
        """The place after it."""
        facts = asdict(prepared)
        people = facts.pop("people")
        content = f"{json.dumps(facts, ensure_ascii=False)}\n{people}\n".encode()
        write_at(self.path, start, content)
        return start + len(content)

    def read(self, start: int, end: int) -> Iterator[Portion]:
        """FileNotFoundError where they are gone."""
        with self.path.open("rb") as file:
            file.seek(start)
            while file.tell() < end:
                facts, people = islice(file, 2)
                yield Portion(Prepared(people=people.decode(), **json.loads(facts)), file.tell())

    def remove(self) -> None:
        self.path.unlink(missing_ok=True)


class KeptTexts:
    """The shared texts of a workbook, parsed once for all slices: the texts, their ends, how many ends there are."""

    def __init__(self, contact_import: ContactImport) -> None:
        self.upload, self.path = Path(contact_import.file.path), contact_import.beside(TEXTS)

    def table(self, workbook: Workbook) -> TextTable:
        """FileNotFoundError where the upload was forgotten while it was parsed."""
        if not self.path.exists():
            self._write(workbook.all_texts())
            if not self.upload.exists():
                self.remove()
        with self.path.open("rb") as file:
            packed = mmap(file.fileno(), 0, access=ACCESS_READ)
        numbers = memoryview(packed)
        (ends,) = numbers[-ITEM:].cast("Q")
        return TextTable(packed, numbers[-ITEM * (ends + 1) : -ITEM].cast("Q"))

    def remove(self) -> None:
        self.path.unlink(missing_ok=True)

    def _write(self, texts: SharedTexts) -> None:
        """Under another name until it is whole; forgotten with the upload should that never be."""
        with NamedTemporaryFile(dir=self.path.parent, prefix=f"{self.path.name}.", delete=False) as file:
            file.write(texts.packed)
            file.write(texts.ends + array("Q", [len(texts.ends)]))
        Path(file.name).replace(self.path)


def forget(contact_import: ContactImport) -> None:
    """The file, whatever was made of it, and the rows kept for a person to look at."""
    upload = Path(contact_import.file.path)
    contact_import.file.delete(save=False)  # first: whoever makes something of it now will miss it
    for path in upload.parent.glob(f"{upload.name}.*"):
        path.unlink(missing_ok=True)
    ImportRow.objects.filter(contact_import_id=contact_import.pk).delete()


def write_at(path: Path, start: int, content: bytes) -> None:
    with os.fdopen(os.open(path, os.O_RDWR | os.O_CREAT, 0o600), "r+b") as file:
        file.seek(start)
        file.write(content)
