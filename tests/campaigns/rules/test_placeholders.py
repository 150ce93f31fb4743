import pytest
from hypothesis import given
from hypothesis import strategies as st

from campaigns.errors import InvalidInput
from campaigns.rules.placeholders import Field, check, compile_text, fields, fill


@pytest.mark.parametrize(
    ("text", "found"),
    [
        pytest.param("こんにちは", [], id="none"),
        pytest.param("{{氏名}}様", [Field("氏名")], id="one"),
        pytest.param("{{氏名|お客様}}", [Field("氏名", "お客様")], id="with a default"),
        pytest.param("{{ 氏名 |　お客様 }}", [Field("氏名", "お客様")], id="spaces around"),
        pytest.param("{{氏名}}{{会社名}}{{氏名}}", [Field("氏名"), Field("会社名")], id="each once, in order"),
        pytest.param(
            "{{氏名}} {{氏名|お客様}}", [Field("氏名"), Field("氏名", "お客様")], id="with and without default"
        ),
        pytest.param("{{ご来店 日時}}", [Field("ご来店 日時")], id="spaces within"),
        pytest.param("{氏名} ｛｛氏名｝｝", [], id="other braces are no fields"),
    ],
)
def test_finding_fields(text, found):
    assert fields(text) == found


@pytest.mark.parametrize(
    ("text", "values", "filled"),
    [
        pytest.param("{{氏名}}様", {"氏名": "山田"}, "山田様", id="a value"),
        pytest.param("{{氏名|お客様}}、", {"氏名": "山田"}, "山田、", id="the value wins over the default"),
        pytest.param("{{氏名|お客様}}、", {}, "お客様、", id="default for a missing value"),
        pytest.param("{{氏名|お客様}}、", {"氏名": "　"}, "お客様、", id="default for a blank value"),
        pytest.param("{{a}}{{a}}{{b}}", {"a": "1", "b": "2"}, "112", id="twice"),
        pytest.param("{{a}}", {"a": "{{b}}", "b": "!"}, "{{b}}", id="a value is never read as a field"),
        pytest.param("{{a}}", {"a": r"\1 \g<0> %s {0}"}, r"\1 \g<0> %s {0}", id="a value is never a pattern"),
        pytest.param("{a} 100%", {}, "{a} 100%", id="nothing to fill"),
    ],
)
def test_filling(text, values, filled):
    assert fill(text, values) == filled


@pytest.mark.parametrize(
    ("text", "values", "missing"),
    [
        pytest.param("{{氏名}}様", {}, ["氏名"], id="missing"),
        pytest.param("{{氏名}}様", {"氏名": ""}, ["氏名"], id="empty"),
        pytest.param("{{氏名}}様", {"氏名": " \u3000"}, ["氏名"], id="blank"),
        pytest.param("{{a}}{{b|x}}{{c}}{{a}}", {}, ["a", "c"], id="all that are missing, each once"),
    ],
)
def test_a_missing_value_stops_the_message(text, values, missing):
    with pytest.raises(InvalidInput) as refusal:
        fill(text, values)
    assert (refusal.value.code, refusal.value.context) == ("missing_value", {"fields": missing})


@pytest.mark.parametrize(
    ("text", "problems"),
    [
        pytest.param("{{氏名}}様 {{店|本店}}", [], id="nothing wrong"),
        pytest.param("{氏名}様", [], id="single braces are text"),
        pytest.param("{{氏名様", [("unclosed", 0)], id="unclosed"),
        pytest.param("{{氏名}様", [("unclosed", 0)], id="closed by one brace"),
        pytest.param("{{氏\n名}}", [("unclosed", 0), ("unopened", 5)], id="a line break within"),
        pytest.param("氏名}}様", [("unopened", 2)], id="unopened"),
        pytest.param("x{{ }}", [("empty_name", 1)], id="no name"),
        pytest.param("{{|お客様}}", [("empty_name", 0)], id="only a default"),
        pytest.param("{{氏名| }}様", [("empty_default", 0)], id="an empty default would leave an empty honorific"),
        pytest.param("｛｛氏名｝｝様", [("full_width_braces", 0)], id="full-width braces"),
        pytest.param("{{氏名｝｝様", [("full_width_braces", 0)], id="mixed braces"),
        pytest.param("様｛｛氏名", [("full_width_braces", 1)], id="full-width and unclosed"),
        pytest.param("{{氏名｜お客様}}", [("full_width_bar", 0)], id="full-width bar"),
        pytest.param("}}{{a}}｛｛b｝｝{{", [("unopened", 0), ("full_width_braces", 7), ("unclosed", 12)], id="several"),
    ],
)
def test_checking_a_text(text, problems):
    assert [(problem.code, problem.position) for problem in check(text)] == problems


@pytest.mark.parametrize("excerpt", ["{{ }}", "{{氏名|}}", "｛｛氏名｝｝", "{{氏名｜お客様}}", "}}"])
def test_a_problem_shows_where_it_is(excerpt):
    text = f"拝啓{excerpt}様"
    (problem,) = check(text)
    assert (problem.excerpt, text[problem.position :]) == (excerpt, f"{excerpt}様")


@pytest.mark.parametrize("text", ["{{氏名", "｛｛氏名｝｝", "{{}}", "{{氏名|}}様"])
def test_a_broken_text_cannot_be_filled(text):
    with pytest.raises(InvalidInput, match="broken_field"):
        compile_text(text)


names = st.text(st.characters(exclude_characters="{}|｛｝｜", exclude_categories=["Z", "C"]), min_size=1, max_size=6)


@given(st.lists(st.tuples(st.text(st.sampled_from("あa。\n "), max_size=5), names, st.text(min_size=1)), max_size=5))
def test_every_value_stands_where_its_field_stood(pieces):
    values = {f"{name}{index}": value for index, (_, name, value) in enumerate(pieces) if value.strip()}
    text = "".join(f"{before}{{{{{name}{index}|-}}}}" for index, (before, name, _) in enumerate(pieces))
    expected = "".join(before + (value if value.strip() else "-") for before, _, value in pieces)
    assert compile_text(text).fill(values) == expected
