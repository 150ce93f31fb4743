"""Which encoding an uploaded file is in: decided by decoding all of it, in one stream."""

import codecs
import re
from typing import BinaryIO, NamedTuple

from campaigns.errors import InvalidInput

from .containers import holds_workbook

ENCODINGS = ("utf_8_sig", "utf_8", "utf_16", "cp932", "euc_jp")
CHUNK = 1 << 20  # a line longer than this is refused, so that memory stays flat
# Japanese letters in UTF-8. Text in CP932 fails as UTF-8 before two of them: what had two was UTF-8, and is damaged.
WIDE_IN_UTF_8 = re.compile(rb"[\xe0-\xf4]")
NOT_IN_CP932 = re.compile("[\x80\uf8f0-\uf8f3]")  # what Python makes of bytes that CP932 does not use


class CheckedText(NamedTuple):
    encoding: str
    lines: int
    maybe_euc_jp: bool  # EUC-JP can pass for CP932 made of half-width kana: ask


class UndecodableInput(InvalidInput):
    """Not in this encoding. `line` is the first that is not; `is_broken` says that those before it surely were."""

    def __init__(self, encoding: str, line: int, *, is_broken: bool = False) -> None:
        super().__init__("undecodable", encoding=encoding, line=line)
        self.line, self.is_broken = line, is_broken


def check_text(file: BinaryIO, encoding: str | None = None) -> CheckedText:
    """Refuses workbooks, archives, binary files and what is broken in every encoding (or in the one asked for)."""
    if holds_workbook(file):
        raise InvalidInput("is_workbook")
    file.seek(0)
    head = file.read(len(codecs.BOM_UTF8))
    failures: list[UndecodableInput] = []
    for candidate in _candidates(head, encoding):
        try:
            lines = _count_lines(file, candidate)
        except UndecodableInput as failure:
            failures.append(failure)
            if failure.is_broken:
                break
        else:
            return CheckedText(candidate, lines, candidate == "cp932" and encoding is None and _is_euc_jp(file))
    furthest = max(failures, key=lambda failure: failure.line)
    raise InvalidInput("undecodable", **furthest.context, maybe_euc_jp=_is_euc_jp(file))


def _candidates(head: bytes, encoding: str | None) -> tuple[str, ...]:
    if encoding not in (None, *ENCODINGS):
        raise InvalidInput("unknown_encoding", encoding=encoding)
    if head.startswith(codecs.BOM_UTF8) and encoding in (None, "utf_8"):
        return ("utf_8_sig",)
    if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)) and encoding is None:
        return ("utf_16",)
    # UTF-8 first: its bytes often decode as CP932 too, into nonsense.
    return (encoding,) if encoding else ("utf_8", "cp932")


def _is_euc_jp(file: BinaryIO) -> bool:
    try:
        _count_lines(file, "euc_jp")
    except InvalidInput:
        return False
    return True


def _count_lines(file: BinaryIO, encoding: str) -> int:
    """Lines of the whole file, the last one with or without its line break."""
    decoder = codecs.getincrementaldecoder(encoding)()
    file.seek(0)
    lines, last = 0, "\n"
    while chunk := file.read(CHUNK):
        text = _decode(decoder, chunk, encoding, lines=lines)
        breaks = text.count("\n") or text.count("\r")
        if not breaks and len(chunk) == CHUNK:
            raise InvalidInput("cell_too_long", line=lines + 1)
        lines, last = lines + breaks, text[-1:] or last
    _decode(decoder, b"", encoding, lines=lines)
    return lines + (last not in "\r\n")


def _decode(decoder: codecs.IncrementalDecoder, chunk: bytes, encoding: str, *, lines: int) -> str:
    if encoding != "utf_16" and b"\0" in chunk:
        raise InvalidInput("not_text", line=lines + 1 + chunk[: chunk.index(b"\0")].count(b"\n"))
    try:
        text = decoder.decode(chunk, final=not chunk)
    except UnicodeDecodeError as error:
        sound = error.object[: error.start]
        is_broken = encoding == "utf_8" and len(WIDE_IN_UTF_8.findall(sound)) >= 2
        raise UndecodableInput(encoding, lines + 1 + sound.count(b"\n"), is_broken=is_broken) from error
    except UnicodeError as error:  # UTF-16 without its mark
        raise UndecodableInput(encoding, lines + 1) from error
    if "\0" in text:
        raise InvalidInput("not_text", line=lines + 1 + text[: text.index("\0")].count("\n"))
    if encoding == "cp932" and (stray := NOT_IN_CP932.search(text)):
        raise UndecodableInput(encoding, lines + 1 + text[: stray.start()].count("\n"))
    return text
