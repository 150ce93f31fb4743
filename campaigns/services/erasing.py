"""People who leave the portal: deleted as a row, or erased so that nothing of them remains but proof and refusal."""

from collections.abc import Collection, Iterable
from datetime import datetime

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from campaigns.errors import RuleError
from campaigns.models import (
    Activity,
    Contact,
    DueMessage,
    ErasedPerson,
    FieldValues,
    Message,
    MessageState,
    PortalSettings,
    ReceiptLog,
    Suppression,
    User,
    bulk,
    touch_counts,
)
from campaigns.rules.pseudonyms import pseudonym

# Where the vendor may still ask, or be asked, about the number itself.
UNDER_WAY = (MessageState.SENDING, MessageState.BOOKED, MessageState.ACCEPTED, MessageState.UNKNOWN)


def delete_contact(contact: Contact, actor: User) -> None:
    """The person's entry goes; the refusal and the sent messages stay with the number, the consent as proof."""
    with transaction.atomic():
        _keep_proof(contact, timezone.now())
        Activity.objects.note(actor, "contact_deleted", contact)
        contact.delete()


def erase_contact(contact: Contact, actor: User) -> None:
    """As the person asked: in messages and refusals a pseudonym stands for the number, texts are gone, counts hold."""
    now = timezone.now()
    alias = _alias(contact.phone)
    with transaction.atomic():
        messages = Message.objects.filter(phone=contact.phone)
        _withdraw(contact.phone, now)
        if messages.filter(state__in=UNDER_WAY).exists():
            raise RuleError(
                _(
                    "この番号には、送信中・予約・結果待ちの送信があるため、まだ消去できません。"
                    "先に配信停止にすると、これ以上は送られません。結果が確定したあと(最長で3日ほど)にもう一度お試しください。"
                )
            )
        FieldValues.objects.filter(message__in=messages).delete()
        messages.update(phone=alias, body="", vendor_text="")
        ReceiptLog.objects.forget(contact.phone.removeprefix("+81"))  # however the vendor writes it
        _hide_refusal(contact.phone, alias)
        _keep_proof(contact, now)
        Activity.objects.note(actor, "contact_erased", contact)
        contact.delete()


def _withdraw(phone: str, now: datetime) -> None:
    """What still waits here never leaves: a wave takes only what is queued."""
    waiting = Message.objects.filter(phone=phone, state=MessageState.QUEUED)
    campaigns = set(waiting.values_list("campaign", flat=True))
    DueMessage.objects.filter(message__in=waiting).delete()
    waiting.update(state=MessageState.CANCELLED, reason="erased", final_at=now)
    touch_counts(campaigns, now)


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
