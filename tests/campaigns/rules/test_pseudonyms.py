import pytest

from campaigns.rules.phone_numbers import format_domestic, mask
from campaigns.rules.pseudonyms import is_pseudonym, pseudonym

PHONE = "+819012345678"


def test_a_pseudonym_is_known_again_by_its_key_alone():
    assert pseudonym(b"one" * 8, PHONE) == pseudonym(b"one" * 8, PHONE)
    assert pseudonym(b"one" * 8, PHONE) != pseudonym(b"two" * 8, PHONE)
    assert is_pseudonym(pseudonym(b"one" * 8, PHONE))
    assert not is_pseudonym(PHONE)
    assert len(pseudonym(b"one" * 8, PHONE)) <= 16


@pytest.mark.parametrize("written", [pytest.param(format_domestic, id="shown"), pytest.param(mask, id="masked")])
def test_in_place_of_it_stars_are_shown(written):
    assert written(pseudonym(b"one" * 8, PHONE)) == "***-****-****"
