"""A campaign ready to go, as every benchmark of sending needs it."""

import time

from django.db import connection
from django.utils import timezone

from campaigns.models import Campaign, ContactList, DueMessage, Message, ProviderAccount, SenderId, User, bulk
from campaigns.services.planning.launching import launch
from campaigns.services.planning.preparing import prepare_campaign, start_preparation

BODY = "{{氏名}}様 ご予約は明日10時です。"
NO_LIMIT = 100_000  # messages per second
# The vendor stub asks for no credentials. Arrays are as long as the vendor's own sample.
VENDORS = {
    "zettai_reach": {"token": "stub", "client_id": "20001"},
    "rakuten_cpaas": {"api_key": "stub", "api_secret": "stub"},
}

# Parameters: campaign, account, first number, last number.
EARLIER = """
INSERT INTO campaigns_message (campaign_id, account_id, reference, phone, body, parts, day, state, reason, vendor_code,
  vendor_text, provider_message_id, carrier, billed_parts, sent_at, answered_at, final_at)
SELECT %s, %s, 'earlier' || i, '+8180' || (10000000 + i), '見本様 ご予約は明日10時です。', 1, '2026-10-01', 'delivered',
  '', '2', '', 'v' || i, 'docomo', 1, '2026-10-01 03:00:00', '2026-10-01 03:00:00', '2026-10-01 03:00:09' FROM <numbers>
"""
NUMBERS = {
    "postgresql": "generate_series(%s, %s) i",
    "sqlite": "(WITH RECURSIVE s(i) AS (SELECT %s UNION ALL SELECT i + 1 FROM s WHERE i < %s) SELECT i FROM s)",
}
AT_ONCE = 500_000


def make_account(provider: str, address: str, *, limit: int = NO_LIMIT) -> ProviderAccount:
    account = ProviderAccount.objects.create(
        provider=provider,
        label=f"{provider} {limit}",
        base_url=f"{address}/",
        credentials=VENDORS[provider],
        requests_per_second=limit,
    )
    SenderId.objects.create(account=account, value="54321")
    return account


def fill_ledger(account: ProviderAccount, messages: int) -> None:
    """So many sent earlier, by one campaign; the planner knows of them as it would by then."""
    author, _ = User.objects.get_or_create(username="benchmark")
    earlier = Campaign.objects.create(name="earlier", account=account, state="completed", created_by=author)
    statement = EARLIER.replace("<numbers>", NUMBERS[connection.vendor])
    with connection.cursor() as cursor:
        for first in range(1, messages + 1, AT_ONCE):
            last = min(first + AT_ONCE - 1, messages)
            cursor.execute(statement, [earlier.pk, account.pk, first, last])
    if messages:
        bulk.count_anew(Message)


def make_campaign(account: ProviderAccount, people: ContactList) -> tuple[Campaign, float]:
    """Launched and due at once, and the seconds its rows took."""
    author, _ = User.objects.get_or_create(username="benchmark")
    campaign = Campaign.objects.create(
        name="benchmark", account=account, sender=account.senders.get(), body=BODY, created_by=author
    )
    campaign.lists_in.set([people])
    start_preparation(campaign)
    began = time.monotonic()
    while not campaign.is_ready:
        prepare_campaign(campaign, until=time.monotonic() + 5)
        campaign.refresh_from_db()
    preparing = time.monotonic() - began
    launch(campaign, author)
    now = timezone.now()
    Campaign.objects.filter(pk=campaign.pk).update(starts_at=now)
    DueMessage.objects.filter(campaign=campaign).update(due_at=now)
    return campaign, preparing
