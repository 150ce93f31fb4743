import csv
import io
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from campaigns.rules.csv_cells import not_in_cp932, plain_cell, safe_cell, write_csv
from campaigns.rules.phone_numbers import format_domestic, parse_phone


@pytest.mark.parametrize(
    ("value", "cell"),
    [
        *(pytest.param(f"{start}1", f"'{start}1", id=f"begins with {start!r}") for start in "=+-@＝＋－＠\t\r\n"),
        pytest.param("  =1", "'  =1", id="after spaces"),
        pytest.param("\u3000\u00a0@x", "'\u3000\u00a0@x", id="after Japanese spaces"),
        pytest.param("a\n=1\r\n +2\r@3", "a\n'=1\r\n' +2\r'@3", id="every line of a cell"),
        pytest.param("山田", "山田", id="a name"),
        pytest.param("080-1111-2222", "080-1111-2222", id="W2 a number of ours"),
        pytest.param("a=b", "a=b", id="within the text"),
        pytest.param("", "", id="empty"),
        pytest.param(None, "", id="nothing"),
        pytest.param(-5, "-5", id="a number"),
        pytest.param("'=1", "'=1", id="already marked"),
    ],
)
def test_no_cell_becomes_a_formula(value, cell):
    assert safe_cell(value) == cell


@given(st.text(st.sampled_from("a山 　=+-@＝\t\r\n")))
def test_import_removes_what_export_put_in(text):
    assert plain_cell(safe_cell(text)) == text


@given(st.text(st.sampled_from("a 　=+-@＝＋－＠\t\r\n'")))
def test_every_line_of_a_safe_cell_is_safe(text):
    cell = safe_cell(text)
    assert not cell.startswith(("\t", "\r", "\n"))
    assert not any(line.lstrip().startswith(tuple("=+-@＝＋－＠")) for line in cell.splitlines())


def test_a_plain_quote_stays():
    assert plain_cell("'quoted'") == "'quoted'"


def written(rows, **options):
    return b"".join(write_csv(rows, **options))


def test_the_default_file_has_mark_windows_line_ends_and_quotes_where_needed():
    rows = [["氏名", "備考"], ["山田", 'a,"b"\nc'], ["鈴木", 3]]
    assert written(rows) == '氏名,備考\r\n山田,"a,""b""\nc"\r\n鈴木,3\r\n'.encode("utf_8_sig")


def test_a_long_file_has_one_mark():
    content = written([["山田", number] for number in range(1_200)])
    assert content.count(b"\xef\xbb\xbf") == 1
    assert len(list(csv.reader(io.StringIO(content.decode("utf_8_sig"), newline="")))) == 1_200


@pytest.mark.parametrize("encoding", ["utf_8_sig", "utf_8", "utf_16", "cp932"])
@pytest.mark.parametrize("delimiter", [",", "\t", ";"])
def test_a_file_can_be_given_back_as_it_was_written(encoding, delimiter):
    rows = [["氏名", "a,b;c\td"], *([f"山田{number}", "髙"] for number in range(1_200))]
    content = written(rows, encoding=encoding, delimiter=delimiter).decode(encoding)
    assert list(csv.reader(io.StringIO(content, newline=""), delimiter=delimiter)) == rows


def test_a_number_survives_export_and_import():
    content = written([[format_domestic("+818011112222")]], encoding="cp932")
    assert parse_phone(content.decode("cp932")).e164 == "+818011112222"


def test_a_cp932_file_names_what_it_cannot_hold():
    lost = Counter()
    content = written([["𠮷野👍"], ["髙﨑㈱", "👍—"]], encoding="cp932", lost=lost)
    assert content.decode("cp932") == "〓野〓\r\n髙﨑㈱,〓〓\r\n"
    assert lost == {"👍": 2, "𠮷": 1, "—": 1}


def test_a_wave_dash_is_read_back_as_a_tilde():
    assert written([["9時〜"]], encoding="cp932").decode("cp932") == "9時～\r\n"


@pytest.mark.parametrize(
    ("text", "characters"),
    [("髙﨑㈱①～〜ｱ", []), ("👍と𠮷と—と👍", ["👍", "𠮷", "—"]), ("é한", ["é", "한"])],
)
def test_what_cp932_cannot_hold_can_be_asked_before(text, characters):
    assert not_in_cp932(text) == characters


@pytest.mark.parametrize("encoding", ["utf_8_sig", "utf_16", "cp932", "euc_jp"])
def test_a_long_file_has_one_mark_at_most_and_reads_back_as_written(encoding):
    rows = [["番号", str(at)] for at in range(1_200)]
    content = b"".join(write_csv(rows, encoding=encoding, delimiter="\t"))
    assert content.decode(encoding).splitlines() == ["\t".join(row) for row in rows]
