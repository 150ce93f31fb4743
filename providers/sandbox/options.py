"""How a sandbox behaves from its start, and the same on the command line."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields
from typing import Any

from .faults import Fault


@dataclass(frozen=True, kw_only=True)
class Options:
    """`latency`, `rate_limit` and `faults` hold for every account that is not told otherwise."""

    seed: int = 1
    time_scale: float = 1.0
    latency: float = 0.0
    rate_limit: int = 0
    faults: Sequence[Fault] = ()


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--seed", type=int, default=1, help="same seed, same chance")
    parser.add_argument("--time-scale", type=float, default=1.0, help="0.1: phones and retries ten times as fast")
    parser.add_argument("--latency", type=float, default=0.0, help="seconds before every answer")
    parser.add_argument("--rate-limit", type=int, default=0, help="calls a second and account; 0: no limit")
    parser.add_argument(
        "--fault",
        dest="faults",
        type=fault,
        action="append",
        default=[],
        metavar="KIND[,NAME=VALUE…]",
        help="trouble for every account, e.g. http_500,rate=0.1 or long_tail,seconds=0.2; may be repeated",
    )


def options_of(given: dict[str, object]) -> Options:
    """From the arguments above; others are left alone."""
    return Options(**{field.name: given[field.name] for field in fields(Options)})  # type: ignore[arg-type]


def fault(text: str) -> Fault:
    """`reset,taken=yes,rate=0.05,path=mt.json`"""
    kind, *pairs = text.split(",")
    readers: dict[str, Callable[[str], Any]] = {
        "rate": float,
        "seconds": float,
        "times": int,
        "status": int,
        "path": str,
        "taken": _is_yes,
    }
    try:
        values = {name: readers[name](value) for name, value in (pair.split("=", 1) for pair in pairs)}
        return Fault(kind=kind, **values)
    except (KeyError, ValueError) as error:
        raise argparse.ArgumentTypeError(f"{text}: {error}") from None


def _is_yes(text: str) -> bool:
    if text not in ("yes", "no"):
        raise ValueError("taken is yes or no")
    return text == "yes"
