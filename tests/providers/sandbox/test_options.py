"""Trouble named on the command line: the same rules as through the control API, for every account from its start."""

import argparse

import pytest

from providers.sandbox.faults import Fault
from providers.sandbox.options import Options, add_arguments, fault, options_of
from providers.sandbox.server import SandboxServer

from .helpers import ACCOUNT, Customer


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        pytest.param("http_500", Fault(kind="http_500"), id="always"),
        pytest.param("http_429,rate=0.1,seconds=2", Fault(kind="http_429", rate=0.1, seconds=2.0), id="now and then"),
        pytest.param(
            "reset,taken=yes,times=3,path=mt.json",
            Fault(kind="reset", taken=True, times=3, path="mt.json"),
            id="taken, and the answer lost",
        ),
        pytest.param("html_page,status=502", Fault(kind="html_page", status=502), id="a page"),
    ],
)
def test_a_rule_is_read(text: str, rule: Fault) -> None:
    assert fault(text) == rule


@pytest.mark.parametrize(
    "text", ["", "storm", "http_500,rate=2", "http_500,rate=x", "http_500,speed=1", "reset,taken=1", "reset,taken"]
)
def test_nonsense_is_refused(text: str) -> None:
    with pytest.raises(argparse.ArgumentTypeError):
        fault(text)


def test_all_of_them_from_one_line() -> None:
    parser = argparse.ArgumentParser()
    add_arguments(parser)
    given = vars(
        parser.parse_args(["--seed", "7", "--latency", "0.1", "--fault", "http_500", "--fault", "latency,seconds=1"])
    )
    assert options_of(given) == Options(
        seed=7, latency=0.1, faults=[Fault(kind="http_500"), Fault(kind="latency", seconds=1.0)]
    )


def test_every_account_has_them_from_its_start() -> None:
    with SandboxServer([ACCOUNT], Options(faults=[fault("truncated_json,times=1")])) as sandbox:
        with pytest.raises(ValueError, match=r"Unterminated|Expecting"):
            Customer(sandbox).send()
        assert Customer(sandbox).send("t-2")["responseCode"] == 0
