import logging

import pytest

from smsportal.logs import WithoutKeys


@pytest.mark.parametrize(
    ("said", "written"),
    [
        pytest.param("Internal Server Error: /hooks/7/s3cr3t-Key/", "Internal Server Error: /hooks/…", id="a webhook"),
        pytest.param("Internal Server Error: /campaigns/7/", "Internal Server Error: /campaigns/7/", id="a page"),
    ],
)
def test_the_key_of_a_webhook_is_left_out(said: str, written: str) -> None:
    place, _, path = said.partition(": ")
    record = logging.LogRecord("django.request", logging.ERROR, "", 0, "%s: %s", (place, path), None)
    assert WithoutKeys().filter(record)
    assert record.getMessage() == written
