"""What a page may cost: bytes on a slow line, and queries however many rows there are."""

import gzip
import re
from pathlib import Path
from urllib.parse import urlparse

import pytest
from django.contrib.staticfiles import finders
from django.urls import reverse

from tests.factories import make_campaign, make_contact, make_message, make_template, make_user

pytestmark = pytest.mark.django_db
MOST_BYTES = 100_000  # of the page, its styles and its scripts, compressed
PAGES = {
    "dashboard": 20,
    "campaign_list": 10,
    "campaign_new": 18,
    "booking_list": 12,
    "contact_list": 12,
    "contactlist_list": 10,
    "suppression_list": 10,
    "template_list": 10,
    "message_list": 10,
    "count_month": 14,
    "activity_list": 10,
    "approval_list": 10,
}


@pytest.fixture
def reader(client):
    client.force_login(make_user("administrator"))
    return client


def parts_of(page: bytes) -> list[str]:
    linked = re.findall(r'(?:<script[^>]+src|<link[^>]+rel="stylesheet"[^>]+href)="([^"]+)"', page.decode())
    return [urlparse(url).path.removeprefix("/static/") for url in linked]


@pytest.mark.parametrize("name", PAGES)
def test_a_page_is_light(reader, name):
    packed = reader.get(reverse(name), headers={"accept-encoding": "gzip"}).content
    files = [finders.find(part) for part in parts_of(gzip.decompress(packed))]
    assert files
    assert all(files)
    total = len(packed) + sum(len(gzip.compress(Path(file).read_bytes())) for file in files)
    assert total < MOST_BYTES


@pytest.mark.parametrize(("name", "most"), PAGES.items())
def test_a_page_asks_no_more_for_many_rows(reader, django_assert_max_num_queries, name, most):
    for number in range(12):
        campaign = make_campaign(state="sending" if number % 2 else "scheduled", lists=[])
        make_message(campaign, contact=make_contact())
        make_template()
    reader.get(reverse(name))
    with django_assert_max_num_queries(most):
        assert reader.get(reverse(name)).status_code == 200
