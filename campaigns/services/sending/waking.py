"""Once a minute: whatever is due is looked at again, so that a broker that lost everything costs a minute at most."""

from datetime import datetime, timedelta

from django.utils import timezone

from campaigns.models import (
    Campaign,
    CampaignState,
    ContactImport,
    DueMessage,
    Heartbeat,
    HeldAt,
    ImportState,
    Notice,
    OpenMessage,
    Preparation,
    ProviderAccount,
    ReceiptLog,
)
from campaigns.queue import enqueue

from ..cleaning import wake_cleanings
from ..planning.launching import start_due_campaigns
from ..planning.preparing import to_be_cleared
from ..results.clicking import wake_click_questions
from .outlook import finish_done, hold_running, wake_if_due
from .stopping import HELD_THERE

# A chain of slices that gave no sign of life for so long has lost its worker.
STANDS_STILL_AFTER = timedelta(seconds=30)


def wake_all() -> None:
    now = timezone.now()
    Heartbeat.beat()
    Heartbeat.forget_gone()
    start_due_campaigns(now)
    for account in ProviderAccount.objects.all():
        _wake_account(account, now)
    _wake_long_jobs(now - STANDS_STILL_AFTER)
    enqueue("recall_unwanted")
    enqueue("recount_touched")
    if Notice.objects.filter(due_at__lte=now).exists():
        enqueue("send_notices")


def _wake_account(account: ProviderAccount, now: datetime) -> None:
    if DueMessage.objects.filter(account=account, reserved_until__lt=now).exclude(token="").exists():
        enqueue("dispatch_account", account.pk)
    finish_done(account)
    if account.is_halted:
        hold_running(account, account.why_halted)
    wake_if_due(account)
    if OpenMessage.objects.filter(account=account, next_look_at__lte=now).exists():
        enqueue("look_due", account.pk)
    if ReceiptLog.objects.filter(account=account, applied_at__isnull=True, retry_at__lte=now).exists():
        enqueue("apply_receipts", account.pk)


def _wake_long_jobs(before: datetime) -> None:
    for pk in Campaign.objects.filter(preparation=Preparation.RUNNING, prepared_at__lt=before).values_list(
        "pk", flat=True
    ):
        enqueue("prepare_campaign", pk)
    wake_cleanings(before)
    wake_click_questions(timezone.now())
    for pk in _not_recalled():
        enqueue("recall_messages", pk)
    for pk in to_be_cleared():
        enqueue("clear_preparation", pk)
    working = ContactImport.objects.filter(state__in=ImportState.working(), beat_at__lt=before)
    for pk in working.values_list("pk", flat=True):
        enqueue("advance_import", pk)


def _not_recalled() -> set[int]:
    """Stopped campaigns of which something still waits here or at the vendor."""
    stopped = Campaign.objects.filter(state=CampaignState.CANCELLED)
    waiting = DueMessage.objects.filter(campaign__in=stopped, token="").values_list("campaign_id", flat=True)
    there = stopped.filter(held_at=HeldAt.VENDOR, starts_at__gt=timezone.now())
    held = OpenMessage.objects.filter(message__campaign__in=there, message__state__in=HELD_THERE)
    return {*waiting.distinct(), *held.values_list("message__campaign_id", flat=True).distinct()}
