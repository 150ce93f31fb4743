"""A vendor that answers from a list and remembers what it was asked."""

import threading
from collections.abc import Callable, Sequence
from datetime import date

from providers.base import (
    Accepted,
    Booking,
    CancelOutcome,
    Capabilities,
    DeliveryReceipt,
    OutboundSms,
    Outcome,
    Provider,
    Webhook,
)

Answer = Outcome | Exception


def wait_for_homecoming() -> None:
    """A slice that ended before its requests did leaves them to a thread."""
    for thread in threading.enumerate():
        if thread.name.startswith("homecoming-"):
            thread.join()


class ScriptedProvider(Provider):
    """`answers` are given to submitted messages in turn; when they run out, everything is accepted."""

    slug = "scripted"
    label = "台本"
    base_url = "http://127.0.0.1:9/"
    credential_names = ("token",)
    capabilities = Capabilities(
        batch_size=1,
        receipts=True,
        look_up=True,
        rejects_duplicates=True,
        books=True,
        cancels=True,
        cancels_group=True,
        month_counts=True,
        counting_profile="standard",
        requests_per_second=1000,
        book_at_least_ahead=120,
        book_at_most_ahead=30 * 86_400,
    )
    answers: list[Answer]
    asked: list[OutboundSms]
    known: dict[str, DeliveryReceipt]
    held: list[Booking]
    refuses_check: Exception | None
    on_submit: Callable[[OutboundSms], None]

    @classmethod
    def reset(cls) -> None:
        cls.answers, cls.asked, cls.known, cls.held, cls.refuses_check = [], [], {}, [], None
        cls.on_submit = staticmethod(lambda sms: None)

    async def submit(self, batch: Sequence[OutboundSms]) -> list[Outcome]:
        outcomes = []
        for sms in batch:
            self.asked.append(sms)
            self.on_submit(sms)
            answer = self.answers.pop(0) if self.answers else Accepted()
            if isinstance(answer, Exception):
                raise answer
            outcomes.append(answer)
        return outcomes

    async def check(self) -> None:
        if self.refuses_check:
            raise self.refuses_check

    def parse_receipts(self, webhook: Webhook) -> list[DeliveryReceipt]:
        return [self.known[line] for line in webhook.body.decode().split() if line in self.known]

    async def look_up(self, reference: str) -> DeliveryReceipt | None:
        return self.known.get(reference)

    async def bookings(self, day: date, *, sender_id: str, group: str = "") -> list[Booking]:
        return list(self.held)

    async def cancel(self, reference: str) -> CancelOutcome:
        return CancelOutcome.CANCELLED

    async def cancel_group(self, group: str, *, first: date | None = None, last: date | None = None) -> None:
        type(self).held = []

    async def month_counts(self, month: date) -> dict[str, int]:
        return {"docomo": 3, "au": 2}
