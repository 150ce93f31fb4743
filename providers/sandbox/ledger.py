"""What the pretend phones saw: the judge of every test that asks whether a text went out twice."""

from collections import Counter, defaultdict
from typing import NamedTuple

# Lists of offenders are for reading, not for a million lines; the counts beside them are complete.
LISTED = 100


class Parcel(NamedTuple):
    """One text on its way to a phone; `reference` is the customer's own, empty if the vendor was given none."""

    account: str
    number: str
    reference: str


class Entry(NamedTuple):
    account: str
    number: str
    reference: str
    handed_over: int
    rings: int


class Ledger:
    def __init__(self) -> None:
        self._handed_over: Counter[Parcel] = Counter()
        self._rings: Counter[Parcel] = Counter()

    def hand_over(self, parcel: Parcel) -> None:
        self._handed_over[parcel] += 1

    def ring(self, parcel: Parcel) -> None:
        self._rings[parcel] += 1

    def clear(self) -> None:
        self._handed_over.clear()
        self._rings.clear()

    def entries(self, **wanted: str) -> list[Entry]:
        """Every parcel whose fields are as wanted, with how often it was handed over and how often it rang."""
        return [
            Entry(*parcel, handed_over=handed_over, rings=self._rings[parcel])
            for parcel, handed_over in self._handed_over.items()
            if all(getattr(parcel, name) == value for name, value in wanted.items())
        ]

    def summary(self, **wanted: str) -> dict[str, object]:
        entries = self.entries(**wanted)
        numbers: defaultdict[str, list[Entry]] = defaultdict(list)
        for entry in entries:
            numbers[entry.number].append(entry)
        rung_twice = [entry._asdict() for entry in entries if entry.rings > 1]
        handed_over_twice = [entry._asdict() for entry in entries if entry.handed_over > 1]
        busy_numbers = [number for number, its in numbers.items() if sum(entry.rings for entry in its) > 1]
        return {
            "parcels": len(entries),
            "handed_over": sum(entry.handed_over for entry in entries),
            "rings": sum(entry.rings for entry in entries),
            "numbers": len(numbers),
            "handed_over_twice_count": len(handed_over_twice),
            "handed_over_twice": handed_over_twice[:LISTED],
            "rung_twice_count": len(rung_twice),
            "rung_twice": rung_twice[:LISTED],
            "numbers_rung_twice_count": len(busy_numbers),
            "numbers_rung_twice": busy_numbers[:LISTED],
        }
