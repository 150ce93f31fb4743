"""What a vendor answered -> states of messages, many rows a statement."""

import time
from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime, timedelta

from django.db import transaction

from campaigns.models import DueMessage, Message, MessageState, OpenMessage, ProviderAccount, SendResult, Watch, bulk
from providers.base import Accepted, Duplicate, Outcome, Refused, TurnedAway, Unknown

from ..results.polling import first_look_at
from ..suppressing import suppress_refused
from .sending_line import NOT_BEGUN, Sent

# Seconds until the next try where the vendor names none.
TRY_AGAIN_AFTER = {"throttled": 1.0, "not_reached": 10.0, "address_not_found": 60.0}


def record_sent(account: ProviderAccount, rows: Sequence[tuple[int, Sent]], now: datetime) -> None:
    """Record the outcomes of submitted messages, all in one transaction."""
    results = [result_of(message_id, sent) for message_id, sent in rows]
    away = {message_id: sent.outcome for message_id, sent in rows if isinstance(sent.outcome, TurnedAway)}
    with transaction.atomic():
        account.write_results_alone()
        Message.objects.record(results, now)
        OpenMessage.objects.watch(_watches(account, rows, results, now), now)
        DueMessage.objects.filter(pk__in=[result.id for result in results if result.id not in away]).delete()
        _put_off(account, away, now)
        suppress_refused([sent.sms.to for _, sent in rows if _opted_out(sent.outcome)], account.label)
    _note_health(account, rows, now)


def result_of(message_id: int, sent: Sent) -> SendResult:
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


def _watches(
    account: ProviderAccount, rows: Sequence[tuple[int, Sent]], results: Sequence[SendResult], now: datetime
) -> list[Watch]:
    return [
        Watch(
            message_id=result.id,
            account_id=account.pk,
            next_look_at=str(bulk.moment(first_look_at(account, result.state, sent.sms.scheduled_for, now))),
            in_doubt=result.state == MessageState.UNKNOWN,
        )
        for (_, sent), result in zip(rows, results, strict=True)
        if result.state in {MessageState.ACCEPTED, MessageState.BOOKED, MessageState.UNKNOWN}
    ]


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


def _note_health(account: ProviderAccount, rows: Sequence[tuple[int, Sent]], now: datetime) -> None:
    outcome = rows[-1][1].outcome
    if isinstance(outcome, TurnedAway) and outcome.reason == NOT_BEGUN:
        return
    if isinstance(outcome, TurnedAway | Unknown):
        account.note_trouble(outcome.reason, now=now)
    elif isinstance(outcome, Accepted):
        account.note_trouble("", now=now)
