import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from campaigns.errors import InvalidInput
from campaigns.rules.parts import (
    GSM_BASIC,
    GSM_EXTENSION,
    PROFILES,
    CountingProfile,
    costly_character,
    count_parts,
    prepare_body,
)

STANDARD = PROFILES["standard"]


@pytest.mark.parametrize(
    ("text", "prepared"),
    [
        pytest.param("あ\r\nい", "あ\nい", id="B2 line break of a form"),
        pytest.param("あ\rい\r\n\rう", "あ\nい\n\nう", id="B2 lone carriage returns"),
        pytest.param("㈱①ｱ", "㈱①ｱ", id="B5 compatibility characters stay"),
        pytest.param("\ufa10", "\ufa10", id="B5 name kanji stay"),
        pytest.param("か\u3099ハ\u309a", "がパ", id="B5 kana of macOS are joined"),
        pytest.param("あ\u3099", "あ\u3099", id="B5 kana that have no joined form stay"),
        pytest.param("e\u0301", "e\u0301", id="B5 other marks stay"),
        pytest.param("\ufeffあ\u200bい\u2060う", "あいう", id="B6 invisible characters go"),
        pytest.param("👨\u200d👩\u200d👧", "👨\u200d👩\u200d👧", id="B6 joiners of emoji stay"),
        pytest.param("a\tb", "a b", id="B6 a tab becomes a space"),
        pytest.param(" あ\n", " あ\n", id="spaces of the author stay"),
    ],
)
def test_preparing_a_body(text, prepared):
    assert prepare_body(text) == prepared


@pytest.mark.parametrize("text", ["", "　\n", " \r\n\t", "\u200b\ufeff"])
def test_a_blank_body_is_refused(text):
    with pytest.raises(InvalidInput, match="empty_body"):
        prepare_body(text)


@given(st.text(st.sampled_from("aあか\r\n\t\u3099\u309a\u200b👍 　")))
def test_preparing_twice_changes_nothing(text):
    try:
        once = prepare_body(text)
    except InvalidInput:
        return
    assert prepare_body(once) == once


@pytest.mark.parametrize(
    ("body", "alphabet", "units", "parts"),
    [
        pytest.param("ご予約は明日10時です", "ucs2", 11, 1, id="E1"),
        pytest.param("x" * 120, "gsm", 120, 1, id="E2"),
        pytest.param("x" * 120 + "、", "ucs2", 121, 2, id="E3"),
        pytest.param("x" * 155 + "[]", "gsm", 159, 1, id="E4"),
        pytest.param("€" * 80, "gsm", 160, 1, id="E5 full"),
        pytest.param("€" * 82, "gsm", 164, 2, id="E5 over"),
        pytest.param("漢" * 202, "ucs2", 202, 4, id="E6 202"),
        pytest.param("漢" * 268, "ucs2", 268, 4, id="E6 268"),
        pytest.param("漢" * 269, "ucs2", 269, 5, id="E6 269"),
        pytest.param("👍" * 34 + "あ", "ucs2", 69, 1, id="E7 69"),
        pytest.param("👍" * 35 + "あ", "ucs2", 71, 2, id="E7 71"),
        pytest.param("あ" * 133 + "👍" + "あ" * 66, "ucs2", 201, 4, id="E8 a pair does not straddle"),
        pytest.param("x" * 305 + "{" + "x" * 152, "gsm", 459, 4, id="E9 an escape does not straddle"),
        pytest.param("あ" * 661, "ucs2", 661, 10, id="E10"),
        pytest.param("あ" * 134, "ucs2", 134, 2, id="E12"),
        pytest.param("あ\nい", "ucs2", 3, 1, id="B2, B3 a line break counts one"),
        pytest.param("a`b", "ucs2", 3, 1, id="back-tick"),
        pytest.param("ç", "ucs2", 1, 1, id="lower-case c with cedilla"),
        pytest.param("“a”", "ucs2", 3, 1, id="curly quotes"),
        pytest.param("…", "ucs2", 1, 1, id="ellipsis"),
        pytest.param("a\u00a0b", "ucs2", 3, 1, id="no-break space"),
        pytest.param("¥", "gsm", 1, 1, id="yen sign"),
        pytest.param("￥", "ucs2", 1, 1, id="full-width yen sign"),
        pytest.param("\\", "gsm", 2, 1, id="backslash"),
        pytest.param("ｱ" * 71, "ucs2", 71, 2, id="half-width kana count like any other"),
        pytest.param("Ａ１　", "ucs2", 3, 1, id="full-width letters"),
        pytest.param("👍", "ucs2", 2, 1, id="emoji"),
        pytest.param("👨\u200d👩\u200d👧", "ucs2", 8, 1, id="family of emoji"),
        pytest.param("𠮷", "ucs2", 2, 1, id="kanji outside the BMP"),
    ],
)
def test_examples_of_the_standard_profile(body, alphabet, units, parts):
    count = count_parts(body, STANDARD)
    assert (count.alphabet, count.units, count.parts) == (alphabet, units, parts)


@pytest.mark.parametrize(
    ("body", "profile", "units", "parts", "over_limit"),
    [
        pytest.param("x" * 120, "zettai", 120, 2, False, id="E2 has no GSM at zettai"),
        pytest.param("x" * 120, "karaden", 120, 2, False, id="E2 has no GSM at karaden"),
        pytest.param("あ" * 661, "standard", 661, 10, False, id="E10 standard"),
        pytest.param("あ" * 671, "standard", 671, 11, True, id="over 670"),
        pytest.param("x" * 1530, "standard", 1530, 10, False, id="1530 in GSM"),
        pytest.param("x" * 1531, "standard", 1531, 11, True, id="over 1530 in GSM"),
        pytest.param("あ" * 660, "zettai", 660, 10, False, id="660 at zettai"),
        pytest.param("あ" * 661, "zettai", 661, 11, True, id="E10 zettai"),
        pytest.param("あ" * 661, "karaden", 661, 11, True, id="E10 karaden"),
        pytest.param("あ" * 661, "rakuten", 661, 11, True, id="E10 rakuten"),
        pytest.param("x" * 1521, "rakuten", 1521, 11, True, id="over 1520 at rakuten"),
        pytest.param("x" * 160, "rakuten", 160, 1, False, id="160 in GSM at rakuten"),
        pytest.param("x" * 161, "rakuten", 161, 2, False, id="161 in GSM at rakuten"),
        pytest.param("x" * 320, "rakuten", 320, 3, False, id="E11"),
        pytest.param("あ" * 134, "rakuten", 134, 3, False, id="E12 rakuten"),
        pytest.param("あ" * 134, "zettai", 134, 3, False, id="E12 zettai"),
        pytest.param("あ" * 134, "karaden", 134, 3, False, id="E12 karaden"),
        pytest.param("👍" * 35, "zettai", 70, 1, False, id="two each outside the BMP"),
    ],
)
def test_examples_of_other_profiles(body, profile, units, parts, over_limit):
    count = count_parts(body, PROFILES[profile])
    assert (count.units, count.parts, count.over_limit) == (units, parts, over_limit)


@pytest.mark.parametrize(
    ("character", "steps"),
    [
        pytest.param("あ", [70, 134, 201, 268, 335, 402, 469, 536, 603, 670], id="with full-width characters"),
        pytest.param("x", [160, 306, 459, 612, 765, 918, 1071, 1224, 1377, 1530], id="half-width letters and digits"),
    ],
)
def test_the_published_consumer_table(character, steps):
    for parts, most in enumerate(steps, start=1):
        assert count_parts(character * most, STANDARD).parts == parts
        assert count_parts(character * (most + 1), STANDARD).parts == parts + 1


@pytest.mark.parametrize("profile", ["zettai", "karaden", "rakuten"])
def test_steps_of_vendors_with_a_ceiling_of_660(profile):
    for parts, most in enumerate([70, 132, 198, 264, 330, 396, 462, 528, 594, 660], start=1):
        assert count_parts("あ" * most, PROFILES[profile]).parts == parts
        assert count_parts("あ" * (most + 1), PROFILES[profile]).parts == parts + 1


def test_an_estimate_is_uncertain_where_steps_of_66_and_67_differ():
    uncertain = [units for units in range(1, 340) if count_parts("あ" * units, PROFILES["zettai"]).uncertain]
    assert uncertain == [133, 134, *range(199, 202), *range(265, 269), *range(331, 336)]


def test_an_estimate_in_gsm_is_uncertain_where_steps_of_152_and_153_differ():
    uncertain = [units for units in range(1, 480) if count_parts("x" * units, PROFILES["rakuten"]).uncertain]
    assert uncertain == [305, 306, *range(457, 460)]


def test_a_published_step_is_never_uncertain():
    assert not any(count_parts("あ" * units, STANDARD).uncertain for units in range(1, 671))


def test_every_gsm_character_and_its_weight():
    assert len(GSM_BASIC) == len(set(GSM_BASIC)) == 127
    assert {count_parts(character, STANDARD)[:3] for character in GSM_BASIC} == {(1, 1, "gsm")}
    assert {count_parts(character, STANDARD)[:3] for character in GSM_EXTENSION} == {(2, 1, "gsm")}


@pytest.mark.parametrize(
    ("body", "character"),
    [
        pytest.param("Hello {world}", None, id="all of it is GSM"),
        pytest.param("Hello、world。", "、", id="one Japanese comma"),
        pytest.param("It’s 5 o’clock", "’", id="curly apostrophe"),
        pytest.param("Good 👍", "👍", id="emoji"),
    ],
)
def test_the_first_character_that_costs(body, character):
    assert costly_character(body) == character


VENDOR_WITH_APPENDED_ADDRESS = CountingProfile("appended", 70, 67, 670, reserved_units=20)


@pytest.mark.parametrize(("units", "parts"), [(50, 1), (51, 2), (114, 2), (115, 3), (181, 3), (182, 4)])
def test_an_address_the_vendor_appends_lowers_every_step(units, parts):
    count = count_parts("あ" * units, VENDOR_WITH_APPENDED_ADDRESS)
    assert (count.units, count.parts) == (units, parts)


def test_an_address_the_vendor_appends_counts_for_the_limit():
    assert not count_parts("あ" * 650, VENDOR_WITH_APPENDED_ADDRESS).over_limit
    assert count_parts("あ" * 651, VENDOR_WITH_APPENDED_ADDRESS).over_limit


def test_a_line_break_may_weigh_two():
    profile = CountingProfile("two", 70, 67, 670, newline_weight=2)
    assert count_parts("あ\nい", profile).units == 4
    assert count_parts("あ" * 66 + "\n" + "あ" * 66, profile).parts == 3


def one_by_one(body, profile):
    """Parts counted the slow way: each character goes whole into the present part, or opens the next."""
    gsm = profile.gsm_single is not None and all(character in GSM_BASIC + GSM_EXTENSION for character in body)
    single, step, _ = profile.limits(gsm=gsm)
    heavy = set(GSM_EXTENSION) if gsm else {character for character in body if ord(character) > 0xFFFF}
    weights = [2 if character in heavy else 1 for character in body]
    if sum(weights) <= single:
        return 1
    parts, room = 0, 0
    for weight in weights:
        if weight > room:
            parts, room = parts + 1, step
        room -= weight
    return parts


runs = st.tuples(st.sampled_from(["x", "あ", "👍", "{", "\n"]), st.integers(1, 150))
bodies = st.lists(runs, min_size=1, max_size=6).map(lambda pairs: "".join(text * times for text, times in pairs))


@given(bodies, st.sampled_from(sorted(PROFILES)))
@example("あ" + "👍" * 33 + "あ" + "👍" * 33, "standard")  # two parts, both full
@example("👍" * 66, "zettai")
@example("👍" * 67, "standard")
def test_parts_are_filled_one_character_after_the_other(body, name):
    assert count_parts(body, PROFILES[name]).parts == one_by_one(body, PROFILES[name])


def test_half_of_a_pair_on_its_own_is_counted_and_does_not_raise():
    assert count_parts("あ\ud83d", STANDARD).units == 2
