import io
import random
import re
import tracemalloc
import zipfile
from datetime import datetime

import pytest
import python_calamine
from hypothesis import given
from hypothesis import strategies as st

from campaigns.errors import InvalidInput
from campaigns.rules import workbook_xml
from campaigns.rules.containers import holds_workbook
from campaigns.rules.sheet_cells import SheetPlace
from campaigns.rules.workbook import Workbook, WorkbookLimits
from tests.workbooks import MAIN, book_parts, make_workbook, zipped

PEOPLE = [["氏名", "携帯"], ["髙﨑 一郎", "080-1111-2222"]]
LIMITS = WorkbookLimits()
OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"


def rows_of(content, *, sheet=0, limits=LIMITS):
    workbook = Workbook(io.BytesIO(content), limits)
    return list(workbook.rows(workbook.sheets[sheet]))


def code_of(action, *arguments, **options):
    with pytest.raises(InvalidInput) as refusal:
        action(*arguments, **options)
    return refusal.value.code


def one_sheet(data, **parts):
    """A workbook whose only sheet holds this XML."""
    named = {f"xl/{name}.xml": part for name, part in parts.items()}
    sheet = f"<worksheet {MAIN}><sheetData>{data}</sheetData></worksheet>"
    return zipped(book_parts(["表"]) | {"xl/worksheets/sheet1.xml": sheet} | named)


@pytest.mark.parametrize("shared", [pytest.param(True, id="common texts"), pytest.param(False, id="texts in cells")])
def test_the_text_of_every_kind_of_cell(shared):
    cells = [
        *("山田\n太郎", " 前後 ", "<&>", 8011112222, 8.5, -1, True, False, None, "末"),
        *(datetime(2026, 4, 1), datetime(2026, 4, 1, 9, 30)),  # noqa: DTZ001
    ]
    assert rows_of(make_workbook({"名簿": [cells]}, shared=shared)) == [
        [
            *("山田\n太郎", " 前後 ", "<&>", "8011112222", "8.5", "-1", "TRUE", "FALSE", "", "末"),
            *("2026/4/1", "2026/4/1 9:30:00"),
        ]
    ]


@pytest.mark.parametrize(
    ("cell", "text"),
    [
        pytest.param("<v>9012340001.0</v>", "9012340001", id="a whole number with a decimal point"),
        pytest.param("<v>8.1901111222E+11</v>", "819011112220", id="a number with an exponent is whole again"),
        pytest.param("<v>0.30000000000000004</v>", "0.3", id="rounded as on screen"),
        pytest.param("<f>A1*2</f><v>7</v>", "7", id="a formula is its value"),
        pytest.param("<f>A1*2</f>", None, id="a formula without a value is blank"),
        pytest.param("<v/>", None, id="no value"),
    ],
)
def test_numbers_and_formulas(cell, text):
    assert rows_of(one_sheet(f'<row r="1"><c r="A1">{cell}</c></row>')) == ([[text]] if text else [])


@pytest.mark.parametrize(
    ("style", "text"),
    [
        pytest.param(0, "46113", id="a plain number"),
        pytest.param(1, "2026/4/1", id="a date of the program"),
        pytest.param(2, "2026/4/1", id="a Japanese date"),
        pytest.param(3, "46113", id="letters in quotes make no date"),
    ],
)
def test_the_format_of_a_cell_tells_a_date_from_a_number(style, text):
    assert rows_of(one_sheet(f'<row><c s="{style}"><v>46113</v></c></row>')) == [[text]]


@pytest.mark.parametrize(
    ("cell", "text"),
    [
        pytest.param('<c t="str"><f>B1</f><v>青木</v></c>', "青木", id="text of a formula"),
        pytest.param('<c t="e"><v>#N/A</v></c>', "#N/A", id="an error stays visible"),
        pytest.param('<c t="d"><v>2026-04-01</v></c>', "2026-04-01", id="a date written out"),
        pytest.param('<c t="s"><v>0</v></c>', "東京太郎", id="pieces are joined, readings left out"),
        pytest.param('<c t="s"><v>1</v></c>', "一\n二_x", id="escapes"),
        pytest.param('<c s="1"><v>0.395833333333333</v></c>', "9:30:00", id="a time of day"),
    ],
)
def test_texts(cell, text):
    texts = (
        f"<sst {MAIN}><si><r><t>東京</t></r><r><t>太郎</t></r><rPh><t>トウキョウ</t></rPh></si>"
        "<si><t>一_x000D_\n二_x005F_x</t></si></sst>"
    )
    assert rows_of(one_sheet(f"<row>{cell}</row>", sharedStrings=texts)) == [[text]]


def test_rows_and_columns_keep_their_places():
    data = (
        '<row r="2"><c r="B2"><v>1</v></c><c r="AA2"><v>2</v></c></row><row r="4"><c><v>3</v></c><c><v>4</v></c></row>'
    )
    assert rows_of(one_sheet(data + '<row r="9"><c r="A9" s="1"/></row>')) == [
        [],
        ["", "1", *[""] * 24, "2"],
        [],
        ["3", "4"],
    ]


def test_names_with_a_prefix_are_the_same_names():
    sheet = '<x:worksheet xmlns:x="x"><x:sheetData><x:row><x:c><x:v>1</x:v></x:c></x:row></x:sheetData></x:worksheet>'
    assert rows_of(zipped(book_parts(["表"]) | {"xl/worksheets/sheet1.xml": sheet})) == [["1"]]


def test_days_counted_from_1904():
    parts = book_parts(["表"])
    parts["xl/workbook.xml"] = parts["xl/workbook.xml"].replace("<sheets>", '<workbookPr date1904="1"/><sheets>')
    sheet = f'<worksheet {MAIN}><sheetData><row><c s="1"><v>44651</v></c></row></sheetData></worksheet>'
    assert rows_of(zipped(parts | {"xl/worksheets/sheet1.xml": sheet})) == [["2026/4/1"]]


def test_only_sheets_a_person_sees_are_offered():
    content = make_workbook({"表紙": [["a"]], "隠し": [["b"]], "名簿": PEOPLE}, hidden=["隠し"])
    assert [sheet.name for sheet in Workbook(io.BytesIO(content)).sheets] == ["表紙", "名簿"]
    assert rows_of(content, sheet=1) == PEOPLE


def test_macros_are_passed_over():
    parts = zipfile.ZipFile(io.BytesIO(make_workbook({"名簿": PEOPLE})))
    content = zipped({name: parts.read(name) for name in parts.namelist()} | {"xl/vbaProject.bin": b"\0" * 99})
    assert rows_of(content) == PEOPLE


# --- Going on where an earlier reading ended ---
HOLES = "".join(
    f'<row r="{row}"><c r="A{row}"><v>{row}</v></c><c t="s"><v>{row % 2}</v></c></row>' for row in (2, 3, 7, 8, 20)
)
COUNTED = "".join("<row><c><v>5</v></c></row><row/>" for _ in range(9))
SST = f"<sst {MAIN}><si><t>東京</t></si><si><t>大阪</t></si></sst>"


def prefixed(data):
    return re.sub(r"<(/?)(?=[a-z])", r"<\1x:", data)


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(HOLES, id="numbered rows with holes between them"),
        pytest.param(COUNTED, id="rows without numbers"),
        pytest.param(HOLES + '<row r="30"/>' * 9, id="blank rows at the end"),
        pytest.param("", id="no rows"),
    ],
)
@pytest.mark.parametrize("written", ["utf-8", "utf-16", "prefixed"])
def test_a_sheet_read_bit_by_bit_is_the_same_sheet(data, written, monkeypatch):
    monkeypatch.setattr(workbook_xml, "BLOCK", 40)
    sheet = f"<worksheet {MAIN}><cols><col/></cols><sheetData>{data}</sheetData><end/></worksheet>"
    if written == "utf-16":
        sheet = f'<?xml version="1.0" encoding="UTF-16"?>{sheet}'.encode("utf-16")
    elif written == "prefixed":
        sheet = prefixed(sheet.replace(MAIN, 'xmlns:x="x"'))
    parts = {"xl/worksheets/sheet1.xml": sheet, "xl/sharedStrings.xml": SST}
    content = zipped(book_parts(["表"]) | parts)
    rows, place = [], SheetPlace()
    while place is not None:  # each time by a process that knows nothing but the place
        workbook = Workbook(io.BytesIO(content))
        found, place = next(portion for portion in workbook.portions(workbook.sheets[0], place) if moves(portion))
        rows += found
        assert place is None or place.row == len(rows)
    assert rows == rows_of(content)
    assert bool(rows) == bool(data)


def moves(portion):
    return portion.rest is None or portion.rows


def test_texts_are_read_as_far_as_cells_point_to_them():
    content = make_workbook({"表": [[f"文{at}" * 99] for at in range(9_999)]})
    workbook = Workbook(io.BytesIO(content))
    next(workbook.rows(workbook.sheets[0]))
    assert len(workbook.texts.packed) < 1_000_000


# --- Bad workbooks ---
@pytest.mark.parametrize(
    ("content", "code"),
    [
        pytest.param(OLE + bytes(600), "old_workbook", id="xls"),
        pytest.param(OLE + bytes(600) + "EncryptedPackage".encode("utf_16_le"), "locked_workbook", id="password"),
        pytest.param(
            OLE + bytes((1 << 20) - 20) + "EncryptedPackage".encode("utf_16_le"), "locked_workbook", id="across a cut"
        ),
        pytest.param(zipped({"xl/workbook.bin": ""}), "old_workbook", id="xlsb"),
        pytest.param(zipped({"mimetype": "", "content.xml": ""}), "old_workbook", id="ods"),
        pytest.param(zipped({"a.csv": ""}), "is_archive", id="a zipped CSV"),
        pytest.param(b"PK\x03\x04" + bytes(30), "is_archive", id="a broken archive"),
        pytest.param(
            zipped({"a.csv": ""}).replace(b"PK\x01\x02\x14\x03\x14", b"PK\x01\x02\x14\x03\x63"),
            "is_archive",
            id="an archive of a version to come",
        ),
        pytest.param(b"Rar!\x1a\x07\0", "is_archive", id="rar"),
    ],
)
def test_other_containers_are_told_apart_by_their_content(content, code):
    assert code_of(holds_workbook, io.BytesIO(content)) == code


def test_text_is_no_workbook():
    assert not holds_workbook(io.BytesIO("氏名\n".encode()))
    assert holds_workbook(io.BytesIO(make_workbook({"名簿": PEOPLE})))


@pytest.mark.parametrize(
    ("content", "code"),
    [
        pytest.param(zipped({"xl/workbook.xml": "<workbook>"}), "damaged_workbook", id="XML that breaks off"),
        pytest.param(zipped({"xl/workbook.xml": "<workbook/>"}), "no_sheet", id="no sheet"),
        pytest.param(zipped(book_parts(["表"])), "damaged_workbook", id="a sheet that is not there"),
        pytest.param(one_sheet('<row r="x"/>'), "damaged_workbook", id="a row without a number"),
        pytest.param(one_sheet('<row r="1048577"/>'), "damaged_workbook", id="a row no sheet has"),
        pytest.param(one_sheet('<row><c r="ZZZZ1"><v>1</v></c></row>'), "damaged_workbook", id="a column no sheet has"),
        pytest.param(one_sheet('<row r="2"/><row r="1"/><row r="0"/>'), "damaged_workbook", id="row 0"),
        pytest.param(one_sheet('<row><c t="s"><v>5</v></c></row>'), "damaged_workbook", id="a text that is not there"),
        pytest.param(
            zipped(book_parts(["表"]) | {"xl/worksheets/sheet1.xml": '<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>'}),
            "damaged_workbook",
            id="entities",
        ),
        *(
            pytest.param(
                make_workbook({"名簿": PEOPLE}).replace(b"\x00\x00\x08\x00", b"\x00\x00" + method + b"\x00"),
                "damaged_workbook",
                id=f"packed by method {method[0]}",
            )
            for method in (b"\x0c", b"\x0e", b"\x62")
        ),
        pytest.param(
            one_sheet('<row><c r="A1"><v>1</v></c><c r="GS1"><v>2</v></c></row>'), "too_many_columns", id="201 columns"
        ),
    ],
)
def test_a_workbook_that_cannot_be_read_is_refused(content, code):
    assert code_of(rows_of, content) == code


def test_a_small_file_that_unpacks_to_a_huge_one_is_refused_before_it_is_unpacked():
    content = zipped(book_parts(["表"]) | {"xl/worksheets/sheet1.xml": " " * 20_000_000})
    assert len(content) < 100_000
    tracemalloc.start()
    assert code_of(rows_of, content, limits=WorkbookLimits(max_unpacked=10_000_000)) == "workbook_too_large"
    assert tracemalloc.get_traced_memory()[1] < 1_000_000
    tracemalloc.stop()


def test_texts_beyond_the_limit_are_cut_where_it_shows():
    texts = [["x" * 50, "あ" * 11], ["短い", "あ" * 10]]
    for shared in (True, False):
        content = make_workbook({"表": texts}, shared=shared)
        assert rows_of(content, limits=WorkbookLimits(max_cell=10)) == [["x" * 11, "あ" * 11], ["短い", "あ" * 10]]


@pytest.mark.parametrize("shared", [pytest.param(True, id="common texts"), pytest.param(False, id="texts in cells")])
def test_a_cell_of_many_megabytes_is_never_held_as_a_whole(shared):
    content = make_workbook({"表": [["x" * 30_000_000]]}, shared=shared)
    tracemalloc.start()
    assert [len(cell) for cell in rows_of(content)[0]] == [10_001]
    assert tracemalloc.get_traced_memory()[1] < 5_000_000
    tracemalloc.stop()


def test_blank_rows_at_the_end_of_the_world_cost_nothing():
    tracemalloc.start()
    assert len(rows_of(one_sheet('<row r="1048576"><c><v>1</v></c></row>'))) == 1_048_576
    assert tracemalloc.get_traced_memory()[1] < 40_000_000
    tracemalloc.stop()


cell = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(0, 10**13),
    st.text(st.characters(min_codepoint=32, exclude_characters="\ufffe\uffff_", exclude_categories=["Cs", "Cc"])),
)


@given(st.lists(st.lists(cell, max_size=5), min_size=1, max_size=5), st.booleans())
def test_another_reader_reads_the_same(rows, shared):
    content = make_workbook({"表": rows}, shared=shared)
    theirs = python_calamine.load_workbook(io.BytesIO(content)).get_sheet_by_index(0).to_python(skip_empty_area=False)
    assert trimmed(rows_of(content)) == trimmed([[as_text(value) for value in row] for row in theirs])


def as_text(value):
    if isinstance(value, bool):
        return str(value).upper()
    return f"{value:.0f}" if isinstance(value, float) else str(value)


def trimmed(rows):
    """Without the blanks at the right and at the end, which the two count differently."""
    return "\n".join("\t".join(row).rstrip("\t") for row in rows).rstrip("\n")


def test_whatever_is_done_to_a_workbook_it_is_read_or_refused():
    chance = random.Random(5)
    parts = zipfile.ZipFile(io.BytesIO(make_workbook({"名簿": PEOPLE * 3})))
    whole = {name: parts.read(name) for name in parts.namelist()}
    for _ in range(400):
        spoilt = {name: spoil(part, chance) if chance.random() < 0.3 else part for name, part in whole.items()}
        content = zipped(spoilt)
        read_or_refused(spoil(content, chance) if chance.random() < 0.5 else content)


def spoil(content, chance):
    at = chance.randrange(len(content) + 1)
    rest = at + chance.choice([0, 1, 4, 40])
    return content[:at] + chance.choice([b"", b"\0", b"<", b'r="9"', chance.randbytes(3)]) + content[rest:]


def read_or_refused(content):
    try:
        if holds_workbook(io.BytesIO(content)):
            rows_of(content)
    except InvalidInput:
        pass
