"""The vendor's later words, pushed or asked for -> states of messages. States only move forward."""

from collections.abc import Sequence
from datetime import datetime

from django.db import transaction

from campaigns.models import FINAL, DueMessage, Message, MessageState, OpenMessage, ProviderAccount, Word, bulk
from campaigns.models.day_count import touch_counts
from providers.base import DeliveryReceipt, ReceiptStatus

# In this order, so that within one batch 送達 has the last word.
STATES: dict[ReceiptStatus, MessageState] = {
    ReceiptStatus.BOOKED: MessageState.BOOKED,
    ReceiptStatus.IN_TRANSIT: MessageState.ACCEPTED,
    ReceiptStatus.CANCELLED: MessageState.CANCELLED,
    ReceiptStatus.UNDELIVERED: MessageState.UNDELIVERED,
    ReceiptStatus.DELIVERED: MessageState.DELIVERED,
}


def hear(account: ProviderAccount, receipts: Sequence[DeliveryReceipt], now: datetime) -> None:
    """Apply receipts in bulk. One that says nothing new, or 状態不明, changes nothing."""
    campaigns: set[int] = set()
    with transaction.atomic():
        account.write_results_alone()
        for status, state in STATES.items():
            words = {r.reference: word_of(r, state, now) for r in receipts if r.status == status}
            moved = Message.objects.hear(account.pk, state, words.values())
            _close(state, [message_id for message_id, _ in moved], now)
            campaigns.update(campaign_id for _, campaign_id in moved)
        touch_counts(campaigns, now)


def word_of(receipt: DeliveryReceipt, state: MessageState, now: datetime) -> Word:
    is_final = state in FINAL
    return Word(
        reference=receipt.reference,
        state=state,
        reason=receipt.reason,
        vendor_code=receipt.vendor_code[:40],
        provider_message_id=receipt.provider_message_id[:64],
        carrier=receipt.carrier,
        billed_parts=receipt.parts,
        final_at=str(bulk.moment(receipt.occurred_at or now)) if is_final else None,
    )


def _close(state: MessageState, messages: list[int], now: datetime) -> None:
    """Nothing is left to ask about a final message, and one the vendor speaks of needs no sending."""
    DueMessage.objects.filter(pk__among=messages).delete()
    if state in FINAL:
        OpenMessage.objects.close(messages)
    else:
        # No longer in doubt: asked about from now on by the plan of what was surely handed over.
        doubtful = OpenMessage.objects.filter(pk__among=messages, in_doubt=True)
        doubtful.update(in_doubt=False, looks=0, since=now)
