"""What services and screens rely on in every registered vendor."""

import inspect
import re

import pytest

from campaigns.rules.parts import PROFILES
from campaigns.texts import reason_text
from providers.base import REASONS, Provider
from providers.errors import CODES
from providers.http import VendorClient
from providers.registry import PROVIDERS

each_vendor = pytest.mark.parametrize("vendor", PROVIDERS.values(), ids=PROVIDERS)

# What a capability promises -> the methods that must then be there.
PROMISED = {
    "look_up": ["look_up"],
    "look_up_day": ["look_up_day"],
    "books": ["bookings"],
    "cancels": ["cancel"],
    "cancels_group": ["cancel_group"],
    "month_counts": ["month_counts"],
    "shortens": ["shorten"],
    "lists_templates": ["templates"],
    "cleans": ["clean"],
    "tells_clicks": ["look_up_group"],
}


def test_vendors_are_found_by_their_slug() -> None:
    assert PROVIDERS
    assert all(slug == vendor.slug for slug, vendor in PROVIDERS.items())


@each_vendor
def test_a_vendor_is_complete(vendor: type[Provider]) -> None:
    assert not inspect.isabstract(vendor)
    assert re.fullmatch("[a-z][a-z0-9_]*", vendor.slug)
    assert vendor.label
    assert vendor.credential_names
    assert not set(vendor.credential_names) & set(vendor.option_names)
    assert set(vendor.plain_names) <= set(vendor.option_names)
    assert {*vendor.formats, *vendor.choices} <= {*vendor.credential_names, *vendor.option_names}
    assert re.fullmatch(vendor.sender_format, vendor.sender_example)


@each_vendor
def test_its_own_address_is_a_safe_one(vendor: type[Provider]) -> None:
    assert vendor.base_url.startswith("https://")
    VendorClient(vendor.base_url)


@each_vendor
@pytest.mark.parametrize("capability", PROMISED)
def test_it_does_what_it_claims_and_claims_what_it_does(vendor: type[Provider], capability: str) -> None:
    written = [name for name in PROMISED[capability] if getattr(vendor, name) is not getattr(Provider, name)]
    assert written == (PROMISED[capability] if getattr(vendor.capabilities, capability) else [])


@each_vendor
def test_its_figures_make_sense(vendor: type[Provider]) -> None:
    can = vendor.capabilities
    assert can.counting_profile in PROFILES
    assert can.batch_size >= 1
    assert can.requests_per_second >= 1
    assert can.cleans == (can.cleans_back > 0)
    assert can.questions_per_second >= 1
    assert can.books == (can.book_at_most_ahead > can.book_at_least_ahead)


@each_vendor
def test_it_needs_only_its_credentials_to_be_opened(vendor: type[Provider]) -> None:
    vendor(VendorClient(vendor.base_url), dict.fromkeys(vendor.credential_names, "x"))


@pytest.mark.parametrize("code", sorted(CODES | REASONS))
def test_every_code_has_a_sentence(code: str) -> None:
    assert reason_text(code) != code
