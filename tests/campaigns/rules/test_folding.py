import pytest
from hypothesis import given
from hypothesis import strategies as st

from campaigns.rules.folding import fold


@pytest.mark.parametrize(
    ("typed", "written"),
    [
        pytest.param("あおき", "アオキ", id="hiragana for katakana"),
        pytest.param("ｱｵｷ", "アオキ", id="half-width kana"),
        pytest.param("ｶﾞ", "が", id="half-width kana with its mark apart"),
        pytest.param("ＡＢＣ１２", "abc12", id="full-width letters and digits"),
        pytest.param("青木茂", "青木　茂", id="a full-width space"),
        pytest.param("（株）見本", "㈱見本", id="one sign for three"),
        pytest.param("ゞ", "ヾ", id="the mark of repetition"),
    ],
)
def test_spellings_a_searcher_does_not_tell_apart(typed, written):
    assert fold(typed) == fold(written)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        pytest.param("高橋", "髙橋", id="kanji are names of their own"),
        pytest.param("ハハ", "ババ", id="voiced and not"),
    ],
)
def test_spellings_that_stay_apart(one, other):
    assert fold(one) != fold(other)


@given(st.text())
def test_what_is_folded_has_no_space_left(text):
    assert not set(fold(text)) & set(" 　\t\r\n")
