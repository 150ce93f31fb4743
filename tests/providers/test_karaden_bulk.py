"""Karaden BULK: slot, upload, start, state, result."""

from __future__ import annotations

import csv
import io
import json
from datetime import datetime
from typing import Any

import httpx
import pytest

from providers.base import ReceiptStatus
from providers.errors import OutcomeUnknown, ProviderError, UnreadableReply
from providers.karaden.bulk import Job, Slot, bulk_file

from .exchanges import Answer
from .karaden_answers import JST, TENANT, TOKEN, delivered, error, exchange, make_sms, row

ROOT = f"https://prg.karaden.jp/api/{TENANT}/messages/bulks"
LINK = "https://storage.example/put?X-Signature=a%2Fb%3D"
SLOT = Slot("file-1", LINK, None)
SLOT_FIELDS = {"id": "file-1", "object": "bulk_file", "url": LINK, "expires_at": "2026-04-01T10:15:00+09:00"}


def job_reply(status: str, **changes: Any) -> httpx.Response:
    return httpx.Response(200, json={"id": "bulk-1", "object": "bulk_message", "status": status, **changes})


def test_a_slot_is_asked_for_with_an_empty_post() -> None:
    slot, (request,) = exchange(lambda v: v.bulk.slot(), httpx.Response(200, json=SLOT_FIELDS))
    assert (request.method, str(request.url), request.content) == ("POST", f"{ROOT}/files", b"")
    assert slot == Slot("file-1", LINK, datetime(2026, 4, 1, 10, 15, tzinfo=JST))
    assert "Signature" not in repr(slot)


def test_the_upload_carries_no_credentials() -> None:
    _, (request,) = exchange(lambda v: v.bulk.upload(SLOT, b"a,b\r\n"), httpx.Response(200))
    assert (request.method, str(request.url), request.content) == ("PUT", LINK, b"a,b\r\n")
    assert request.headers["content-type"] == "text/csv"
    assert "authorization" not in request.headers
    assert TOKEN not in str(request.headers)


@pytest.mark.parametrize(
    ("answer", "kind", "code"),
    [
        pytest.param(httpx.Response(403), ProviderError, "link_refused", id="the link is too old"),
        pytest.param(httpx.Response(204), OutcomeUnknown, "unexpected_status", id="anything but 200 counts as failed"),
        pytest.param(httpx.Response(307), OutcomeUnknown, "unexpected_status", id="a redirect is not followed"),
    ],
)
def test_an_upload_that_failed(answer: Answer, kind: type[ProviderError], code: str) -> None:
    with pytest.raises(ProviderError) as caught:
        exchange(lambda v: v.bulk.upload(SLOT, b"x"), answer)
    assert (type(caught.value), caught.value.code) == (kind, code)


@pytest.mark.parametrize(
    "link",
    ["http://storage.example/x", "http://127.0.0.1:8/x", "ftp://storage.example/x", "https://u:p@s.example/", "/x"],
)
def test_nothing_is_uploaded_to_an_unsafe_address(link: str) -> None:
    with pytest.raises(ProviderError) as caught:
        exchange(lambda v: v.bulk.upload(Slot("file-1", link, None), b"x"))
    assert caught.value.code == "insecure_address"


def test_a_file_is_started_by_its_id() -> None:
    job, (request,) = exchange(lambda v: v.bulk.start("file-1"), job_reply("waiting"))
    assert (request.method, str(request.url), request.content) == ("POST", ROOT, b"bulk_file_id=file-1")
    assert job == Job("bulk-1", "waiting")


@pytest.mark.parametrize("answer", [error(409, "used"), httpx.Response(409)], ids=["with a code", "bare"])
def test_a_file_started_before_says_so(answer: Answer) -> None:
    with pytest.raises(ProviderError) as caught:
        exchange(lambda v: v.bulk.start("file-1"), answer)
    assert caught.value.code == "already_started"


@pytest.mark.parametrize(
    ("status", "is_over"), [("waiting", False), ("processing", False), ("done", True), ("error", True), ("new", False)]
)
def test_a_job_is_over_when_done_or_failed(status: str, is_over: bool) -> None:
    job, (request,) = exchange(lambda v: v.bulk.job("bulk-1"), job_reply(status))
    assert str(request.url) == f"{ROOT}/bulk-1"
    assert (job.status, job.is_over) == (status, is_over)


def test_a_failed_job_keeps_its_code() -> None:
    job, _ = exchange(lambda v: v.bulk.job("bulk-1"), job_reply("error", error={"code": "bad_csv"}))
    assert job.vendor_code == "bad_csv"


READY = httpx.Response(302, headers={"Location": LINK})
FAILED = {"code": "validation_error"}
RECORDS = [delivered(tags=["r-1"]), row(tags=["r-2"], status="processing_error", result="done", error=FAILED)]


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(json.dumps(RECORDS), id="one list"),
        pytest.param(json.dumps(RECORDS, indent=1).replace("\n", "\r\n"), id="one list over many lines"),
        pytest.param("\r\n".join(json.dumps(record) for record in RECORDS) + "\r\n", id="one record a line"),
    ],
)
def test_the_result_is_fetched_without_credentials(content: str) -> None:
    found, (asked, fetched) = exchange(lambda v: v.bulk.result("bulk-1"), READY, httpx.Response(200, text=content))
    assert str(asked.url) == f"{ROOT}/bulk-1/messages"
    assert (fetched.method, str(fetched.url)) == ("GET", LINK)
    assert "authorization" not in fetched.headers
    assert [(receipt.reference, receipt.status) for receipt in found] == [
        ("r-1", ReceiptStatus.DELIVERED),
        ("r-2", ReceiptStatus.UNDELIVERED),
    ]


def test_no_result_yet() -> None:
    found, _ = exchange(lambda v: v.bulk.result("bulk-1"), httpx.Response(202))
    assert found is None


@pytest.mark.parametrize(
    "answers",
    [
        pytest.param([httpx.Response(200, json={})], id="no redirect"),
        pytest.param([READY, httpx.Response(200, text="<html>")], id="a page"),
        pytest.param([READY, httpx.Response(200, text="[1]")], id="no objects"),
    ],
)
def test_a_result_nobody_can_read(answers: list[Answer]) -> None:
    with pytest.raises(UnreadableReply):
        exchange(lambda v: v.bulk.result("bulk-1"), *answers)


def test_a_result_that_leads_nowhere_safe_is_not_fetched() -> None:
    with pytest.raises(ProviderError) as caught:
        exchange(lambda v: v.bulk.result("bulk-1"), httpx.Response(302, headers={"Location": "http://10.0.0.1/x"}))
    assert caught.value.code == "insecure_address"


def test_the_file_holds_one_line_for_each_message() -> None:
    batch = [
        make_sms(body='改行\nと "引用", コンマ', group="c7", shorten=True),
        make_sms(reference="r-2", valid_until=datetime(2026, 4, 1, 12, 0, tzinfo=JST)),
    ]
    content = bulk_file(batch).decode()
    assert content.endswith("\r\n")
    header, first, second = csv.reader(io.StringIO(content, newline=""))
    assert header == ["service_id", "to", "body", "tags[]", "is_shorten", "limited_at"]
    assert first == ["12", "08011112222", '改行\nと "引用", コンマ', "c7f3a2000000000001,c7", "true", ""]
    assert second == ["12", "08011112222", "テスト", "r-2", "", "2026-04-01T12:00:00+09:00"]
