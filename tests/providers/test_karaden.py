"""Karaden: the exact wire of every call."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import httpx
import pytest
import time_machine

from providers.karaden import Karaden
from providers.karaden.adapter import Wanted

from .karaden_answers import (
    MESSAGE_ID,
    NOW,
    REFERENCE,
    TENANT,
    TOKEN,
    Question,
    error,
    exchange,
    listing,
    make_sms,
    row,
)

ROOT = f"https://prg.karaden.jp/api/{TENANT}"
PLAIN = f"service_id=12&to=08011112222&body=%E3%83%86%E3%82%B9%E3%83%88&tags%5B%5D={REFERENCE}"


@pytest.mark.parametrize(
    ("changes", "form"),
    [
        pytest.param({}, PLAIN, id="at once"),
        pytest.param({"group": "c7f3a2"}, f"{PLAIN}&tags%5B%5D=c7f3a2", id="the reference first, then the group"),
        pytest.param(
            {"body": "A+B & C=50%\n次#;"},
            f"service_id=12&to=08011112222&body=A%2BB+%26+C%3D50%25%0A%E6%AC%A1%23%3B&tags%5B%5D={REFERENCE}",
            id="special characters",
        ),
        pytest.param({"shorten": True}, f"{PLAIN}&is_shorten=true", id="short URLs"),
        pytest.param({"shorten": False}, f"{PLAIN}&is_shorten=false", id="no short URLs"),
        pytest.param(
            {"scheduled_for": datetime(2026, 12, 31, 23, 45, 6, 789, tzinfo=UTC)},
            f"{PLAIN}&scheduled_at=2027-01-01T08%3A45%3A06%2B09%3A00",
            id="booked: Japan's time, whole seconds",
        ),
        pytest.param(
            {"valid_until": datetime(2026, 4, 1, 3, 0, tzinfo=UTC)},
            f"{PLAIN}&limited_at=2026-04-01T12%3A00%3A00%2B09%3A00",
            id="a latest time",
        ),
    ],
)
def test_a_message_leaves_as_this_form(changes: dict[str, Any], form: str) -> None:
    answer = httpx.Response(200, json=row())
    _, (request,) = exchange(lambda vendor: vendor.submit([make_sms(**changes)]), answer)
    assert (request.method, str(request.url)) == ("POST", f"{ROOT}/messages")
    assert request.headers["content-type"] == "application/x-www-form-urlencoded"
    assert request.headers["authorization"] == f"Bearer {TOKEN}"
    assert "karaden-client-user-agent" not in request.headers
    assert request.content.decode() == form


@pytest.mark.parametrize(
    ("credentials", "version"),
    [
        pytest.param({}, "2024-03-01", id="the newest by itself"),
        pytest.param({"version": ""}, "2024-03-01", id="left empty"),
        *[pytest.param({"version": v}, v, id=v) for v in ("2023-01-01", "2023-12-01", "2024-03-01")],
    ],
)
def test_every_call_names_its_version(credentials: dict[str, str], version: str) -> None:
    _, (request,) = exchange(lambda vendor: vendor.check(), listing(), **credentials)
    assert request.headers["karaden-version"] == version


EVERY_FILTER = Wanted(
    service_id="12",
    to="+818011112222",
    status="done",
    result="done",
    sent_result="received",
    tag="a+b",
    start_at=datetime(2026, 4, 1, tzinfo=UTC),
    end_at=datetime(2026, 4, 2, tzinfo=UTC),
    per_page=50,
)


@pytest.mark.parametrize(
    ("question", "call"),
    [
        pytest.param(lambda v: v.check(), "messages?page=1&per_page=1", id="2 check"),
        pytest.param(
            lambda v: v.look_up(REFERENCE),
            f"messages?tag={REFERENCE}&start_at=2026-02-20T10%3A00%3A00%2B09%3A00&page=1&per_page=100",
            id="2 by tag, in its window",
        ),
        pytest.param(
            lambda v: v.page(EVERY_FILTER, 3),
            "messages?service_id=12&to=08011112222&status=done&result=done&sent_result=received&tag=a%2Bb"
            "&start_at=2026-04-01T09%3A00%3A00%2B09%3A00&end_at=2026-04-02T09%3A00%3A00%2B09%3A00&page=3&per_page=50",
            id="2 every filter",
        ),
        pytest.param(
            lambda v: v.bookings(date(2026, 4, 2), sender_id="12", group="c7f3a2"),
            "messages?service_id=12&status=waiting&tag=c7f3a2"
            "&start_at=2026-02-20T10%3A00%3A00%2B09%3A00&page=1&per_page=100",
            id="2 what waits",
        ),
    ],
)
def test_a_list_is_asked_for_by_this_address(question: Question, call: str) -> None:
    with time_machine.travel(NOW, tick=False):
        _, (request,) = exchange(question, listing())
    assert (request.method, str(request.url)) == ("GET", f"{ROOT}/{call}")
    assert request.headers["authorization"] == f"Bearer {TOKEN}"


def test_a_detail_names_the_vendors_id() -> None:
    _, (request,) = exchange(lambda v: v.detail("a/b?c"), httpx.Response(200, json=row()))
    assert (request.method, str(request.url)) == ("GET", f"{ROOT}/messages/a%2Fb%3Fc")


def test_a_cancellation_finds_the_id_by_the_tag_and_posts_nothing_but_the_address() -> None:
    answers = listing(row(scheduled_at="2026-04-02T10:00:00+09:00")), httpx.Response(200, json=row(status="canceled"))
    _, (look_up, request) = exchange(lambda v: v.cancel(REFERENCE), *answers)
    assert look_up.method == "GET"
    assert (request.method, str(request.url)) == ("POST", f"{ROOT}/messages/{MESSAGE_ID}/cancel")
    assert request.content == b""
    assert "content-type" not in request.headers


def test_a_tenant_cannot_lead_elsewhere() -> None:
    _, (request,) = exchange(lambda v: v.check(), listing(), tenant_id="../other?x=")
    assert str(request.url).startswith("https://prg.karaden.jp/api/..%2Fother%3Fx%3D/messages?")


@pytest.mark.parametrize(
    ("number", "accepted"),
    [
        pytest.param("+819012345678", True, id="090"),
        pytest.param("+818012345678", True, id="080"),
        pytest.param("+817012345678", True, id="070"),
        pytest.param("+812012345678", True, id="020"),
        pytest.param("+816012345678", False, id="060"),
        pytest.param("+819002345678", False, id="0900"),
        pytest.param("+812001234567", False, id="0200"),
        pytest.param("+819044440009", True, id="just before the blocked ones"),
        *[pytest.param(f"+8190444400{last}", False, id=f"blocked {last}") for last in range(10, 19)],
        pytest.param("+819044440019", True, id="just after the blocked ones"),
        pytest.param("+81312345678", False, id="a fixed line"),
        pytest.param("09012345678", False, id="domestic"),
        pytest.param("+819012345678\n", False, id="a line break behind"),
        pytest.param("+14155550100", False, id="abroad"),
    ],
)
def test_the_numbers_it_takes(number: str, accepted: bool) -> None:
    assert Karaden.accepts(number) is accepted


# Pages.


def ids(*names: str) -> list[dict[str, Any]]:
    return [row(id=name) for name in names]


async def walk(vendor: Karaden) -> list[str]:
    return [found["id"] async for found in vendor.messages(Wanted(status="done"))]


def test_all_pages_are_walked_and_a_shifted_row_is_told_once() -> None:
    pages = listing(*ids("a", "b"), has_more=True), listing(*ids("b", "c"), has_more=True), listing(*ids("d"))
    found, requests = exchange(walk, *pages)
    assert found == ["a", "b", "c", "d"]
    assert [request.url.params["page"] for request in requests] == ["1", "2", "3"]


def test_a_group_is_read_a_page_at_a_time() -> None:
    page = listing(row(id="a", tags=["r-1", "g-1"], is_shorten_clicked=True), row(id="b", tags=["r-2"]), has_more=True)
    (found, has_more), (request,) = exchange(lambda v: v.look_up_group("g-1", 3), page)
    assert ([receipt.reference for receipt in found], has_more) == (["r-1"], True)  # KD-A5: the whole tag
    assert found[0].clicked is True
    wanted = {name: request.url.params[name] for name in ("tag", "page", "per_page")}
    assert wanted == {"tag": "g-1", "page": "3", "per_page": "100"}


def test_an_empty_page_ends_the_walk_whatever_it_says() -> None:
    found, requests = exchange(walk, listing(*ids("a"), has_more=True), listing(has_more=True))
    assert (found, len(requests)) == (["a"], 2)


def test_bookings_are_those_that_wait_for_that_day() -> None:
    pages = (
        listing(
            row(id="a", tags=["r-1"], scheduled_at="2026-04-01T15:30:00Z"),  # already the 2nd in Japan
            row(id="b", tags=["r-2"], scheduled_at="2026-04-03T10:00:00+09:00"),
            row(id="c", tags=["r-3"]),
            has_more=True,
        ),
        listing(row(id="d", tags=["r-4"], to="", scheduled_at="2026-04-02T23:59:59+09:00")),
    )
    found, _ = exchange(lambda v: v.bookings(date(2026, 4, 2), sender_id="12"), *pages)
    assert [(booking.reference, booking.to) for booking in found] == [("r-1", "+818011112222"), ("r-4", "")]


def test_an_unknown_id_has_no_detail() -> None:
    found, _ = exchange(lambda v: v.detail("x"), error(404, "model_not_found"))
    assert found is None
