"""Trouble on demand, as a caller sees it on the wire, and whether the message was taken all the same."""

import http.client
import json
import time
import urllib.parse
from typing import Any

import pytest

from providers.sandbox.client import ControlError
from providers.sandbox.server import SandboxServer

from .helpers import ACCOUNT, CLIENT, FORM, NUMBER, SMS_CODE, TOKEN, VENDOR, Customer, eventually


def call(sandbox: SandboxServer, tag: str = "t-1") -> tuple[int, str, bytes]:
    """One send over a connection of its own; status, content type, body."""
    form = {"token": TOKEN, "clientId": CLIENT, "smsCode": SMS_CODE, "message": "テスト"}
    body = urllib.parse.urlencode({**form, "phoneNumber": NUMBER, "clientTag": tag})
    connection = http.client.HTTPConnection(urllib.parse.urlsplit(sandbox.url).netloc, timeout=5)
    try:
        connection.request("POST", "/zettai-reach/p5/api/mt.json", body, {"Content-Type": FORM})
        answer = connection.getresponse()
        return answer.status, answer.headers.get_content_type(), answer.read()
    finally:
        connection.close()


def strike(sandbox: SandboxServer, **rule: Any) -> None:
    sandbox.control.faults(VENDOR, CLIENT, rule)


def was_taken(sandbox: SandboxServer) -> bool:
    return bool(sandbox.control.ledger()["handed_over"] == 1)


@pytest.mark.parametrize(
    ("rule", "status", "content_type", "taken"),
    [
        pytest.param({"kind": "http_403"}, 403, "text/plain", False, id="403"),
        pytest.param({"kind": "http_429"}, 429, "text/plain", False, id="429"),
        pytest.param({"kind": "http_500"}, 500, "text/plain", False, id="500"),
        pytest.param({"kind": "http_500", "taken": True}, 500, "text/plain", True, id="500 after it was taken"),
        pytest.param({"kind": "http_503"}, 503, "text/plain", False, id="503"),
        pytest.param({"kind": "http_503", "taken": True}, 503, "text/plain", True, id="503 after it was taken"),
        pytest.param({"kind": "html_page"}, 503, "text/html", False, id="HTML error page"),
        pytest.param({"kind": "html_page", "status": 200, "taken": True}, 200, "text/html", True, id="HTML with 200"),
        pytest.param({"kind": "wrong_content_type"}, 200, "application/octet-stream", True, id="wrong content type"),
    ],
)
def test_answers_that_are_none(
    sandbox: SandboxServer, rule: dict[str, Any], status: int, content_type: str, taken: bool
) -> None:
    strike(sandbox, **rule)
    assert call(sandbox)[:2] == (status, content_type)
    assert was_taken(sandbox) is taken


def test_truncated_json(sandbox: SandboxServer) -> None:
    strike(sandbox, kind="truncated_json")
    status, _, body = call(sandbox)
    assert status == 200
    with pytest.raises(json.JSONDecodeError):
        json.loads(body)
    assert was_taken(sandbox)


@pytest.mark.parametrize("taken", [pytest.param(False, id="before it was taken"), pytest.param(True, id="after")])
def test_reset(sandbox: SandboxServer, taken: bool) -> None:
    strike(sandbox, kind="reset", taken=taken)
    with pytest.raises(ConnectionResetError) as caught:
        call(sandbox)
    assert caught.type is ConnectionResetError, "a polite end is not a reset"
    assert was_taken(sandbox) is taken
    sandbox.control.faults(VENDOR, CLIENT)
    assert Customer(sandbox).send()["responseCode"] == (400 if taken else 0)


@pytest.mark.parametrize(
    "kind", [pytest.param("latency", id="before the answer"), pytest.param("slow_drip", id="within the answer")]
)
def test_slowness(sandbox: SandboxServer, kind: str) -> None:
    strike(sandbox, kind=kind, seconds=0.2)
    start = time.monotonic()
    status, _, body = call(sandbox)
    assert time.monotonic() - start >= 0.2
    assert (status, json.loads(body)["responseCode"]) == (200, 0)


def test_a_long_tail_is_mostly_short(sandbox: SandboxServer) -> None:
    strike(sandbox, kind="long_tail", seconds=0.005)
    times = []
    for number in range(60):
        start = time.monotonic()
        assert call(sandbox, f"t-{number}")[0] == 200
        times.append(time.monotonic() - start)
    times.sort()
    assert times[-1] > 3 * times[len(times) // 2]


def test_a_caller_who_gives_up_does_not_undo_what_was_taken(sandbox: SandboxServer) -> None:
    strike(sandbox, kind="latency", seconds=0.1)
    connection = http.client.HTTPConnection(urllib.parse.urlsplit(sandbox.url).netloc, timeout=0.02)
    form = {"token": TOKEN, "clientId": CLIENT, "smsCode": SMS_CODE, "message": "テスト", "phoneNumber": NUMBER}
    connection.request("POST", "/zettai-reach/p5/api/mt.json", urllib.parse.urlencode(form), {"Content-Type": FORM})
    with pytest.raises(TimeoutError):
        connection.getresponse()
    connection.close()
    assert eventually(lambda: was_taken(sandbox))


def strikes(rate: float, count: int = 60) -> list[int]:
    with SandboxServer([ACCOUNT]) as sandbox:
        strike(sandbox, kind="http_500", rate=rate)
        return [call(sandbox, f"t-{number}")[0] for number in range(count)]


def test_the_rate_holds_and_chance_repeats_itself() -> None:
    first = strikes(0.3)
    assert 6 <= first.count(500) <= 30
    assert strikes(0.3) == first


def test_only_so_many_times(sandbox: SandboxServer) -> None:
    strike(sandbox, kind="http_500", times=2)
    assert [call(sandbox, f"t-{number}")[0] for number in range(4)] == [500, 500, 200, 200]


def test_only_the_call_that_was_named(sandbox: SandboxServer, customer: Customer) -> None:
    strike(sandbox, kind="http_500", path="mt.json")
    assert call(sandbox)[0] == 500
    assert customer.status() is None


def test_rules_take_their_turns(sandbox: SandboxServer) -> None:
    sandbox.control.faults(
        VENDOR, CLIENT, {"kind": "http_500", "times": 1}, {"kind": "http_503", "times": 1}, {"kind": "latency"}
    )
    assert [call(sandbox, f"t-{number}")[0] for number in range(3)] == [500, 503, 200]


def test_other_accounts_are_spared(sandbox: SandboxServer, customer: Customer) -> None:
    sandbox.control.register_account(**{**ACCOUNT, "client_id": "30001"})
    strike(sandbox, kind="http_500")
    assert customer.send(clientId="30001")["responseCode"] == 0


@pytest.mark.parametrize(
    ("rule", "reason"),
    [
        pytest.param({"kind": "earthquake"}, "kind is one of", id="unknown kind"),
        pytest.param({"kind": "reset", "rate": 2}, "rate", id="rate over 1"),
        pytest.param({"kind": "latency", "seconds": -1}, "negative", id="back in time"),
        pytest.param({"kind": "reset", "colour": "red"}, "colour", id="unknown member"),
    ],
)
def test_rules_that_make_no_sense(sandbox: SandboxServer, rule: dict[str, Any], reason: str) -> None:
    with pytest.raises(ControlError, match=reason):
        strike(sandbox, **rule)
