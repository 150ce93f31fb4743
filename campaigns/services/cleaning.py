"""電話番号クリーニング: asking the vendor, number by number, which of a list changed hands; in slices, at its pace."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from time import monotonic

from django.db import IntegrityError, transaction
from django.db.models import Count, Exists, F, OuterRef, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from campaigns.errors import RuleError
from campaigns.models import (
    Activity,
    CleanedNumber,
    CleaningState,
    Contact,
    ContactList,
    NumberCleaning,
    ProviderAccount,
    Suppression,
    SuppressionReason,
    User,
    Verdict,
)
from campaigns.queue import enqueue
from campaigns.rules.sending_window import jst_day
from providers.base import Provider
from providers.errors import NotReached, OutcomeUnknown, ProviderError, Throttled

from .accounts import accounts_that, open_provider, provider_class
from .suppressing import suppress

SLICE_SECONDS = 5
PASSES = (NotReached, Throttled, OutcomeUnknown)  # a question asked twice does no harm: the schedule asks again


@dataclass(frozen=True, slots=True)
class Effort:
    """What cleaning a list would take with one account."""

    account: ProviderAccount
    numbers: int
    seconds: float
    yen: Decimal | None  # None while nobody said what a question costs


def efforts(contact_list: ContactList) -> list[Effort]:
    """One for each account that can do it."""
    numbers = _to_ask(contact_list).count()
    return [_effort(account, numbers) for account in accounts_that("cleans")]


def _effort(account: ProviderAccount, numbers: int) -> Effort:
    price = account.cleaning_price
    yen = None if price is None else (numbers * price).quantize(Decimal(1))
    return Effort(account, numbers, numbers / pace_of(account), yen)


def pace_of(account: ProviderAccount) -> int:
    return min(account.requests_per_second, provider_class(account).capabilities.questions_per_second)


def _to_ask(contact_list: ContactList, *, after: int = 0) -> "QuerySet[Contact]":
    """Numbers that must not be texted anyway are not worth a question."""
    stopped = Suppression.objects.filter(phone=OuterRef("phone"))
    members = Contact.objects.filter(memberships__contact_list=contact_list, pk__gt=after)
    return members.filter(~Exists(stopped)).order_by("pk")


def start_cleaning(contact_list: ContactList, account: ProviderAccount, since: date, actor: User) -> NumberCleaning:
    total = _to_ask(contact_list).count()
    if not total:
        raise RuleError(_("確認できる連絡先がありません。配信停止中の番号は確認しません。"))
    job = NumberCleaning(
        contact_list=contact_list,
        account=account,
        since=since,
        total=total,
        created_by=actor,
        beat_at=timezone.now(),
    )
    try:
        with transaction.atomic():
            job.save()
    except IntegrityError as error:
        text = _("「%(account)s」では、別の電話番号クリーニングが進んでいます。終わってから始めてください。")
        raise RuleError(text % {"account": account}) from error
    Activity.objects.note(actor, "cleaning_started", contact_list, persons=total)
    enqueue("clean_numbers", job.pk)
    return job


def cancel_cleaning(job: NumberCleaning, actor: User) -> None:
    """Nothing more is asked; what was found stays, and so do the suppressions that followed."""
    with transaction.atomic():
        if not _running(job).update(state=CleaningState.CANCELLED, finished_at=timezone.now()):
            raise RuleError(_("このクリーニングは、もう終わっています。"))
        Activity.objects.note(actor, "cleaning_cancelled", job.contact_list)


def _running(job: NumberCleaning) -> "QuerySet[NumberCleaning]":
    return NumberCleaning.objects.filter(pk=job.pk, state=CleaningState.RUNNING)


def clean_numbers(job: NumberCleaning) -> None:
    """Ask for some seconds, from where the last slice or a crash left off; then queue the next slice."""
    if not job.is_working:
        return
    pace = pace_of(job.account)
    contacts = list(_to_ask(job.contact_list, after=job.checked_through)[: pace * SLICE_SECONDS])
    answers, trouble = asyncio.run(_ask(job, contacts, pace))
    if not _store(job, answers):
        return  # cancelled, or another worker has done it
    if trouble is not None:
        _stop_at(job, trouble)
    elif len(contacts) < pace * SLICE_SECONDS:
        _finish(job)
    else:
        enqueue("clean_numbers", job.pk)


async def _ask(
    job: NumberCleaning, contacts: Sequence[Contact], pace: int
) -> tuple[list[CleanedNumber], ProviderError | None]:
    """The answers until the first trouble, so many questions in each second."""
    answers: list[CleanedNumber] = []
    try:
        async with open_provider(job.account, connections=pace) as provider:
            for place in range(0, len(contacts), pace):
                began = monotonic()
                asked = [_ask_one(job, provider, contact) for contact in contacts[place : place + pace]]
                for answer in await asyncio.gather(*asked, return_exceptions=True):
                    if isinstance(answer, BaseException):
                        raise answer
                    answers.append(answer)
                if len(asked) == pace:  # else nobody is left to be asked about
                    await asyncio.sleep(max(0.0, began + 1.0 - monotonic()))
    except ProviderError as error:
        return answers, error
    return answers, None


async def _ask_one(job: NumberCleaning, provider: Provider, contact: Contact) -> CleanedNumber:
    now = timezone.now()
    since = _since(contact.number_acquired_on or job.since, provider.capabilities.cleans_back, jst_day(now))
    verdict = Verdict.NO_VERDICT
    if provider.accepts(contact.phone):
        verdict = Verdict(await provider.clean(contact.phone, since=since))
    return CleanedNumber(cleaning=job, contact=contact, verdict=verdict, since=since, asked_at=now)


def _since(wanted: date, days_back: int, today: date) -> date:
    """As far back as the vendor looks, and never in the future."""
    return min(max(wanted, today - timedelta(days=days_back)), today)


def _store(job: NumberCleaning, answers: Sequence[CleanedNumber]) -> bool:
    """False when the job is no longer ours to go on with. Whoever changed hands is not texted any more."""
    last = answers[-1].contact_id if answers else job.checked_through
    with transaction.atomic():
        ours = _running(job).filter(checked_through=job.checked_through)
        if not ours.update(checked_through=last, asked=F("asked") + len(answers), trouble="", beat_at=timezone.now()):
            return False
        CleanedNumber.objects.bulk_create(answers)
        changed = [answer.contact.phone for answer in answers if answer.verdict == Verdict.CHANGED]
        suppress(changed, reason=SuppressionReason.HOLDER_CHANGED, source=_("電話番号クリーニング"))
    return True


def _stop_at(job: NumberCleaning, trouble: ProviderError) -> None:
    """What passes by itself is tried again by the schedule; the rest is for a person."""
    if isinstance(trouble, PASSES):
        _running(job).update(trouble=trouble.code)
    else:
        _running(job).update(state=CleaningState.FAILED, trouble=trouble.code, finished_at=timezone.now())


def _finish(job: NumberCleaning) -> None:
    if _running(job).update(state=CleaningState.DONE, finished_at=timezone.now()):
        Activity.objects.note(job.created_by, "cleaning_finished", job.contact_list, **verdicts(job))


def verdicts(job: NumberCleaning) -> dict[str, int]:
    """How many numbers were judged which way."""
    counted = job.results.values_list("verdict").annotate(n=Count("pk"))
    return dict(counted.order_by())


def wake_cleanings(before: datetime) -> None:
    """Those that met trouble, or lost their worker, go on."""
    waiting = NumberCleaning.objects.filter(state=CleaningState.RUNNING, beat_at__lt=before)
    for pk in waiting.values_list("pk", flat=True):
        enqueue("clean_numbers", pk)
