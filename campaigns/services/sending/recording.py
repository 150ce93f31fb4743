"""What a vendor answered -> states of messages, many rows a statement."""

import time
from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime, timedelta

from django.db import transaction

from campaigns.models import DueMessage, Message, MessageState, OpenMessage, ProviderAccount, SendResult
from campaigns.models.day_count import touch_counts
from providers.base import Accepted, Duplicate, Outcome, Refused, TurnedAway, Unknown

from ..results.polling import first_look_at
from ..suppressing import suppress_refused
from .sending_line import NOT_BEGUN, Sent

# Seconds until the next try where the vendor names none.
TRY_AGAIN_AFTER = {"throttled": 1.0, "not_reached": 10.0, "address_not_found": 60.0}
WATCHED = frozenset({MessageState.ACCEPTED, MessageState.BOOKED, MessageState.UNKNOWN})


def record_sent(account: ProviderAccount, sent: Sequence[Sent], now: datetime) -> None:
    """Record the outcomes of submitted messages, all in one transaction."""
    if not sent:
        return
    results = [result_of(item) for item in sent]
    away = {item.message.id: item.outcome for item in sent if isinstance(item.outcome, TurnedAway)}
    with transaction.atomic():
        account.write_results_alone()
        Message.objects.record(results, now)
        _watch(account, sent, results, now)
        DueMessage.objects.hand_over([item.message.id for item in sent if item.message.id not in away])
        if opted_out := [item.sms.to for item in sent if _opted_out(item.outcome)]:
            suppress_refused(opted_out, account.label)
        # Campaigns before the account, as a wave locks them: the next slice takes one at this very moment.
        touch_counts({item.message.campaign_id for item in sent}, now)
        _put_off(account, away, now)
    _note_health(account, sent[-1].outcome, now)


def result_of(sent: Sent) -> SendResult:
    message_id = sent.message.id
    match sent.outcome:
        case Accepted(provider_message_id=vendor_id, parts=parts):
            state = MessageState.BOOKED if sent.sms.scheduled_for else MessageState.ACCEPTED
            return SendResult(message_id, state, provider_message_id=vendor_id, parts=parts)
        case Refused(reason=reason, vendor_code=code, text=text):
            return SendResult(message_id, MessageState.REFUSED, reason, code[:40], text[:200])
        case TurnedAway(reason=reason):
            return SendResult(message_id, MessageState.QUEUED, "" if reason == NOT_BEGUN else reason)
        case Duplicate():
            # Nothing of ours was sent under this reference yet, so somebody else's was: a person must look.
            return SendResult(message_id, MessageState.UNKNOWN, "duplicate_reference")
        case Unknown(reason=reason, vendor_code=code):
            return SendResult(message_id, MessageState.UNKNOWN, reason, code[:40])


def _watch(account: ProviderAccount, sent: Sequence[Sent], results: Sequence[SendResult], now: datetime) -> None:
    """Where a last word is still to come, remember when to ask for it."""
    alike: defaultdict[tuple[str, datetime | None], list[int]] = defaultdict(list)
    for item, result in zip(sent, results, strict=True):
        if result.state in WATCHED:
            alike[result.state, item.sms.scheduled_for].append(result.id)
    for (state, scheduled_for), messages in alike.items():
        OpenMessage.objects.watch(
            messages,
            account_id=account.pk,
            next_look_at=first_look_at(account, state, scheduled_for, now),
            now=now,
            in_doubt=state == MessageState.UNKNOWN,
        )


def _put_off(account: ProviderAccount, away: dict[int, TurnedAway], now: datetime) -> None:
    """Due again later, and the whole account waits: what met one message would meet the next."""
    by_wait: defaultdict[float, list[int]] = defaultdict(list)
    for message_id, outcome in away.items():
        by_wait[outcome.retry_after or TRY_AGAIN_AFTER.get(outcome.reason, 0.0)].append(message_id)
    for seconds, messages in by_wait.items():
        DueMessage.objects.put_off(messages, now + timedelta(seconds=seconds))
        if seconds:
            account.hold_back(seconds, now=time.time())


def _opted_out(outcome: Outcome) -> bool:
    return isinstance(outcome, Refused) and outcome.reason == "recipient_opted_out"


def _note_health(account: ProviderAccount, outcome: Outcome, now: datetime) -> None:
    if isinstance(outcome, TurnedAway) and outcome.reason == NOT_BEGUN:
        return
    if isinstance(outcome, TurnedAway | Unknown):
        account.note_trouble(outcome.reason, now=now)
    elif isinstance(outcome, Accepted):
        account.note_trouble("", now=now)
