import io
import random
import zipfile

import pytest
from hypothesis import given
from hypothesis import strategies as st

from campaigns.errors import InvalidInput
from campaigns.rules.encodings import CHUNK, CheckedText, check_text

NOT_FROM_CP932 = "\0\x80\uf8f0\uf8f1\uf8f2\uf8f3" + "¢£¬‖−〜"  # no text, or not what it is read back as
CP932_CHARACTERS = st.characters(codec="cp932", exclude_characters=NOT_FROM_CP932)
ROWS = "氏名,携帯電話番号\r\n山田 太郎,080-1111-2222\r\n髙﨑㈱①,090-1111-2222\r\n"


def checked(content, **options):
    return check_text(io.BytesIO(content), **options)


def refusal_of(content, **options):
    with pytest.raises(InvalidInput) as refusal:
        checked(content, **options)
    return refusal.value


def zip_of(*names):
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        for name in names:
            archive.writestr(name, "content")
    return file.getvalue()


@pytest.mark.parametrize(
    ("content", "encoding"),
    [
        pytest.param(ROWS.encode("utf_8_sig"), "utf_8_sig", id="UTF-8 with mark"),
        pytest.param(ROWS.encode("utf_8"), "utf_8", id="UTF-8"),
        pytest.param(ROWS.encode("utf_16"), "utf_16", id="Excel Unicode text"),
        pytest.param(b"\xfe\xff" + ROWS.encode("utf_16_be"), "utf_16", id="UTF-16, the other way round"),
        pytest.param(ROWS.encode("cp932"), "cp932", id="CP932"),
        pytest.param("山田".encode(), "utf_8", id="UTF-8 that CP932 would read as nonsense"),
        pytest.param(b"phone\n08011112222\n", "utf_8", id="plain ASCII"),
        pytest.param(b"\x87\x8a\xfb\xfc\xfa\xb1\x87\x40", "cp932", id="C2 characters of vendors"),
    ],
)
def test_the_encoding_is_found(content, encoding):
    assert checked(content).encoding == encoding


@pytest.mark.parametrize("encoding", ["utf_8", "cp932", "utf_16"])
@pytest.mark.parametrize("shift", range(4))
def test_characters_across_the_edge_of_a_chunk_are_read(encoding, shift):
    text = "x" * shift + "漢字\n" * (CHUNK // 4)
    assert checked(text.encode(encoding)).encoding == encoding


@pytest.mark.parametrize("rows", [1, 2, 50])
@pytest.mark.parametrize("encoding", ["utf_8", "cp932"])
def test_short_files_of_japanese_names_are_never_mistaken(encoding, rows):
    random_ = random.Random(rows)
    for _ in range(50):
        names = ["".join(random_.choices("山田佐藤鈴木高橋田中伊藤渡辺中村小林加髙﨑ヶ崎々", k=4)) for _ in range(rows)]
        assert checked("\n".join(names).encode(encoding)).encoding == encoding


@pytest.mark.parametrize(
    ("content", "lines"),
    [
        pytest.param(b"a\nb\n", 2, id="ended"),
        pytest.param(b"a\nb", 2, id="not ended"),
        pytest.param(b"a\r\nb\r\n", 2, id="of Windows"),
        pytest.param(b"a\rb\r", 2, id="of an old Macintosh"),
        pytest.param("あ\nい".encode("utf_16"), 2, id="UTF-16"),
        pytest.param(b"", 0, id="nothing"),
    ],
)
def test_lines_are_counted(content, lines):
    assert checked(content).lines == lines


@given(st.text(CP932_CHARACTERS))
def test_text_in_cp932_is_never_mistaken(text):
    assert checked(f"氏名\n{text}\n".encode("cp932")).encoding == "cp932"


@given(st.text(CP932_CHARACTERS.filter(lambda character: character not in "\r\n")))
def test_damaged_utf_8_never_passes_for_cp932(text):
    refusal = refusal_of(f"氏名,電話\n{text}\n".encode() + b"\x82\xa0\n")
    assert (refusal.code, refusal.context["encoding"], refusal.context["line"]) == ("undecodable", "utf_8", 3)


def test_euc_jp_that_passes_for_cp932_is_suspected():
    content = "氏名\n山田\n".encode("euc_jp")
    assert checked(content) == CheckedText("cp932", 2, maybe_euc_jp=True)
    assert checked(content, encoding="euc_jp") == CheckedText("euc_jp", 2, maybe_euc_jp=False)


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("氏名,カナ\n山田,ﾔﾏﾀﾞ\n", id="half-width kana beside kanji"),
        pytest.param("さとう\n", id="hiragana"),
        pytest.param("カナ\nﾔﾏﾀﾞ ﾀﾛｳ\n", id="a header in full width"),
    ],
)
def test_ordinary_cp932_is_not_suspected(text):
    assert checked(text.encode("cp932")) == CheckedText("cp932", text.count("\n"), maybe_euc_jp=False)


def test_euc_jp_that_is_no_cp932_either_is_named_in_the_refusal():
    refusal = refusal_of("氏名\n癬\n".encode("euc_jp"))
    assert (refusal.code, refusal.context["maybe_euc_jp"]) == ("undecodable", True)


@pytest.mark.parametrize(
    ("content", "encoding", "line"),
    [
        pytest.param("山田\n鈴木\n".encode() + b"\xff\n", "utf_8", 3, id="broken UTF-8"),
        pytest.param("氏名\n山田\n".encode("cp932") + b"\x81\n", "cp932", 3, id="broken CP932"),
        pytest.param("氏名\n山田\n".encode("cp932") + b"a\xa0\n", "cp932", 3, id="a byte CP932 does not use"),
        pytest.param("山田\n".encode() + "鈴木\n".encode("cp932"), "utf_8", 2, id="two encodings in one file"),
        pytest.param(b"\xef\xbb\xbf" + "山田\n\n".encode() + b"\xff", "utf_8_sig", 3, id="broken after the mark"),
        pytest.param("山田\n".encode() * 400_000 + b"\xe5", "utf_8", 400_001, id="cut off at the end"),
        pytest.param("あ\n".encode("utf_16") + b"\x00", "utf_16", 2, id="half a character of UTF-16"),
    ],
)
def test_what_cannot_be_decoded_is_named_by_its_line(content, encoding, line):
    refusal = refusal_of(content)
    assert refusal.code == "undecodable"
    assert (refusal.context["encoding"], refusal.context["line"]) == (encoding, line)


@pytest.mark.parametrize(
    ("content", "code"),
    [
        pytest.param(zip_of("[Content_Types].xml", "xl/workbook.xml"), "is_workbook", id="xlsx"),
        pytest.param(zip_of("mimetype", "content.xml"), "old_workbook", id="ods"),
        pytest.param(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600), "old_workbook", id="xls"),
        pytest.param(zip_of("contacts.csv"), "is_archive", id="zip"),
        pytest.param(zip_of(), "is_archive", id="empty zip"),
        pytest.param(zip_of("xl/workbook.xml")[:40], "is_archive", id="broken zip"),
        pytest.param(b"\x1f\x8b\x08\x00", "is_archive", id="gzip"),
        pytest.param(b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR", "not_text", id="picture"),
        pytest.param("氏名\n".encode("utf_16_le"), "not_text", id="UTF-16 without its mark"),
        pytest.param(b"x" * (CHUNK + 1), "cell_too_long", id="a line without end"),
    ],
)
def test_what_is_no_text_is_refused(content, code):
    assert refusal_of(content).code == code


def test_a_line_without_end_is_named():
    refusal = refusal_of(b"a\n" * (CHUNK // 2) + b"x" * CHUNK)
    assert (refusal.code, refusal.context) == ("cell_too_long", {"line": CHUNK // 2 + 1})


@pytest.mark.parametrize("encoding", ["utf_8", "utf_16"])
def test_a_nul_is_named_by_its_line(encoding):
    refusal = refusal_of("a\nb\nc\0\n".encode(encoding))
    assert (refusal.code, refusal.context) == ("not_text", {"line": 3})


@pytest.mark.parametrize("encoding", ["utf_8", "euc_jp", "utf_16", "cp932"])
def test_a_chosen_encoding_is_held_against_the_file(encoding):
    refusal = refusal_of(b"a\n\xff\xff\n", encoding=encoding)
    assert (refusal.code, refusal.context["encoding"]) == ("undecodable", encoding)


def test_a_chosen_encoding_must_be_one_of_ours():
    assert refusal_of(b"a", encoding="latin_1").code == "unknown_encoding"


def test_the_mark_is_dropped_where_utf_8_was_chosen():
    assert checked(b"\xef\xbb\xbfphone", encoding="utf_8").encoding == "utf_8_sig"
