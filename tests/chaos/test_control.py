"""What people and machines ask of a running portal: stop, pause, drain, deploy, share, and get well again."""

import os
import signal
import time

import pytest

from .conftest import OpenRig
from .rig import Rig, group_of, pids
from .verdict import is_completed, is_settled, objections

STOPPED_WITHIN = 1.0
DRAINED_WITHIN = 10.0
PACE = 40

LOST = "SELECT count(*) FROM campaigns_message WHERE reason = 'worker_lost'"
IN_HAND = "SELECT 1 FROM campaigns_message WHERE state = 'sending'"
SPANS = "SELECT min(sent_at), max(sent_at) FROM campaigns_message GROUP BY account_id"
QUEUED = "SELECT count(*) FROM django_q_ormq"
SCHEDULES = "SELECT count(*) FROM django_q_schedule"
CANCELLED = "SELECT count(*) FROM campaigns_message WHERE state = 'cancelled'"

LOOK = "from django_q.scheduler import scheduler; scheduler()"  # as each cluster does twice a minute

pytestmark = [pytest.mark.processes]
on_both = pytest.mark.parametrize("database", ["sqlite", "postgres"])


def handed_over(rig: Rig) -> int:
    count: int = rig.sandbox.ledger()["handed_over"]
    return count


def sending(rig: Rig, people: int) -> None:
    rig.call("open_account", vendor="zettai_reach", requests_per_second=PACE)
    rig.send_to(people=people)


def group_lives(leader: int) -> bool:
    return any(group_of(pid) == leader for pid in pids())


def all_well(rig: Rig) -> None:
    rig.wait(lambda: is_completed(rig), seconds=120)
    rig.wait(lambda: is_settled(rig), seconds=60)
    assert not objections(rig)


@on_both
def test_a_second_after_a_stop_nothing_leaves_any_more(database: str, open_rig: OpenRig) -> None:
    rig = open_rig(database)
    sending(rig, people=1_000)
    answered_at = rig.call("stop")
    time.sleep(max(0.0, answered_at + STOPPED_WITHIN - time.time()))
    by_then = handed_over(rig)
    assert 0 < by_then < 1_000
    rig.wait(lambda: rig.rows(CANCELLED) == [(1_000 - by_then,)], seconds=30)
    assert handed_over(rig) == by_then


@on_both
def test_a_pause_holds_and_a_resume_repeats_nothing(database: str, open_rig: OpenRig) -> None:
    rig = open_rig(database)
    sending(rig, people=800)
    assert rig.call("pause") == 1
    rig.wait(lambda: not rig.rows(IN_HAND), seconds=10)
    by_then = handed_over(rig)
    assert 0 < by_then < 800
    rig.call("wake")
    rig.call("wake")
    assert handed_over(rig) == by_then
    rig.call("resume")
    all_well(rig)


@on_both
def test_a_worker_told_to_end_hands_over_what_it_holds_and_another_goes_on(database: str, open_rig: OpenRig) -> None:
    rig = open_rig(database)
    sending(rig, people=600)
    leader = rig.leader("qcluster")
    os.kill(leader, signal.SIGTERM)
    rig.wait(lambda: not group_lives(leader), seconds=DRAINED_WITHIN)
    assert handed_over(rig) < 600
    all_well(rig)
    assert rig.rows(LOST) == [(0,)]


@on_both
def test_a_deploy_in_the_middle_loses_and_doubts_nothing(database: str, open_rig: OpenRig) -> None:
    rig = open_rig(database)
    sending(rig, people=600)
    rig.stop()
    assert handed_over(rig) < 600
    assert not rig.rows(IN_HAND)
    rig.start()
    all_well(rig)
    assert rig.rows(LOST) == [(0,)]


@on_both
def test_a_cluster_frozen_by_a_killed_waiting_process_is_replaced(database: str, open_rig: OpenRig) -> None:
    """It looks healthy and runs nothing more (django-q2, issue 23), for the dead process holds the queue's lock."""
    rig = open_rig(database)
    leader = rig.leader("qcluster")
    rig.wait(lambda: len(rig.ready_for_work()) == 2, seconds=20)
    time.sleep(7)  # nothing is left to be woken, so both wait
    for pid in rig.ready_for_work():
        os.kill(pid, signal.SIGKILL)
    rig.wait(lambda: set(rig.leaders("qcluster")) - {leader}, seconds=60)
    sending(rig, people=50)
    all_well(rig)


def test_four_processes_on_two_machines_keep_to_one_limit_and_share_the_accounts(open_rig: OpenRig) -> None:
    rig = open_rig("postgres")
    rig.add_worker()
    rig.call("open_account", vendor="zettai_reach", requests_per_second=PACE)
    rig.call("open_account", vendor="rakuten_cpaas", requests_per_second=8, batch_size="5")
    rig.call("open_account", vendor="karaden", requests_per_second=PACE)
    rig.send_to(people=400)
    all_well(rig)
    spans = rig.rows(SPANS)
    assert min((last - first).total_seconds() for first, last in spans) > 400 / PACE * 0.95
    assert max(first for first, _ in spans) < min(last for _, last in spans), "one account waited for another"


@on_both
def test_schedules_that_several_clusters_look_at_run_once_each(database: str, new_rig: OpenRig) -> None:
    rig = new_rig(database)
    rig.environment.pop("BROKER_URL", None)  # a queue whose length can be read
    rig.prepare()
    rig.call("make_schedules_due")
    lookers = [rig.spawn("manage.py", "shell", "-c", LOOK, log=f"looker-{n}") for n in range(4)]
    assert [looker.wait(60) for looker in lookers] == [0] * 4
    assert rig.rows(QUEUED) == rig.rows(SCHEDULES)
