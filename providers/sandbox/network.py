"""The pretend phone network: what becomes of a text, by the last four digits of its number."""

import math
import random
import zlib
from collections.abc import Awaitable, Callable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum

from .clock import Clock
from .ledger import Ledger, Parcel


class Outcome(StrEnum):
    IN_TRANSIT = "in_transit"
    DELIVERED = "delivered"
    OUT_OF_RANGE = "out_of_range"
    DEAD_NUMBER = "dead_number"
    REFUSED = "refused"
    CONGESTED = "congested"
    UNKNOWN = "unknown"


class Carrier(StrEnum):
    DOCOMO = "docomo"
    AU = "au"
    SOFTBANK = "softbank"
    RAKUTEN = "rakuten"


@dataclass(frozen=True, slots=True)
class Leg:
    """One piece of news from the network: `after` so many unscaled seconds, reported `receipts` times."""

    after: float
    outcome: Outcome
    receipts: int = 1
    before_answer: bool = False


# Told to the customer by whoever took the text; what it returns can be awaited for the first receipt to be delivered.
Reporter = Callable[[Leg], Awaitable[None] | None]

MAGIC_NUMBERS = {
    "delivered_fast": "9901",
    "out_of_range_then_delivered": "9902",
    "out_of_range": "9903",
    "dead_number": "9904",
    "refused": "9905",
    "congested": "9906",
    "receipt_lost": "9907",
    "receipt_twice": "9908",
    "receipt_before_answer": "9909",
    "receipts_out_of_order": "9910",
    "never_final": "9911",
    "holder_changed": "9912",
    "failed_then_delivered": "9913",
    "unknown": "9914",
    "holder_not_listed": "9915",
}

WAYS = {
    "delivered_fast": (Leg(0.05, Outcome.DELIVERED),),
    "out_of_range_then_delivered": (Leg(1, Outcome.IN_TRANSIT), Leg(20, Outcome.DELIVERED)),
    "out_of_range": (Leg(1, Outcome.IN_TRANSIT), Leg(30, Outcome.OUT_OF_RANGE)),
    "dead_number": (Leg(1, Outcome.DEAD_NUMBER),),
    "refused": (Leg(1, Outcome.REFUSED),),
    "congested": (Leg(1, Outcome.CONGESTED),),
    "receipt_lost": (Leg(1, Outcome.DELIVERED, receipts=0),),
    "receipt_twice": (Leg(1, Outcome.DELIVERED, receipts=2),),
    "receipt_before_answer": (Leg(0, Outcome.DELIVERED, before_answer=True),),
    "receipts_out_of_order": (Leg(1, Outcome.DELIVERED), Leg(2, Outcome.IN_TRANSIT)),
    "never_final": (Leg(1, Outcome.IN_TRANSIT),),
    "holder_changed": (Leg(0.05, Outcome.DELIVERED),),
    "failed_then_delivered": (Leg(1, Outcome.OUT_OF_RANGE), Leg(5, Outcome.DELIVERED)),
    "unknown": (Leg(1, Outcome.UNKNOWN),),
    "holder_not_listed": (Leg(0.05, Outcome.DELIVERED),),
}
WAYS_BY_SUFFIX = {suffix: WAYS[name] for name, suffix in MAGIC_NUMBERS.items()}

# The network does not know what became of the last ones, but the phone rang all the same.
RINGING = frozenset({Outcome.DELIVERED, Outcome.UNKNOWN})
FASTEST, SLOWEST = 0.5, 3.0
# Percent of numbers up to and including each carrier, near Japan's shares with resellers counted at their host.
CARRIER_BOUNDS = ((41, Carrier.DOCOMO), (72, Carrier.AU), (96, Carrier.SOFTBANK), (100, Carrier.RAKUTEN))


def carrier_of(number: str) -> Carrier:
    """The same number always has the same carrier, on every machine and for every vendor."""
    place = zlib.crc32(number.encode()) % 100
    return next(carrier for bound, carrier in CARRIER_BOUNDS if place < bound)


def _within(seconds: float, way: Sequence[Leg]) -> Iterator[Leg]:
    for leg in way:
        if leg.after > seconds:
            yield Leg(seconds, Outcome.OUT_OF_RANGE)
            return
        yield leg


class PhoneNetwork:
    def __init__(self, clock: Clock, ledger: Ledger, seed: int) -> None:
        self._clock = clock
        self._ledger = ledger
        self._random = random.Random(seed)  # noqa: S311 - chance must be repeatable here, not secret

    def carry(self, parcel: Parcel, report: Reporter, *, lapses_after: float = math.inf) -> Awaitable[None] | None:
        """Starts a text on its way; what comes back, if anything, must be awaited before the sender is answered.

        What has not arrived by `lapses_after` unscaled seconds is out of range for good.
        """
        self._ledger.hand_over(parcel)
        held = None
        for leg in _within(lapses_after, WAYS_BY_SUFFIX.get(parcel.number[-4:]) or self._ordinary_way()):
            if leg.before_answer:
                held = self._arrive(parcel, leg, report)
            else:
                self._later(parcel, leg, report)
        return held

    def _ordinary_way(self) -> tuple[Leg, ...]:
        return (Leg(self._random.uniform(FASTEST, SLOWEST), Outcome.DELIVERED),)

    def _later(self, parcel: Parcel, leg: Leg, report: Reporter) -> None:
        self._clock.after(leg.after, lambda: self._arrive(parcel, leg, report))

    def _arrive(self, parcel: Parcel, leg: Leg, report: Reporter) -> Awaitable[None] | None:
        if leg.outcome in RINGING:
            self._ledger.ring(parcel)
        return report(leg)
