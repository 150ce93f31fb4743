"""What a benchmark found, for people and for programs."""

import json
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from statistics import median

Measured = dict[str, float]  # name of a figure -> what one run found


@dataclass(frozen=True, slots=True)
class Figure:
    name: str
    value: float
    unit: str


def medians(runs: Sequence[Measured], units: dict[str, str]) -> list[Figure]:
    """The middle of several runs, in the order of the units."""
    return [Figure(name, median(run[name] for run in runs), unit) for name, unit in units.items()]


def show(title: str, figures: Sequence[Figure], write: Callable[[str], object]) -> None:
    width = max(len(figure.name) for figure in figures)
    write(title)
    for figure in figures:
        write(f"  {figure.name:<{width}}  {figure.value:>12,.2f}  {figure.unit}")


def as_json(title: str, figures: Sequence[Figure]) -> str:
    return json.dumps({"title": title, "figures": [asdict(figure) for figure in figures]}, ensure_ascii=False)
