"""The phone network by itself: shares of the carriers, chance that can be repeated."""

import asyncio
from collections import Counter
from functools import partial

from providers.sandbox.clock import Clock
from providers.sandbox.ledger import Ledger, Parcel
from providers.sandbox.network import MAGIC_NUMBERS, WAYS, Carrier, PhoneNetwork, carrier_of


class NotedWaits(Clock):
    """A clock on which nothing ever falls due."""

    def __init__(self) -> None:
        self.seconds: list[float] = []

    def after(self, seconds: float, action: object) -> None:
        self.seconds.append(seconds)


def waits(seed: int) -> list[float]:
    clock = NotedWaits()
    network = PhoneNetwork(clock, Ledger(), seed)
    for number in range(1000, 1050):
        network.carry(Parcel("acme/1", f"+8190123{number}", ""), lambda leg: None)
    return clock.seconds


def test_an_ordinary_phone_takes_its_time_the_same_for_the_same_seed() -> None:
    assert all(0.5 <= seconds <= 3 for seconds in waits(7))
    assert waits(7) == waits(7)
    assert waits(7) != waits(8)


def test_carriers_have_their_shares_and_numbers_keep_theirs() -> None:
    numbers = [f"+8190{10_000_000 + number}" for number in range(20_000)]
    shares = Counter(carrier_of(number) for number in numbers)
    wanted = {Carrier.DOCOMO: 0.41, Carrier.AU: 0.31, Carrier.SOFTBANK: 0.24, Carrier.RAKUTEN: 0.04}
    for carrier, share in wanted.items():
        assert abs(shares[carrier] / len(numbers) - share) < 0.02
    assert carrier_of("+819012345678") is Carrier.SOFTBANK


def test_every_magic_number_has_a_way_of_its_own() -> None:
    assert MAGIC_NUMBERS.keys() == WAYS.keys()
    assert len(set(MAGIC_NUMBERS.values())) == len(MAGIC_NUMBERS)


def test_a_clock_moved_forward_runs_what_falls_due_in_order() -> None:
    async def look() -> list[int]:
        clock = Clock()
        seen: list[int] = []
        for seconds in (30, 10, 20, 3600):
            clock.after(seconds, partial(seen.append, seconds))
        before = clock.now()
        clock.advance(60)
        assert (clock.now() - before).total_seconds() >= 60
        return seen

    assert asyncio.run(look()) == [10, 20, 30]
