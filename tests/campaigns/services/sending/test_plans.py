"""How the databases do the hot statements, asked of them: by an index, however many rows the tables hold.

The tables of a test are small, so PostgreSQL is told to walk over a whole table only where it has no other way.
"""

import re
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from campaigns.models import Campaign, DueMessage, Message, OpenMessage, SendResult
from tests.factories import make_campaign, make_message

pytestmark = pytest.mark.django_db

# What was handed in with the statement, and what it picked itself, are walked over; a table of ours is not.
WALK = re.compile(r"Seq Scan on (?!pg_)\w+|SCAN (?!json_each|picked|v\b)\w+(?! USING)")


@pytest.fixture
def campaign() -> Campaign:
    campaign = make_campaign(state="sending", starts_at=timezone.now())
    rows = [make_message(campaign) for _ in range(200)]
    due = {"account": campaign.account, "campaign": campaign, "due_at": timezone.now() - timedelta(seconds=1)}
    DueMessage.objects.bulk_create(DueMessage(message=row, phone=row.phone, **due) for row in rows)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
        if connection.vendor == "postgresql":
            cursor.execute("SET LOCAL enable_seqscan = off")
    return campaign


def reserve(campaign: Campaign) -> str:
    return DueMessage.objects.reserve([campaign.pk], 50, now=timezone.now(), seconds=60)


def begin(campaign: Campaign, *, days_apart: int = 0) -> list[int]:
    token = reserve(campaign)
    leaving = Message.objects.begin_send(token, [campaign.pk], timezone.now(), days_apart=days_apart)
    return [message.id for message in leaving]


def plans_of(act: Callable[[], object]) -> str:
    """How the database would do each statement by which it just did this."""
    with CaptureQueriesContext(connection) as captured:
        act()
    explain = "EXPLAIN QUERY PLAN" if connection.vendor == "sqlite" else "EXPLAIN"
    lines = []
    with connection.cursor() as cursor:
        for query in captured:
            if query["sql"].lstrip().startswith(("UPDATE", "INSERT", "DELETE")):
                cursor.execute(f"{explain} {query['sql']}")
                lines += [str(row[-1]) for row in cursor.fetchall()]
    return "\n".join(lines)


@pytest.mark.parametrize(
    ("act", "by"),
    [
        pytest.param(lambda campaign, ids: reserve(campaign), "due_by_campaign", id="reserve"),
        pytest.param(lambda campaign, ids: begin(campaign), "due_reserved", id="begin"),
        pytest.param(lambda campaign, ids: begin(campaign, days_apart=7), "due_reserved", id="begin what is spaced"),
        pytest.param(
            lambda campaign, ids: DueMessage.objects.settle_reservation("t", leaving=ids), "due_reserved", id="settle"
        ),
        pytest.param(
            lambda campaign, ids: Message.objects.record([SendResult(pk, "accepted") for pk in ids], timezone.now()),
            "",
            id="record",
        ),
        pytest.param(
            lambda campaign, ids: OpenMessage.objects.watch(
                ids, account_id=campaign.account_id, next_look_at=timezone.now(), now=timezone.now()
            ),
            "",
            id="watch",
        ),
        pytest.param(lambda campaign, ids: DueMessage.objects.hand_over(ids), "", id="hand over"),
    ],
)
def test_no_statement_walks_over_a_table(campaign, act, by):
    ids = begin(campaign)
    plans = plans_of(lambda: act(campaign, ids))
    assert plans
    assert by in plans
    assert not WALK.findall(plans), plans


def test_the_test_itself_objects(campaign):
    plans = plans_of(lambda: Message.objects.filter(body__contains="ご予約").update(reason=""))
    assert WALK.findall(plans)
