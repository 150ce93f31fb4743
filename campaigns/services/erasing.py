"""People who leave the portal: deleted as a row, or erased so that nothing of them remains but proof and refusal."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from campaigns.errors import RuleError
from campaigns.models import (
    GIVE_UP_AFTER,
    Activity,
    Campaign,
    CampaignState,
    Contact,
    DueMessage,
    ErasedPerson,
    FieldValues,
    Message,
    MessageState,
    OpenMessage,
    PortalSettings,
    ReceiptLog,
    SavedFilter,
    Suppression,
    User,
    bulk,
    touch_counts,
)
from campaigns.queue import enqueue
from campaigns.rules.phone_numbers import to_domestic
from campaigns.rules.pseudonyms import pseudonym

NOT_DECIDED = (CampaignState.DRAFT, CampaignState.DELETED)
# Where the vendor may still ask, or be asked, about the number itself.
UNDER_WAY = (MessageState.SENDING, MessageState.BOOKED, MessageState.ACCEPTED, MessageState.UNKNOWN)


@dataclass(frozen=True, slots=True)
class Planned:
    """What one person would still get, unless they go."""

    campaigns: list[Campaign]
    here: int  # waits in this portal
    at_vendor: int  # booked there


def planned_for(contact: Contact) -> Planned:
    """Of campaigns somebody decided on, or is asked to: a draft is counted anew."""
    waiting = Message.objects.filter(contact=contact, state__in=(MessageState.QUEUED, MessageState.BOOKED))
    rows = waiting.exclude(campaign__state__in=NOT_DECIDED).order_by("campaign_id").select_related("campaign")
    found = [(row.campaign, row.state) for row in rows]
    states = [state for _campaign, state in found]
    campaigns = [campaign for campaign, _state in found]
    return Planned(campaigns, states.count(MessageState.QUEUED), states.count(MessageState.BOOKED))


def delete_contact(contact: Contact, actor: User) -> int:
    """The person's entry goes; the refusal and the sent messages stay with the number, the consent as proof.

    What was planned for them is withdrawn, also from the vendor; how many messages.
    """
    now = timezone.now()
    with transaction.atomic():
        withdrawn = _withdraw(Message.objects.filter(contact=contact), "contact_deleted", now)
        booked = Message.objects.filter(contact=contact, state=MessageState.BOOKED).count()
        _keep_proof(contact, now)
        Activity.objects.note(actor, "contact_deleted", contact)
        contact.delete()
        if booked:
            enqueue("recall_unwanted")
    return withdrawn + booked


def erase_contact(contact: Contact, actor: User) -> int:
    """As the person asked: in messages and refusals a pseudonym stands for the number, texts are gone, counts hold.

    What still waited here is withdrawn: how many messages.
    """
    now = timezone.now()
    with transaction.atomic():
        messages = Message.objects.filter(Q(phone=contact.phone) | Q(contact=contact))
        withdrawn = _withdraw(messages, "erased", now)
        _refuse_while_pending(messages, now)
        OpenMessage.objects.filter(message__in=messages).delete()  # nobody asks, or offers it again, under a pseudonym
        FieldValues.objects.filter(message__in=messages).delete()
        phones = {contact.phone, *messages.values_list("phone", flat=True).distinct()}
        for phone in phones:
            _hide(contact, messages.filter(phone=phone), phone)
        facts = (contact.name, contact.kana, contact.email, contact.external_id)
        SavedFilter.objects.forget([*facts, *map(to_domestic, phones)])
        _keep_proof(contact, now)
        Activity.objects.note(actor, "contact_erased", contact)
        contact.delete()
    return withdrawn


def _hide(contact: Contact, messages: "QuerySet[Message]", phone: str) -> None:
    """One number of the person, who may have had others before; what somebody else has by now stays refused."""
    alias = _alias(phone)
    messages.update(phone=alias, body="", vendor_text="")
    ReceiptLog.objects.forget(phone.removeprefix("+81"))  # however the vendor writes it
    if not Contact.objects.filter(phone=phone).exclude(pk=contact.pk).exists():
        _hide_refusal(phone, alias)


def _refuse_while_pending(messages: "QuerySet[Message]", now: datetime) -> None:
    pending = messages.filter(state__in=UNDER_WAY).select_related("campaign")
    until = max((_last_word_by(message, now) for message in pending), default=now)
    if until > now:
        raise RuleError(
            _(
                "この人には、送信中・予約・結果待ちの送信があるため、まだ消去できません。"
                "遅くとも %(until)s には消去できます。それまで送らないようにするには、先に配信停止にしてください。"
            )
            % {"until": date_format(timezone.localtime(until), "DATETIME_FORMAT")}
        )


def _last_word_by(message: Message, now: datetime) -> datetime:
    """When even what nobody ever says anything about is given up."""
    is_under_way = message.state == MessageState.SENDING
    left_at = now if is_under_way else message.sent_at or now
    if message.state == MessageState.BOOKED and message.campaign.starts_at:
        left_at = max(left_at, message.campaign.starts_at)
    return left_at + GIVE_UP_AFTER + timedelta(hours=1)


def _withdraw(messages: "QuerySet[Message]", reason: str, now: datetime) -> int:
    """What still waits here never leaves: a wave takes only what is queued. How many."""
    due = DueMessage.objects.filter(message__in=messages.filter(state=MessageState.QUEUED))
    rows = list(due.select_for_update(of=("self",)).values_list("pk", "campaign_id"))  # locked in a wave's order
    waiting = [pk for pk, _campaign in rows]
    queued = Message.objects.filter(pk__in=waiting, state=MessageState.QUEUED)
    withdrawn = queued.update(state=MessageState.CANCELLED, reason=reason, final_at=now)
    DueMessage.objects.filter(pk__in=waiting, message__state=MessageState.CANCELLED).delete()
    touch_counts({campaign for _pk, campaign in rows}, now)
    return withdrawn


def _hide_refusal(phone: str, alias: str) -> None:
    """One refusal a number: an earlier one under the same pseudonym says as much."""
    if Suppression.objects.filter(phone=alias).exists():
        Suppression.objects.filter(phone=phone).delete()
    Suppression.objects.filter(phone=phone).update(phone=alias, note="")


def _keep_proof(contact: Contact, now: datetime) -> None:
    if not contact.consent_basis:
        return
    ErasedPerson.objects.update_or_create(
        phone=_alias(contact.phone),
        defaults={
            "consent_basis": contact.consent_basis,
            "consented_at": contact.consented_at,
            "consent_method": contact.consent_method,
            "erased_at": now,
        },
    )


def remember_erased(phones: Iterable[str]) -> int:
    """Numbers that come back: who refused before being erased has still refused. How many."""
    erased = _refused_and_erased(phones)
    known = bulk.present("campaigns_suppression", "phone", erased.values())
    for alias, phone in erased.items():
        if phone not in known:
            Suppression.objects.filter(phone=alias).update(phone=phone)
    return len(erased) - len(known)


def refused_among(phones: Collection[str]) -> set[str]:
    """Which of these numbers must not be texted, those of erased people as well."""
    return {*bulk.present("campaigns_suppression", "phone", phones), *_refused_and_erased(phones).values()}


def _refused_and_erased(phones: Iterable[str]) -> dict[str, str]:
    """Pseudonym -> number."""
    if not Suppression.objects.of_erased_people().exists():
        return {}
    key = PortalSettings.load().key_of_persons()
    aliases = {pseudonym(key, phone): phone for phone in phones}
    return {alias: aliases[alias] for alias in bulk.present("campaigns_suppression", "phone", aliases)}


def proof_of(phone: str) -> ErasedPerson | None:
    """What is still known of the consent of somebody whose data is gone."""
    return ErasedPerson.objects.filter(phone=_alias(phone)).first()


def _alias(phone: str) -> str:
    return pseudonym(PortalSettings.load().key_of_persons(), phone)
