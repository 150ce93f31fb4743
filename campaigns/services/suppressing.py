"""Numbers that must not be texted: registering, lifting."""

from collections.abc import Iterable, Mapping
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from campaigns.errors import RuleError
from campaigns.models import Activity, ConsentBasis, Contact, Suppression, SuppressionReason, User
from campaigns.queue import enqueue


def suppress(phones: Iterable[str], *, reason: str, source: str, actor: User | None = None, note: str = "") -> int:
    """How many numbers were new. A number that is already there keeps its first reason and date."""
    phones = list(phones)
    with transaction.atomic():
        new = Suppression.objects.add(
            phones,
            timezone.now(),
            reason=reason,
            source=source[:100],
            note=note,
            created_by_id=actor and actor.pk,
        )
        if actor and new:
            first = Suppression.objects.filter(phone__in=phones, created_by=actor).latest("pk")
            Activity.objects.note(actor, "suppressed", first, numbers=new, reason=reason, source=source)
        if new:
            enqueue("recall_unwanted")
    return new


def suppress_refused(phones: Iterable[str], source: str) -> None:
    """The vendor says these people refused: that binds every account."""
    suppress(phones, reason=SuppressionReason.OPT_OUT, source=source)


def lift(suppression: Suppression, actor: User, consent: Mapping[str, Any]) -> None:
    """Only an explicit new consent lifts a refusal: when, how and to what words is kept with the contact, if any."""
    if not suppression.created_at <= consent["consented_at"] <= timezone.now():
        raise RuleError(
            _(
                "新しい同意の日時は、配信停止に登録した日時より後で、いまより前にしてください。以前の同意では解除できません。"
            )
        )
    with transaction.atomic():
        person = Contact.objects.filter(phone=suppression.phone)
        person.update(consent_basis=ConsentBasis.CONSENT, updated_at=timezone.now(), **consent)
        # In full: where there is no contact, this is the only record of the consent.
        facts = {"method": consent["consent_method"], "consented_at": consent["consented_at"].isoformat()}
        Activity.objects.note(actor, "suppression_lifted", suppression, **facts)
        suppression.delete()
