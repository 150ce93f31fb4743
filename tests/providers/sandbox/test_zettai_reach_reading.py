"""Calls 5, 7, 8 and 9: states, templates, number cleaning, monthly counts."""

from datetime import datetime
from typing import Any

import pytest

from providers.sandbox.server import SandboxServer

from .helpers import ACCOUNT, NUMBER, Customer, number_for

DAY = 86400


@pytest.fixture
def noon(sandbox: SandboxServer, customer: Customer) -> datetime:
    """Far from midnight, and so from the end of any month."""
    noon = customer.in_days(1)
    sandbox.control.advance((noon - customer.now()).total_seconds())
    return noon


def test_a_message_under_way(customer: Customer) -> None:
    customer.send()
    row = customer.status()
    assert row is not None
    assert row.pop("dateTime")[8] == " "
    assert row == {
        "phoneNumber": NUMBER,
        "message": "テスト",
        "smsCode": 54321,
        "carrierId": None,
        "carrierName": "",
        "statusId": "1",
        "clientTag": "t-1",
        "detailedStatusId": "0",
        "separatedSuccessCount": 0,
    }


def test_a_delivered_message(sandbox: SandboxServer, customer: Customer) -> None:
    customer.send(carrierId="103", message="あ" * 71)
    sandbox.control.advance(10)
    row = customer.status()
    assert row is not None
    assert (row["statusId"], row["detailedStatusId"]) == ("2", "2")
    assert (row["carrierId"], row["carrierName"]) == ("103", "Docomo")
    assert row["separatedSuccessCount"] == 2


def test_a_whole_day_with_and_without_tags(noon: datetime, customer: Customer) -> None:
    for tag in ("t-1", None):
        customer.send(tag)
    rows = customer.get("p5/api/status.json", date=f"{noon:%Y%m%d}")["status"]
    assert [row["clientTag"] for row in rows] == ["t-1", ""]
    assert customer.get("p5/api/status.json", date="20200101")["status"] == []


@pytest.mark.parametrize(
    ("query", "code", "text"),
    [
        pytest.param({}, 100, "Required clientTag.", id="nothing asked for"),
        pytest.param({"date": "2030-01-01"}, 110, "Invalid date.", id="hyphens"),
        pytest.param({"clientTag": "t" * 204}, 120, "clientTag too long.", id="long tag"),
    ],
)
def test_a_status_call_is_refused(customer: Customer, query: dict[str, Any], code: int, text: str) -> None:
    assert customer.get("p5/api/status.json", **query) == {"responseCode": code, "responseMessage": text}


def test_tags_match_whole(customer: Customer) -> None:
    customer.send("t-10")
    assert customer.status("t-1") is None


def test_templates_name_each_placeholder_once(sandbox: SandboxServer, customer: Customer) -> None:
    content = "{{%name%}}様 {{%date%}}です。{{%name%}}様"
    sandbox.control.register_account(**ACCOUNT, templates=[{"title": "予約", "default_content": content}])
    reply = customer.get("p5/api/template.json")
    assert reply["count"] == 1
    assert reply["templates"] == [
        {
            "title": "予約",
            "default_content": content,
            "parameters": [{"parameter_name": "name"}, {"parameter_name": "date"}],
        }
    ]


@pytest.mark.parametrize(
    ("length", "parts"),
    [(1, 1), (70, 1), (71, 2), (132, 2), (133, 3), (594, 9), (595, 10), (660, 10)],
)
def test_billed_parts(sandbox: SandboxServer, customer: Customer, length: int, parts: int) -> None:
    customer.send(message="あ" * length)
    sandbox.control.advance(10)
    row = customer.status()
    assert row is not None
    assert row["separatedSuccessCount"] == parts


def send_some(sandbox: SandboxServer, customer: Customer) -> None:
    """Three parts delivered at au, one at docomo, one failed at SoftBank."""
    customer.send("a", carrierId="101")
    customer.send("b", carrierId="101", message="あ" * 71)
    customer.send("c", carrierId="103")
    customer.send("d", carrierId="105", phoneNumber=number_for("dead_number"))
    sandbox.control.advance(10)


def test_counts_run_to_yesterday_and_leave_out_zeros(
    sandbox: SandboxServer, noon: datetime, customer: Customer
) -> None:
    send_some(sandbox, customer)
    assert customer.counts(f"{noon:%Y%m}") == []
    sandbox.control.advance(DAY)
    assert customer.counts(f"{noon:%Y%m}") == [{"101": 3, "103": 1, "clientId": 20001}]


def test_counts_may_include_today(sandbox: SandboxServer, noon: datetime, customer: Customer) -> None:
    sandbox.control.register_account(**ACCOUNT, counts_include_today=True)
    send_some(sandbox, customer)
    assert customer.counts(f"{noon:%Y%m}") == [{"101": 3, "103": 1, "clientId": 20001}]


@pytest.mark.parametrize(
    ("month", "code", "text"),
    [
        pytest.param(None, 100, "Required month.", id="none"),
        pytest.param("2026-01", 110, "Invalid month.", id="hyphen"),
        pytest.param("202613", 110, "Invalid month.", id="a thirteenth"),
        pytest.param("299901", 110, "Invalid month.", id="to come"),
    ],
)
def test_counts_of_no_month(customer: Customer, month: str | None, code: int, text: str) -> None:
    reply = customer.get("p5/api/separatedsuccesscount.json", month=month)
    assert reply == {"responseCode": code, "responseMessage": text}


def clean(customer: Customer, number: str, day: datetime) -> dict[str, Any]:
    return customer.get("p5/api/numbercleaning.json", phoneNumber=number, referenceDate=f"{day:%Y%m%d}")


@pytest.mark.parametrize(
    ("number", "verdict"),
    [
        pytest.param(NUMBER, "N", id="same holder"),
        pytest.param(number_for("holder_changed"), "T", id="holder changed"),
        pytest.param(number_for("holder_not_listed"), "ERROR", id="not in the database"),
    ],
)
def test_number_cleaning(customer: Customer, number: str, verdict: str) -> None:
    day = customer.in_days(-100)
    assert clean(customer, "0" + number.removeprefix("+81"), day) == {
        "responseCode": 0,
        "responseMessage": "Success.",
        "phoneNumber": number,
        "referenceDate": f"{day:%Y%m%d}",
        "status": verdict,
    }


@pytest.mark.parametrize(
    ("days", "code"),
    [
        pytest.param(0, 0, id="today"),
        pytest.param(-730, 0, id="two years ago"),
        pytest.param(1, 110, id="tomorrow"),
        pytest.param(-732, 110, id="more than two years ago"),
    ],
)
def test_the_reference_day_of_a_cleaning(customer: Customer, days: int, code: int) -> None:
    assert clean(customer, NUMBER, customer.in_days(days))["responseCode"] == code


def test_a_cleaning_is_refused(customer: Customer) -> None:
    assert clean(customer, "0312345678", customer.in_days(0))["responseMessage"] == "Invalid phoneNumber."
    reply = customer.get("p5/api/numbercleaning.json", phoneNumber=NUMBER)
    assert reply == {"responseCode": 100, "responseMessage": "Required referenceDate."}


def test_a_failure_that_turns_into_a_delivery_is_billed_once(
    sandbox: SandboxServer, noon: datetime, customer: Customer
) -> None:
    sandbox.control.register_account(**ACCOUNT, counts_include_today=True)
    customer.send(carrierId="106", phoneNumber=number_for("failed_then_delivered"))
    sandbox.control.advance(2)
    assert customer.status_id() == "3"
    sandbox.control.advance(10)
    assert customer.status_id() == "2"
    assert customer.counts(f"{noon:%Y%m}") == [{"106": 1, "clientId": 20001}]
