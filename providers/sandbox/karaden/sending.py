"""What becomes of a message after it was taken: it waits, goes out in time or not at all, and comes to its end."""

import uuid
from collections.abc import Awaitable
from dataclasses import replace
from datetime import datetime, timedelta

from ..ledger import Parcel
from ..links import Link
from ..network import Leg, Outcome, carrier_of
from ..stand_in import World
from .accounts import KaradenAccount, Message
from .checks import RefusalError, Submission
from .texts import CODE_LENGTH, parts_of, shortenable
from .wire import callback

CANCEL_UNTIL = timedelta(minutes=5)
# `result` and `sent_result` after each news; unreached is not final until the vendor says so.
AFTER = {
    Outcome.IN_TRANSIT: ("processing", "unconnected"),
    Outcome.DELIVERED: ("done", "received"),
    Outcome.OUT_OF_RANGE: ("done", "unconnected"),
    Outcome.DEAD_NUMBER: ("done", "error"),
    Outcome.REFUSED: ("done", "error"),
    Outcome.CONGESTED: ("done", "error"),
    Outcome.UNKNOWN: ("done", "unknown"),
}
BILLED = frozenset({Outcome.DELIVERED, Outcome.UNKNOWN})


class Sending:
    def __init__(self, world: World, mount: str) -> None:
        self._world = world
        self._mount = mount

    def now(self) -> datetime:
        return self._world.clock.now().replace(microsecond=0)

    def new_message(self, submission: Submission) -> Message:
        now = self.now()
        return Message(
            id=str(uuid.uuid4()),
            service_id=submission.service_id,
            to=submission.to,
            body=submission.body,
            tags=submission.tags,
            is_shorten=submission.is_shorten,
            parts=parts_of(submission.body, is_shorten=submission.is_shorten),
            created_at=now,
            updated_at=now,
            scheduled_at=submission.scheduled_at,
            limited_at=submission.limited_at,
        )

    def submit(self, account: KaradenAccount, message: Message) -> Awaitable[None] | None:
        """What comes back, if anything, must be awaited before the sender is answered."""
        account.take(message)
        self._shorten(account, message)
        clock = self._world.clock
        delay = account.settings.sending_delay * clock.time_scale
        due = (message.scheduled_at or clock.now()) + timedelta(seconds=delay)
        if message.limited_at and message.limited_at < due:
            clock.at(message.limited_at, lambda: self._give_up(message))
        elif message.scheduled_at or delay:
            clock.at(due, lambda: self._release_waiting(account, message))
        else:
            return self._release(account, message)
        return None

    def cancel(self, message: Message) -> None:
        is_waiting = message.status == "waiting" and message.scheduled_at is not None
        if not is_waiting or self._world.clock.now() > (message.scheduled_at or self.now()) - CANCEL_UNTIL:
            raise RefusalError("can_not_cancel_message")
        message.status, message.result, message.updated_at = "canceled", "done", self.now()

    def _shorten(self, account: KaradenAccount, message: Message) -> None:
        for url in shortenable(message.body) if message.is_shorten else ():
            path = self._mount + self._world.links.new_code(CODE_LENGTH)
            link = Link(account=account.key, path=path, long_url=url, reference=message.reference)
            link.on_click = message.click
            self._world.links.add(link)

    def _give_up(self, message: Message) -> None:
        if message.status == "waiting":
            message.status, message.result, message.updated_at = "error", "done", self.now()

    def _release_waiting(self, account: KaradenAccount, message: Message) -> None:
        if message.status == "waiting":
            self._release(account, message)

    def _release(self, account: KaradenAccount, message: Message) -> Awaitable[None] | None:
        message.status = "done"
        message.sent_at = message.updated_at = self.now()
        parcel = Parcel(account.key, _international(message.to), message.reference)
        return self._world.network.carry(parcel, lambda leg: self._report(account, message, leg))

    def _report(self, account: KaradenAccount, message: Message, leg: Leg) -> Awaitable[None] | None:
        is_belated = leg.outcome is Outcome.IN_TRANSIT and message.result == "done"
        if not is_belated:
            self._settle(message, leg.outcome)
        if not (account.service_of(message).callback_url or account.settings.callback_url):
            return None
        push = callback(account, _as_under_way(message) if is_belated else message)
        tried = [account.lane.push(push) for _ in range(leg.receipts)]
        return tried[0] if tried else None

    def _settle(self, message: Message, outcome: Outcome) -> None:
        now = message.updated_at = self.now()
        message.result, message.sent_result = AFTER[outcome]
        if message.result == "done":
            known = outcome is not Outcome.DEAD_NUMBER
            message.carrier = carrier_of(_international(message.to)) if known else "unknown"
        if outcome is Outcome.DELIVERED:
            message.received_at = now
        if outcome in BILLED:
            message.charged_at = message.charged_at or now


def _as_under_way(message: Message) -> Message:
    """As it was before its end, for news that was overtaken."""
    result, sent_result = AFTER[Outcome.IN_TRANSIT]
    earlier = message.sent_at or message.created_at
    before = replace(message, result=result, sent_result=sent_result, carrier="checking", updated_at=earlier)
    before.received_at = before.charged_at = None
    return before


def _international(number: str) -> str:
    return "+81" + number[1:]
