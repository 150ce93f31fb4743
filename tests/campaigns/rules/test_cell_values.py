from datetime import datetime

import pytest

from campaigns.errors import InvalidInput
from campaigns.rules.cell_values import parse_flag, parse_moment
from campaigns.rules.sending_window import JST

TRUE_WORDS = "1 ○ ◯ 〇 はい 可 有 同意 true yes y TRUE Yes Ｙ １"
FALSE_WORDS = "0 × ✕ いいえ 不可 無 false no n FALSE No Ｎ ０"


@pytest.mark.parametrize(
    ("text", "flag"), [(word, True) for word in TRUE_WORDS.split()] + [(word, False) for word in FALSE_WORDS.split()]
)
def test_words_for_yes_and_no(text, flag):
    assert parse_flag(f"　{text} ") is flag


@pytest.mark.parametrize("text", ["", " ", "　"])
def test_a_blank_cell_is_unknown(text):
    assert parse_flag(text) is None


@pytest.mark.parametrize("text", ["2", "未", "?", "同意する予定", "はいはい"])
def test_other_words_are_refused(text):
    with pytest.raises(InvalidInput, match="bad_flag"):
        parse_flag(text)


@pytest.mark.parametrize(
    "text",
    [
        *[
            "2026/11/22",
            "2026-11-22",
            "2026.11.22",
            "2026年11月22日",
            "20261122",
            "R8.11.22",
            "令和8年11月22日",
            "r8/11/22",
        ],
        *[
            "２０２６年１１月２２日",
            "2026年 11月 22日",
            "2026/11/22(日)",
            "㋿8年11月22日",
            " 2026/11/22 ",
            "2026-11-22T00:00",
        ],
    ],
)
def test_ways_to_write_a_date(text):
    assert parse_moment(text) == datetime(2026, 11, 22, tzinfo=JST)


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        pytest.param("2026/1/2", datetime(2026, 1, 2, tzinfo=JST), id="single digits"),
        pytest.param("令和元年5月1日", datetime(2019, 5, 1, tzinfo=JST), id="first year of an era"),
        pytest.param("平成31年4月30日", datetime(2019, 4, 30, tzinfo=JST), id="Heisei in full"),
        pytest.param("S64.1.7", datetime(1989, 1, 7, tzinfo=JST), id="Showa, short"),
        pytest.param("H31.4.30", datetime(2019, 4, 30, tzinfo=JST), id="Heisei"),
        pytest.param("昭和64年1月7日", datetime(1989, 1, 7, tzinfo=JST), id="Showa"),
        pytest.param("2026/11/22 9:30", datetime(2026, 11, 22, 9, 30, tzinfo=JST), id="with a time"),
        pytest.param("2026-11-22T09:30:15", datetime(2026, 11, 22, 9, 30, 15, tzinfo=JST), id="with seconds"),
        pytest.param("2026年11月22日(日) 9時30分", datetime(2026, 11, 22, 9, 30, tzinfo=JST), id="all in Japanese"),
        pytest.param("2024/2/29", datetime(2024, 2, 29, tzinfo=JST), id="leap day"),
    ],
)
def test_dates_and_times(text, moment):
    assert parse_moment(text) == moment


@pytest.mark.parametrize(
    "text",
    [
        *[
            "26/11/22",
            "2026/13/1",
            "2026/2/29",
            "2026/11",
            "11/22",
            "46348",
            "昨日",
            "2026/11/22 25:00",
            "R8",
            "X8.1.1",
        ],
        *["", "2026/11/22まで", "2026/00/10", "R0.0.0"],
    ],
)
def test_what_is_no_date_is_refused(text):
    with pytest.raises(InvalidInput, match="bad_date"):
        parse_moment(text)
