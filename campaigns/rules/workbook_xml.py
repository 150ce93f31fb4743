"""The XML of a workbook's parts, block by block, from the beginning or from an item where an earlier reading ended."""

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any, BinaryIO, Protocol
from xml.parsers import expat

from campaigns.errors import InvalidInput

BLOCK = 1 << 16


class Handler(Protocol):
    """Collects what it wants of a part while that is parsed; names come without a prefix."""

    def start(self, name: str, given: dict[str, str]) -> None: ...

    def text(self, text: str) -> None: ...

    def end(self, name: str) -> None: ...


class ItemHandler(Handler, Protocol):
    """Of a part that lists items one after another, each the same element."""

    item: str
    place: Callable[[], int]  # the byte of the part where the element now reported begins


class Elements:
    """Names and attributes, in order; of small parts."""

    def __init__(self) -> None:
        self.found: list[tuple[str, dict[str, str]]] = []

    def start(self, name: str, given: dict[str, str]) -> None:
        self.found.append((name, given))

    def text(self, text: str) -> None: ...

    def end(self, name: str) -> None: ...


def parse(content: BinaryIO, handler: Handler) -> Iterator[None]:
    """One block each time, for the caller to take what the handler has so far."""
    return _feed(_parser(handler), content)


def parse_items(content: BinaryIO, handler: ItemHandler, *, start: int = 0) -> Iterator[None]:
    """From the item that begins at byte `start` on, as if those before it were not there."""
    parser, skipped = _parser(handler), 0
    if start:
        head = _before_items(content, handler.item)
        parser.Parse(head, False)
        content.seek(start)
        skipped = start - len(head)
    handler.place = lambda: parser.CurrentByteIndex + skipped
    return _feed(parser, content)


def _feed(parser: Any, content: BinaryIO) -> Iterator[None]:
    while block := content.read(BLOCK):
        parser.Parse(block, False)
        yield
    parser.Parse(b"", True)
    yield


def _before_items(content: BinaryIO, item: str) -> bytes:
    """The declaration and the elements around the items: they say how the rest is written."""
    read, first = b"", _FirstItem(item)
    parser = _parser(first)
    first.place = lambda: parser.CurrentByteIndex
    while first.at is None and (block := content.read(BLOCK)):
        read += block
        parser.Parse(block, False)
    return read[: first.at]


class _FirstItem(Elements):
    place: Callable[[], int]

    def __init__(self, item: str) -> None:
        super().__init__()
        self.item, self.at = item, None  # type: tuple[str, int | None]

    def start(self, name: str, given: dict[str, str]) -> None:
        if name == self.item and self.at is None:
            self.at = self.place()


def _parser(handler: Handler) -> Any:
    parser = expat.ParserCreate()
    parser.buffer_text = True
    parser.StartDoctypeDeclHandler = _refuse_entities
    parser.StartElementHandler = partial(_begin, parser, handler)
    return parser


def _begin(parser: Any, handler: Handler, name: str, given: dict[str, str]) -> None:
    """The first element tells whether all of them carry a prefix, as some programs write them."""
    prefix = len(name) - len(name.rpartition(":")[2])
    if prefix:
        parser.StartElementHandler = lambda name, given: handler.start(name[prefix:], given)
        parser.EndElementHandler = lambda name: handler.end(name[prefix:])
    else:
        parser.StartElementHandler, parser.EndElementHandler = handler.start, handler.end
    parser.CharacterDataHandler = handler.text
    parser.StartElementHandler(name, given)


def _refuse_entities(*declaration: object) -> None:
    raise InvalidInput("damaged_workbook")
