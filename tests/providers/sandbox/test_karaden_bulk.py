"""BULK beyond what the SDK asks: files that are none, rows that are refused, addresses nobody signed."""

from collections.abc import Iterator

import pytest

from providers.sandbox.karaden.bulk_file import MOST_ROWS
from providers.sandbox.server import SandboxServer

from .karaden_customer import ACCOUNT, NUMBER, PROJECT, VENDOR, Customer, Reply, request

HEAD = "service_id,to,body,tags,is_shorten,limited_at"


@pytest.fixture
def sandbox() -> Iterator[SandboxServer]:
    with SandboxServer([ACCOUNT]) as server:
        yield server


@pytest.fixture
def customer(sandbox: SandboxServer) -> Customer:
    return Customer(sandbox)


def upload(customer: Customer, content: bytes) -> str:
    """The id of the file."""
    slot = customer.post("messages/bulks/files").fields
    assert request("PUT", slot["url"], content, {"Content-Type": "text/csv"}).status == 200
    return str(slot["id"])


def start(customer: Customer, file_id: str) -> Reply:
    return customer.post("messages/bulks", [("bulk_file_id", file_id)])


def status(customer: Customer, bulk_id: str) -> str:
    return str(customer.call("GET", f"messages/bulks/{bulk_id}").fields["status"])


def send(customer: Customer, *lines: str) -> str:
    """The id of the bulk."""
    return str(start(customer, upload(customer, "\r\n".join([HEAD, *lines]).encode("utf-8-sig"))).fields["id"])


def test_a_bulk_takes_its_time(sandbox: SandboxServer, customer: Customer) -> None:
    bulk_id = send(customer, f"12,{NUMBER},テスト,t-1|x,,")
    assert status(customer, bulk_id) == "waiting"
    assert sandbox.control.ledger()["handed_over"] == 0
    result = f"messages/bulks/{bulk_id}/messages"
    for expected in ("processing", "done"):
        sandbox.control.advance(1)
        assert status(customer, bulk_id) == expected
        assert customer.call("GET", result).status == 202
    sandbox.control.advance(1)
    reply = customer.call("GET", result)
    assert (reply.status, reply.body) == (302, b"")
    assert request("GET", reply.headers["Location"]).status == 200
    assert request("GET", reply.headers["Location"] + "0").status == 403
    sandbox.control.advance(901)
    assert request("GET", reply.headers["Location"]).status == 403
    assert sandbox.control.ledger(reference="t-1")["rings"] == 1


def test_rows_are_messages_like_any_other(sandbox: SandboxServer, customer: Customer) -> None:
    lines = [f"12,{NUMBER},一,a,,", "99,08011112222,二,b,,", "12,0312345678,三,c,,", f"13,{NUMBER},四,d,false,"]
    send(customer, *lines)
    sandbox.control.advance(10)
    assert customer.tags() == ["d", "c", "b", "a"]
    rows = {row["tags"][0]: row for row in customer.found().fields["data"]}
    assert {tag: row["status"] for tag, row in rows.items()} == {
        "a": "done",
        "b": "processing_error",
        "c": "processing_error",
        "d": "done",
    }
    assert rows["b"]["error"]["code"] == "model_not_found"
    assert rows["c"]["error"]["errors"].keys() == {"to"}
    assert rows["d"]["is_shorten"] is False
    assert [entry["reference"] for entry in sandbox.control.entries()] == ["a", "d"]


def test_older_versions_call_a_refused_row_an_error(sandbox: SandboxServer, customer: Customer) -> None:
    send(customer, "99,08011112222,二,b,,")
    sandbox.control.advance(10)
    (row,) = Customer(sandbox, "2023-12-01").found().fields["data"]
    assert row["status"] == "error"


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(b"", id="empty"),
        pytest.param(b"service_id,to,body\r\n", id="no rows"),
        pytest.param(b"to,body\r\n08011112222,a\r\n", id="a column is missing"),
        pytest.param(b"service_id,to,body,colour\r\n12,08011112222,a,red\r\n", id="a column nobody knows"),
        pytest.param("service_id,to,body\r\n12,08011112222,テスト\r\n".encode("cp932"), id="not UTF-8"),
        pytest.param(b'service_id,to,body\r\n12,08011112222,"a', id="a quote that never ends"),
        pytest.param(b"service_id,to,body\r\n" + b"12,08011112222,a\r\n" * (MOST_ROWS + 1), id="too many rows"),
    ],
)
def test_files_that_are_none(sandbox: SandboxServer, customer: Customer, content: bytes) -> None:
    bulk_id = start(customer, upload(customer, content)).fields["id"]
    sandbox.control.advance(10)
    fields = customer.call("GET", f"messages/bulks/{bulk_id}").fields
    assert (fields["status"], fields["error"]["object"]) == ("error", "error")
    assert customer.call("GET", f"messages/bulks/{bulk_id}/messages").status == 202
    assert sandbox.control.ledger()["handed_over"] == 0


def test_starts_that_are_refused(customer: Customer) -> None:
    assert start(customer, "00000000-0000-4000-8000-000000000000").status == 404
    assert customer.post("messages/bulks", []).fields["errors"].keys() == {"bulk_file_id"}
    slot = customer.post("messages/bulks/files").fields
    assert start(customer, slot["id"]).fields["errors"].keys() == {"bulk_file_id"}


def test_a_file_is_started_once(customer: Customer) -> None:
    file_id = upload(customer, f"{HEAD}\r\n12,{NUMBER},a,,,".encode())
    assert [start(customer, file_id).status for _ in range(2)] == [200, 409]


def test_uploads_have_their_troubles(sandbox: SandboxServer, customer: Customer) -> None:
    slot = customer.post("messages/bulks/files").fields
    sandbox.control.faults(VENDOR, PROJECT, {"kind": "http_503", "path": "/files/"})
    assert request("PUT", slot["url"], b"", {"Content-Type": "text/csv"}).status == 503
    assert request("PUT", slot["url"].replace(f"/{PROJECT}/", "/999/"), b"").status == 403
