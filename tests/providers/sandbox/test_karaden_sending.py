"""Send, list, detail and cancel as the documents have them: fields, versions, order of checks, waiting and firing."""

import uuid
from collections.abc import Iterator
from datetime import UTC
from typing import Any

import pytest

from providers.sandbox.client import ControlError
from providers.sandbox.server import SandboxServer

from .helpers import FORM, eventually
from .karaden_customer import ACCOUNT, NUMBER, SERVICE, TENANT, TOKEN, VENDOR, Customer, number_for, request

MINUTE, DAY = 60, 86400


@pytest.fixture
def sandbox() -> Iterator[SandboxServer]:
    with SandboxServer([ACCOUNT]) as server:
        yield server


@pytest.fixture
def customer(sandbox: SandboxServer) -> Customer:
    return Customer(sandbox)


def test_an_answer_as_the_documents_show_it(customer: Customer) -> None:
    reply = customer.send()
    assert (reply.status, reply.headers.get_content_type()) == (200, "application/json")
    row = reply.fields
    assert uuid.UUID(row.pop("id"))
    assert row.pop("created_at") == row.pop("updated_at")
    assert row == {
        "object": "message",
        "project_id": 4,
        "service_id": SERVICE,
        "billing_address_id": 1,
        "to": NUMBER,
        "body": "テスト",
        "tags": ["t-1"],
        "is_shorten": False,
        "is_shorten_clicked": False,
        "result": "processing",
        "status": "waiting",
        "sent_result": "none",
        "carrier": "checking",
        "charged_count_per_sent": 1,
        "scheduled_at": None,
        "limited_at": None,
        "sent_at": None,
        "received_at": None,
        "charged_at": None,
        "error": None,
    }


def test_moments_are_whole_seconds_of_japan(customer: Customer) -> None:
    moment = customer.sent()["created_at"]
    assert len(moment) == len("2026-04-01T10:00:00+09:00")
    assert moment.endswith("+09:00")


@pytest.mark.parametrize(
    ("version", "extra"),
    [
        pytest.param("2023-01-01", set(), id="first"),
        pytest.param("2023-12-01", {"is_shorten_clicked"}, id="with clicks"),
        pytest.param("2024-03-01", {"is_shorten_clicked", "error"}, id="with errors"),
    ],
)
def test_versions_differ_by_their_fields(sandbox: SandboxServer, version: str, extra: set[str]) -> None:
    row = Customer(sandbox, version).sent()
    assert row.keys() & {"is_shorten_clicked", "error"} == extra
    assert row["project_id"] == 4


@pytest.mark.parametrize("version", ["2023-01-01", "2023-12-01"])
def test_older_versions_know_no_bulk(sandbox: SandboxServer, version: str) -> None:
    reply = Customer(sandbox, version).post("messages/bulks/files")
    assert (reply.status, reply.fields["code"]) == (404, "model_not_found")


@pytest.mark.parametrize(
    ("token", "version", "tenant", "status", "code"),
    [
        pytest.param("wrong", "2000-01-01", "wrong", 401, "unauthentication", id="token first"),
        pytest.param(None, "2000-01-01", "wrong", 401, "unauthentication", id="no token"),
        pytest.param(TOKEN, "2000-01-01", "wrong", 400, "invalid_version", id="then version"),
        pytest.param(TOKEN, None, "wrong", 400, "invalid_version", id="no version"),
        pytest.param(TOKEN, "2024-03-01", "wrong", 400, "invalid_tenant", id="then tenant"),
        pytest.param(TOKEN, "2024-03-01", TENANT, 404, "model_not_found", id="then object"),
    ],
)
def test_the_order_of_the_checks(
    sandbox: SandboxServer, token: str | None, version: str | None, tenant: str, status: int, code: str
) -> None:
    customer = Customer(sandbox, version, token)
    customer.tenant = tenant
    reply = customer.send(service_id="99", to="110")
    assert (reply.status, reply.fields["code"], reply.fields["object"]) == (status, code, "error")


@pytest.mark.parametrize(
    ("values", "faulty"),
    [
        pytest.param({"service_id": None}, {"service_id"}, id="no service"),
        pytest.param({"service_id": "abc"}, {"service_id"}, id="service in letters"),
        pytest.param({"to": None, "body": None}, {"to", "body"}, id="several at once"),
        pytest.param({"to": ""}, {"to"}, id="empty counts as missing"),
        pytest.param({"to": "+818011112222"}, {"to"}, id="international number"),
        pytest.param({"to": "06011112222"}, {"to"}, id="060"),
        pytest.param({"to": "08001112222"}, {"to"}, id="0800"),
        pytest.param({"to": "09044440010"}, {"to"}, id="first blocked number"),
        pytest.param({"to": "09044440018"}, {"to"}, id="last blocked number"),
        pytest.param({"body": "あ" * 661}, {"body"}, id="661 characters"),
        pytest.param({"tags": "t-1", "tags[]": None}, {"tags"}, id="tags that are no array"),
        pytest.param({"is_shorten": "yes"}, {"is_shorten"}, id="neither true nor false"),
        pytest.param({"scheduled_at": "tomorrow"}, {"scheduled_at"}, id="no moment"),
        pytest.param({"scheduled_at": "2030-02-30T10:00:00+09:00"}, {"scheduled_at"}, id="30 February"),
        pytest.param({"scheduled_at": "2020-01-01T10:00:00+09:00"}, {"scheduled_at"}, id="past schedule"),
        pytest.param({"limited_at": "2020-01-01T10:00:00+09:00"}, {"limited_at"}, id="past deadline"),
        pytest.param({"scheduled_at": "2999-01-01T10:00:00+09:00"}, {"scheduled_at"}, id="more than 30 days ahead"),
    ],
)
def test_field_faults(customer: Customer, values: dict[str, str | None], faulty: set[str]) -> None:
    reply = customer.send(**values)
    assert (reply.status, reply.fields["code"]) == (422, "validation_error")
    assert reply.fields["errors"].keys() == faulty
    assert all(isinstance(texts, list) and texts for texts in reply.fields["errors"].values())


@pytest.mark.parametrize("number", ["02011112222", "07011112222", "08011112222", "09011112222", "09044440019"])
def test_numbers_taken(customer: Customer, number: str) -> None:
    assert customer.send(to=number).status == 200


def test_a_form_of_another_type_is_empty(sandbox: SandboxServer) -> None:
    headers = {"Authorization": f"Bearer {TOKEN}", "Karaden-Version": "2024-03-01", "Content-Type": "application/json"}
    reply = request("POST", f"{sandbox.base_url(VENDOR)}api/{TENANT}/messages", b"{}", headers)
    assert reply.fields["errors"].keys() == {"service_id", "to", "body"}


@pytest.mark.parametrize("root", [pytest.param("api/", id="below /api"), pytest.param("", id="below the mount itself")])
def test_either_base_address_will_do(sandbox: SandboxServer, root: str) -> None:
    headers = {"Authorization": f"Bearer {TOKEN}", "Karaden-Version": "2024-03-01", "Content-Type": FORM}
    form = f"service_id={SERVICE}&to={NUMBER}&body=a".encode()
    assert request("POST", f"{sandbox.base_url(VENDOR)}{root}{TENANT}/messages", form, headers).status == 200


@pytest.mark.parametrize(
    "names",
    [pytest.param(["tags[]", "tags[]"], id="PY, RUBY, JAVA"), pytest.param(["tags[0]", "tags[1]"], id="PHP, NODE")],
)
def test_both_spellings_of_an_array(customer: Customer, names: list[str]) -> None:
    members = [("service_id", str(SERVICE)), ("to", NUMBER), ("body", "a"), *zip(names, ["a", "b"], strict=True)]
    assert customer.post("messages", members).fields["tags"] == ["a", "b"]


@pytest.mark.parametrize(
    "form",
    [
        pytest.param("%Y-%m-%dT%H:%M:%S+09:00", id="ISO"),
        pytest.param("%Y-%m-%d %H:%M:%S.123456+09:00", id="the Python SDK's blank"),
        pytest.param("%Y-%m-%dT%H:%M:%S", id="without an offset it is Japan time"),
    ],
)
def test_spellings_of_a_moment(customer: Customer, form: str) -> None:
    due = customer.in_minutes(60)
    assert customer.sent(scheduled_at=due.strftime(form))["scheduled_at"] == due.isoformat()


def test_a_moment_in_universal_time(customer: Customer) -> None:
    due = customer.in_minutes(60)
    assert customer.sent(scheduled_at=f"{due.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}")["scheduled_at"] == due.isoformat()


def test_a_reservation_waits_and_then_goes_out(sandbox: SandboxServer, customer: Customer) -> None:
    message = customer.schedule(customer.in_minutes(60), to=number_for("delivered_fast"))
    sandbox.control.advance(59 * MINUTE)
    assert customer.state(message["id"]) == ("waiting", "processing", "none")
    assert sandbox.control.ledger()["handed_over"] == 0
    sandbox.control.advance(2 * MINUTE)
    assert eventually(lambda: customer.state(message["id"]) == ("done", "done", "received"))
    assert sandbox.control.ledger()["rings"] == 1


@pytest.mark.parametrize(
    ("minutes_before", "status"),
    [pytest.param(5.5, 200, id="until five minutes before"), pytest.param(4.5, 400, id="and no later")],
)
def test_the_last_moment_to_cancel(
    sandbox: SandboxServer, customer: Customer, minutes_before: float, status: int
) -> None:
    message = customer.schedule(customer.in_minutes(60))
    sandbox.control.advance((60 - minutes_before) * MINUTE)
    assert customer.cancel(message["id"]).status == status
    sandbox.control.advance(DAY)
    assert sandbox.control.ledger()["handed_over"] == (0 if status == 200 else 1)


def test_what_cannot_be_cancelled(customer: Customer) -> None:
    immediate = customer.sent()
    cancelled = customer.schedule(customer.in_minutes(60))
    assert customer.cancel(cancelled["id"]).fields["status"] == "canceled"
    for message in (immediate, cancelled):
        reply = customer.cancel(message["id"])
        assert (reply.status, reply.fields["code"]) == (400, "can_not_cancel_message")


def test_what_cannot_leave_before_its_deadline_never_leaves(sandbox: SandboxServer, customer: Customer) -> None:
    sandbox.control.register_account(**ACCOUNT, sending_delay=600)
    limited = customer.sent(limited_at=customer.in_minutes(5).isoformat())
    unlimited = customer.sent(limited_at=customer.in_minutes(15).isoformat(), **{"tags[]": "t-2"})
    assert customer.state(limited["id"]) == ("waiting", "processing", "none")
    sandbox.control.advance(20 * MINUTE)
    assert customer.state(limited["id"]) == ("error", "done", "none")
    assert customer.detail(unlimited["id"])["status"] == "done"
    assert [entry["reference"] for entry in sandbox.control.entries()] == ["t-2"]


def test_a_deadline_lies_after_the_schedule(customer: Customer) -> None:
    due = customer.in_minutes(60)
    reply = customer.send(scheduled_at=due.isoformat(), limited_at=due.isoformat())
    assert reply.fields["errors"].keys() == {"limited_at"}


def test_the_list_may_lag_behind(sandbox: SandboxServer, customer: Customer) -> None:
    sandbox.control.register_account(**ACCOUNT, look_up_delay=60)
    message = customer.sent()
    assert customer.tags(tag="t-1") == []
    assert customer.detail(message["id"])["tags"] == ["t-1"]
    sandbox.control.advance(61)
    assert customer.tags(tag="t-1") == ["t-1"]


@pytest.mark.parametrize(
    "query",
    [
        {"status": "sent"},
        {"result": "ok"},
        {"sent_result": "delivered"},
        {"service_id": "x"},
        {"page": "0"},
        {"per_page": "101"},
        {"start_at": "yesterday"},
    ],
    ids=lambda query: next(iter(query)),
)
def test_a_list_is_refused(customer: Customer, query: dict[str, Any]) -> None:
    reply = customer.found(**query)
    assert (reply.status, reply.fields["errors"].keys()) == (422, query.keys())


def test_tags_match_whole(customer: Customer) -> None:
    customer.send(**{"tags[]": "att-10"})
    assert customer.tags(tag="att-1") == []


def test_the_same_text_twice_is_sent_twice(sandbox: SandboxServer, customer: Customer) -> None:
    assert customer.sent()["id"] != customer.sent()["id"]
    assert sandbox.control.ledger()["handed_over_twice_count"] == 1


def test_projects_do_not_see_each_other() -> None:
    other = {**ACCOUNT, "client_id": "5", "token": "other-token"}
    with SandboxServer([ACCOUNT, other]) as sandbox:
        message = Customer(sandbox).sent()
        stranger = Customer(sandbox, token="other-token")
        assert stranger.call("GET", f"messages/{message['id']}").status == 404
        assert stranger.tags() == []


@pytest.mark.parametrize(
    ("length", "parts"), [(70, 1), (71, 2), (132, 2), (133, 3), (660, 10)], ids=lambda value: str(value)
)
def test_billed_parts(customer: Customer, length: int, parts: int) -> None:
    assert customer.sent(body="あ" * length)["charged_count_per_sent"] == parts


def test_a_429_may_name_the_wait(sandbox: SandboxServer, customer: Customer) -> None:
    for seconds, header in [(0, None), (7, "7")]:
        sandbox.control.faults(VENDOR, "4", {"kind": "http_429", "seconds": seconds})
        reply = customer.send()
        assert (reply.status, reply.headers["Retry-After"]) == (429, header)


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        pytest.param({"client_id": "p-4"}, "client_id", id="project that is no number"),
        pytest.param({"tenant_id": "tenant"}, "tenant_id", id="tenant that is no UUID"),
        pytest.param({"token": ""}, "token", id="no token"),
        pytest.param({"services": []}, "services", id="no service"),
        pytest.param({"services": [{"id": 0}]}, "positive", id="service number 0"),
        pytest.param({"services": [{"id": "12"}]}, "positive", id="service number as text"),
        pytest.param({"services": [{"id": 1, "callback_version": "2023-06-01"}]}, "callback_version", id="version"),
        pytest.param({"services": [{"id": 1, "callback_url": "http://192.0.2.1/"}]}, "loopback", id="callback"),
        pytest.param({"sending_delay": -1}, "sending_delay", id="negative delay"),
    ],
)
def test_accounts_that_make_no_sense(sandbox: SandboxServer, change: dict[str, Any], reason: str) -> None:
    with pytest.raises(ControlError, match=reason):
        sandbox.control.register_account(**{**ACCOUNT, **change})
