"""Karaden: what each answer makes of a message, a question and a cancellation."""

from __future__ import annotations

import json
from typing import Any

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from providers.base import REASONS, Accepted, CancelOutcome, Outcome, ReceiptStatus, Refused, TurnedAway, Unknown
from providers.errors import (
    CODES,
    AccountRefused,
    NotReached,
    OutcomeUnknown,
    ProviderError,
    Throttled,
    UnreadableReply,
)
from providers.karaden.adapter import Wanted

from .exchanges import Answer
from .karaden_answers import (
    MESSAGE_ID,
    REFERENCE,
    Question,
    delivered,
    error,
    exchange,
    listing,
    row,
    submit_one,
)
from .zettai_answers import json_values


def invalid(**errors: list[str]) -> httpx.Response:
    return error(422, "validation_error", errors)


UNREADABLE = Unknown("unreadable_reply")


@pytest.mark.parametrize(
    ("answer", "outcome"),
    [
        pytest.param(httpx.Response(200, json=row()), Accepted(MESSAGE_ID, 1), id="taken"),
        pytest.param(httpx.Response(200, json=row(charged_count_per_sent="3")), Accepted(MESSAGE_ID, 3), id="strings"),
        pytest.param(httpx.Response(200, json={"id": MESSAGE_ID}), Accepted(MESSAGE_ID), id="taken, little said"),
        pytest.param(httpx.Response(200, json=row(tags=[])), Accepted(MESSAGE_ID, 1), id="taken, no tags"),
        pytest.param(httpx.Response(200, json=row(tags=["x"])), UNREADABLE, id="an answer to another message"),
        pytest.param(httpx.Response(200, json=row(id=None)), UNREADABLE, id="200 without an id"),
        pytest.param(httpx.Response(200, json=[]), UNREADABLE, id="200 with a list"),
        pytest.param(httpx.Response(200, text="<html>"), UNREADABLE, id="200 with a page"),
        pytest.param(httpx.Response(201, json=row()), Unknown("unexpected_status", "201"), id="201"),
        pytest.param(httpx.Response(302), Unknown("unexpected_status", "302"), id="a redirect"),
        pytest.param(
            invalid(to=["宛先が不正です。"]),
            Refused("recipient_invalid", "validation_error", "宛先が不正です。"),
            id="422 number",
        ),
        pytest.param(invalid(body=["?"]), Refused("body_invalid", "validation_error", "?"), id="422 body"),
        pytest.param(invalid(scheduled_at=["?"]), Refused("schedule_invalid", "validation_error", "?"), id="422 time"),
        pytest.param(
            invalid(limited_at=["?"]), Refused("validity_invalid", "validation_error", "?"), id="422 deadline"
        ),
        pytest.param(invalid(tags=["?"]), Refused("refused", "validation_error", "エラーです。"), id="422 tags"),
        pytest.param(
            error(422, "validation_error"), Refused("refused", "validation_error", "エラーです。"), id="422, no fields"
        ),
        pytest.param(
            error(400, "new_code"),
            Refused("refused_unlisted", "new_code", "エラーです。"),
            id="400, a code we never saw",
        ),
        pytest.param(error(409, "x"), Refused("refused_unlisted", "x", "エラーです。"), id="409"),
        pytest.param(error(422, "x"), Refused("refused_unlisted", "x", "エラーです。"), id="422, a code we never saw"),
        pytest.param(httpx.Response(400, text="<html>"), Unknown("unexpected_status", "400"), id="400 with a page"),
        pytest.param(httpx.Response(422, json={}), Unknown("unexpected_status", "422"), id="422 without a code"),
        pytest.param(httpx.Response(404, text="<html>"), TurnedAway("address_not_found"), id="404 with a page"),
        pytest.param(
            httpx.Response(429, headers={"Retry-After": "3"}, json={"object": "error", "code": "rate"}),
            TurnedAway("throttled", 3.0),
            id="429 with a wait",
        ),
        pytest.param(httpx.Response(429, text="slow down"), TurnedAway("throttled"), id="429"),
        pytest.param(error(500, "unknown"), Unknown("system_error", "unknown"), id="500"),
        pytest.param(httpx.Response(500, text="oops"), Unknown("unexpected_status", "500"), id="500 with a page"),
        pytest.param(error(503, "unknown"), Unknown("unexpected_status", "503"), id="503"),
        pytest.param(httpx.ConnectError("x"), TurnedAway("not_reached"), id="never left"),
        pytest.param(httpx.ReadTimeout("x"), Unknown("no_answer"), id="left, no answer"),
    ],
)
def test_submit_names_what_became_of_it(answer: Answer, outcome: Outcome) -> None:
    assert submit_one(answer) == outcome
    if isinstance(outcome, Refused):
        assert outcome.reason in REASONS
    if isinstance(outcome, TurnedAway | Unknown):
        assert outcome.reason in CODES


def test_a_body_beyond_the_limit_is_called_too_long() -> None:
    outcome = submit_one(invalid(body=["660文字まで"]), body="あ" * 661)
    assert outcome == Refused("body_too_long", "validation_error", "660文字まで")


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        pytest.param(error(401, "unauthentication"), "credentials_refused", id="token"),
        pytest.param(httpx.Response(401, text="no"), "credentials_refused", id="401 with a page"),
        pytest.param(error(400, "invalid_tenant"), "credentials_refused", id="tenant"),
        pytest.param(error(400, "invalid_version"), "version_refused", id="version"),
        pytest.param(error(403, "plan"), "access_refused", id="403"),
        pytest.param(error(404, "model_not_found"), "sender_refused", id="service setting not found"),
        pytest.param(invalid(service_id=["?"], to=["?"]), "sender_refused", id="service setting refused"),
    ],
)
def test_trouble_with_the_account_is_raised(answer: Answer, code: str) -> None:
    with pytest.raises(AccountRefused) as caught:
        submit_one(answer)
    assert caught.value.code == code
    assert code in CODES


READS: list[Any] = [
    pytest.param(lambda v: v.check(), id="check"),
    pytest.param(lambda v: v.look_up(REFERENCE), id="look_up"),
    pytest.param(lambda v: v.detail(MESSAGE_ID), id="detail"),
    pytest.param(lambda v: v.page(Wanted()), id="page"),
    pytest.param(lambda v: v.cancel(REFERENCE), id="cancel"),
]


@pytest.mark.parametrize(
    ("answer", "kind", "code"),
    [
        pytest.param(error(401, "unauthentication"), AccountRefused, "credentials_refused", id="token"),
        pytest.param(error(400, "invalid_tenant"), AccountRefused, "credentials_refused", id="tenant"),
        pytest.param(error(400, "invalid_version"), AccountRefused, "version_refused", id="version"),
        pytest.param(httpx.Response(404, text="x"), NotReached, "address_not_found", id="a wrong address"),
        pytest.param(error(422, "validation_error"), ProviderError, "call_refused", id="a refusal of this call"),
        pytest.param(httpx.Response(429), Throttled, "throttled", id="429"),
        pytest.param(error(500, "unknown"), OutcomeUnknown, "system_error", id="500"),
        pytest.param(httpx.Response(502), OutcomeUnknown, "unexpected_status", id="502"),
        pytest.param(httpx.Response(200, text="<html>"), UnreadableReply, "unreadable_reply", id="a page"),
    ],
)
@pytest.mark.parametrize("question", READS)
def test_a_question_not_answered_raises(
    question: Question, answer: Answer, kind: type[ProviderError], code: str
) -> None:
    with pytest.raises(ProviderError) as caught:
        exchange(question, answer)
    assert (type(caught.value), caught.value.code) == (kind, code)


@pytest.mark.parametrize("data", [None, "x", {"a": 1}, [1]])
def test_a_list_that_is_none_is_unreadable(data: object) -> None:
    with pytest.raises(UnreadableReply):
        exchange(lambda v: v.look_up(REFERENCE), httpx.Response(200, json={"object": "list", "data": data}))


# Looking up.


def test_look_up_passes_by_tags_that_only_begin_alike() -> None:
    found, _ = exchange(lambda v: v.look_up(REFERENCE), listing(delivered(tags=[REFERENCE + "9"])))
    assert found is None


def test_of_a_text_taken_twice_the_first_counts() -> None:
    later = row(id="later", created_at="2026-04-01T10:00:09+09:00")
    found, _ = exchange(lambda v: v.look_up(REFERENCE), listing(later, delivered()))
    assert (found.provider_message_id, found.status) == (MESSAGE_ID, ReceiptStatus.DELIVERED)


# Cancelling.

WAITING = row(scheduled_at="2026-04-02T10:00:00+09:00")


@pytest.mark.parametrize(
    ("answers", "outcome"),
    [
        pytest.param(
            [listing(WAITING), httpx.Response(200, json=row(status="canceled"))],
            CancelOutcome.CANCELLED,
            id="taken back",
        ),
        pytest.param(
            [listing(WAITING), httpx.Response(200, json=row())], CancelOutcome.UNKNOWN, id="200, but still waiting"
        ),
        pytest.param([listing(WAITING), error(400, "can_not_cancel_message")], CancelOutcome.TOO_LATE, id="too late"),
        pytest.param([listing(WAITING), error(404, "model_not_found")], CancelOutcome.NOT_FOUND, id="gone meanwhile"),
        pytest.param([listing(WAITING), error(400, "x")], CancelOutcome.UNKNOWN, id="a code we never saw"),
        pytest.param([listing()], CancelOutcome.NOT_FOUND, id="no such tag"),
        pytest.param([listing(row(status="canceled"))], CancelOutcome.CANCELLED, id="cancelled before"),
        pytest.param([listing(delivered())], CancelOutcome.TOO_LATE, id="sent before"),
        pytest.param(
            [
                listing(WAITING, row(id="twin", scheduled_at=WAITING["scheduled_at"])),
                httpx.Response(200, json=row(status="canceled")),
                error(400, "can_not_cancel_message"),
            ],
            CancelOutcome.TOO_LATE,
            id="taken twice, one of them too late",
        ),
    ],
)
def test_cancel_names_what_became_of_it(answers: list[Answer], outcome: CancelOutcome) -> None:
    found, requests = exchange(lambda v: v.cancel(REFERENCE), *answers)
    assert found is outcome
    assert len(requests) == len(answers)


def test_a_cancellation_with_its_answer_lost_is_raised() -> None:
    with pytest.raises(OutcomeUnknown):
        exchange(lambda v: v.cancel(REFERENCE), listing(WAITING), httpx.ReadTimeout("x"))


@settings(max_examples=200, deadline=None)
@given(
    st.sampled_from([200, 400, 401, 403, 404, 409, 422, 429, 500, 503]),
    st.dictionaries(st.sampled_from(["id", "object", "tags", "code", "errors", "message", "to", "x"]), json_values),
)
def test_whatever_is_answered_a_message_is_never_taken_for_sent(status: int, reply: dict[str, Any]) -> None:
    try:
        outcome = submit_one(httpx.Response(status, content=json.dumps(reply).encode()))
    except AccountRefused:
        return
    assert not isinstance(outcome, Accepted) or (status == 200 and outcome.provider_message_id)
    assert not isinstance(outcome, TurnedAway) or status in (404, 429)
    assert not isinstance(outcome, Refused) or status in (400, 404, 409, 422)
