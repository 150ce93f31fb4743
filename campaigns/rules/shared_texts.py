"""The texts a workbook keeps once for all its cells."""

from array import array
from collections.abc import Iterator, Sequence
from mmap import mmap

from campaigns.errors import InvalidInput

ESCAPES = {"_x000D_": "", "_x005F_": "_"}
NOTHING_MORE = object()


class TextTable:
    """Packed, for there may be millions of them."""

    def __init__(self, packed: bytearray | mmap, ends: Sequence[int]) -> None:
        """`ends`: of each text, after a 0."""
        self.packed, self.ends = packed, ends

    def __getitem__(self, at: int) -> str:
        return str(self.packed[self.ends[at] : self.ends[at + 1]], "utf-8")


class SharedTexts(TextTable):
    """Parsed only as far as a cell points to. Beyond `max_cell` characters a text is cut."""

    packed: bytearray
    ends: "array[int]"

    def __init__(self, max_cell: int, *, most: int) -> None:
        super().__init__(bytearray(), array("Q", [0]))
        self.max_cell, self.most = max_cell, most
        self.unread: Iterator[None] = iter(())  # parses a block more each time
        self.pieces: list[str] = []
        self.length = 0  # of the pieces together
        self.is_text = self.is_reading = False

    def __getitem__(self, at: int) -> str:
        while at + 1 >= len(self.ends) and next(self.unread, NOTHING_MORE) is not NOTHING_MORE:
            pass
        return super().__getitem__(at)

    def read_all(self) -> None:
        for _ in self.unread:
            pass

    def start(self, name: str, given: dict[str, str]) -> None:
        if name == "rPh":  # how it is read aloud
            self.is_reading = True
        self.is_text = name == "t" and not self.is_reading

    def text(self, text: str) -> None:
        if self.is_text and self.length <= self.max_cell:
            self.pieces.append(text)
            self.length += len(text)

    def end(self, name: str) -> None:
        self.is_text = False
        if name == "rPh":
            self.is_reading = False
        elif name == "si":
            self.packed += unescaped("".join(self.pieces))[: self.max_cell + 1].encode()
            self.ends.append(len(self.packed))
            self.pieces.clear()
            self.length = 0
            if len(self.packed) > self.most:
                raise InvalidInput("workbook_too_large", maximum=self.most // 1_000_000)


def unescaped(text: str) -> str:
    for escape, meant in ESCAPES.items() if "_x" in text else ():
        text = text.replace(escape, meant)
    return text
