"""Excel workbooks written by hand, so that a test says what stands in each part of one."""

import io
import zipfile
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from xml.sax.saxutils import escape, quoteattr

OVERRIDE = 'PartName="/xl/workbook.xml"'
SHEETS = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"
TYPES = (
    '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
    f'<Override {OVERRIDE} ContentType="{SHEETS}"/></Types>'
)
MAIN = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'
RELATED = 'xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"'
PACKAGED = 'xmlns="http://schemas.openxmlformats.org/package/2006/relationships"'
BOOK = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument"
KIND = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/worksheet"
# Styles: 0 plain, 1 a date, 2 a Japanese date of our own format, 3 a number of our own format.
STYLES = f"""<styleSheet {MAIN}><numFmts><numFmt numFmtId="164" formatCode="[$-411]ggge&quot;年&quot;m&quot;月&quot;d"/>
<numFmt numFmtId="165" formatCode="#,##0&quot;days&quot;"/></numFmts><cellStyleXfs><xf numFmtId="14"/></cellStyleXfs>
<cellXfs><xf numFmtId="0"/><xf numFmtId="14"/><xf numFmtId="164"/><xf numFmtId="165"/></cellXfs></styleSheet>"""
FIRST_DAY = datetime(1899, 12, 30)  # noqa: DTZ001  as naive as a spreadsheet
Cell = str | int | float | bool | datetime | None


def make_workbook(
    sheets: Mapping[str, Iterable[Sequence[Cell]]], *, shared: bool = True, hidden: Iterable[str] = ()
) -> bytes:
    """Texts in the common table, as Excel writes them, or in their cells, as many other programs do."""
    texts: dict[str, int] = {}
    parts = {
        f"xl/worksheets/sheet{at}.xml": sheet_xml(rows, texts if shared else None)
        for at, rows in enumerate(sheets.values(), 1)
    }
    return zipped(book_parts(sheets, hidden=hidden) | parts | {"xl/sharedStrings.xml": texts_xml(texts)})


def book_parts(names: Iterable[str], *, hidden: Iterable[str] = ()) -> dict[str, str]:
    named, states = list(enumerate(names, 1)), ("visible", "hidden")
    entries = "".join(
        f'<sheet name={quoteattr(name)} sheetId="{at}" r:id="rId{at}" state="{states[name in hidden]}"/>'
        for at, name in named
    )
    relations = "".join(
        f'<Relationship Id="rId{at}" Type="{KIND}" Target="worksheets/sheet{at}.xml"/>' for at, _ in named
    )
    start = f'<Relationship Id="rId1" Type="{BOOK}" Target="xl/workbook.xml"/>'
    return {
        "[Content_Types].xml": TYPES,
        "_rels/.rels": f"<Relationships {PACKAGED}>{start}</Relationships>",
        "xl/workbook.xml": f"<workbook {MAIN} {RELATED}><sheets>{entries}</sheets></workbook>",
        "xl/_rels/workbook.xml.rels": f"<Relationships {PACKAGED}>{relations}</Relationships>",
        "xl/styles.xml": STYLES,
    }


def zipped(parts: Mapping[str, str | bytes]) -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, part in parts.items():
            archive.writestr(name, part)
    return content.getvalue()


def sheet_xml(rows: Iterable[Sequence[Cell]], texts: dict[str, int] | None) -> str:
    written = "".join(_row(row, number, texts) for number, row in enumerate(rows, 1) if row)
    return f"<worksheet {MAIN}><sheetData>{written}</sheetData></worksheet>"


def texts_xml(texts: Iterable[str]) -> str:
    written = "".join(f'<si><t xml:space="preserve">{escape(text)}</t></si>' for text in texts)
    return f"<sst {MAIN}>{written}</sst>"


def _row(row: Sequence[Cell], number: int, texts: dict[str, int] | None) -> str:
    cells = "".join(_cell(value, f"{_letters(at)}{number}", texts) for at, value in enumerate(row))
    return f'<row r="{number}">{cells}</row>'


def _cell(value: Cell, reference: str, texts: dict[str, int] | None) -> str:
    if value is None:
        return f'<c r="{reference}" s="1"/>'
    if isinstance(value, bool):
        return f'<c r="{reference}" t="b"><v>{value:d}</v></c>'
    if isinstance(value, datetime):
        return f'<c r="{reference}" s="1"><v>{(value - FIRST_DAY).total_seconds() / 86_400}</v></c>'
    if not isinstance(value, str):
        return f'<c r="{reference}"><v>{value!r}</v></c>'
    if texts is None:
        return f'<c r="{reference}" t="inlineStr"><is><t xml:space="preserve">{escape(value)}</t></is></c>'
    return f'<c r="{reference}" t="s"><v>{texts.setdefault(value, len(texts))}</v></c>'


def _letters(at: int) -> str:
    head, last = divmod(at, 26)
    return (_letters(head - 1) if head else "") + chr(65 + last)
