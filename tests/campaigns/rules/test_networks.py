import pytest

from campaigns.errors import InvalidInput
from campaigns.rules.networks import is_within, parse_networks


@pytest.mark.parametrize(
    ("written", "found"),
    [
        pytest.param("", [], id="nothing"),
        pytest.param("203.0.113.5", ["203.0.113.5/32"], id="one address"),
        pytest.param("203.0.113.0/24, 2001:db8::/32", ["203.0.113.0/24", "2001:db8::/32"], id="with commas"),
        pytest.param(" 203.0.113.0/24\r\n198.51.100.1、198.51.100.2 ", 3, id="lines and Japanese commas"),
    ],
)
def test_ranges_are_read_as_people_write_them(written, found):
    read = [str(network) for network in parse_networks(written)]
    assert len(read) == found if isinstance(found, int) else read == found


@pytest.mark.parametrize("written", ["203.0.113.5/24", "203.0.113", "example.jp", "203.0.113.0/33", "203.0.113.0-9"])
def test_what_is_no_range_is_named(written):
    with pytest.raises(InvalidInput) as refusal:
        parse_networks(f"198.51.100.1, {written}")
    assert refusal.value.context["written"] == written


@pytest.mark.parametrize("address", ["", "unknown", "203.0.113.5:443"])
def test_an_address_that_cannot_be_read_is_outside(address):
    assert not is_within(address, "203.0.113.0/24")
