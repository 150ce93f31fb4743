"""Stored callbacks -> what they say, in bulk a moment after they came."""

import logging
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from time import monotonic

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from campaigns.models import Message, ProviderAccount, ReceiptLog, ReceiptResult, bulk
from campaigns.queue import enqueue
from providers.base import DeliveryReceipt, Provider, Webhook
from providers.errors import WebhookRefused

from ..accounts import offline_provider
from .hearing import hear

logger = logging.getLogger(__name__)

CALLS = 500  # applied in one transaction at most
RECEIPTS = 3_000  # the same, so that arrays do not hold SQLite's one write lock for long
# A receipt may come before its message's row says it was sent; after a day it belongs to nothing of ours.
TRY_AGAIN_AFTER = timedelta(seconds=20)
GIVE_UP_AFTER = timedelta(hours=24)


@dataclass(frozen=True, slots=True)
class Call:
    """One stored call and what the vendor says in it; `note` is why it says nothing to us."""

    log_id: int
    received_at: datetime
    receipts: list[DeliveryReceipt]
    note: str = ""


def wake_applying(account_id: int) -> None:
    """One task works for an account, however many calls come. The flag is read before it is written, because a thousand
    calls a second need one task and not a thousand writes."""
    if ProviderAccount.objects.is_awaiting_receipts(account_id):
        return
    if ProviderAccount.objects.filter(pk=account_id, receipts_waiting=False).update(receipts_waiting=True):
        enqueue("apply_receipts", account_id)


def apply_receipts(account: ProviderAccount, *, until: float) -> None:
    """Apply what is stored, for one slice. The flag stays up meanwhile: what comes in is found by this very task."""
    while calls := _read(account):
        if not _apply(account, calls, timezone.now()):
            return  # another task has them in hand
        if monotonic() > until:
            enqueue("apply_receipts", account.pk)
            break
    else:
        ProviderAccount.objects.filter(pk=account.pk).update(receipts_waiting=False)
        if _waiting(account).exists():  # came between the last look and the flag's fall
            wake_applying(account.pk)
    enqueue("recount_touched")


def _waiting(account: ProviderAccount) -> "QuerySet[ReceiptLog]":
    waiting = ReceiptLog.objects.filter(account=account, applied_at__isnull=True, retry_at__lte=timezone.now())
    return waiting.order_by("retry_at", "pk")


def _read(account: ProviderAccount) -> list[Call]:
    parser, calls, receipts = offline_provider(account), [], 0
    logs = _waiting(account).values_list("pk", "received_at", "body", "content_type")[:CALLS]
    for log_id, received_at, body, content_type in logs.iterator(chunk_size=50):
        found, note = _parse(parser, Webhook(bytes(body), content_type))
        calls.append(Call(log_id, received_at, found, note))
        receipts += len(found)
        if receipts >= RECEIPTS:
            break
    return calls


def _parse(parser: Provider, webhook: Webhook) -> tuple[list[DeliveryReceipt], str]:
    try:
        return parser.parse_receipts(webhook), ""
    except WebhookRefused as error:
        return [], error.code
    except Exception as error:  # noqa: BLE001 - one call nobody foresaw must not keep all that follow from being read
        logger.error("%s: a receipt failed with %s", parser.slug, type(error).__name__)  # noqa: TRY400
        return [], "adapter_failed"


def _apply(account: ProviderAccount, calls: Sequence[Call], now: datetime) -> bool:
    with transaction.atomic():
        free = ReceiptLog.objects.still_waiting([call.log_id for call in calls])
        if not free:
            return False
        mine = _with_references(account, [call for call in calls if call.log_id in free])
        hear(account, [receipt for call in mine for receipt in call.receipts], now)
        known = _known(account, {receipt.reference for call in mine for receipt in call.receipts})
        ReceiptLog.objects.settle(_results(mine, known, now), now)
    return True


def _with_references(account: ProviderAccount, calls: Sequence[Call]) -> list[Call]:
    """With our reference also where the vendor told only its own id."""
    ids = {r.provider_message_id for call in calls for r in call.receipts if not r.reference} - {""}
    if not ids:
        return list(calls)
    references = Message.objects.references(account.pk, ids)
    return [replace(call, receipts=[_named(r, references) for r in call.receipts]) for call in calls]


def _named(receipt: DeliveryReceipt, references: dict[str, str]) -> DeliveryReceipt:
    return receipt if receipt.reference else replace(receipt, reference=references.get(receipt.provider_message_id, ""))


def _known(account: ProviderAccount, references: set[str]) -> set[str]:
    ours = Message.objects.filter(account=account, reference__among=references)
    return set(ours.values_list("reference", flat=True))


def _results(calls: Sequence[Call], known: set[str], now: datetime) -> Iterator[ReceiptResult]:
    for call in calls:
        age = now - call.received_at
        matched = sum(receipt.reference in known for receipt in call.receipts)
        is_whole = matched == len(call.receipts)
        is_over = is_whole or age > GIVE_UP_AFTER
        yield ReceiptResult(
            id=call.log_id,
            words=len(call.receipts),
            matched=matched,
            note=call.note or ("unmatched" if is_over and not is_whole else ""),
            retry_at=None if is_over else str(bulk.moment(now + max(TRY_AGAIN_AFTER, age / 2))),
        )
