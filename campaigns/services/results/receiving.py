"""Callbacks: stored as they came, answered at once, applied in bulk a moment later."""

import logging
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from django.db import transaction
from django.utils import timezone

from campaigns.models import Message, ProviderAccount, ReceiptLog
from campaigns.queue import enqueue
from providers.base import DeliveryReceipt, Provider, Webhook
from providers.errors import WebhookRefused

from ..accounts import offline_provider
from .hearing import hear

logger = logging.getLogger(__name__)

BATCH = 500  # calls applied in one transaction
# A receipt may come before its message's row says it was sent; after a day it belongs to nothing of ours.
TRY_AGAIN_AFTER = timedelta(seconds=20)
GIVE_UP_AFTER = timedelta(hours=24)


def receive(account: ProviderAccount, body: bytes, content_type: str) -> None:
    """Keep one call of the vendor's; nothing in it is believed or even read yet."""
    now = timezone.now()
    with transaction.atomic():
        ReceiptLog.objects.create(
            account=account, body=body, content_type=content_type[:100], received_at=now, retry_at=now
        )
        # Only the call that raises the flag queues a task, so that a thousand receipts make one task.
        raised = ProviderAccount.objects.filter(pk=account.pk, receipts_waiting=False).update(receipts_waiting=True)
        if raised:
            enqueue("apply_receipts", account.pk)


def apply_receipts(account: ProviderAccount) -> None:
    """Apply everything stored so far."""
    ProviderAccount.objects.filter(pk=account.pk).update(receipts_waiting=False)
    while logs := list(_waiting(account)[:BATCH]):
        _apply(account, logs, timezone.now())
    enqueue("recount_touched")


def _waiting(account: ProviderAccount):  # type: ignore[no-untyped-def]
    waiting = ReceiptLog.objects.filter(account=account, applied_at__isnull=True, retry_at__lte=timezone.now())
    return waiting.order_by("retry_at", "pk")


def _apply(account: ProviderAccount, logs: Sequence[ReceiptLog], now: datetime) -> None:
    parser = offline_provider(account)
    found = {log.pk: _parse(parser, log) for log in logs}
    with transaction.atomic():
        named = _named(account, found)
        receipts = [receipt for of_log in named.values() for receipt in of_log]
        hear(account, receipts, now)
        known = _known(account, {receipt.reference for receipt in receipts})
        for log in logs:
            _mark(log, [receipt.reference for receipt in named[log.pk]], known, now)
        ReceiptLog.objects.bulk_update(logs, ["applied_at", "retry_at", "words", "matched", "note"], batch_size=BATCH)


def _parse(parser: Provider, log: ReceiptLog) -> list[DeliveryReceipt]:
    webhook = Webhook(bytes(log.body), log.content_type)
    try:
        return parser.parse_receipts(webhook)
    except WebhookRefused as error:
        log.note = error.code
    except Exception as error:  # noqa: BLE001 - one call nobody foresaw must not keep all that follow from being read
        logger.error("%s: a receipt failed with %s", parser.slug, type(error).__name__)  # noqa: TRY400
        log.note = "adapter_failed"
    return []


def _named(account: ProviderAccount, found: dict[int, list[DeliveryReceipt]]) -> dict[int, list[DeliveryReceipt]]:
    """With our reference also where the vendor told only its own id."""
    ids = {r.provider_message_id for of_log in found.values() for r in of_log if not r.reference}
    ours = Message.objects.filter(account=account, provider_message_id__in=ids - {""})
    references = dict(ours.values_list("provider_message_id", "reference")) if ids else {}
    return {
        pk: [r if r.reference else replace(r, reference=references.get(r.provider_message_id, "")) for r in of_log]
        for pk, of_log in found.items()
    }


def _known(account: ProviderAccount, references: set[str]) -> set[str]:
    ours = Message.objects.filter(account=account, reference__in=references)
    return set(ours.values_list("reference", flat=True))


def _mark(log: ReceiptLog, references: list[str], known: set[str], now: datetime) -> None:
    log.words = len(references)
    log.matched = sum(reference in known for reference in references)
    is_old = now - log.received_at > GIVE_UP_AFTER
    if log.matched == log.words or is_old:
        log.applied_at = now
        log.note = log.note or ("unmatched" if log.matched < log.words else "")
    else:
        log.retry_at = now + max(TRY_AGAIN_AFTER, (now - log.received_at) / 2)
