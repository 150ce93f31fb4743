"""What is kept for a time only: whom old messages reached and what they said, callbacks as they came, proofs.

Counts, states, parts and references stay: reports and the vendor's bill need no person.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from time import monotonic

from django.db import transaction
from django.db.models import Exists, OuterRef, QuerySet
from django.db.models.functions import Coalesce
from django.utils import timezone
from django.utils.translation import gettext as _

from campaigns.errors import RuleError
from campaigns.models import (
    Activity,
    Campaign,
    CampaignState,
    ErasedPerson,
    FieldValues,
    Message,
    OpenMessage,
    PortalSettings,
    ReceiptLog,
    User,
)
from campaigns.queue import enqueue
from campaigns.rules.pseudonyms import is_pseudonym, pseudonym

CHUNK = 2_000
ENDED = (CampaignState.COMPLETED, CampaignState.CANCELLED)


def forgotten_on(campaign: Campaign) -> datetime | None:
    """When its numbers and texts go; None while nobody can say, or where they stay."""
    if not campaign.ended_at or campaign.kept_because:
        return None
    days = PortalSettings.load().history_kept_days
    return campaign.ended_at + timedelta(days=days) if days else None


def keep_campaign(campaign: Campaign, because: str, actor: User) -> None:
    """Numbers and texts stay, as a dispute or an inquiry wants it; with an empty reason they go in their time."""
    with transaction.atomic():
        untouched = Campaign.objects.filter(pk=campaign.pk, forgotten_through=0, forgotten_at=None)
        if not untouched.update(kept_because=because):
            raise RuleError(_("この配信の番号と本文は、保存期間が過ぎたため、すでに消去が始まっています。"))
        Activity.objects.note(actor, "campaign_kept" if because else "campaign_not_kept", campaign)


def wake_retention() -> None:
    enqueue("forget_expired")


def forget_expired(*, until: float) -> None:
    """For one time slice. The next minute brings another: a large backlog never crowds out what sends."""
    while _forget_some(PortalSettings.load(), timezone.now()) and monotonic() < until:
        pass


def _forget_some(settings: PortalSettings, now: datetime) -> bool:
    """One chunk of whatever is due; False when nothing is."""
    if _forget_receipts(now - timedelta(days=settings.receipts_kept_days)):
        return True
    if settings.proofs_kept_days:
        ErasedPerson.objects.filter(erased_at__lt=now - timedelta(days=settings.proofs_kept_days)).delete()
    if settings.history_kept_days:
        expired = _expired(now - timedelta(days=settings.history_kept_days)).order_by("pk").first()
        return expired is not None and _forget_messages(expired, settings.key_of_persons(), now)
    return False


def _forget_receipts(before: datetime) -> bool:
    """Only the oldest rows are looked at: they come in the order of their keys, and no index knows their age."""
    oldest = ReceiptLog.objects.order_by("pk").values_list("pk", "received_at", "applied_at")[:CHUNK]
    gone = [pk for pk, received_at, applied_at in oldest if applied_at and received_at < before]
    ReceiptLog.objects.filter(pk__among=gone).delete()
    return bool(gone)


def _expired(before: datetime) -> "QuerySet[Campaign]":
    """Of what the vendor may still say something about nothing is forgotten."""
    pending = OpenMessage.objects.filter(message__campaign=OuterRef("pk"))
    ended = Campaign.objects.filter(state__in=ENDED, forgotten_at=None, kept_because="")
    return ended.annotate(end=Coalesce("finished_at", "stopped_at")).filter(~Exists(pending), end__lt=before)


def _forget_messages(campaign: Campaign, key: bytes, now: datetime) -> bool:
    """The next chunk, or the end; False when another worker or a person was first."""
    messages = Message.objects.filter(campaign=campaign, pk__gt=campaign.forgotten_through).order_by("pk")
    rows = list(messages.values_list("pk", "phone")[:CHUNK])
    step = {"forgotten_through": rows[-1][0]} if rows else {"forgotten_at": now}
    as_known = Campaign.objects.filter(
        pk=campaign.pk, forgotten_through=campaign.forgotten_through, forgotten_at=None, kept_because=""
    )
    with transaction.atomic():
        _hide(rows, key)
        if not as_known.update(**step):
            transaction.set_rollback(True)
            return False
        if not rows:
            Activity.objects.note(None, "messages_forgotten", campaign)
    return True


def _hide(rows: Sequence[tuple[int, str]], key: bytes) -> None:
    named = [(pk, phone) for pk, phone in rows if not is_pseudonym(phone)]  # some were erased before
    Message.objects.forget({pk: pseudonym(key, phone) for pk, phone in named})
    FieldValues.objects.filter(message__among=[pk for pk, _phone in rows]).delete()
