"""No Japanese on the pages in English, but what people typed in, names of vendors, and the switch to Japanese."""

import html
import re
from pathlib import Path
from typing import Any

import pytest
from django.apps import apps
from django.db import models
from django.test import Client
from django.urls import reverse

from campaigns.models import User
from campaigns.models.contact import MERGE_COLUMNS
from providers.registry import PROVIDERS
from tests.pages import Page, every_page, furnish

from .test_translations import JAPANESE, SAMPLE_PERSON

SCRIPTS = re.compile(r"<script.*?</script>", re.DOTALL)

SAID_IN_EVERY_LANGUAGE = {"日本語", *SAMPLE_PERSON, *MERGE_COLUMNS, *(vendor.label for vendor in PROVIDERS.values())}
SAMPLES = {"styleguide"}  # its sample data are Japanese
LONG_ENOUGH = 8  # to be the beginning of a text that a list cuts off, and nothing else


@pytest.mark.django_db
def test_english_pages_hold_no_japanese_of_ours(client: Client, settings: Any, tmp_path: Path) -> None:
    settings.DEMO_LOGINS = tmp_path / "logins"
    furnish()
    client.force_login(User.objects.get(username="admin"))
    client.post(reverse("set_language"), {"language": "en"})
    foreign = words_of_people() | words(" ".join(SAID_IN_EVERY_LANGUAGE))
    pages = every_page(client)
    found = {
        page.name: {word for word in words(text_of(client, page)) if not is_theirs(word, foreign)} for page in pages
    }
    assert {name: left for name, left in found.items() if left and name not in SAMPLES} == {}
    assert len(pages) > 60


def text_of(client: Client, page: Page) -> str:
    """With titles, labels and values of attributes: they are said, too."""
    asking = client if page.signed_in else Client(headers={"accept-language": "en"})
    return html.unescape(SCRIPTS.sub("", asking.get(page.url).content.decode()))


def is_theirs(word: str, foreign: set[str]) -> bool:
    """As it was typed in, cut off by a list, or with the values of fields put in."""
    return (
        word in foreign
        or (len(word) >= LONG_ENOUGH and any(each.startswith(word) for each in foreign))
        or any(word[:at] in foreign and is_theirs(word[at:], foreign) for at in range(1, len(word)))
    )


def words(text: str) -> set[str]:
    return set(JAPANESE.findall(text))


def words_of_people() -> set[str]:
    """Every Japanese run of letters kept in a column of ours."""
    found: set[str] = set()
    for model in apps.get_app_config("campaigns").get_models():
        kinds = (models.CharField, models.TextField, models.JSONField)
        columns = [field.attname for field in model._meta.concrete_fields if isinstance(field, kinds)]
        for row in model._default_manager.values_list(*columns).distinct():
            found |= words(str(row))
    return found
