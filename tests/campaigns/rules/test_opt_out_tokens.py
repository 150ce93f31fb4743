import pytest
from hypothesis import given
from hypothesis import strategies as st

from campaigns.rules.opt_out_tokens import ALPHABET, LONGEST, make_token, read_token

KEY = b"k" * 32
KEYS = st.binary(min_size=16, max_size=64)
CAMPAIGNS, CONTACTS = st.integers(1, 2**22 - 1), st.integers(1, 2**32 - 1)


@given(key=KEYS, campaign=CAMPAIGNS, contact=CONTACTS)
def test_what_is_made_is_read_and_short_and_plain(key, campaign, contact):
    token = make_token(key, campaign, contact)
    assert read_token(key, token) == (campaign, contact)
    assert len(token) <= 16
    assert set(token) <= set(ALPHABET)


@given(campaign=CAMPAIGNS, contact=CONTACTS, at=st.integers(0, 12), letter=st.sampled_from(ALPHABET))
def test_one_letter_changed_opens_nothing(campaign, contact, at, letter):
    token = make_token(KEY, campaign, contact)
    changed = token[:at] + letter + token[at + 1 :]
    assert changed == token or read_token(KEY, changed) is None


@given(st.text())
def test_no_text_from_outside_breaks_it(text):
    assert read_token(KEY, text) is None


@pytest.mark.parametrize(
    "token",
    [
        pytest.param("", id="nothing"),
        pytest.param("0" + make_token(KEY, 3, 7), id="the same number with a leading zero"),
        pytest.param(make_token(b"other" * 5, 3, 7), id="made with another key"),
        pytest.param(make_token(KEY, 3, 7)[:-1], id="cut off by the phone"),
        pytest.param("z" * (LONGEST + 1), id="too long to be looked at"),
    ],
)
def test_what_opens_nothing(token):
    assert read_token(KEY, token) is None
