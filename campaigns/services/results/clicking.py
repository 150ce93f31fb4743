"""Who opened a shortened URL: the vendor does not call us for that, so its list is read now and then."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from time import monotonic

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from campaigns.models import Campaign, Message, ProviderAccount
from campaigns.queue import enqueue
from providers.base import DeliveryReceipt
from providers.errors import ProviderError

from ..accounts import accounts_that, ask_vendor, wait_turn

ASK_EVERY = timedelta(minutes=30)
FRESH_FOR, ASK_FRESH_EVERY = timedelta(hours=2), timedelta(minutes=5)  # while somebody watches
ASK_FOR = timedelta(days=7)  # who has not opened it by then will not
STANDS_STILL_AFTER = timedelta(minutes=2)


def wake_click_questions(now: datetime) -> None:
    """Read again what was last read a while ago, or was left half read."""
    read = Q(clicks_page=0, clicks_asked_at__lt=now - ASK_EVERY)
    read |= Q(clicks_page=0, clicks_asked_at__lt=now - ASK_FRESH_EVERY, starts_at__gt=now - FRESH_FOR)
    left = Q(clicks_page__gt=0, clicks_asked_at__lt=now - STANDS_STILL_AFTER)
    begun = Campaign.objects.filter(shortens_urls=True, starts_at__range=(now - ASK_FOR, now))
    due = begun.filter(read | left | Q(clicks_asked_at=None), account__in=accounts_that("tells_clicks"))
    for pk in due.values_list("pk", flat=True):
        enqueue("ask_clicks", pk)


def ask_clicks(campaign: Campaign, *, until: float) -> None:
    """Read the vendor's list for one time slice, from where the last one ended; then queue the next slice."""
    assert campaign.account is not None
    account, page = campaign.account, campaign.clicks_page or 1
    while page and wait_turn(account):
        try:
            receipts, has_more = _read(account, campaign.reference, page)
        except ProviderError as error:
            account.note_trouble(error.code, now=timezone.now())
            return
        page = page + 1 if has_more else 0
        _keep(campaign, receipts, page)
        if page and monotonic() >= until:
            enqueue("ask_clicks", campaign.pk)
            return


def _read(account: ProviderAccount, group: str, page: int) -> tuple[list[DeliveryReceipt], bool]:
    return ask_vendor(account, lambda provider: provider.look_up_group(group, page))


def _keep(campaign: Campaign, receipts: Sequence[DeliveryReceipt], next_page: int) -> None:
    """A URL once opened stays so; the total is counted when the last page is in."""
    assert campaign.account is not None
    ours = Message.objects.filter(campaign=campaign)
    with transaction.atomic():
        campaign.account.write_results_alone()
        for clicked in (False, True):
            told = [receipt.reference for receipt in receipts if receipt.clicked is clicked]
            ours.filter(reference__in=told).exclude(clicked=True).update(clicked=clicked)
        changes: dict[str, object] = {"clicks_page": next_page, "clicks_asked_at": timezone.now()}
        if not next_page:
            changes["clicked"] = ours.filter(clicked=True).count()
        Campaign.objects.filter(pk=campaign.pk).update(**changes)
