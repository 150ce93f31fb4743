"""テスト送信: a draft's text to the author's own phones, before anybody else gets it.

A trial is a small campaign of its own. It leaves by the same way as any other, so pace, opt-outs, receipts and bills
are right without a second way of sending; its campaign never counts it among its recipients.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from django.db import IntegrityError, transaction
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from campaigns.errors import RuleError
from campaigns.models import Activity, Campaign, Message, MessageState, Preparation, Purpose, TrialPhone, User
from campaigns.texts import reason_text

from ..erasing import remember_erased
from .audience import Audience, NewMessage, store
from .launching import launch
from .readiness import problems_by_field
from .sampling import Person

MOST_PHONES = 5
# Trials leave without approval, so they must not be a way around it: to a handful of numbers, whoever's they are.
WEEK, DAY = timedelta(days=7), timedelta(days=1)
MOST_NUMBERS_A_WEEK = 10  # a person's own, and those that took their place
MOST_MESSAGES_A_DAY = 50
NEEDED = ("account", "sender", "body")  # the rest of a draft may still be open


def register_phone(user: User, phone: str, label: str) -> None:
    if user.trial_phones.exclude(phone=phone).count() >= MOST_PHONES:
        raise RuleError(_("登録できるテスト送信先は%(most)d件までです。") % {"most": MOST_PHONES})
    TrialPhone.objects.update_or_create(user=user, phone=phone, defaults={"label": label})


def send_trial(
    campaign: Campaign, actor: User, *, person: Person, phones: Sequence[TrialPhone], reference: str
) -> None:
    """Once for each `reference`, however often it is asked for."""
    if not phones:
        raise RuleError(_("テスト送信先を1つ以上選んでください。"))
    for field, sentence in problems_by_field(campaign):
        if field in NEEDED:
            raise RuleError(sentence)
    messages = _messages(campaign, person, phones, reference)
    try:
        with transaction.atomic():
            _keep_within_limits(actor, [each.phone for each in messages])
            trial = _trial(campaign, actor, messages, reference)
            store(trial, messages, timezone.now())
            remember_erased(each.phone for each in phones)
            launch(trial, actor)
            Activity.objects.note(actor, "campaign_tried", campaign, phones=len(phones))
    except IntegrityError as error:
        raise RuleError(_("このテスト送信はすでに受け付けています。二重には送信されません。")) from error


def _keep_within_limits(actor: User, phones: Sequence[str]) -> None:
    """Over all drafts of a person, also those thrown away."""
    User.objects.select_for_update().get(pk=actor.pk)  # two tabs take turns
    now = timezone.now()
    sent = Message.objects.filter(campaign__trial_of__isnull=False, campaign__created_by=actor)
    used = sent.filter(campaign__created_at__gt=now - WEEK).values_list("phone", flat=True)
    if len({*used, *phones}) > MOST_NUMBERS_A_WEEK:
        raise RuleError(
            _(
                "テスト送信できる番号は、1人につき7日間で%(most)d件までです。お客様への送信は、承認を受けて配信してください。"
            )
            % {"most": MOST_NUMBERS_A_WEEK}
        )
    if sent.filter(campaign__created_at__gt=now - DAY).count() + len(phones) > MOST_MESSAGES_A_DAY:
        raise RuleError(_("テスト送信は、1人につき24時間で%(most)d件までです。") % {"most": MOST_MESSAGES_A_DAY})


def _messages(campaign: Campaign, person: Person, phones: Sequence[TrialPhone], reference: str) -> list[NewMessage]:
    audience = Audience(campaign)
    body, parts, reason = audience.write(person.values)
    if not all(audience.provider.accepts(each.phone) for each in phones):
        reason = "not_for_this_vendor"
    if reason:
        raise RuleError(reason_text(reason))
    return [
        NewMessage(None, f"{reference}{number:012d}", each.phone, body, parts, MessageState.QUEUED, "")
        for number, each in enumerate(phones, start=1)
    ]


def _trial(campaign: Campaign, actor: User, messages: Sequence[NewMessage], reference: str) -> Campaign:
    """A notice, whatever the draft is: to one's own phone nothing is advertised, and it need not wait for morning."""
    assert campaign.account is not None
    longest = Campaign._meta.get_field("name").max_length or 0
    name = _("テスト送信: %(name)s") % {"name": campaign.name}
    return Campaign.objects.create(
        name=name[:longest],
        reference=reference,
        purpose=Purpose.NOTICE,
        account=campaign.account,
        sender=campaign.sender,
        body=campaign.body,
        shortens_urls=campaign.shortens_urls,
        trial_of=campaign,
        created_by=actor,
        preparation=Preparation.READY,
        recipients=len(messages),
        parts_total=sum(each.parts for each in messages),
        parts_min=messages[0].parts,
        parts_max=messages[0].parts,
        unit_price=campaign.account.unit_price,
    )


@dataclass(frozen=True, slots=True)
class Tried:
    """What left without approval, as the approver is told."""

    messages: int
    numbers: int
    people: list[str]


def tried(campaign: Campaign) -> Tried:
    rows = list(trial_messages(campaign).select_related("campaign__created_by"))
    people = {str(row.campaign.created_by) for row in rows}
    return Tried(len(rows), len({row.phone for row in rows}), sorted(people))


def trial_messages(campaign: Campaign) -> "QuerySet[Message]":
    """The newest first."""
    return Message.objects.filter(campaign__trial_of=campaign).select_related("campaign").order_by("-pk")
