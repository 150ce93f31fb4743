"""What the passes of an import have in common: steps, each stored in one transaction with the moved resume point."""

from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from django.utils import timezone

from campaigns.models import ContactImport

CHUNK = 2_000


class Step(NamedTuple):
    content: Any
    rows: int  # how far it moves the count of rows
    place: Mapping[str, int | None]  # columns of the import: where the next step begins
    is_last: bool


class Pass(ABC):
    """One slice of going through an import's rows, from where the last slice or a crash left off."""

    def __init__(self, contact_import: ContactImport) -> None:
        self.job = contact_import
        self.counts = Counter[str](contact_import.counts)

    @abstractmethod
    def steps(self) -> Iterator[Step]: ...

    def prepare(self, step: Step) -> Any:
        """Outside the transaction."""
        return step.content

    @abstractmethod
    def store(self, prepared: Any, start: int) -> dict[str, object]:
        """In the transaction; what else of the import changes with it."""


def begun() -> dict[str, object]:
    """The columns of an import whose next pass begins now."""
    now = timezone.now()
    return {"started_at": now, "beat_at": now, "finished_at": None}


def from_the_first_row() -> dict[str, object]:
    return {"rows_read": 0, "next_line": 1, "next_row": 1, "bytes_read": 0, **begun()}
