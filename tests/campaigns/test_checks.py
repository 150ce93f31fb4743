from typing import Any

import pytest
from django.core.checks import run_checks

from campaigns.checks import check_queue_clock


@pytest.mark.parametrize(("retry", "found"), [pytest.param(300, False, id="fine"), pytest.param(1, True, id="wrong")])
def test_a_start_with_wrong_settings_says_so(settings: Any, retry: int, found: bool) -> None:
    settings.Q_CLUSTER = settings.Q_CLUSTER | {"retry": retry}
    assert ("campaigns.E001" in {message.id for message in run_checks()}) is found


@pytest.mark.parametrize(
    ("changes", "is_wrong"),
    [
        pytest.param({}, False, id="as shipped"),
        pytest.param({"workers": 1, "queue_limit": 10, "retry": 300}, True, id="a long queue for one worker"),
        pytest.param({"timeout": 60, "retry": 180, "workers": 2}, True, id="exactly on the bound"),
        pytest.param({"workers": 4, "retry": 121}, False, id="more workers, shorter wait"),
    ],
)
def test_retry_leaves_room_for_waiting(settings: Any, changes: dict[str, int], is_wrong: bool) -> None:
    settings.Q_CLUSTER = settings.Q_CLUSTER | {"workers": 2} | changes
    assert bool(check_queue_clock()) is is_wrong
