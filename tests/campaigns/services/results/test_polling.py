"""After a lost worker: everything in doubt is settled, however much it is and however little time a task has."""

import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import pytest
from django.utils import timezone

from campaigns.models import Message, MessageState, OpenMessage, ProviderAccount
from campaigns.services.results import polling
from campaigns.services.results.polling import SLICE, look_due
from providers.errors import OutcomeUnknown
from tests.factories import make_account, make_campaign, make_message
from tests.fakes import ScriptedProvider

Tasks = list[tuple[str, tuple[int, ...]]]
MANY = 2 * SLICE + 10

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(params=[True, False], ids=["whole days", "one by one"])
def vendor(request: pytest.FixtureRequest, vendor: type[ScriptedProvider], monkeypatch: pytest.MonkeyPatch) -> None:
    """It knows none of our messages: none was ever taken."""

    async def nothing(*args: object) -> list[object]:
        return []

    monkeypatch.setattr(vendor, "capabilities", replace(vendor.capabilities, look_up_day=request.param))
    monkeypatch.setattr(vendor, "look_up_day", nothing)


@pytest.fixture
def account(vendor: None) -> ProviderAccount:
    account = make_account(provider="scripted")
    campaign = make_campaign(account=account, state="sending", starts_at=timezone.now() - timedelta(minutes=1))
    now = timezone.now()
    for _ in range(MANY):
        message = make_message(campaign, state=MessageState.UNKNOWN, reason="worker_lost", sent_at=now)
        OpenMessage.objects.create(message=message, account=account, next_look_at=now, in_doubt=True, since=now)
    return account


def work_off(account: ProviderAccount, queued: Tasks) -> None:
    look_due(account)
    while ("look_due", (account.pk,)) in queued:
        queued.clear()
        look_due(account)


def test_all_in_doubt_are_offered_again_in_their_first_turn(account: ProviderAccount, queued: Tasks) -> None:
    work_off(account, queued)
    assert set(Message.objects.values_list("state", flat=True)) == {MessageState.ACCEPTED}
    references = [sms.reference for sms in ScriptedProvider.asked]
    assert len(references) == len(set(references)) == MANY


@pytest.fixture
def hurry(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Each task has time for a few messages only."""
    ticks = iter(range(10_000))
    monkeypatch.setattr("campaigns.services.results.settling.monotonic", lambda: float(next(ticks)))
    monkeypatch.setattr(polling, "monotonic", lambda: float(next(ticks)))
    return iter(())


@pytest.mark.usefixtures("hurry")
def test_who_found_no_time_keeps_the_turn(account: ProviderAccount, queued: Tasks) -> None:
    work_off(account, queued)
    assert set(Message.objects.values_list("state", flat=True)) == {MessageState.ACCEPTED}


@pytest.mark.parametrize(
    ("lists_within", "minutes", "fails", "state"),
    [
        pytest.param(600, 9, False, "unknown", id="it may still appear"),
        pytest.param(600, 11, False, "refused", id="by now it would be known"),
        pytest.param(600, 11, True, "unknown", id="the vendor did not answer"),
        pytest.param(0, 600, False, "unknown", id="silence proves nothing"),
    ],
)
def test_what_the_vendor_would_know_by_now_was_never_taken(
    account: ProviderAccount, queued: Tasks, monkeypatch: pytest.MonkeyPatch, lists_within, minutes, fails, state
) -> None:
    async def fail(*args: object) -> None:
        raise OutcomeUnknown

    changed = replace(ScriptedProvider.capabilities, rejects_duplicates=False, lists_within=lists_within)
    monkeypatch.setattr(ScriptedProvider, "capabilities", changed)
    if fails:
        monkeypatch.setattr(ScriptedProvider, "look_up", fail)
        monkeypatch.setattr(ScriptedProvider, "look_up_day", fail)
    OpenMessage.objects.update(since=timezone.now() - timedelta(minutes=minutes))
    work_off(account, queued)
    told = {"unknown": "worker_lost", "refused": "never_taken"}
    assert set(Message.objects.values_list("state", "reason")) == {(state, told[state])}


def test_questions_keep_to_the_pace_that_sends_share(
    account: ProviderAccount, queued: Tasks, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[float] = []

    async def look_up(provider: ScriptedProvider, reference: str) -> None:
        asked.append(time.time())

    changed = replace(ScriptedProvider.capabilities, look_up_day=False, rejects_duplicates=False)
    monkeypatch.setattr(ScriptedProvider, "capabilities", changed)
    monkeypatch.setattr(ScriptedProvider, "look_up", look_up)
    ProviderAccount.objects.update(requests_per_second=20)
    account.refresh_from_db()
    began = time.time()
    look_due(account)
    assert len(asked) == 19  # what a second allows
    assert asked[-1] - asked[0] > 18 / 20
    assert account.free_from(now=began) > began + 18 / 20  # a wave taken meanwhile starts after them


def test_nothing_is_asked_while_the_vendor_wants_to_be_left_alone(account: ProviderAccount, queued: Tasks) -> None:
    now = time.time()
    account.hold_back(60, now=now)
    look_due(account)
    assert not ScriptedProvider.asked
    assert account.free_from(now=now) == pytest.approx(now + 60)  # and no time bought that nobody uses
    assert OpenMessage.objects.filter(looks=0).count() == MANY
