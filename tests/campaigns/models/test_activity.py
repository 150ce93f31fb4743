import functools
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from campaigns.models import Activity
from tests.factories import make_account, make_campaign

ROOT = Path(__file__).resolve().parents[3]

pytestmark = pytest.mark.django_db


def test_each_row_carries_the_hash_of_the_one_before():
    campaign = make_campaign()
    first = Activity.objects.note(campaign.created_by, "campaign_launched", campaign, recipients=3)
    second = Activity.objects.note(None, "campaign_stopped", campaign)
    assert (first.previous, second.previous) == ("", first.digest)


def test_a_changed_row_no_longer_fits_its_hash():
    campaign = make_campaign()
    row = Activity.objects.note(campaign.created_by, "campaign_launched", campaign, recipients=3)
    stored = Activity.objects.get(pk=row.pk)
    assert stored.compute_digest() == stored.digest
    stored.details = {"recipients": 30}
    assert stored.compute_digest() != stored.digest


def chain(length: int) -> list[Activity]:
    account = make_account()
    return [Activity.objects.note(None, "settings_changed", account, step=step) for step in range(length)]


@pytest.mark.parametrize(
    ("harm", "place"),
    [
        pytest.param(lambda row: Activity.objects.filter(pk=row.pk).update(actor_name="誰か"), 2, id="a row altered"),
        pytest.param(lambda row: row.delete(), 3, id="a row deleted"),
        pytest.param(
            lambda row: Activity.objects.filter(pk=row.pk).update(details={}, digest="0" * 64), 2, id="with its digest"
        ),
    ],
)
@pytest.mark.parametrize("newest", [pytest.param(None, id="all"), pytest.param(4, id="the newest")])
def test_the_first_row_that_does_not_fit_is_named(harm, place, newest):
    rows = chain(6)
    assert Activity.objects.first_broken(newest) is None
    harm(rows[2])
    assert Activity.objects.first_broken(newest) == rows[place]


def test_only_the_newest_rows_are_looked_at_where_that_is_asked():
    rows = chain(4)
    Activity.objects.filter(pk=rows[0].pk).update(actor_name="誰か")
    assert Activity.objects.first_broken(2) is None


def test_a_chain_without_its_beginning_is_broken():
    rows = chain(3)
    rows[0].delete()
    assert Activity.objects.first_broken() == rows[1]


def test_a_cut_end_is_found_by_a_digest_kept_elsewhere(capsys):
    last = chain(3)[-1]
    call_command("verify_activity")
    assert f"Last digest: {last.digest}" in capsys.readouterr().out
    last.delete()
    call_command("verify_activity")
    with pytest.raises(CommandError, match="cut off"):
        call_command("verify_activity", kept=last.digest)


def test_an_altered_row_fails_the_command():
    row = chain(2)[0]
    Activity.objects.filter(pk=row.pk).update(verb="campaign_launched")
    with pytest.raises(CommandError, match=f"Row {row.pk} "):
        call_command("verify_activity")


WRITERS, EACH = 4, 25


@pytest.mark.processes
def test_many_processes_write_one_chain_on_sqlite(tmp_path):
    environment = {name: value for name, value in os.environ.items() if name not in {"DATABASE_URL", "BROKER_URL"}}
    start = functools.partial(
        subprocess.Popen, cwd=ROOT, env=environment | {"SMSPORTAL_VAR": str(tmp_path)}, stdout=subprocess.PIPE
    )
    start([sys.executable, "manage.py", "migrate", "-v0"]).communicate()
    writers = [start([sys.executable, "-c", WRITE, str(EACH)]) for _ in range(WRITERS)]
    for writer in writers:
        writer.communicate()
    said, _ = start([sys.executable, "manage.py", "verify_activity"]).communicate()
    assert said.decode().startswith(f"{WRITERS * EACH} rows, nothing altered.")


WRITE = """
import os, sys
os.environ["DJANGO_SETTINGS_MODULE"] = "smsportal.settings"
import django; django.setup()
from campaigns.models import Activity
for step in range(int(sys.argv[1])): Activity.objects.note(None, "settings_changed", None, step=step)
"""


@pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite in memory has one writer")
@pytest.mark.django_db(transaction=True)
def test_many_connections_write_one_chain_on_postgresql():
    def write(_: int) -> None:
        for step in range(EACH):
            Activity.objects.note(None, "settings_changed", None, step=step)
        connection.close()

    with ThreadPoolExecutor(WRITERS) as pool:
        list(pool.map(write, range(WRITERS)))
    assert Activity.objects.count() == WRITERS * EACH
    assert Activity.objects.first_broken() is None
