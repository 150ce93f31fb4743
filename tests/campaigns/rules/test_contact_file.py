import io
import random
import tracemalloc
from datetime import datetime
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from campaigns.errors import InvalidInput
from campaigns.rules.contact_file import FileLimits, inspect, read_rows
from campaigns.rules.headers import ColumnMapping, guess_mapping
from campaigns.rules.phone_numbers import PhoneNumber
from campaigns.rules.sending_window import JST


def file_of(text, encoding="utf_8"):
    return io.BytesIO(text.encode(encoding))


def rows_of(text, mapping=None, **options):
    file = file_of(text)
    shape = inspect(file)
    return list(read_rows(file, shape, mapping or guess_mapping(shape.header, shape.sample), **options))


def row_of(text, **options):
    (row,) = rows_of(text, **options)
    return row


def refusal_of(text, **options):
    with pytest.raises(InvalidInput) as refusal:
        inspect(file_of(text), **options)
    return refusal.value


@pytest.mark.parametrize("encoding", ["utf_8_sig", "utf_8", "utf_16", "cp932"])
@pytest.mark.parametrize("delimiter", [",", "\t", ";"])
@pytest.mark.parametrize("newline", ["\r\n", "\n", "\r"])
def test_the_same_people_whatever_the_file_is_written_in(encoding, delimiter, newline):
    lines = [["氏名", "携帯電話番号"], ["髙﨑 一郎", "080-1111-2222"], ["㈱見本", "090-1111-2222"]]
    file = file_of(newline.join(delimiter.join(cells) for cells in lines), encoding)
    shape = inspect(file)
    assert (shape.encoding, shape.delimiter, shape.header) == (encoding, delimiter, lines[0])
    assert (shape.has_header, shape.sample, shape.row_estimate, shape.suspicious) == (True, lines[1:], 2, ())
    rows = read_rows(file, shape, guess_mapping(shape.header))
    assert [(row.line, row.values, row.phone) for row in rows] == [
        (2, {"name": "髙﨑 一郎"}, PhoneNumber("+818011112222")),
        (3, {"name": "㈱見本"}, PhoneNumber("+819011112222")),
    ]


def test_a_file_without_header_is_all_data():
    file = file_of("山田,080-1111-2222\n鈴木,090-1111-2222\n")
    shape = inspect(file)
    assert (shape.has_header, shape.header, shape.row_estimate) == (False, ["", ""], 2)
    assert shape.sample[0] == ["山田", "080-1111-2222"]
    rows = list(read_rows(file, shape, ColumnMapping({0: "name", 1: "phone"})))
    assert [(row.line, row.values["name"]) for row in rows] == [(1, "山田"), (2, "鈴木")]


def test_without_header_the_widest_row_of_the_head_tells_the_columns():
    assert inspect(file_of("080-1111-2222\n090-1111-2222,山田,x\n")).header == ["", "", ""]


def test_with_a_header_the_header_tells_the_columns():
    assert inspect(file_of("携帯,氏名\n090-1111-2222,山田,x\n")).header == ["携帯", "氏名"]


def test_a_person_may_overrule_what_was_guessed():
    file = file_of("氏名;メモ,1\n山田;a,b\n", "euc_jp")
    shape = inspect(file, encoding="euc_jp", delimiter=",", has_header=False)
    assert (shape.encoding, shape.delimiter, shape.header) == ("euc_jp", ",", ["", ""])
    assert shape.sample == [["氏名;メモ", "1"], ["山田;a", "b"]]


def test_euc_jp_that_passes_for_cp932_is_suspected():
    assert inspect(file_of("氏名\n山田\n", "euc_jp")).suspicious == ("maybe_euc_jp",)


@pytest.mark.parametrize(
    ("text", "options", "code", "context"),
    [
        pytest.param("", {}, "empty", {}, id="nothing"),
        pytest.param("\ufeff", {}, "empty", {}, id="only a mark"),
        pytest.param("\n ,　\n", {}, "empty", {}, id="only blanks"),
        pytest.param("氏名,携帯\n\n,\n", {}, "header_only", {}, id="a header and blank rows"),
        pytest.param("a\nb\0\n", {}, "not_text", {"line": 2}, id="a NUL"),
        pytest.param('氏名,携帯\n"山田,1\n', {}, "unclosed_quote", {"line": 2}, id="a quote never closed"),
        pytest.param("a,b,A*\n1,2,3\n", {}, "duplicate_header", {"line": 1, "header": "A"}, id="the same header twice"),
        pytest.param(
            "a,b,c\n1,2,3\n",
            {"limits": FileLimits(max_columns=2)},
            "too_many_columns",
            {"line": 1, "columns": 3, "maximum": 2},
            id="too many columns",
        ),
        pytest.param(
            "\nabc,d\n1,2\n",
            {"limits": FileLimits(max_cell=2)},
            "cell_too_long",
            {"line": 2, "maximum": 2},
            id="a header too long",
        ),
    ],
)
def test_bad_files_are_refused_with_a_reason(text, options, code, context):
    refusal = refusal_of(text, **options)
    assert (refusal.code, refusal.context) == (code, context)


def test_two_hundred_columns_are_taken():
    header = ",".join(f"項目{number}" for number in range(200))
    assert len(inspect(file_of(f"{header}\n1\n")).header) == 200
    assert refusal_of(f"{header},もう一つ\n1\n").code == "too_many_columns"


@pytest.mark.parametrize(
    ("line", "values"),
    [
        pytest.param(
            "　山田 太郎 ,080-1111-2222,x", {"name": "山田 太郎", "attr:店": "x"}, id="C6 trimmed, inner space kept"
        ),
        pytest.param("㈱髙①ｱ,080-1111-2222,", {"name": "㈱髙①ｱ"}, id="C6 characters stay as they are"),
        pytest.param("山田,080-1111-2222", {"name": "山田"}, id="C4 short row"),
        pytest.param("山田,080-1111-2222,x,,", {"name": "山田", "attr:店": "x"}, id="C4 blanks beyond the last column"),
        pytest.param(
            '"山\n田",080-1111-2222,"a,b"', {"name": "山\n田", "attr:店": "a,b"}, id="C4 break and comma in cells"
        ),
        pytest.param("'=山田,080-1111-2222,'", {"name": "=山田", "attr:店": "'"}, id="W3 the marker of an export goes"),
    ],
)
def test_values_of_a_row(line, values):
    row = row_of(f"氏名,携帯,店\n{line}\n")
    assert (row.values, row.phone, row.error) == (values, PhoneNumber("+818011112222"), "")


def test_blank_rows_are_passed_over_and_lines_still_right():
    rows = rows_of('\n氏名,携帯\n\n"山\n田",08011112222\n , \n,\n鈴木,09011112222\n')
    assert [(row.line, row.number) for row in rows] == [(4, 4), (8, 7)]


@pytest.mark.parametrize(
    ("text", "error"),
    [
        pytest.param("氏名,携帯\n山田,03-1234-5678\n", "landline", id="the reason of the number"),
        pytest.param("氏名,携帯\n山田,\n", "empty", id="no number"),
        pytest.param("氏名,携帯\n山田\n", "empty", id="short of the number"),
        pytest.param("氏名,携帯\n山田,8.01111E+10\n", "scientific", id="C7 spoilt by a spreadsheet"),
        pytest.param("氏名,携帯\n山田,太郎,080-1111-2222\n", "long_row", id="C4 long row"),
        pytest.param(f"氏名,携帯\n{'山' * 10_001},080-1111-2222\n", "cell_too_long", id="cell too long"),
        pytest.param("配信停止,携帯\n連絡あり,080-1111-2222\n", "unclear_opt_out", id="perhaps a refusal"),
    ],
)
def test_a_bad_row_has_its_error_and_its_cells(text, error):
    row = row_of(text)
    assert row.error == error
    assert text.splitlines()[1].startswith(",".join(filter(None, row.cells)))


def test_one_bad_row_does_not_stop_the_others():
    rows = rows_of("氏名,携帯\na,1\nb,080-1111-2222\nc,x\nd,090-1111-2222\n")
    assert [row.error for row in rows] == ["too_short", "", "letters", ""]


def test_cells_of_a_short_row_are_made_up():
    assert row_of("氏名,携帯,店\n山田,080-1111-2222\n").cells == ["山田", "080-1111-2222", ""]


def test_the_longest_cell_is_taken():
    assert row_of(f"氏名,携帯\n{'山' * 10_000},080-1111-2222\n").error == ""


def test_a_long_cell_is_measured_alone():
    row = row_of(f"氏名,携帯,備考\n{'山' * 6000},080-1111-2222,{'田' * 6000}\n")
    assert row.error == ""


def test_a_repaired_number_is_shown_old_and_new():
    repaired, untouched = rows_of("携帯\n8011112222\n080-1111-2222\n")
    assert (repaired.repaired, untouched.repaired) == (("8011112222", "080-1111-2222"), None)


def test_m2m_numbers_where_they_are_allowed():
    assert row_of("携帯\n020-1111-2222\n").error == "m2m"
    assert row_of("携帯\n020-1111-2222\n", limits=FileLimits(allow_m2m=True)).phone == PhoneNumber("+812011112222")


@pytest.mark.parametrize(
    ("text", "values"),
    [
        pytest.param("姓,名,携帯\n山田,太郎,08011112222\n", {"name": "山田 太郎"}, id="both"),
        pytest.param("姓,名,携帯\n山田,,08011112222\n", {"name": "山田"}, id="family name only"),
        pytest.param("姓,名,氏名,携帯\n山田,太郎,山田様,08011112222\n", {"name": "山田様"}, id="the whole name wins"),
        pytest.param("セイ,メイ,携帯\nヤマダ,タロウ,08011112222\n", {"kana": "ヤマダ タロウ"}, id="kana"),
    ],
)
def test_names_in_two_columns_are_joined(text, values):
    assert values.items() <= row_of(text).values.items()


def test_no_name_is_made_of_blanks():
    assert row_of("姓,名,携帯\n,,08011112222\n").values == {}


def test_flags_and_dates_of_a_row():
    row = row_of("携帯,同意,同意日時,配信停止,番号取得日\n08011112222,○,2026/11/22 9:30,0,R8.1.2\n")
    assert row.flags == {"consent": True, "opt_out": False}
    assert row.moments == {
        "consented_at": datetime(2026, 11, 22, 9, 30, tzinfo=JST),
        "number_acquired_on": datetime(2026, 1, 2, tzinfo=JST),
    }
    assert (row.error, row.warnings) == ("", ())


def test_blank_flags_and_dates_are_unknown():
    row = row_of("携帯,同意,同意日時,配信停止\n08011112222,, ,\n")
    assert (row.flags, row.moments, row.error, row.warnings) == ({}, {}, "", ())


def test_unreadable_flags_and_dates_are_left_out_with_a_warning():
    row = row_of("携帯,同意,同意日\n08011112222,たぶん,昨日\n")
    assert (row.flags, row.moments, row.error) == ({}, {}, "")
    assert row.warnings == (("consent", "bad_flag"), ("consented_at", "bad_date"))


def test_without_a_phone_column_nothing_is_read():
    with pytest.raises(InvalidInput, match="no_phone_column"):
        rows_of("氏名\n山田\n")


def test_columns_left_out_of_the_mapping_are_not_read():
    row = row_of("氏名,携帯\n山田,08011112222\n", mapping=ColumnMapping({1: "phone"}))
    assert row.values == {}


def test_memory_stays_flat():
    file = file_of("氏名,携帯\n" + "山田 太郎,080-1111-2222\n" * 20_000)
    tracemalloc.start()
    shape = inspect(file)
    rows = sum(1 for row in read_rows(file, shape, guess_mapping(shape.header)))
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert rows == 20_000
    assert most < 4_000_000


PIECES = [
    b",",
    b"\t",
    b'"',
    b"\n",
    b"\r",
    b" ",
    b"'",
    b"=1",
    b"08011112222",
    b"8011112222",
    b"x",
    b"\0",
    b"\xff",
    b"\xef\xbb\xbf",
]
PIECES += [word.encode(encoding) for word in ("携帯", "氏名", "配信停止") for encoding in ("utf_8", "cp932", "euc_jp")]


@given(st.lists(st.sampled_from(PIECES)).map(b"".join))
@example("携帯\n08011112222\n".encode())
def test_whatever_is_uploaded_ends_in_rows_or_in_a_reason(content):
    file = io.BytesIO(content)
    try:
        shape = inspect(file)
        rows = list(read_rows(file, shape, guess_mapping(shape.header, shape.sample)))
    except InvalidInput:
        return
    assert all(row.phone or row.error for row in rows)


def read_or_refused(content):
    file = io.BytesIO(content)
    try:
        shape = inspect(file)
        return list(read_rows(file, shape, guess_mapping(shape.header, shape.sample)))
    except InvalidInput as refusal:
        return refusal.code


@pytest.mark.parametrize(
    ("content", "code"),
    [
        pytest.param(",".join(map(str, range(10_000))).encode(), "too_many_columns", id="10,000 columns"),
        pytest.param("携帯\n".encode() + b"x" * 50_000_000, "cell_too_long", id="one cell of 50 MB"),
        pytest.param("携帯\n".encode() + b'"x\n' + b"x\n" * 200_000, "unclosed_quote", id="an open quote"),
        pytest.param("携帯,氏名\n0,青木\n".encode() + "0,馬場\n".encode("cp932"), "undecodable", id="two encodings"),
        pytest.param(b"\xff\xd8\xff\xe0\0\x10JFIF", "not_text", id="a photograph"),
        pytest.param(b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n" + bytes(99), "not_text", id="a document"),
    ],
)
def test_files_that_are_no_list_of_people_are_refused_at_little_cost(content, code):
    tracemalloc.start()
    assert read_or_refused(content) == code
    assert tracemalloc.get_traced_memory()[1] < 20_000_000
    tracemalloc.stop()


def test_whatever_is_done_to_an_office_file_it_ends_in_rows_or_in_a_reason():
    chance = random.Random(2026)
    whole = (Path(__file__).parents[2] / "data" / "customers_cp932.csv").read_bytes()[:20_000]
    for _ in range(300):
        at = chance.randrange(len(whole))
        spoilt = chance.choice([b"", b'"', b"\n", b"\r", b"\0", b",", b"\x81", b"\t", chance.randbytes(3)])
        read = read_or_refused(whole[:at] + spoilt + whole[at + chance.choice([0, 1, 2, 400]) :])
        assert isinstance(read, str) or all(row.phone or row.error for row in read)
