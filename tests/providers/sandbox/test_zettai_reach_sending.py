"""Call 1: what is taken, and what is refused with which code and text."""

import pytest

from providers.sandbox.server import SandboxServer

from .helpers import ACCOUNT, NUMBER, SMS_CODE, TOKEN, Customer


def test_a_taken_message_comes_back_as_received(customer: Customer) -> None:
    assert customer.send(phoneNumber="08011112222", message="ご予約は\n10時です") == {
        "responseCode": 0,
        "responseMessage": "Success.",
        "phoneNumber": NUMBER,
        "smsMessage": "ご予約は\n10時です",
    }


@pytest.mark.parametrize(
    ("values", "code", "text"),
    [
        pytest.param({"token": None}, 100, "Required token.", id="no token"),
        pytest.param({"clientId": None}, 100, "Required clientId.", id="no client"),
        pytest.param({"smsCode": None}, 100, "Required smsCode.", id="no sender code"),
        pytest.param({"message": None}, 100, "Required message.", id="no text"),
        pytest.param({"message": ""}, 100, "Required message.", id="empty text"),
        pytest.param({"phoneNumber": None}, 100, "Required phoneNumber.", id="no number"),
        pytest.param({"token": "x" * 32}, 110, "Invalid token.", id="someone else's token"),
        pytest.param({"clientId": "20002"}, 110, "Invalid clientId.", id="unknown client"),
        pytest.param({"smsCode": "11111"}, 110, "Invalid smsCode.", id="sender code of another"),
        pytest.param({"carrierId": "999"}, 110, "Invalid carrierId.", id="carrier that cannot be chosen"),
        pytest.param({"scheduleTime": "2030-02-30 10:00"}, 110, "Invalid scheduleTime.", id="30 February"),
        pytest.param({"scheduleTime": "2030-02-03T10:00"}, 110, "Invalid scheduleTime.", id="ISO time"),
        pytest.param({"scheduleTime": "2020-02-03 10:00"}, 110, "Invalid scheduleTime.", id="past time"),
        pytest.param({"message": "あ" * 661}, 120, "message too long.", id="661 characters"),
        pytest.param({"clientTag": "t" * 201}, 120, "clientTag too long.", id="long tag"),
        pytest.param({"groupTag": "g" * 201}, 120, "groupTag too long.", id="long group"),
        pytest.param({"token": None, "phoneNumber": "110"}, 100, "Required token.", id="missing before invalid"),
        pytest.param(
            {"phoneNumber": "110", "message": "あ" * 661}, 110, "Invalid phoneNumber.", id="invalid before long"
        ),
    ],
)
def test_refusals(customer: Customer, values: dict[str, str | None], code: int, text: str) -> None:
    assert customer.send(**values) == {"responseCode": code, "responseMessage": text}


@pytest.mark.parametrize(
    "number",
    [
        pytest.param("09012345678", id="domestic"),
        pytest.param("+819012345678", id="international"),
        pytest.param("06012345678", id="060"),
        pytest.param("02012345678", id="020, 11 digits"),
        pytest.param("02012345678901", id="020, 14 digits"),
    ],
)
def test_numbers_taken(customer: Customer, number: str) -> None:
    assert customer.send(phoneNumber=number)["responseCode"] == 0


@pytest.mark.parametrize(
    "number",
    [
        pytest.param("819012345678", id="no plus"),
        pytest.param("+8109012345678", id="zero kept"),
        pytest.param("090-1234-5678", id="hyphens"),
        pytest.param("０９０１２３４５６７８", id="full width"),
        pytest.param("09002345678", id="zero in fourth place"),
        pytest.param("05012345678", id="050"),
        pytest.param("0312345678", id="fixed line"),
        pytest.param("09012345678\n", id="line break behind"),
        pytest.param(" 819012345678", id="a plus that was not percent-encoded"),
    ],
)
def test_numbers_refused(customer: Customer, number: str) -> None:
    assert customer.send(phoneNumber=number) == {"responseCode": 110, "responseMessage": "Invalid phoneNumber."}


def test_a_tag_is_good_for_one_message_only(customer: Customer) -> None:
    assert customer.send("t-1")["responseCode"] == 0
    assert customer.send("t-1", phoneNumber="+818033334444") == {
        "responseCode": 400,
        "responseMessage": "Duplicate client tag.",
    }


def test_a_refused_request_does_not_use_its_tag_up(customer: Customer) -> None:
    assert customer.send("t-1", phoneNumber="110")["responseCode"] == 110
    assert customer.send("t-1")["responseCode"] == 0


def test_messages_without_a_tag_are_all_taken(customer: Customer, sandbox: SandboxServer) -> None:
    assert [customer.send(None)["responseCode"] for _ in range(2)] == [0, 0]
    assert sandbox.control.ledger()["handed_over"] == 2


def test_the_plan_s_limit(sandbox: SandboxServer, customer: Customer) -> None:
    sandbox.control.register_account(**ACCOUNT, sending_limit=1)
    assert customer.send("t-1")["responseCode"] == 0
    assert customer.send("t-2") == {"responseCode": 300, "responseMessage": "Exceed sending count."}


def test_the_same_tag_of_two_clients_is_two_messages() -> None:
    other = {**ACCOUNT, "client_id": "30001"}
    with SandboxServer([ACCOUNT, other]) as sandbox:
        customer = Customer(sandbox)
        assert customer.send("t-1")["responseCode"] == 0
        assert customer.send("t-1", clientId="30001", token=TOKEN, smsCode=SMS_CODE)["responseCode"] == 0
