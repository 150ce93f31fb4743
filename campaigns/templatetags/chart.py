"""Geometry of the column chart: whole numbers in a box 1000 wide and 100 high, stretched by the browser."""

from collections.abc import Sequence
from typing import NamedTuple

WIDTH, HEIGHT = 1000, 100
MOST_LABELS, FIT_ANYWHERE = 12, 6


class Point(NamedTuple):
    """One column: its label under the axis, and its values from the ground up, one for each series."""

    label: str
    values: Sequence[int]


class Bar(NamedTuple):
    series: int
    x: float
    y: float
    width: float
    height: float


class Column(NamedTuple):
    label: str
    shown: str  # the label: "major", "minor" (where there is room for it), or not at all
    values: Sequence[int]
    bars: list[Bar]


def columns(points: Sequence[Point], top: int) -> list[Column]:
    """Columns with every label kept for readers, but only so many shown that they do not collide."""
    step = -(-len(points) // MOST_LABELS) or 1
    crowded = len(points) > FIT_ANYWHERE * step
    pitch = WIDTH / max(len(points), 1)
    return [
        Column(
            point.label,
            _shown(index, step, crowded=crowded),
            point.values,
            _bars(point, index * pitch, pitch=pitch, top=top),
        )
        for index, point in enumerate(points)
    ]


def _shown(index: int, step: int, *, crowded: bool) -> str:
    if index % step:
        return ""
    return "minor" if crowded and index // step % 2 else "major"


def _bars(point: Point, left: float, *, pitch: float, top: int) -> list[Bar]:
    bars: list[Bar] = []
    x, width = round(left + pitch * 0.18, 2), round(pitch * 0.64, 2)
    ground = 0
    for series, value in enumerate(point.values, start=1):
        ground += value
        if value:
            bars.append(Bar(series, x, round(HEIGHT - ground * HEIGHT / top, 2), width, round(value * HEIGHT / top, 2)))
    return bars


def round_top(highest: int) -> int:
    """The end of the scale: the next even 1, 2, 4, 5 or 10 times a power of ten, so that its half is round too."""
    size = 1
    while True:
        for step in (1, 2, 4, 5, 10):
            if highest <= step * size and step * size > 1:
                return step * size
        size *= 10
