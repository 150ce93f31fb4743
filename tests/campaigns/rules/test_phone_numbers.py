import random

import phonenumbers
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from campaigns.errors import InvalidInput
from campaigns.rules.phone_numbers import (
    INVISIBLE,
    SEPARATORS,
    WHITESPACE,
    PhoneNumber,
    format_domestic,
    mask,
    parse_carefully,
    parse_phone,
    to_domestic,
)

E164 = "+818011112222"
PIECES = [*"0123456789" * 3, *"０１８９", *SEPARATORS, *map(chr, INVISIBLE[::4]), *map(chr, WHITESPACE)]
ODD_PIECES = [
    "+",
    "＋",
    "81",
    "+81",
    "01081",
    "0081",
    "'",
    '="',
    '"',
    "tel:",
    "E+",
    "x",
    "内線",
    "/",
    "、",
    "～",
    "①",
    "٠",
]


def answer(parse, raw, **options):
    """The number, or the reason why not."""
    try:
        return parse(raw, **options)
    except InvalidInput as refusal:
        return refusal.code


@pytest.mark.parametrize("head", ["060", "070", "080", "090"])
@pytest.mark.parametrize("fourth", range(1, 10))
def test_mobile_ranges_are_taken(head, fourth):
    assert parse_phone(f"{head}{fourth}1112222").e164 == f"+81{head[1:]}{fourth}1112222"


@pytest.mark.parametrize(
    ("raw", "code"),
    [
        pytest.param("06001112222", "fmc", id="0600 is FMC"),
        pytest.param("07001112222", "unassigned", id="0700 is not mobile"),
        pytest.param("09001112222", "unassigned", id="0900 is not mobile"),
        pytest.param("08001112222", "toll_free", id="0800 is toll-free"),
        pytest.param("02011112222", "m2m", id="020 is M2M"),
        pytest.param("02001111222233", "m2m", id="0200 with 14 digits is M2M"),
        pytest.param("02001112222", "m2m", id="0200 with 11 digits"),
        pytest.param("02041112222", "pager", id="0204 was paging"),
        pytest.param("050-1111-2222", "ip_phone", id="050 is an IP phone"),
        pytest.param("0120-444-444", "toll_free", id="0120"),
        pytest.param("0570-000-000", "special_number", id="0570"),
        pytest.param("0990-123-456", "special_number", id="0990"),
        pytest.param("03-1234-5678", "landline", id="area code of two digits"),
        pytest.param("0466-12-3456", "landline", id="area code of four digits"),
        pytest.param("+81 3-1234-5678", "landline", id="landline with country code"),
        pytest.param("110", "emergency", id="police"),
        pytest.param("118", "emergency", id="coast guard"),
        pytest.param("119", "emergency", id="fire brigade"),
        pytest.param("171", "emergency", id="other 1XY service"),
        pytest.param("030-1111-2222", "unassigned", id="a prefix without numbers"),
        pytest.param("080-1111-222", "too_short", id="a digit is missing"),
        pytest.param("080-1111-22223", "too_long", id="a digit too many"),
        pytest.param("", "empty", id="nothing"),
        pytest.param(" \u3000-", "empty", id="a dash for nothing"),
    ],
)
def test_every_other_class_of_the_numbering_plan_has_its_reason(raw, code):
    assert answer(parse_phone, raw) == code


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        pytest.param("02011112222", PhoneNumber("+812011112222"), id="11 digits"),
        pytest.param("02001111222233", PhoneNumber("+812001111222233"), id="14 digits"),
        pytest.param("+812001111222233", PhoneNumber("+812001111222233"), id="14 digits with country code"),
        pytest.param("02041112222", "pager", id="paging stays out"),
        pytest.param("08001112222", "toll_free", id="toll-free stays out"),
        pytest.param("08011112222", PhoneNumber(E164), id="mobile as always"),
    ],
)
def test_m2m_numbers_where_the_administrator_allows_them(raw, expected):
    assert answer(parse_phone, raw, allow_m2m=True) == expected


@pytest.mark.parametrize(
    "raw",
    [
        pytest.param("\ufeff080\u200b1111\u200f2222\u00ad", id="N1 invisible characters"),
        pytest.param("\u202a080-1111-2222\u202c\u2060\u2066\u2069", id="N1 direction marks"),
        pytest.param("　080-1111-2222\r\n", id="N1 white space around"),
        pytest.param("'08011112222", id="N2 text marker"),
        pytest.param('="08011112222"', id="N2 formula text"),
        pytest.param('\'="080-1111-2222"', id="N2 both markers"),
        pytest.param("０８０１１１１２２２２", id="N3 full-width digits"),
        pytest.param("＋８１８０１１１１２２２２", id="N3 full-width plus"),
        pytest.param("tel:080-1111-2222", id="N4 label"),
        pytest.param("Tel:+818011112222", id="N4 label and country code"),
        pytest.param("TEL: 080-1111-2222", id="N4 label and space"),
        pytest.param("080ー1111ー2222", id="N5 long vowel mark"),
        *(pytest.param(f"080{mark}1111{mark}2222", id=f"N5 U+{ord(mark):04X}") for mark in "-‐‑‒–—―−ーｰ－﹣─━.．"),
        *(pytest.param(f"080{mark}1111{mark}2222", id=f"N5 U+{ord(mark):04X}") for mark in " \t\u00a0\u3000"),
        pytest.param("(080)1111-2222", id="N5 parentheses"),
        pytest.param("（080）1111-2222", id="N5 full-width parentheses"),
        pytest.param("+81 80-1111-2222", id="N7 plus"),
        pytest.param("010 81 80 1111 2222", id="N7 prefix dialled from Japan"),
        pytest.param("818011112222", id="N7 bare country code, 12 digits"),
        pytest.param("8108011112222", id="N8 bare country code and zero, 13 digits"),
        pytest.param("+81(0)80-1111-2222", id="N8 redundant zero"),
        pytest.param("+8108011112222", id="N8 redundant zero without parentheses"),
    ],
)
def test_usual_spellings_are_taken_as_they_are(raw):
    assert parse_phone(raw) == PhoneNumber(E164)


@pytest.mark.parametrize(
    ("raw", "code"),
    [
        pytest.param("=08011112222", "formula", id="N2 a formula"),
        pytest.param("＝08011112222", "formula", id="N2 a full-width formula"),
        pytest.param("①②③", "unusual_digits", id="N3 circled digits"),
        pytest.param("٠٩٠١١١١٢٢٢٢", "unusual_digits", id="N3 Arabic-Indic digits"),
        pytest.param("080111122２²", "unusual_digits", id="N3 superscript digit"),
        pytest.param("080-1111-2222 内線5", "letters", id="N4 extension in Japanese"),
        pytest.param("080-1111-2222 ext 5", "letters", id="N4 extension"),
        pytest.param("080-1111-2222x12", "letters", id="N4 short extension"),
        pytest.param("tel:tel:08011112222", "letters", id="N4 only one label"),
        pytest.param("080HELLOYOU", "letters", id="vanity letters"),
        pytest.param("O8011112222", "letters", id="N6 letter O"),
        pytest.param("080/1111/2222", "several_numbers", id="N5 slash"),
        pytest.param("080-1111-2222、090-1111-2222", "several_numbers", id="N5 Japanese comma"),
        pytest.param("080-1111-2222,090-1111-2222", "several_numbers", id="N5 comma"),
        pytest.param("080-1111-2222;090-1111-2222", "several_numbers", id="N5 semicolon"),
        pytest.param("080〜1111〜2222", "several_numbers", id="N5 wave dash"),
        pytest.param("080～1111～2222", "several_numbers", id="N5 full-width tilde"),
        pytest.param("080~1111~2222", "several_numbers", id="N5 tilde"),
        pytest.param("080-1111-2222\n090-1111-2222", "several_numbers", id="two lines in a cell"),
        pytest.param("8.01111E+10", "scientific", id="N6 spoilt by a spreadsheet"),
        pytest.param("8.19011e+11", "scientific", id="C7 spoilt country code"),
        pytest.param("#N/A", "letters", id="error of a spreadsheet"),
        pytest.param("080：11112222", "symbols", id="N3 what follows the full-width digits"),
        pytest.param("080*1111", "symbols", id="N6 other symbols"),
        pytest.param("080+11112222", "symbols", id="N6 plus in the middle"),
        pytest.param("+82 10-1234-5678", "foreign", id="N7 Korea"),
        pytest.param("+1 415 555 2671", "foreign", id="N7 United States"),
        pytest.param("010-82-10-1234-5678", "foreign", id="N7 dialled abroad from Japan"),
        pytest.param("00818011112222", "international_prefix", id="N7 prefix of other countries"),
        pytest.param("801111222", "too_short", id="N9 nine digits"),
        pytest.param("80111122220", "unassigned", id="N9 eleven digits without a zero"),
        pytest.param("8011112222.0", "unassigned", id="a number with decimals"),
        pytest.param("+81008011112222", "too_long", id="N8 only one redundant zero"),
    ],
)
def test_what_is_not_clearly_one_mobile_number_is_refused(raw, code):
    assert answer(parse_phone, raw) == code


def test_these_invisible_characters_and_no_others_are_passed_over():
    accepted = {
        code
        for code in range(0x2000, 0x2070)
        if isinstance(answer(parse_phone, f"0801111{chr(code)}2222"), PhoneNumber)
    }
    spaces_and_dashes = {*range(0x2000, 0x200B), *range(0x2010, 0x2016), 0x2028, 0x2029, 0x202F, 0x205F}
    invisible = {*range(0x200B, 0x2010), *range(0x202A, 0x202F), 0x2060, *range(0x2066, 0x206A)}
    assert accepted == spaces_and_dashes | invisible


@pytest.mark.parametrize("raw", ["8011112222", "80-1111-2222", "８０１１１１２２２２"])
def test_a_zero_lost_in_a_spreadsheet_is_put_back_and_said(raw):
    number = parse_phone(raw)
    assert number == PhoneNumber(E164, "leading_zero")
    assert number.repaired


def test_a_number_written_in_full_is_not_called_repaired():
    assert not parse_phone("080-1111-2222").repaired


@pytest.mark.parametrize("raw", ["3123456789", "5011112222", "8001112222"])
def test_a_zero_is_put_back_for_mobile_numbers_only(raw):
    assert isinstance(answer(parse_phone, raw), str)


@pytest.mark.parametrize(
    ("e164", "domestic", "shown", "masked"),
    [
        pytest.param(E164, "08011112222", "080-1111-2222", "080-****-2222", id="mobile"),
        pytest.param("+812001111222233", "02001111222233", "0200-11112-22233", "0200-*****-22233", id="M2M"),
    ],
)
def test_ways_to_write_a_number(e164, domestic, shown, masked):
    assert (to_domestic(e164), format_domestic(e164), mask(e164)) == (domestic, shown, masked)


digits_apart = st.text(st.sampled_from(PIECES), max_size=4)
spelled = st.lists(st.tuples(st.sampled_from("0123456789０８９"), digits_apart), min_size=9, max_size=13).map(
    lambda pairs: "".join(digit + rest for digit, rest in pairs)
)
prefixed = st.tuples(st.sampled_from(["", "0", "080", "８０", "+81", "81", "010 81", "'", "tel:"]), spelled).map(
    "".join
)


jumbled = st.lists(st.sampled_from(PIECES + ODD_PIECES), max_size=24).map("".join)


@given(st.one_of(prefixed, jumbled, st.text(max_size=20)), st.booleans())
@example("8011112222", False)
@example("\x1c080\x851111\u20282222", True)
def test_the_short_cut_gives_the_same_answer(raw, allow_m2m):
    assert answer(parse_phone, raw, allow_m2m=allow_m2m) == answer(parse_carefully, raw, allow_m2m=allow_m2m)


def test_the_short_cut_gives_the_same_answer_for_a_hundred_thousand_spellings():
    random_ = random.Random(2026)
    taken = 0
    for _ in range(100_000):
        raw = random_spelling(random_)
        number = answer(parse_phone, raw)
        assert number == answer(parse_carefully, raw), raw
        taken += isinstance(number, PhoneNumber)
    assert 20_000 < taken < 80_000  # the generator reaches both sides


def random_spelling(random_):
    prefix = random_.choice(["0", "0", "0", "", "+81", "+81(0)", "81", "tel:0", "'0", "+82", "00", "010"])
    digits = random_.choice("66778899012345") + random_.choice("000000001") + random_.choice("0123456789")
    digits += str(random_.randrange(10**7)).zfill(random_.choice([6, 7, 7, 7, 7]))
    mark = random_.choice(["", "", "-", "ー", " ", "\u3000", "\u200b", "/", "x"])
    text = prefix + mark.join([digits[:2], digits[2:6], digits[6:]])
    return text.translate({ord("1"): "１", ord("0"): "０"}) if random_.random() < 0.2 else text


def library_type(number):
    return phonenumbers.number_type(phonenumbers.parse(number, "JP"))


def test_whatever_we_take_the_library_calls_mobile():
    random_ = random.Random(81)
    for _ in range(2_000):
        digits = f"0{random_.choice('6789')}0{random_.randint(10_000_000, 99_999_999)}"
        number = parse_phone(digits).e164
        assert library_type(number) == phonenumbers.PhoneNumberType.MOBILE
        assert phonenumbers.format_number(phonenumbers.parse(number), phonenumbers.PhoneNumberFormat.E164) == number


def test_whatever_the_library_calls_mobile_we_take():
    random_ = random.Random(18)
    for _ in range(3_000):
        length = random_.choice([9, 10, 10, 10, 11])
        digits = "0" + random_.choice("23456789") + random_.choice("000123456789")
        digits += "".join(random_.choices("0123456789", k=length - 2))
        is_mobile = library_type(digits) == phonenumbers.PhoneNumberType.MOBILE
        assert isinstance(answer(parse_phone, digits), PhoneNumber) == is_mobile, digits


@pytest.mark.parametrize("raw", ["08001112222", "02011112222", "080-1111-2222 ext 5", "080/1111/2222", "O8011112222"])
def test_we_are_stricter_than_the_library(raw):
    assert phonenumbers.is_valid_number(phonenumbers.parse(raw, "JP"))
    with pytest.raises(InvalidInput):
        parse_phone(raw)


@given(st.characters(categories=["N"]))
def test_only_ascii_and_full_width_digits_count_as_digits(digit):
    is_taken = isinstance(answer(parse_phone, f"0801111222{digit}"), PhoneNumber)
    assert is_taken == (digit in "0123456789０１２３４５６７８９")
