"""Three vendors, three campaigns, and disasters at random moments: nothing twice, nothing lost, done by itself.

`make chaos SEEDS=0-49`; a seed that failed is repeated with `make chaos SEEDS=17-17`.
"""

import os
import time
from random import Random

import pytest

from tests.journeys.portal import ROOT

from .conftest import OpenRig
from .disasters import DISASTERS, dealt
from .verdict import is_asked_about, is_completed, is_settled, objections

HANDS = 5  # seeds that together deal out every disaster once
PEOPLE = 250  # on each account: some twelve seconds
RECOVERY_SECONDS = 120.0


def seeds() -> range:
    first, _, last = os.environ.get("SEEDS", f"0-{HANDS - 1}").partition("-")
    return range(int(first), int(last) + 1)


@pytest.mark.processes
@pytest.mark.parametrize("seed", seeds())
def test_nothing_is_sent_twice_or_lost_whatever_happens(seed: int, open_rig: OpenRig) -> None:
    chance, database, disasters = Random(seed), ("sqlite", "postgres")[seed % 2], dealt(seed, hands=HANDS)
    rig = open_rig(database, seed=seed)
    rig.call("open_account", vendor="zettai_reach", requests_per_second=20)
    rig.call("open_account", vendor="rakuten_cpaas", requests_per_second=4, batch_size="5")
    rig.call("open_account", vendor="karaden", requests_per_second=20)
    rig.send_to(people=PEOPLE)
    for disaster in disasters:
        time.sleep(chance.uniform(0.2, 2))
        DISASTERS[disaster](rig, chance)
    seconds = rig.wait(lambda: is_completed(rig), seconds=RECOVERY_SECONDS)
    rig.wait(lambda: is_asked_about(rig), seconds=RECOVERY_SECONDS)
    rig.call("let_time_pass", minutes=30)
    rig.wait(lambda: is_settled(rig), seconds=RECOVERY_SECONDS)
    note(f"seed {seed}, {database}: {', '.join(disasters)}: completed {seconds:.0f} s after the last")
    assert not objections(rig)
    assert not rig.leaks()


def note(line: str) -> None:
    """Beside the verdict, how long it took: test-results/chaos.txt."""
    results = ROOT / "test-results"
    results.mkdir(exist_ok=True)
    with (results / "chaos.txt").open("a", encoding="utf-8") as notes:
        notes.write(f"{line}\n")
