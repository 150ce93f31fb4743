"""Rakuten CPaaS: what each answer makes of each message."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from providers.base import REASONS, Accepted, Outcome, ReceiptStatus, Refused, TurnedAway, Unknown, submit_safely
from providers.errors import (
    CODES,
    AccountRefused,
    NotReached,
    OutcomeUnknown,
    ProviderError,
    Throttled,
    UnreadableReply,
)
from providers.http import VendorClient
from providers.rakuten_cpaas import RakutenCpaas, adapter
from providers.rakuten_cpaas.tokens import KEPT

from .exchanges import Answer
from .rakuten_answers import (
    CREDENTIALS,
    REFERENCE,
    element,
    exchange,
    make_sms,
    refusal,
    several,
    single,
    submit,
    token,
)
from .zettai_answers import json_values

TAKEN = Accepted("id-of-r-1", 1)
UNREADABLE = Unknown("unreadable_reply")


def said(reason: str, code: str) -> Refused:
    return Refused(reason, code, "…")


# One message.


@pytest.mark.parametrize(
    ("answer", "outcome"),
    [
        pytest.param(single(reference="r-1"), TAKEN, id="0"),
        pytest.param(single("0", "r-1", how_many_message_parts="10"), Accepted("id-of-r-1", 10), id="strings"),
        pytest.param(single(reference=None), Accepted("id-of-None", 1), id="no reference echoed"),
        pytest.param(httpx.Response(200, json={"result_code": 0}), Accepted(), id="0 and no more"),
        pytest.param(single(reference="r-9"), UNREADABLE, id="an answer to another message"),
        pytest.param(single(1), UNREADABLE, id="throttled, but another message"),
        pytest.param(single(1, "r-1"), TurnedAway("throttled"), id="1"),
        pytest.param(single(-1, "r-1"), Unknown("system_error", "-1"), id="-1"),
        pytest.param(single(99, "r-1"), Unknown("system_error", "99"), id="99"),
        pytest.param(single(201, "r-1"), Unknown("system_error", "201"), id="201"),
        pytest.param(single(102, "r-1"), said("recipient_invalid", "102"), id="102 number"),
        pytest.param(single(104, "r-1"), said("body_too_long", "104"), id="104 text"),
        pytest.param(single(105, "r-1"), said("validity_invalid", "105"), id="105 validity"),
        pytest.param(single(111, "r-1"), said("recipient_not_allowed", "111"), id="111 not on the list"),
        pytest.param(single(113, "r-1"), said("recipient_opted_out", "113"), id="113 blocked"),
        pytest.param(single(200, "r-1"), said("no_route", "200"), id="200 no route"),
        *[pytest.param(single(code, "r-1"), said("refused", str(code)), id=f"{code}") for code in (100, 103, 106, 107)],
        pytest.param(single(109, "r-1"), said("refused_unlisted", "109"), id="109, not in the list"),
        pytest.param(single("777", "r-1"), said("refused_unlisted", "777"), id="a code we never saw"),
        pytest.param(httpx.Response(200, json={}), UNREADABLE, id="no code"),
        pytest.param(single(None, "r-1"), UNREADABLE, id="null"),
        pytest.param(single(False, "r-1"), UNREADABLE, id="false is not 0"),
        pytest.param(single(0.0, "r-1"), UNREADABLE, id="0.0 is not 0"),
        pytest.param(httpx.Response(200, text="<html>"), UNREADABLE, id="a page"),
        pytest.param(httpx.Response(200, json=[0]), UNREADABLE, id="a list"),
        pytest.param(refusal(102), said("recipient_invalid", "102"), id="400 with 102"),
        pytest.param(refusal(113), said("recipient_opted_out", "113"), id="400 with 113"),
        pytest.param(refusal(777), said("refused_unlisted", "777"), id="400 with a code we never saw"),
        pytest.param(refusal(201), Unknown("system_error", "201"), id="400 with 201"),
        pytest.param(refusal(1), TurnedAway("throttled"), id="400 with 1"),
        pytest.param(httpx.Response(400, text="<html>"), Unknown("unexpected_status", "400"), id="400 with a page"),
        pytest.param(httpx.Response(404), TurnedAway("address_not_found"), id="404"),
        pytest.param(
            httpx.Response(429, headers={"Retry-After": "3"}, json=element(1)), TurnedAway("throttled", 3.0), id="429"
        ),
        pytest.param(httpx.Response(429, text="slow down"), TurnedAway("throttled"), id="429 with words"),
        pytest.param(refusal(-1, 500), Unknown("system_error", "-1"), id="500 with -1"),
        pytest.param(refusal(102, 500), Unknown("system_error", "102"), id="500 with 102"),
        pytest.param(refusal(1, 503), TurnedAway("throttled"), id="503 with 1"),
        # The vendor invites to repeat after a 503, but a proxy may answer so when the message is already taken.
        pytest.param(httpx.Response(503, text="busy"), Unknown("unexpected_status", "503"), id="503"),
        pytest.param(httpx.Response(502), Unknown("unexpected_status", "502"), id="502"),
        pytest.param(httpx.Response(302), Unknown("unexpected_status", "302"), id="302"),
        pytest.param(httpx.ConnectError("x"), TurnedAway("not_reached"), id="never left"),
        pytest.param(httpx.ReadTimeout("x"), Unknown("no_answer"), id="left, no answer"),
    ],
)
def test_submit_names_what_became_of_it(answer: Answer, outcome: Outcome) -> None:
    assert submit(answer)[0] == [outcome]
    if isinstance(outcome, Refused):
        assert outcome.reason in REASONS
    if isinstance(outcome, TurnedAway | Unknown):
        assert outcome.reason in CODES


ACCOUNT_TROUBLE = [
    pytest.param("101", "sender_refused", id="sender"),
    pytest.param("108", "callback_refused", id="callback address"),
    pytest.param("114", "callback_refused", id="callback address too long"),
    pytest.param("110", "access_refused", id="not a key for HTTP"),
    pytest.param("112", "access_refused", id="not enabled"),
    pytest.param("-2", "call_refused", id="method"),
    pytest.param("-3", "call_refused", id="accept header"),
    pytest.param("-4", "call_refused", id="content type"),
]


@pytest.mark.parametrize(("vendor_code", "code"), ACCOUNT_TROUBLE)
@pytest.mark.parametrize("status", [200, 400])
def test_trouble_with_the_account_is_raised(status: int, vendor_code: str, code: str) -> None:
    answer = single(int(vendor_code), "r-1", status=status)
    with pytest.raises(AccountRefused) as caught:
        submit(answer)
    assert (caught.value.code, caught.value.vendor_code) == (code, vendor_code)
    assert code in CODES


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        pytest.param(httpx.Response(403, text="no"), "access_refused", id="403"),
        pytest.param(refusal(112, 403), "access_refused", id="403 with 112"),
        pytest.param(httpx.Response(405), "call_refused", id="405"),
        pytest.param(refusal(-3, 406), "call_refused", id="406"),
        pytest.param(refusal(-4, 415), "call_refused", id="415"),
    ],
)
def test_statuses_that_concern_the_account(answer: Answer, code: str) -> None:
    with pytest.raises(AccountRefused) as caught:
        submit(answer)
    assert caught.value.code == code


# Several messages.


def elements(*codes: object) -> list[dict[str, Any]]:
    return [element(code, f"r-{place}") for place, code in enumerate(codes, 1)]


def taken(place: int) -> Accepted:
    return Accepted(f"id-of-r-{place}", 1)


@pytest.mark.parametrize(
    ("answer", "outcomes"),
    [
        pytest.param(several(*elements(0, 0, 0)), [taken(1), taken(2), taken(3)], id="all taken"),
        pytest.param(
            several(*reversed(elements(0, 113, 0))),
            [taken(1), said("recipient_opted_out", "113"), taken(3)],
            id="in another order",
        ),
        pytest.param(
            several(*elements(0, 1, 201)),
            [taken(1), TurnedAway("throttled"), Unknown("system_error", "201")],
            id="throttled half-way",
        ),
        pytest.param(
            several(*elements(0, 101, 112)),
            [taken(1), said("sender_refused", "101"), said("refused", "112")],
            id="account trouble of some is never raised over those taken",
        ),
        pytest.param(
            several(*elements(0, 2, 110)),
            [taken(1), TurnedAway("credentials_refused"), TurnedAway("access_refused")],
            id="the account closed half-way",
        ),
        pytest.param(several(*elements(0, 0)), [taken(1), taken(2), UNREADABLE], id="one missing"),
        pytest.param(several(*elements(0, 0, 0), element(0, "r-9")), [taken(1), taken(2), taken(3)], id="one too many"),
        pytest.param(
            several(element(0, "r-1"), element(0, "r-1"), element(0, "r-3")),
            [UNREADABLE, UNREADABLE, taken(3)],
            id="one named twice",
        ),
        pytest.param(
            several(element(0, None), element(113, None), element(0, "r-3")),
            [Accepted("id-of-None", 1), said("recipient_opted_out", "113"), taken(3)],
            id="by place where no reference came back",
        ),
        pytest.param(
            several(element(0, None), element(0, None)),
            [UNREADABLE] * 3,
            id="neither reference nor a sure place",
        ),
        pytest.param(several(), [UNREADABLE] * 3, id="an empty list"),
        pytest.param(single(102, None), [UNREADABLE] * 3, id="200 with one refusal for all"),
        pytest.param(httpx.Response(200, json={"smsResponses": "x"}), [UNREADABLE] * 3, id="no list"),
        pytest.param(httpx.Response(200, json={"smsResponses": [0]}), [UNREADABLE] * 3, id="no objects"),
        pytest.param(httpx.Response(429), [TurnedAway("throttled")] * 3, id="429"),
        pytest.param(refusal(-1, 500), [Unknown("system_error", "-1")] * 3, id="500"),
        pytest.param(refusal(99), [Unknown("system_error", "99")] * 3, id="400 with 99"),
        pytest.param(httpx.Response(400), [Unknown("unexpected_status", "400")] * 3, id="400 without a code"),
        pytest.param(httpx.ReadTimeout("x"), [Unknown("no_answer")] * 3, id="no answer"),
    ],
)
def test_each_message_of_an_array_has_its_outcome(answer: Answer, outcomes: list[Outcome]) -> None:
    found, requests = submit(answer, batch=3)
    assert found == outcomes
    assert len(requests) == 1


@pytest.mark.parametrize("code", ["100", "101", "102", "113", "114", "777"])
def test_an_array_refused_whole_is_taken_apart(code: str) -> None:
    ending = single(int(code), "r-2", status=400)
    found, requests = submit(refusal(code), single(reference="r-1"), ending, single(reference="r-3"), batch=3)
    assert [type(outcome) for outcome in found] == [Accepted, Refused, Accepted]
    assert [request.url.path for request in requests] == ["/sms/v1/multi/submit", *["/sms/v1/submit"] * 3]
    sent = [json.loads(request.content)["metadata"]["client_reference"] for request in requests[1:]]
    assert sent == ["r-1", "r-2", "r-3"]


def test_taken_apart_each_has_its_own_trouble() -> None:
    answers = single(reference="r-1"), httpx.ReadTimeout("x"), httpx.Response(429), httpx.Response(403)
    found, _ = submit(refusal(102), *answers, batch=4)
    assert found == [taken(1), Unknown("no_answer"), TurnedAway("throttled"), TurnedAway("access_refused")]


def test_taken_apart_and_all_for_the_account() -> None:
    with pytest.raises(AccountRefused) as caught:
        submit(refusal(101), *[single(101, f"r-{place}", status=400) for place in (1, 2)], batch=2)
    assert caught.value.code == "sender_refused"


@pytest.mark.parametrize(
    "answer", [several(*elements(101, 101)), refusal(110), httpx.Response(403)], ids=["each", "the array", "the door"]
)
def test_an_array_of_which_nothing_passed_raises_the_accounts_trouble(answer: Answer) -> None:
    with pytest.raises(AccountRefused):
        submit(answer, batch=2)


@settings(max_examples=200, deadline=None)
@given(
    st.sampled_from([200, 400, 401, 403, 404, 429, 500, 503]),
    st.lists(
        st.dictionaries(st.sampled_from(["result_code", "client_reference", "message_id", "x"]), json_values)
        | st.builds(element, st.sampled_from([0, 1, 2, 113, -1]), st.sampled_from(["r-1", "r-2", None, "x"]))
        | json_values,
        max_size=4,
    ),
)
def test_whatever_is_answered_a_message_is_never_taken_for_sent(status: int, replies: list[Any]) -> None:
    KEPT.clear()
    answer = httpx.Response(status, content=json.dumps({"smsResponses": replies}).encode())
    try:
        outcomes, _ = submit(answer, token("second"), answer, batch=2)
    except AccountRefused:
        return
    assert len(outcomes) == 2
    zeros = [r for r in replies if isinstance(r, dict) and str(r.get("result_code")) == "0"]
    assert sum(isinstance(outcome, Accepted) for outcome in outcomes) <= (len(zeros) if status == 200 else 0)


# The report.


def report(*rows: dict[str, Any]) -> httpx.Response:
    return httpx.Response(200, json={"_embedded": {"total_found": len(rows), "records": list(rows)}})


def record(reference: str, status: str) -> dict[str, Any]:
    return {"client_reference": reference, "message_id": "m", "status": status}


@pytest.mark.parametrize(
    ("answer", "status"),
    [
        pytest.param(report(record(REFERENCE, "DELIVRD")), ReceiptStatus.DELIVERED, id="one"),
        pytest.param(
            report(record("other", "DELIVRD"), record(REFERENCE, "UNDELIV")), ReceiptStatus.UNDELIVERED, id="two"
        ),
        pytest.param(
            report(record(REFERENCE, "ENROUTE"), record(REFERENCE, "DELIVRD")),
            ReceiptStatus.DELIVERED,
            id="its last word",
        ),
        pytest.param(report(), None, id="none"),
        pytest.param(report(record(REFERENCE + "9", "DELIVRD")), None, id="one that begins alike"),
        pytest.param(httpx.Response(200, json={}), None, id="nothing embedded"),
        pytest.param(httpx.Response(200, json={"_embedded": {"total_found": 1, "x": [1]}}), None, id="no records"),
    ],
)
def test_look_up_finds_the_record(answer: Answer, status: ReceiptStatus | None) -> None:
    found, _ = exchange(lambda v: v.look_up(REFERENCE), token(), answer)
    assert (found and found.status) == status


@pytest.mark.parametrize(
    ("answer", "kind", "code"),
    [
        pytest.param(httpx.Response(403), ProviderError, "report_refused", id="403"),
        pytest.param(httpx.Response(404), ProviderError, "report_refused", id="404"),
        pytest.param(refusal(112), ProviderError, "report_refused", id="not enabled"),
        pytest.param(refusal(100), ProviderError, "call_refused", id="400"),
        pytest.param(httpx.Response(429), Throttled, "throttled", id="429"),
        pytest.param(httpx.Response(500), OutcomeUnknown, "unexpected_status", id="500"),
        pytest.param(httpx.Response(200, text="<html>"), UnreadableReply, "unreadable_reply", id="a page"),
        pytest.param(httpx.ConnectError("x"), NotReached, "not_reached", id="never left"),
    ],
)
def test_a_report_not_given_says_why(answer: Answer, kind: type[ProviderError], code: str) -> None:
    with pytest.raises(ProviderError) as caught:
        exchange(lambda v: v.look_up(REFERENCE), token(), answer)
    assert (type(caught.value), caught.value.code) == (kind, code)
    assert code in CODES


def test_however_many_calls_it_takes_a_submit_ends_while_the_engine_still_waits(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(adapter, "SUBMIT_SECONDS", 0.05)

    async def answering(request: httpx.Request) -> httpx.Response:
        if request.url.path.endswith("token"):
            return token()
        await asyncio.Event().wait()
        raise AssertionError

    async def story() -> list[Outcome]:
        async with VendorClient(RakutenCpaas.base_url, transport=httpx.MockTransport(answering)) as client:
            return await submit_safely(RakutenCpaas(client, CREDENTIALS), [make_sms("r-1"), make_sms("r-2")])

    assert asyncio.run(story()) == [Unknown("no_answer")] * 2
