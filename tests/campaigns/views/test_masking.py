"""Who may not see whole numbers finds none on any page or in any file of the demo."""

import re
from pathlib import Path
from typing import Any

import pytest
from django.test import Client

from campaigns.models import User
from tests.pages import every_url, furnish

WHOLE_NUMBER = re.compile(r"(?<![\d-])(?:\+81-?|0)[6-9]0-?[0-9]{4}-?[0-9]{4}(?!\d)")
EXAMPLES = {"090-1234-5678"}  # shown in empty fields


def body_of(answer: Any) -> str:
    return b"".join(answer.streaming_content if answer.streaming else [answer.content]).decode(errors="replace")


@pytest.mark.django_db
def test_nobody_finds_a_whole_number_who_may_not_see_it(settings: Any, tmp_path: Path) -> None:
    settings.DEMO_LOGINS = tmp_path / "logins"
    furnish()
    seen: dict[str, dict[str, set[str]]] = {}
    for username in ("viewer", "accountant", "operator"):
        client = Client(SERVER_NAME="127.0.0.1")
        client.force_login(User.objects.get(username=username))
        pages = {page.name: WHOLE_NUMBER.findall(body_of(client.get(page.url))) for page in every_url(signed_in=True)}
        seen[username] = {name: left for name, found in pages.items() if (left := set(found) - EXAMPLES)}
    assert seen["viewer"] == {}
    assert seen["accountant"] == {}
    assert {"contact_list", "contact_detail", "message_list"} <= set(seen["operator"])  # else the search sees nothing
