import io

import pytest

from campaigns.errors import InvalidInput
from campaigns.rules.csv_reader import HEAD, Place, detect_delimiter, read_head, read_records


def records_of(text, delimiter=","):
    return list(read_records(io.BytesIO(text.encode()), "utf_8", delimiter))


@pytest.mark.parametrize(
    ("head", "delimiter"),
    [
        pytest.param("a,b\n1,2\n", ",", id="comma"),
        pytest.param("a\tb\n1\t2\n", "\t", id="tab"),
        pytest.param("a;b\n1;2\n", ";", id="semicolon"),
        pytest.param("a\n1\n2\n", ",", id="one column"),
        pytest.param("", ",", id="nothing"),
        pytest.param('氏名\t本文\n山田\t"今日は、, 晴れ"\n鈴木\ta,b,c\n', "\t", id="commas within cells"),
        pytest.param('氏名,本文\n山田,"a\tb\tc"\n鈴木,d\n', ",", id="tabs within a quoted cell"),
        pytest.param("a,b,c\n1,2,3\n1\n\n1,2,3\n", ",", id="short and blank rows"),
        pytest.param("a;b;c\n1,5;2,5;3,5\n1;2;3\n", ";", id="decimal commas"),
        pytest.param("a\tb\r1\t2\r", "\t", id="line breaks of an old Macintosh"),
    ],
)
def test_the_delimiter_is_the_one_that_cuts_evenly(head, delimiter):
    assert detect_delimiter(head) == delimiter


@pytest.mark.parametrize(
    ("text", "records"),
    [
        pytest.param("a,b\n1,2\n", [(1, 1, ["a", "b"]), (2, 2, ["1", "2"])], id="plain"),
        pytest.param("a,b\r\n1,2", [(1, 1, ["a", "b"]), (2, 2, ["1", "2"])], id="Windows, not ended"),
        pytest.param("a\r1\r", [(1, 1, ["a"]), (2, 2, ["1"])], id="old Macintosh"),
        pytest.param("a\n\n1\n", [(1, 1, ["a"]), (2, 2, []), (3, 3, ["1"])], id="a blank line keeps the count"),
        pytest.param('a\n"1\n2"\n3\n', [(1, 1, ["a"]), (2, 2, ["1\n2"]), (4, 3, ["3"])], id="line break in a cell"),
        pytest.param('"a,b","c ""d"""\n', [(1, 1, ["a,b", 'c "d"'])], id="comma and quote in a cell"),
        pytest.param('a"b,c\n', [(1, 1, ['a"b', "c"])], id="a quote within a plain cell"),
        pytest.param('"1\n2"', [(1, 1, ["1\n2"])], id="last cell over two lines"),
        pytest.param("", [], id="nothing"),
    ],
)
def test_records_carry_the_line_they_begin_on(text, records):
    assert records_of(text) == records


@pytest.mark.parametrize(
    ("text", "code", "line"),
    [
        pytest.param('a\nb\n"1\n2\n3\n', "unclosed_quote", 3, id="to the end of the file"),
        pytest.param('a\n"1\n2"\n"3\n', "unclosed_quote", 3, id="the row of the spreadsheet, not the line"),
        pytest.param('a\n1,"', "unclosed_quote", 2, id="in the last character"),
        pytest.param('a\n"', "unclosed_quote", 2, id="alone on the last line"),
        pytest.param('a\n"1\n' + "2\n" * 70_000, "unclosed_quote", 2, id="through a long file"),
        pytest.param("a\nb\n" + "x" * 140_000, "cell_too_long", 3, id="a cell too long for the csv module"),
    ],
)
def test_what_cannot_be_cut_is_refused_where_it_begins(text, code, line):
    with pytest.raises(InvalidInput) as refusal:
        records_of(text)
    assert (refusal.value.code, refusal.value.context) == (code, {"line": line})


def test_the_head_ends_with_a_whole_line():
    line = "山田,080-1111-2222\r\n"
    head = read_head(io.BytesIO((line * 5_000).encode("cp932")), "cp932")
    assert HEAD - len(line) <= len(head) <= HEAD
    assert head == line * (len(head) // len(line))


def test_a_short_head_is_the_whole_file():
    assert read_head(io.BytesIO(b"a\nb"), "utf_8") == "a\nb"


def test_the_file_stays_open_and_can_be_read_again():
    file = io.BytesIO(b"a\nb\n")
    assert next(read_records(file, "utf_8", ",")) == (1, 1, ["a"])
    assert list(read_records(file, "utf_8", ",")) == [(1, 1, ["a"]), (2, 2, ["b"])]
    assert not file.closed


@pytest.mark.parametrize("start", [pytest.param(at, id=f"record {at}") for at in range(4)])
def test_reading_goes_on_from_any_record(start):
    text = 'a,b\r\n"1\r\n2",x\r\n\r\n3,y\r\n'
    whole = records_of(text)
    place = Place(*whole[start][:2])
    assert list(read_records(io.BytesIO(text.encode()), "utf_8", ",", start=place)) == whole[start:]


def test_an_open_quote_is_found_after_going_on_too():
    with pytest.raises(InvalidInput) as refusal:
        list(read_records(io.BytesIO(b'a\n1\n2\n"3\n4\n'), "utf_8", ",", start=Place(3, 3)))
    assert refusal.value.context == {"line": 4}
