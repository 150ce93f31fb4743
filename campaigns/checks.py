"""What the settings must keep to; seen at every start and by `manage.py check`."""

from math import ceil
from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error


def check_queue_clock(**kwargs: Any) -> list[CheckMessage]:
    """The queue's clock starts when a task is fetched, also while it waits: too short a `retry` runs it twice."""
    queue: dict[str, Any] = settings.Q_CLUSTER
    turns = ceil((queue["queue_limit"] + queue["bulk"]) / queue["workers"]) + 1
    if queue["retry"] > queue["timeout"] * turns:
        return []
    hint = f"retry must be above timeout x {turns} = {queue['timeout'] * turns} seconds with these workers and limits."
    return [Error("Q_CLUSTER would run waiting tasks twice.", hint=hint, id="campaigns.E001")]
