"""Control API, ledger, limits, and the sandbox as a thread and as a process."""

import signal
import socket
import subprocess
import sys
import urllib.error
import urllib.request
from typing import Any

import pytest

from providers.sandbox.client import ControlError, SandboxControl
from providers.sandbox.server import Options, SandboxServer, run

from . import karaden_customer, rakuten_customer
from .helpers import ACCOUNT, CLIENT, NUMBER, VENDOR, Customer, eventually, number_for, opener


def test_the_ledger_tells_who_was_rung_and_how_often(quick_sandbox: SandboxServer) -> None:
    customer, control = Customer(quick_sandbox), quick_sandbox.control
    for tag in ("t-1", "t-2"):
        customer.send(tag)
    customer.send("t-3", phoneNumber=number_for("dead_number"))
    assert eventually(lambda: control.ledger()["rings"] == 2)
    ledger = control.ledger()
    assert (ledger["parcels"], ledger["handed_over"], ledger["numbers"]) == (3, 3, 2)
    assert (ledger["rung_twice_count"], ledger["handed_over_twice_count"]) == (0, 0)
    assert ledger["numbers_rung_twice"] == [NUMBER]
    assert ledger["accounts"]["zettai_reach/20001"] == {"taken": 3}
    assert control.entries(reference="t-3") == [
        {
            "account": "zettai_reach/20001",
            "number": number_for("dead_number"),
            "reference": "t-3",
            "handed_over": 1,
            "rings": 0,
        }
    ]
    assert control.ledger(number=NUMBER)["parcels"] == 2


def test_a_text_sent_twice_shows(quick_sandbox: SandboxServer) -> None:
    customer = Customer(quick_sandbox)
    for _ in range(2):
        customer.send(None)
    assert eventually(lambda: quick_sandbox.control.ledger()["rings"] == 2)
    ledger = quick_sandbox.control.ledger()
    assert ledger["handed_over_twice_count"] == ledger["rung_twice_count"] == 1
    assert ledger["rung_twice"][0]["number"] == NUMBER


def test_all_vendors_share_one_network_and_one_judge() -> None:
    accounts = [ACCOUNT, karaden_customer.ACCOUNT, rakuten_customer.ACCOUNT]
    with SandboxServer(accounts, Options(time_scale=0.001)) as sandbox:
        assert sandbox.control.state()["vendors"] == ["zettai_reach", "rakuten_cpaas", "karaden"]
        Customer(sandbox).send("r-1", phoneNumber="08011112222")
        karaden_customer.Customer(sandbox).send(to="08011112222", **{"tags[]": "r-1"})
        rakuten_customer.Customer(sandbox).submit(to="818011112222")
        assert eventually(lambda: sandbox.control.ledger()["rings"] == 3)
        ledger = sandbox.control.ledger(number="+818011112222")
        assert (ledger["numbers_rung_twice"], ledger["rung_twice"]) == (["+818011112222"], [])
        assert sandbox.control.entries(account="rakuten_cpaas/sms-key-01", reference="r-1")[0]["rings"] == 1
        assert all(tally["taken"] == 1 for tally in ledger["accounts"].values())


def test_reset_forgets_messages_but_not_customers(sandbox: SandboxServer, customer: Customer) -> None:
    customer.reserve("t-1", due=customer.in_days(1))
    customer.send("t-2")
    sandbox.control.faults(VENDOR, CLIENT, {"kind": "http_500"})
    sandbox.control.reset()
    sandbox.control.advance(2 * 86400)
    assert sandbox.control.ledger()["handed_over"] == 0
    assert customer.send("t-2")["responseCode"] == 0


def test_registering_again_changes_settings_and_keeps_messages(sandbox: SandboxServer, customer: Customer) -> None:
    customer.send("t-1")
    sandbox.control.register_account(**{**ACCOUNT, "sender_codes": ["99999"]})
    assert customer.send("t-2", smsCode="99999")["responseCode"] == 0
    assert customer.send("t-1", smsCode="99999")["responseCode"] == 400


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        pytest.param({"vendor": "acme"}, "vendor is one of", id="unknown vendor"),
        pytest.param({"client_id": ""}, "client_id", id="no client"),
        pytest.param({"token": "short"}, "token", id="short token"),
        pytest.param({"sender_codes": []}, "sender_codes", id="no sender code"),
        pytest.param({"receipt_format": "pdf"}, "pdf", id="unknown format"),
        pytest.param({"templates": [{"name": "x"}]}, "templates", id="template without title"),
        pytest.param({"colour": "red"}, "colour", id="unknown setting"),
        pytest.param({"latency": -1}, "latency", id="negative latency"),
        pytest.param({"rate_limit": "fast"}, "not supported", id="rate limit in words"),
        pytest.param({"callback_url": "http://192.0.2.1/hook"}, "loopback", id="a callback to somewhere else"),
        pytest.param({"callback_url": "http://127.0.0.1.example.jp/"}, "loopback", id="a name that looks like it"),
        pytest.param({"callback_url": "file:///etc/hosts"}, "loopback", id="not even http"),
    ],
)
def test_accounts_that_make_no_sense(sandbox: SandboxServer, change: dict[str, Any], reason: str) -> None:
    with pytest.raises(ControlError, match=reason):
        sandbox.control.register_account(**{**ACCOUNT, **change})


@pytest.mark.parametrize(
    "headers",
    [
        pytest.param({"Host": "rebound.example.jp"}, id="another name for this address"),
        pytest.param({"Origin": "https://example.jp"}, id="a web page"),
    ],
)
def test_control_answers_this_machine_only(sandbox: SandboxServer, headers: dict[str, str]) -> None:
    with pytest.raises(urllib.error.HTTPError) as refusal:
        opener.open(urllib.request.Request(f"{sandbox.url}/_control/", headers=headers), timeout=5)  # noqa: S310
    refusal.value.close()
    assert refusal.value.code == 403


def test_the_rate_limit_turns_away_what_is_too_much(sandbox: SandboxServer, customer: Customer) -> None:
    sandbox.control.register_account(**ACCOUNT, rate_limit=3)
    for number in range(3):
        assert customer.send(f"t-{number}")["responseCode"] == 0
    with pytest.raises(urllib.error.HTTPError) as refusal:
        customer.send("t-3")
    refusal.value.close()
    assert refusal.value.code == 429
    assert sandbox.control.ledger()["accounts"]["zettai_reach/20001"] == {"taken": 3, "turned_away": 1}


def test_options_hold_for_accounts_that_name_no_limit() -> None:
    with SandboxServer([ACCOUNT], Options(rate_limit=1)) as sandbox:
        customer = Customer(sandbox)
        customer.send("t-1")
        with pytest.raises(urllib.error.HTTPError) as refusal:
            customer.send("t-2")
        refusal.value.close()
        assert refusal.value.code == 429


def test_it_serves_this_machine_only() -> None:
    with pytest.raises(ValueError, match="loopback"):
        run(host="0.0.0.0")  # noqa: S104 - the very thing that is refused


def test_a_bad_account_stops_the_start() -> None:
    with pytest.raises(ControlError, match="token"):
        SandboxServer([{**ACCOUNT, "token": "short"}]).__enter__()


@pytest.mark.processes
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_as_a_process_it_ends_when_told(number: signal.Signals) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "providers.sandbox", "--port", str(port)]
    with subprocess.Popen(command, stderr=subprocess.DEVNULL) as process:
        try:
            assert eventually(lambda: is_up(f"http://127.0.0.1:{port}"))
            process.send_signal(number)
            assert process.wait(5) == 0
        finally:
            process.kill()


def is_up(url: str) -> bool:
    try:
        return bool(SandboxControl(url).state()["vendors"])
    except OSError:
        return False
