"""Asking the vendor what became of messages: where it pushes nothing, where a push was lost, where we are in doubt."""

import asyncio
import time
from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta
from itertools import islice
from time import monotonic

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from campaigns.models import GIVE_UP_AFTER, Message, MessageState, OpenMessage, ProviderAccount, Word, bulk
from campaigns.models.day_count import touch_counts
from campaigns.queue import enqueue
from providers.base import DeliveryReceipt
from providers.errors import ProviderError

from ..accounts import buy_turn, open_provider, provider_class
from .hearing import hear
from .settling import end_never_taken, repeat_doubtful

SLICE = 50  # messages asked about in one task
SLICE_SECONDS = 10.0
BY_DAY_FROM = 20  # so many due at once are asked about by whole days, where the vendor answers for days

# After hand-over, where no receipt came (ZR-A32; carriers may try for 72 hours).
LOOK_AFTER = [
    timedelta(seconds=30),
    timedelta(minutes=2),
    timedelta(minutes=10),
    timedelta(minutes=25),
    timedelta(hours=1),
    timedelta(hours=6),
    timedelta(hours=24),
    timedelta(hours=72),
]
# The same as safety net where the vendor pushes receipts.
LOOK_AFTER_PUSHED = [*LOOK_AFTER[3:]]
# In doubt whether the vendor took it at all (ZR-A31).
LOOK_AFTER_DOUBT = [
    timedelta(seconds=5),
    timedelta(seconds=15),
    timedelta(seconds=60),
    *(timedelta(minutes=5 * i) for i in range(1, 7)),
    *LOOK_AFTER[4:],
]


def first_look_at(account: ProviderAccount, state: str, scheduled_for: datetime | None, now: datetime) -> datetime:
    """When to ask about a message just handed over."""
    in_doubt = state == MessageState.UNKNOWN  # then at once, also of a reservation: later it could not be made again
    return (now if in_doubt else max(scheduled_for or now, now)) + _plan(account, in_doubt=in_doubt)[0]


def _plan(account: ProviderAccount, *, in_doubt: bool) -> list[timedelta]:
    if in_doubt:
        return LOOK_AFTER_DOUBT
    return LOOK_AFTER_PUSHED if account.receives_callbacks else LOOK_AFTER


def look_due(account: ProviderAccount) -> None:
    """Ask about some of the messages whose time to ask has come; queue a successor while more are waiting."""
    now = timezone.now()
    due = _due(account, now)
    if not due or not provider_class(account).capabilities.look_up:
        return
    days = _whole_days(account, due)
    if not days:
        due = due[: max(1, int(account.pace))]  # a second's worth: what is sent meanwhile waits no longer
    starts_at = buy_turn(account, len(days) or len(due))
    if starts_at is None:
        return
    has_answered = True
    try:
        receipts, asked = asyncio.run(_ask(account, due, days, starts_at))
    except ProviderError as error:
        account.note_trouble(error.code, now=now)
        receipts, asked, has_answered = [], list(due), False
    hear(account, receipts, now)
    found = {receipt.reference for receipt in receipts}
    doubtful = _of_days(account, days, now).filter(in_doubt=True) if days else [row for row in asked if row.in_doubt]
    not_found = [row for row in doubtful if row.message.reference not in found]
    if has_answered:
        end_never_taken(account, not_found, now)
    waiting = repeat_doubtful(account, not_found, now, until=monotonic() + SLICE_SECONDS)
    turns = _of_days(account, days, now).iterator(chunk_size=1_000) if days else asked
    _put_back(account, (row for row in turns if row.pk not in waiting), now)
    enqueue("recount_touched")
    enqueue("look_due", account.pk)


def _due(account: ProviderAccount, now: datetime) -> list[OpenMessage]:
    waiting = OpenMessage.objects.filter(account=account, next_look_at__lte=now).order_by("next_look_at")
    return list(waiting.select_related("message", "message__campaign", "message__campaign__sender")[:SLICE])


def _whole_days(account: ProviderAccount, due: Sequence[OpenMessage]) -> list[date]:
    """The days to ask about instead of messages, where many are due and the vendor answers for days."""
    if len(due) < BY_DAY_FROM or not provider_class(account).capabilities.look_up_day:
        return []
    return sorted({row.message.day for row in due})


def _of_days(account: ProviderAccount, days: Sequence[date], now: datetime) -> "QuerySet[OpenMessage]":
    """All whose turn it is were asked about with their day, however many they are."""
    due = OpenMessage.objects.filter(account=account, next_look_at__lte=now, message__day__in=days)
    return due.select_related("message")


async def _ask(
    account: ProviderAccount, due: Sequence[OpenMessage], days: Sequence[date], starts_at: float
) -> tuple[list[DeliveryReceipt], list[OpenMessage]]:
    """What the vendor said, and which messages there was time to ask about."""
    until = monotonic() + SLICE_SECONDS
    async with open_provider(account) as provider:
        if days:
            await _wait_until(starts_at)
            return [receipt for day in days for receipt in await provider.look_up_day(day)], list(due)
        answers, asked = [], []
        for place, row in enumerate(due):
            await _wait_until(starts_at + place / account.pace)
            answers.append(await provider.look_up(row.message.reference))
            asked.append(row)
            if monotonic() > until:
                break
        return [answer for answer in answers if answer is not None], asked


async def _wait_until(moment: float) -> None:
    await asyncio.sleep(max(0.0, moment - time.time()))


def _put_back(account: ProviderAccount, asked: Iterable[OpenMessage], now: datetime) -> None:
    """Those still without a last word are asked about again, until nobody can say any more."""
    rows = iter(asked)
    while chunk := [row.pk for row in islice(rows, 500)]:
        still_open = OpenMessage.objects.filter(pk__in=chunk).select_related("message__campaign")
        _put_chunk_back(account, list(still_open), now)


def _put_chunk_back(account: ProviderAccount, still_open: list[OpenMessage], now: datetime) -> None:
    given_up = []
    for row in still_open:
        row.looks += 1
        next_look_at = _next_look_at(account, row)
        if next_look_at is None:
            given_up.append(row)
        else:
            row.next_look_at = max(next_look_at, now + LOOK_AFTER_DOUBT[0])
    OpenMessage.objects.bulk_update(still_open, ["looks", "next_look_at"])
    _give_up(account, given_up, now)


def _next_look_at(account: ProviderAccount, row: OpenMessage) -> datetime | None:
    plan = _plan(account, in_doubt=row.in_doubt)
    starts_at = row.message.campaign.starts_at
    since = max(row.since, starts_at) if row.message.state == MessageState.BOOKED and starts_at else row.since
    if row.looks < len(plan):
        return since + plan[row.looks]
    last = since + GIVE_UP_AFTER
    return last if row.looks == len(plan) else None


def _give_up(account: ProviderAccount, rows: Sequence[OpenMessage], now: datetime) -> None:
    """The vendor never said: 結果なし. What may never have been taken stays 状態不明 for a person to decide."""
    words = [
        Word(row.message.reference, MessageState.NO_RESULT, final_at=str(bulk.moment(now)))
        for row in rows
        if not row.in_doubt
    ]
    with transaction.atomic():
        account.write_results_alone()
        moved = Message.objects.hear(account.pk, MessageState.NO_RESULT, words)
        OpenMessage.objects.close([row.pk for row in rows])
        touch_counts({campaign_id for _, campaign_id in moved}, now)
