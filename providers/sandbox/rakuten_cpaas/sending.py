"""Taking messages in, one or many at once, and telling what becomes of them."""

import asyncio
import sys
from collections.abc import Awaitable, Iterable, Mapping
from typing import Any

from ..ledger import Parcel
from ..network import Leg, Outcome, carrier_of
from ..pushing import may_be_called
from ..stand_in import World
from .accounts import Function, Message, RakutenAccount
from .checks import Submission, read_message, reference_of, short_text
from .receipts import NETWORKS, receipt_of, settle
from .refusals import NOT_ENABLED, THROTTLED, UNREADABLE, WRONG_CHANNEL, RefusalError

# A sender nobody registered is taken in and turned down by the network so many unscaled seconds later.
REJECTED_AFTER = Leg(1, Outcome.REFUSED)

Fields = Mapping[str, Any]
Answer = dict[str, Any]


class Sending:
    def __init__(self, world: World) -> None:
        self._world = world

    async def submit(self, account: RakutenAccount, fields: Fields) -> Answer:
        _check_channel(account)
        correlation_id = short_text(fields, "correlation_id")
        if not account.admit():
            raise _throttled(fields)
        submission = read_message(fields, account.settings, self._world.clock.now())
        answer, held = self._take(account, submission, correlation_id)
        if held is not None:
            await held
        return {**answer, **_correlation(correlation_id)}

    async def submit_many(self, account: RakutenAccount, fields: Fields) -> Answer:
        _check_channel(account)
        if Function.MULTI in account.settings.disabled:
            raise RefusalError(NOT_ENABLED)
        correlation_id = short_text(fields, "correlation_id")
        elements = fields.get("sms_messages")
        if not isinstance(elements, list) or not 0 < len(elements) <= account.settings.batch_limit:
            raise RefusalError(UNREADABLE)
        admitted = account.admit(len(elements), all_or_none=account.settings.throttle_whole_batch)
        if not admitted and account.settings.throttle_whole_batch:
            raise RefusalError(THROTTLED)
        read = [self._read(account, element, has_room=place < admitted) for place, element in enumerate(elements)]
        if account.settings.refuse_whole_batch:
            _raise_first(read)
        taken = [self._answer(account, one, correlation_id) for one in read]
        await asyncio.gather(*(held for _, held in taken if held is not None))
        return {"smsResponses": [answer for answer, _ in taken], **_correlation(correlation_id)}

    def _read(self, account: RakutenAccount, element: object, *, has_room: bool) -> Submission | RefusalError:
        try:
            if not has_room:
                raise _throttled(element)
            return read_message(element, account.settings, self._world.clock.now())
        except RefusalError as refusal:
            return refusal

    def _answer(
        self, account: RakutenAccount, one: Submission | RefusalError, correlation_id: str
    ) -> tuple[Answer, Awaitable[None] | None]:
        if isinstance(one, RefusalError):
            return one.element(), None
        return self._take(account, one, correlation_id)

    def _take(
        self, account: RakutenAccount, submission: Submission, correlation_id: str
    ) -> tuple[Answer, Awaitable[None] | None]:
        """The answer, and what must be awaited before it is given."""
        number = f"+{submission.number}"
        message = Message(
            id=account.new_id(),
            sender=sys.intern(submission.sender),
            number=submission.number,
            parts=submission.parts,
            network=NETWORKS[carrier_of(number)],
            submitted_at=self._world.clock.now().replace(microsecond=0),
            reference=submission.reference,
            correlation_id=correlation_id,
            wish=submission.wish,
        )
        account.take(message)
        return _accepted(message), self._carry(account, message, submission.validity)

    def _carry(self, account: RakutenAccount, message: Message, validity: float) -> Awaitable[None] | None:
        if message.sender not in account.settings.sender_codes:
            self._world.clock.after(REJECTED_AFTER.after, lambda: self._report(account, message, REJECTED_AFTER))
            return None
        parcel = Parcel(account.key, f"+{message.number}", message.reference)
        return self._world.network.carry(parcel, lambda leg: self._report(account, message, leg), lapses_after=validity)

    def _report(self, account: RakutenAccount, message: Message, leg: Leg) -> Awaitable[None] | None:
        now = self._world.clock.now()
        settle(message, leg, now)
        push = receipt_of(account, message, leg, now)
        if push is None:
            return None
        if not may_be_called(push.url):
            account.tally["receipts_given_up"] += leg.receipts
            return None
        tried = [account.lane.push(push) for _ in range(leg.receipts)]
        return tried[0] if tried else None


def _check_channel(account: RakutenAccount) -> None:
    if account.settings.channel != "HTTP":
        raise RefusalError(WRONG_CHANNEL)


def _raise_first(read: Iterable[Submission | RefusalError]) -> None:
    for one in read:
        if isinstance(one, RefusalError):
            raise one


def _throttled(fields: object) -> RefusalError:
    refusal = RefusalError(THROTTLED)
    if isinstance(fields, dict):
        refusal.reference = reference_of(fields)
    return refusal


def _accepted(message: Message) -> Answer:
    answer: Answer = {"result_code": 0, "result_message": "Message successfully submitted"}
    if message.reference:
        answer["client_reference"] = message.reference
    return {**answer, "message_id": message.id, "how_many_message_parts": message.parts}


def _correlation(correlation_id: str) -> Answer:
    return {"correlation_id": correlation_id} if correlation_id else {}
