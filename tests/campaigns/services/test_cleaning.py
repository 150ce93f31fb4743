"""電話番号クリーニング: nobody asked twice without need, whoever changed hands is not texted, and it can be stopped."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.utils import timezone

from campaigns.errors import RuleError
from campaigns.models import CleaningState, NumberCleaning, ProviderAccount, Suppression
from campaigns.rules.sending_window import jst_day
from campaigns.services import cleaning
from campaigns.services.sending.waking import wake_all
from providers.base import CleaningVerdict
from providers.errors import AccountRefused, NotReached, ProviderError
from tests.factories import make_account, make_cleaning, make_contact, make_list, make_suppression, make_user
from tests.fakes import ScriptedProvider

pytestmark = pytest.mark.django_db(transaction=True)
Tasks = list[tuple[str, tuple[int, ...]]]
Ask = Callable[[str, date], CleaningVerdict]


@pytest.fixture
def asked(vendor: type[ScriptedProvider], monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, date]]:
    """What the vendor was asked; a number ending in 9 has another holder, one ending in 8 it does not know."""
    questions: list[tuple[str, date]] = []

    async def clean(self: Any, to: str, *, since: date) -> CleaningVerdict:
        questions.append((to, since))
        verdicts = {"9": CleaningVerdict.CHANGED, "8": CleaningVerdict.NO_VERDICT}
        return verdicts.get(to[-1], CleaningVerdict.SAME)

    monkeypatch.setattr(vendor, "clean", clean)
    able = replace(vendor.capabilities, cleans=True, cleans_back=100, questions_per_second=50)
    monkeypatch.setattr(vendor, "capabilities", able)
    monkeypatch.setattr(cleaning, "SLICE_SECONDS", 1)
    return questions


@pytest.fixture
def account(asked: object) -> ProviderAccount:
    return make_account(provider="scripted")


def fails(vendor: type[ScriptedProvider], error: ProviderError, monkeypatch: pytest.MonkeyPatch) -> None:
    async def clean(self: Any, to: str, *, since: date) -> CleaningVerdict:
        raise error

    monkeypatch.setattr(vendor, "clean", clean)


def phones(*lasts: int) -> list[str]:
    return [f"+818011112{last:03d}" for last in lasts]


def work_off(job: NumberCleaning, queued: Tasks) -> NumberCleaning:
    queued.append(("clean_numbers", (job.pk,)))
    while ("clean_numbers", (job.pk,)) in queued:
        queued.remove(("clean_numbers", (job.pk,)))
        cleaning.clean_numbers(NumberCleaning.objects.get(pk=job.pk))
    job.refresh_from_db()
    return job


def test_each_number_is_asked_about_once_and_judged(account: ProviderAccount, asked: list[Any], queued: Tasks) -> None:
    people = [make_contact(phone=phone) for phone in phones(1, 8, 9)]
    job = work_off(cleaning.start_cleaning(make_list(*people), account, jst_day(timezone.now()), make_user()), queued)
    assert (job.state, job.asked, job.total) == (CleaningState.DONE, 3, 3)
    assert cleaning.verdicts(job) == {"same": 1, "no_verdict": 1, "changed": 1}
    stopped = Suppression.objects.get()
    assert (stopped.phone, stopped.reason) == (phones(9)[0], "holder_changed")
    assert len(asked) == 3


def test_a_long_list_goes_on_where_the_last_slice_ended(
    account: ProviderAccount, asked: list[Any], queued: Tasks
) -> None:
    people = [make_contact() for _ in range(120)]
    job = work_off(make_cleaning(contact_list=make_list(*people), account=account, total=120), queued)
    assert job.state == CleaningState.DONE
    assert sorted(to for to, _ in asked) == sorted(person.phone for person in people)


@pytest.mark.parametrize(
    ("acquired", "since"),
    [
        pytest.param(None, timedelta(days=90), id="the list's day"),
        pytest.param(timedelta(days=30), timedelta(days=30), id="the number's own day"),
        pytest.param(timedelta(days=900), timedelta(days=100), id="as far back as the vendor looks"),
        pytest.param(timedelta(days=-9), timedelta(0), id="a day to come"),
    ],
)
def test_the_day_asked_about(
    account: ProviderAccount, asked: list[Any], queued: Tasks, acquired: timedelta | None, since: timedelta
) -> None:
    today = jst_day(timezone.now())
    person = make_contact(number_acquired_on=None if acquired is None else today - acquired)
    work_off(make_cleaning(contact_list=make_list(person), account=account, since=today - timedelta(days=90)), queued)
    assert asked == [(person.phone, today - since)]


def test_who_must_not_be_texted_anyway_is_not_paid_for(
    account: ProviderAccount, asked: list[Any], queued: Tasks
) -> None:
    stopped = make_contact()
    make_suppression(phone=stopped.phone)
    everybody = make_list(stopped, make_contact())
    job = work_off(cleaning.start_cleaning(everybody, account, jst_day(timezone.now()), make_user()), queued)
    assert (job.total, len(asked)) == (1, 1)


def test_a_list_without_anybody_to_ask_about_is_refused(account: ProviderAccount) -> None:
    with pytest.raises(RuleError, match="確認できる連絡先がありません"):
        cleaning.start_cleaning(make_list(), account, jst_day(timezone.now()), make_user())


def test_two_at_once_would_double_the_pace(account: ProviderAccount, queued: Tasks) -> None:
    make_cleaning(account=account)
    with pytest.raises(RuleError, match="別の電話番号クリーニング"):
        cleaning.start_cleaning(make_list(make_contact()), account, jst_day(timezone.now()), make_user())


def test_trouble_that_passes_is_waited_for(
    account: ProviderAccount, vendor: type[ScriptedProvider], queued: Tasks, monkeypatch: pytest.MonkeyPatch
) -> None:
    job = make_cleaning(account=account)
    with monkeypatch.context() as patched:
        fails(vendor, NotReached(), patched)
        work_off(job, queued)
    assert (job.state, job.trouble, job.asked) == (CleaningState.RUNNING, "not_reached", 0)
    NumberCleaning.objects.update(beat_at=timezone.now() - timedelta(minutes=1))
    queued.clear()
    wake_all()
    assert ("clean_numbers", (job.pk,)) in queued
    job = work_off(job, queued)
    assert (job.state, job.trouble, job.asked) == (CleaningState.DONE, "", 2)


def test_trouble_with_the_account_ends_it(
    account: ProviderAccount, vendor: type[ScriptedProvider], queued: Tasks, monkeypatch: pytest.MonkeyPatch
) -> None:
    fails(vendor, AccountRefused("credentials_refused"), monkeypatch)
    job = work_off(make_cleaning(account=account), queued)
    assert (job.state, job.trouble) == (CleaningState.FAILED, "credentials_refused")
    assert job.finished_at


def test_cancelled_it_asks_nothing_more(account: ProviderAccount, asked: list[Any], queued: Tasks) -> None:
    job = make_cleaning(account=account)
    cleaning.cancel_cleaning(job, make_user())
    work_off(job, queued)
    assert (job.state, asked) == (CleaningState.CANCELLED, [])
    with pytest.raises(RuleError):
        cleaning.cancel_cleaning(job, make_user())


def test_a_second_worker_on_the_same_job_keeps_no_answer_twice(
    account: ProviderAccount, asked: list[Any], queued: Tasks
) -> None:
    job = make_cleaning(account=account)
    late = NumberCleaning.objects.get(pk=job.pk)
    work_off(job, queued)
    cleaning.clean_numbers(late)
    job.refresh_from_db()
    assert (job.asked, job.results.count()) == (2, 2)


def test_what_it_would_take(account: ProviderAccount) -> None:
    contact_list = make_list(*(make_contact() for _ in range(100)))
    assert cleaning.efforts(contact_list) == [cleaning.Effort(account, 100, 2.0, None)]
    ProviderAccount.objects.update(cleaning_price=Decimal("2.5"))
    assert cleaning.efforts(contact_list)[0].yen == 250
