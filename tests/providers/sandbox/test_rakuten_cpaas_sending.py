"""Single and multi submit: what is taken, what is refused with which code, and how arrays are taken in part."""

from collections.abc import Iterator
from datetime import UTC, timedelta
from typing import Any

import pytest

from providers.sandbox.server import SandboxServer

from .helpers import eventually
from .rakuten_customer import ACCOUNT, KEY, NUMBER, VENDOR, Customer, message, number_for, numbered

TALLY = f"{VENDOR}/{KEY}"


@pytest.fixture
def sandbox() -> Iterator[SandboxServer]:
    with SandboxServer([ACCOUNT]) as server:
        yield server


@pytest.fixture
def customer(sandbox: SandboxServer) -> Customer:
    return Customer(sandbox)


def text(value: str, **more: str) -> dict[str, Any]:
    return {"message_type": "text", "text_message": {"text": value, **more}, "unicode_message": None}


def unicode(value: str, **more: str) -> dict[str, Any]:
    return {"unicode_message": {"text": value, **more}}


def binary(**element: str) -> dict[str, Any]:
    return {"message_type": "binary", "binary_message": element, "unicode_message": None}


def template(template_id: str, **values: str) -> dict[str, Any]:
    substitutions = [{"name": name, "value": value} for name, value in values.items()]
    element = {"template_id": template_id, "substitutions": substitutions}
    return {"message_type": "template", "template_message": element, "unicode_message": None}


def test_a_single_submit(sandbox: SandboxServer, customer: Customer) -> None:
    reply = customer.submit()
    assert reply.status == 200
    fields = reply.fields
    assert fields.pop("message_id")
    assert fields == {
        "result_code": 0,
        "result_message": "Message successfully submitted",
        "client_reference": "r-1",
        "how_many_message_parts": 1,
    }
    assert sandbox.control.ledger(number=f"+{NUMBER}", reference="r-1")["handed_over"] == 1


def test_only_what_was_given_comes_back(customer: Customer) -> None:
    assert "client_reference" not in customer.submit(metadata=None).fields
    assert customer.submit(correlation_id="batch-42").fields["correlation_id"] == "batch-42"


def test_an_array_is_answered_in_its_order(sandbox: SandboxServer, customer: Customer) -> None:
    reply = customer.submit_many(*numbered(3), message(metadata=None), correlation_id="batch-42")
    assert (reply.status, reply.fields["correlation_id"]) == (200, "batch-42")
    answers = reply.fields["smsResponses"]
    assert [answer.get("client_reference") for answer in answers] == ["r-0", "r-1", "r-2", None]
    assert len({answer["message_id"] for answer in answers}) == 4
    assert sandbox.control.ledger()["handed_over"] == 4


def test_an_array_is_taken_in_part(sandbox: SandboxServer, customer: Customer) -> None:
    first, second, third = numbered(3)
    reply = customer.submit_many(first, {**second, "to": "08011112222"}, third)
    assert reply.status == 200
    refused = reply.fields["smsResponses"][1]
    assert refused == {
        "result_code": 102,
        "result_message": "The to field is missing or invalid",
        "client_reference": "r-1",
    }
    assert sorted(entry["reference"] for entry in sandbox.control.entries()) == ["r-0", "r-2"]


def test_or_refused_as_a_whole(sandbox: SandboxServer, customer: Customer) -> None:
    sandbox.control.register_account(**ACCOUNT, refuse_whole_batch=True)
    first, second, third = numbered(3)
    reply = customer.submit_many(first, {**second, "to": "08011112222"}, third)
    assert (reply.status, reply.fields["result_code"], reply.fields["client_reference"]) == (400, "102", "r-1")
    assert sandbox.control.ledger()["handed_over"] == 0


@pytest.mark.parametrize(
    ("count", "status"),
    [
        pytest.param(0, 400, id="empty"),
        pytest.param(100, 200, id="as many as there may be"),
        pytest.param(101, 400, id="one more"),
    ],
)
def test_the_size_of_an_array(customer: Customer, count: int, status: int) -> None:
    reply = customer.submit_many(*numbered(count))
    assert reply.status == status
    assert status == 200 or reply.fields["result_code"] == "100"


def test_another_size_of_an_array(sandbox: SandboxServer, customer: Customer) -> None:
    sandbox.control.register_account(**ACCOUNT, batch_limit=2)
    assert customer.submit_many(*numbered(2)).status == 200
    assert customer.submit_many(*numbered(3)).status == 400


@pytest.mark.parametrize(
    ("change", "code"),
    [
        pytest.param({"from": None}, 101, id="no sender"),
        pytest.param({"from": 501112222}, 101, id="sender as a number"),
        pytest.param({"from": "ABCDEFGHIJKL"}, 101, id="twelve letters"),
        pytest.param({"to": None}, 102, id="no destination"),
        pytest.param({"to": "+818011112222"}, 102, id="plus"),
        pytest.param({"to": "08011112222"}, 102, id="leading zero"),
        pytest.param({"to": "8108011112222"}, 102, id="zero kept"),
        pytest.param({"to": 818011112222}, 102, id="destination as a number"),
        pytest.param({"message_type": None}, 103, id="no type"),
        pytest.param({"message_type": "Unicode"}, 103, id="type with a capital"),
        pytest.param({"unicode_message": None}, 103, id="no element of the type"),
        pytest.param(unicode(""), 103, id="no text"),
        pytest.param(text("テスト"), 103, id="Japanese in a GSM text"),
        pytest.param(binary(body="xyz"), 103, id="binary that is not hex"),
        pytest.param(unicode("あ" * 661), 104, id="661 characters"),
        pytest.param(unicode("😀" * 331), 104, id="331 emoji count 662"),
        pytest.param(text("a" * 1521), 104, id="1521 GSM characters"),
        pytest.param(text("€" * 761), 104, id="761 euros count 1522"),
        pytest.param(binary(body="00" * 141), 104, id="141 octets"),
        pytest.param(binary(body="00" * 135, udh="050003A10201"), 104, id="141 octets with the header"),
        pytest.param(unicode("あ" * 68, udh="050003A10201"), 104, id="a segment by hand that is too long"),
        pytest.param({"advanced_settings": {"message_class": 4}}, 106, id="message class"),
        pytest.param({"advanced_settings": {"message_waiting_indicator": 3}}, 107, id="waiting indicator"),
        pytest.param({"delivery_receipts": {"custom_callback_url": "nowhere"}}, 108, id="receipts to nowhere"),
        pytest.param(
            {"delivery_receipts": {"custom_callback_url": "https://example.jp/" + "x" * 232}}, 114, id="251 characters"
        ),
        pytest.param({"to": "12025550123"}, 200, id="no route abroad"),
        pytest.param({"metadata": {"client_reference": "r" * 51}}, 100, id="long reference"),
        pytest.param(template("nobody knows"), 120, id="unknown template: a code never seen"),
        pytest.param(template("ucs2", name="山田"), 121, id="a substitution is missing: another"),
        pytest.param(template("ucs2", name="山" * 660, date="1日"), 104, id="too long once it is filled in"),
        pytest.param({"from": None, "to": None}, 101, id="the first fault counts"),
    ],
)
def test_refusals(sandbox: SandboxServer, customer: Customer, change: dict[str, Any], code: int) -> None:
    reply = customer.submit(**change)
    assert (reply.status, reply.fields["result_code"]) == (400, str(code))
    assert customer.codes(message(**change)) == [code]
    assert sandbox.control.ledger()["handed_over"] == 0


@pytest.mark.parametrize(
    ("period", "code"),
    [
        pytest.param({"seconds": "3600"}, 0, id="seconds"),
        pytest.param({"days": "1", "hours": "2", "minutes": "45", "seconds": "32"}, 0, id="as in the vendor's sample"),
        pytest.param({"seconds": 60}, 0, id="as a number"),
        pytest.param({"hours": "72"}, 0, id="72 hours"),
        pytest.param({"smpp_validity_period_string": "000002000000000R"}, 0, id="SMPP, two days"),
        pytest.param({"hours": "72", "seconds": "1"}, 105, id="more than 72 hours"),
        pytest.param({"seconds": "0"}, 105, id="none"),
        pytest.param({"seconds": "-5"}, 105, id="negative"),
        pytest.param({}, 105, id="empty"),
        pytest.param({"weeks": "1"}, 105, id="weeks"),
        pytest.param({"seconds": "60", "smpp_validity_period_string": "000000010000000R"}, 105, id="two forms"),
        pytest.param({"smpp_validity_period_string": "tomorrow"}, 105, id="SMPP that is none"),
        pytest.param({"smpp_validity_period_string": "200101000000000+"}, 105, id="SMPP, past"),
        pytest.param({"smpp_validity_period_string": "309901000000000+"}, 105, id="SMPP, 99th month"),
    ],
)
def test_validity(customer: Customer, period: dict[str, Any], code: int) -> None:
    assert customer.codes(message(validity_period=period)) == [code]


def test_validity_until_a_moment(customer: Customer) -> None:
    due = customer.now().astimezone(UTC) + timedelta(hours=1)
    in_japan = due + timedelta(hours=9)
    for form in (f"{due:%y%m%d%H%M%S}000+", f"{in_japan:%y%m%d%H%M%S}036+"):
        assert customer.codes(message(validity_period={"smpp_validity_period_string": form})) == [0]


def test_a_text_that_is_not_there_in_time_never_arrives(sandbox: SandboxServer, customer: Customer) -> None:
    customer.submit(to=number_for("out_of_range_then_delivered"), validity_period={"seconds": "10"})
    sandbox.control.advance(11)
    assert customer.status() == "EXPIRED"
    sandbox.control.advance(60)
    assert (customer.status(), sandbox.control.ledger()["rings"]) == ("EXPIRED", 0)


@pytest.mark.parametrize(
    ("content", "parts"),
    [
        pytest.param(text("a" * 160), 1, id="160 GSM"),
        pytest.param(text("a" * 161), 2, id="161 GSM"),
        pytest.param(text("a" * 305), 3, id="305 GSM"),
        pytest.param(text("a" * 1520), 10, id="1520 GSM"),
        pytest.param(text("€" * 81), 2, id="81 euros count 162"),
        pytest.param(unicode("あ" * 70), 1, id="70 UCS-2"),
        pytest.param(unicode("あ" * 71), 2, id="71 UCS-2"),
        pytest.param(unicode("あ" * 133), 3, id="133 UCS-2"),
        pytest.param(unicode("あ" * 660), 10, id="660 UCS-2"),
        pytest.param(unicode("😀" * 36), 2, id="36 emoji count 72"),
        pytest.param(unicode("あ" * 67, udh="050003A10201"), 1, id="a segment by hand"),
        pytest.param(binary(body="00" * 134, udh="050003A10201"), 1, id="binary"),
        pytest.param(template("gsm", fname="Taro"), 1, id="GSM template"),
        pytest.param(template("gsm", fname="a" * 76), 2, id="GSM template, longer once it is filled in"),
        pytest.param(template("gsm", fname="あ" * 35), 2, id="a GSM template with Japanese is UCS-2"),
        pytest.param(template("ucs2", name="山田", date="1日"), 1, id="UCS-2 template"),
    ],
)
def test_parts(customer: Customer, content: dict[str, Any], parts: int) -> None:
    assert customer.submit(**content).fields["how_many_message_parts"] == parts


def test_the_size_of_a_part_is_a_setting(sandbox: SandboxServer, customer: Customer) -> None:
    sandbox.control.register_account(**ACCOUNT, ucs2_part=67)
    assert customer.submit(**unicode("あ" * 134)).fields["how_many_message_parts"] == 2


@pytest.mark.parametrize(
    ("settings_", "code", "status"),
    [
        pytest.param({"allow_list": ["819099999999"]}, 111, 400, id="not on the allow-list"),
        pytest.param({"block_list": [NUMBER]}, 113, 400, id="on the block-list"),
        pytest.param({"result_codes": {NUMBER: 201}}, 201, 500, id="failed inside"),
        pytest.param({"result_codes": {NUMBER: 99}}, 99, 500, id="timed out inside"),
        pytest.param({"result_codes": {NUMBER: 777}}, 777, 400, id="a code nobody has seen"),
        pytest.param({"channel": "SMPP"}, 110, 403, id="a key for another channel"),
    ],
)
def test_what_an_account_may_not(
    sandbox: SandboxServer, customer: Customer, settings_: dict[str, Any], code: int, status: int
) -> None:
    sandbox.control.register_account(**ACCOUNT, **settings_)
    reply = customer.submit()
    assert (reply.status, reply.fields["result_code"]) == (status, str(code))
    assert sandbox.control.ledger()["handed_over"] == 0


@pytest.mark.parametrize(
    ("function", "ask"),
    [
        pytest.param("multi", lambda customer: customer.submit_many(message()), id="multi submit"),
        pytest.param("binary", lambda customer: customer.submit(**binary(body="00")), id="binary"),
        pytest.param("template", lambda customer: customer.submit(**template("gsm", fname="a")), id="template"),
        pytest.param("report", lambda customer: customer.history(), id="report"),
    ],
)
def test_functions_that_are_not_enabled(sandbox: SandboxServer, customer: Customer, function: str, ask: Any) -> None:
    sandbox.control.register_account(**ACCOUNT, disabled=[function])
    reply = ask(customer)
    assert (reply.status, reply.fields["result_code"]) == (403, "112")


@pytest.mark.parametrize(
    ("method", "fields", "headers", "status", "code"),
    [
        pytest.param("DELETE", None, {}, 405, "-2", id="method"),
        pytest.param("POST", {}, {"content_type": "text/plain"}, 415, "-4", id="media type"),
        pytest.param("POST", {}, {"accept": "text/html"}, 406, "-3", id="accept"),
        pytest.param("POST", b"{", {}, 400, "100", id="no JSON"),
        pytest.param("POST", [1], {}, 400, "100", id="JSON, but no object"),
        pytest.param("POST", b'{"from": "\xff"}', {}, 400, "100", id="not UTF-8"),
        pytest.param("POST", {"metadata": "x"}, {}, 400, "100", id="metadata that is no object"),
    ],
)
def test_requests_that_are_none(
    customer: Customer, method: str, fields: Any, headers: dict[str, str], status: int, code: str
) -> None:
    reply = customer.call(method, "sms/v1/submit", fields, **headers)
    assert (reply.status, reply.fields["result_code"]) == (status, code)


@pytest.mark.parametrize("element", ["text", None, 1, {"metadata": "x"}])
def test_elements_that_are_none(customer: Customer, element: Any) -> None:
    assert customer.codes(element, message()) == [100, 0]


def test_the_limit_counts_messages_and_turns_the_whole_away(sandbox: SandboxServer, customer: Customer) -> None:
    sandbox.control.register_account(**ACCOUNT, rate_limit=3)
    assert customer.submit_many(*numbered(2)).status == 200
    reply = customer.submit_many(*numbered(2))
    assert (reply.status, reply.fields["result_code"]) == (429, "1")
    assert customer.submit().status == 200
    assert sandbox.control.ledger()["accounts"][TALLY] == {"taken": 3, "turned_away": 2}


def test_or_only_what_is_too_much(sandbox: SandboxServer, customer: Customer) -> None:
    sandbox.control.register_account(**ACCOUNT, rate_limit=3, throttle_whole_batch=False)
    reply = customer.submit_many(*numbered(5))
    assert [answer["result_code"] for answer in reply.fields["smsResponses"]] == [0, 0, 0, 1, 1]
    assert reply.fields["smsResponses"][4]["client_reference"] == "r-4"
    assert customer.submit().status == 429
    assert sandbox.control.ledger()["handed_over"] == 3


def test_a_sender_nobody_registered_is_taken_and_never_arrives(sandbox: SandboxServer, customer: Customer) -> None:
    assert customer.submit(**{"from": "0509999999"}).status == 200
    assert customer.status() == "ACCEPTD"
    sandbox.control.advance(5)
    assert eventually(lambda: customer.status() == "REJECTD")
    assert sandbox.control.ledger()["handed_over"] == 0


@pytest.mark.parametrize(
    ("kind", "status", "code"),
    [
        pytest.param("http_429", 429, "1", id="throttled"),
        pytest.param("http_500", 500, "-1", id="internal error"),
        pytest.param("http_403", 403, "112", id="forbidden"),
    ],
)
def test_faults_speak_the_vendor_s_language(
    sandbox: SandboxServer, customer: Customer, kind: str, status: int, code: str
) -> None:
    sandbox.control.faults(VENDOR, KEY, {"kind": kind})
    reply = customer.submit()
    assert (reply.status, reply.fields["result_code"]) == (status, code)
