"""A campaign ready to go, as every benchmark of sending needs it."""

import time

from django.utils import timezone

from campaigns.models import Campaign, ContactList, DueMessage, ProviderAccount, SenderId, User
from campaigns.services.planning.launching import launch
from campaigns.services.planning.preparing import prepare_campaign, start_preparation

BODY = "{{氏名}}様 ご予約は明日10時です。"
NO_LIMIT = 100_000  # messages per second
# The vendor stub asks for no credentials. Arrays are as long as the vendor's own sample.
VENDORS = {
    "zettai_reach": {"token": "stub", "client_id": "20001"},
    "rakuten_cpaas": {"api_key": "stub", "api_secret": "stub"},
}


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
