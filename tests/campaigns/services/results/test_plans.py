"""Query plans of what runs all the time while receipts come in: by index, whatever the tables grow to."""

import re
from math import inf

import pytest
from django.db import connection
from django.utils import timezone

from campaigns.models import DayCount
from campaigns.services.results.applying import apply_receipts
from campaigns.services.results.receiving import Door, receive
from providers.base import DeliveryReceipt, ReceiptStatus
from tests.factories import make_account, make_campaign, make_message

pytestmark = pytest.mark.django_db(transaction=True)

IS_POSTGRES = connection.vendor == "postgresql"
EXPLAIN = "EXPLAIN " if IS_POSTGRES else "EXPLAIN QUERY PLAN "
WALKS = re.compile(r"(?:Seq Scan on|SCAN) campaigns_(?:message|receiptlog|duemessage|openmessage)\b")


@pytest.fixture
def plans():
    """Of every statement run meanwhile, its plan."""
    found: dict[str, str] = {}

    def explain(execute, sql, params, many, context):
        if re.match(r"\s*(SELECT|UPDATE|INSERT|DELETE)", sql):
            plan = connection.create_cursor()  # beside the one that asks, which may be the server's
            plan.execute(EXPLAIN + sql, params)
            found[sql] = "\n".join(str(row[-1]) for row in plan.fetchall())
        return execute(sql, params, many, context)

    with connection.cursor() as cursor, connection.execute_wrapper(explain):
        if IS_POSTGRES:
            cursor.execute("SET enable_seqscan = off")  # its choice on tables as small as ours says nothing
        yield found
        if IS_POSTGRES:
            cursor.execute("RESET enable_seqscan")


def test_a_receipt_finds_its_message_by_index_from_the_door_to_the_count(vendor, queued, plans):
    campaign = make_campaign(account=make_account(provider="scripted"), state="sending", starts_at=timezone.now())
    message = make_message(campaign, state="accepted")
    vendor.known = {message.reference: DeliveryReceipt(message.reference, ReceiptStatus.DELIVERED)}
    vendor.known["v-1"] = DeliveryReceipt("", ReceiptStatus.DELIVERED, provider_message_id="v-1")
    plans.clear()
    assert Door.of(message.account_id)
    receive(message.account_id, f"{message.reference} v-1".encode(), "text/plain")
    apply_receipts(message.account, until=inf)
    DayCount.objects.recount(campaign.pk)
    assert len(plans) > 10
    assert {sql: plan for sql, plan in plans.items() if WALKS.search(plan)} == {}
