"""テスト送信: a draft's text to the author's own phones, before anybody else gets it.

A trial is a small campaign of its own. It leaves by the same way as any other, so pace, opt-outs, receipts and bills
are right without a second way of sending; its campaign never counts it among its recipients.
"""

from collections.abc import Sequence

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
            trial = _trial(campaign, actor, messages, reference)
            store(trial, messages, timezone.now())
            remember_erased(each.phone for each in phones)
            launch(trial, actor)
            Activity.objects.note(actor, "campaign_tried", campaign, phones=len(phones))
    except IntegrityError as error:
        raise RuleError(_("このテスト送信はすでに受け付けています。二重には送信されません。")) from error


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


def trial_messages(campaign: Campaign) -> "QuerySet[Message]":
    """The newest first."""
    return Message.objects.filter(campaign__trial_of=campaign).select_related("campaign").order_by("-pk")
