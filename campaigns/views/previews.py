"""Which person's text the phone shows beside an editor."""

import secrets
from typing import Any

from django.utils.translation import gettext_lazy as _l

from campaigns.services.planning.previewing import Preview

FIRST, LONGEST, ANYONE = "first", "longest", "anyone"
CHOICES = {FIRST: _l("最初の人"), LONGEST: _l("いちばん長い人"), ANYONE: _l("ほかの人")}


def choose(preview: Preview, wanted: str) -> dict[str, Any]:
    """The context of _preview.html: the choices, and the filled text of the chosen one."""
    wanted = wanted if wanted in CHOICES else FIRST
    filled = preview.longest if wanted == LONGEST else preview.first
    if wanted == ANYONE and preview.filled:
        filled = secrets.choice(preview.filled)
    return {"shown": filled, "choices": [(value, label, value == wanted) for value, label in CHOICES.items()]}
