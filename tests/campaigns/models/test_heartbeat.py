from datetime import timedelta

import pytest
from django.utils import timezone

from campaigns.models import Heartbeat

pytestmark = pytest.mark.django_db


def beats(**minutes_ago: float) -> None:
    for machine, minutes in minutes_ago.items():
        Heartbeat.objects.create(machine=machine, at=timezone.now() - timedelta(minutes=minutes))


def test_a_machine_beats_in_a_row_of_its_own(monkeypatch):
    for machine in ("one", "other", "one"):
        monkeypatch.setattr("campaigns.models.heartbeat.gethostname", lambda machine=machine: machine)
        Heartbeat.beat()
    assert list(Heartbeat.objects.values_list("machine", flat=True)) == ["one", "other"]


@pytest.mark.parametrize(
    ("minutes_ago", "all_silent", "silent"),
    [
        pytest.param({}, False, [], id="none ever worked"),
        pytest.param({"one": 1}, False, [], id="one at work"),
        pytest.param({"one": 4}, True, ["one"], id="one silent"),
        pytest.param({"one": 1, "other": 5}, False, [], id="the other may just have had no turn"),
        pytest.param({"one": 1, "other": 7}, False, ["other"], id="the other is silent"),
        pytest.param({"one": 8, "other": 7}, True, ["one", "other"], id="all silent"),
    ],
)
def test_who_is_silent(minutes_ago, all_silent, silent):
    beats(**minutes_ago)
    assert (Heartbeat.silent_since() is not None) is all_silent
    assert [beat.machine for beat in Heartbeat.silent_machines()] == silent


def test_a_machine_out_of_service_is_forgotten_after_a_day():
    beats(one=1, gone=24 * 60 + 1)
    Heartbeat.forget_gone()
    assert list(Heartbeat.objects.values_list("machine", flat=True)) == ["one"]
