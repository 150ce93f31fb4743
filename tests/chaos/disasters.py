"""What happens to portals: each disaster is over, or there to stay, when its function returns."""

import os
import signal
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from random import Random

from .rig import Rig

Disaster = Callable[[Rig, Random], object]

VENDORS = {"zettai_reach": "20001", "rakuten_cpaas": "contract-key", "karaden": "3"}  # as the sandbox knows them
TROUBLE_SECONDS = 3.0
CLOCK = Path(__file__).parent / "clock"


def a_process_of_the_worker_is_killed(rig: Rig, chance: Random) -> None:
    """Its parent, one that sends, one that waits for work, the one that fetches it, …"""
    victim = chance.choice(sorted(rig.processes_of("qcluster")))
    with suppress(ProcessLookupError):  # it has ended by itself meanwhile
        os.kill(victim, signal.SIGKILL)


def a_worker_process_is_killed_again_and_again(rig: Rig, chance: Random) -> None:
    for _ in range(3):
        a_process_of_the_worker_is_killed(rig, chance)
        time.sleep(chance.uniform(0.2, 1))


def the_worker_is_killed(rig: Rig, chance: Random) -> None:
    rig.kill("qcluster")


def the_worker_s_leader_is_killed(rig: Rig, chance: Random) -> None:
    os.kill(rig.leader("qcluster"), signal.SIGKILL)


def the_web_server_is_killed(rig: Rig, chance: Random) -> None:
    rig.kill("granian")


def the_queue_is_lost(rig: Rig, chance: Random) -> None:
    rig.backend.lose_queue()


def the_database_is_lost_for_a_while(rig: Rig, chance: Random) -> None:
    rig.backend.break_connections()


def a_second_worker_is_started(rig: Rig, chance: Random) -> None:
    rig.add_worker()


def a_worker_with_a_wrong_clock_is_started(rig: Rig, chance: Random) -> None:
    rig.add_worker(CLOCK_OFFSET=str(chance.choice([-90, -20, 20, 90])), PYTHONPATH=str(CLOCK))


def the_machine_of_the_worker_freezes(rig: Rig, chance: Random) -> None:
    leader = rig.leader("qcluster")
    os.killpg(leader, signal.SIGSTOP)
    time.sleep(chance.uniform(3, 15))
    os.killpg(leader, signal.SIGCONT)


def a_new_version_is_installed(rig: Rig, chance: Random) -> None:
    rig.stop()
    rig.start()


def a_person_pauses_and_resumes(rig: Rig, chance: Random) -> None:
    rig.call("pause")
    rig.call("resume")


def trouble(*rules: dict[str, object]) -> Disaster:
    """At every vendor for some seconds."""

    def strike(rig: Rig, chance: Random) -> None:
        for vendor, client_id in VENDORS.items():
            rig.sandbox.faults(vendor, client_id, *rules)
        time.sleep(TROUBLE_SECONDS)
        for vendor, client_id in VENDORS.items():
            rig.sandbox.faults(vendor, client_id)

    return strike


DISASTERS: dict[str, Disaster] = {
    "a process killed": a_process_of_the_worker_is_killed,
    "processes killed": a_worker_process_is_killed_again_and_again,
    "worker killed": the_worker_is_killed,
    "leader killed": the_worker_s_leader_is_killed,
    "web killed": the_web_server_is_killed,
    "queue lost": the_queue_is_lost,
    "database lost": the_database_is_lost_for_a_while,
    "two workers": a_second_worker_is_started,
    "wrong clock": a_worker_with_a_wrong_clock_is_started,
    "machine frozen": the_machine_of_the_worker_freezes,
    "deploy": a_new_version_is_installed,
    "pause": a_person_pauses_and_resumes,
    "reset before": trouble({"kind": "reset", "rate": 0.2}),
    "reset after": trouble({"kind": "reset", "rate": 0.2, "taken": True}),
    "throttled": trouble({"kind": "http_429", "rate": 0.7, "seconds": 1}),
    "server errors": trouble({"kind": "http_500", "rate": 0.2}, {"kind": "html_page", "rate": 0.2, "taken": True}),
    "slow": trouble({"kind": "long_tail", "rate": 0.3, "seconds": 1}, {"kind": "slow_drip", "rate": 0.3, "seconds": 1}),
    "truncated": trouble({"kind": "truncated_json", "rate": 0.3}),
}


def dealt(seed: int, *, hands: int) -> list[str]:
    """The disasters of one seed: each block of so many seeds deals out the whole deck, every block in another order."""
    block, place = divmod(seed, hands)
    deck = list(DISASTERS)
    Random(block).shuffle(deck)
    return deck[place::hands]
