"""The messages of a draft: made in slices before anybody is asked, thrown away in slices when it is edited.

Each has its place in the queue from the beginning, so that a launch is one UPDATE however many they are. Nothing of a
draft can leave: begin_send() asks for the campaign's state in the statement that lets a message go.
"""

from time import monotonic

from django.db import transaction
from django.db.models import Count, Exists, Max, Min, OuterRef, QuerySet, Sum
from django.db.models.functions import Length
from django.utils import timezone
from django.utils.translation import gettext as _

from campaigns.errors import RuleError
from campaigns.models import (
    Campaign,
    CampaignState,
    DayCount,
    DueMessage,
    FieldValues,
    Message,
    MessageState,
    Preparation,
)
from campaigns.queue import enqueue

from .audience import Audience, store
from .readiness import problems
from .vendor_fields import pin_fields, template_to_pin

CHUNK = 5_000  # contacts per transaction: a quarter second of SQLite's one write lock


def start_preparation(campaign: Campaign) -> None:
    """Make the messages of a draft in the background; the confirmation page shows how far it is."""
    if found := problems(campaign):
        raise RuleError(found[0])
    discard_preparation(campaign)
    _update_draft(
        campaign,
        preparation=Preparation.RUNNING,
        prepared_at=timezone.now(),
        vendor_template=template_to_pin(campaign),
    )
    enqueue("prepare_campaign", campaign.pk)


def discard_preparation(campaign: Campaign) -> None:
    """Whatever was counted no longer holds: the draft was edited. Its rows go in the background."""
    with transaction.atomic():
        _update_draft(
            campaign,
            preparation=Preparation.NONE,
            prepared_through=0,
            audience=0,
            recipients=0,
            excluded={},
            texted_today=0,
            parts_total=0,
        )
        DayCount.objects.filter(campaign=campaign).delete()
        enqueue("clear_preparation", campaign.pk)


def _update_draft(campaign: Campaign, **changes: object) -> None:
    if not Campaign.objects.filter(pk=campaign.pk, state=CampaignState.DRAFT).update(**changes):
        raise RuleError(_("この配信はもう下書きではないため、変更できません。"))
    for name, value in changes.items():
        setattr(campaign, name, value)


def to_be_cleared() -> list[int]:
    """Drafts thrown away whose rows are still here."""
    deleted = Campaign.with_deleted.filter(state=CampaignState.DELETED)
    rows, trials = Message.objects.filter(campaign=OuterRef("pk")), Campaign.objects.filter(trial_of=OuterRef("pk"))
    return list(deleted.filter(Exists(rows) | ~Exists(trials)).values_list("pk", flat=True))


def clear_preparation(campaign: Campaign, *, until: float) -> None:
    """Throw away what an earlier preparation made, for one slice; then queue the next. A deleted draft goes last."""
    if not _is_cleared(campaign, until):
        enqueue("clear_preparation", campaign.pk)
    elif not campaign.trials.exists():  # else it stays, unseen: a trial without its draft would pass for a campaign
        Campaign.with_deleted.filter(pk=campaign.pk, state=CampaignState.DELETED).delete()


def _is_cleared(campaign: Campaign, until: float) -> bool:
    """While a draft has stored nothing, whatever rows it has are those of an earlier preparation."""
    while _clear_chunk(campaign):
        if monotonic() > until:
            return False
    return True


def _clear_chunk(campaign: Campaign) -> bool:
    with transaction.atomic():
        cleared = (CampaignState.DRAFT, CampaignState.DELETED)
        empty = Campaign.with_deleted.filter(pk=campaign.pk, state__in=cleared, prepared_through=0)
        if not empty.update(prepared_through=0):  # held until we commit: nothing is stored meanwhile
            return False
        rows = list(Message.objects.filter(campaign=campaign).order_by("pk").values_list("pk", flat=True)[:CHUNK])
        for model in (DueMessage, FieldValues, Message):
            left_over = model.objects.filter(pk__in=rows)
            left_over._raw_delete(left_over.db)
    return bool(rows)


def prepare_campaign(campaign: Campaign, *, until: float) -> None:
    """Make rows for one time slice, from where the last slice or a crash left off; then queue the next slice.

    One chunk at least, or a slow machine would only ever queue the next slice.
    """
    if campaign.preparation != Preparation.RUNNING:
        return
    if campaign.prepared_through or _is_cleared(campaign, until):
        audience = Audience(campaign)
        while True:
            members = audience.members(after=campaign.prepared_through, size=CHUNK)
            if not members:
                _finish_preparation(campaign)
                return
            if not _store_chunk(campaign, audience, members):
                return  # edited or taken over meanwhile: the text in our hand is no longer the campaign's
            if monotonic() > until:
                break
    enqueue("prepare_campaign", campaign.pk)


def _store_chunk(campaign: Campaign, audience: Audience, members: list[int]) -> bool:
    contacts = audience.contacts(members)
    messages = list(audience.messages(contacts))
    now = timezone.now()
    step = {
        "prepared_through": members[-1],
        "prepared_at": now,
        "audience": campaign.audience + len(contacts),
        "texted_today": campaign.texted_today + sum(message.is_second_today for message in messages),
    }
    with transaction.atomic():
        # Names the very step it starts from: no two workers store this chunk, and none stores it with an old text.
        if not _running(campaign).filter(prepared_through=campaign.prepared_through).update(**step):
            return False
        store(campaign, messages, now)
        if campaign.vendor_template:
            pin_fields(audience, messages, contacts)
    for name, value in step.items():
        setattr(campaign, name, value)
    return True


def _running(campaign: Campaign) -> "QuerySet[Campaign]":
    """The preparation as we know it; a later one of the same campaign has another moment."""
    return Campaign.objects.filter(pk=campaign.pk, preparation=Preparation.RUNNING, prepared_at=campaign.prepared_at)


def _finish_preparation(campaign: Campaign) -> None:
    """Pin the figures the person is asked to confirm."""
    assert campaign.account is not None
    rows = Message.objects.filter(campaign=campaign)
    longest = rows.filter(state=MessageState.QUEUED).order_by("-parts", Length("body").desc(), "pk")
    queued = rows.filter(state=MessageState.QUEUED).aggregate(
        n=Count("pk"), total=Sum("parts"), least=Min("parts"), most=Max("parts")
    )
    excluded = rows.exclude(state=MessageState.QUEUED).values_list("reason").annotate(n=Count("pk")).order_by("reason")
    _running(campaign).update(
        preparation=Preparation.READY,
        recipients=queued["n"],
        parts_total=queued["total"] or 0,
        parts_min=queued["least"] or 0,
        parts_max=queued["most"] or 0,
        longest_message=longest.values_list("pk", flat=True).first(),
        excluded=dict(excluded),
        unit_price=campaign.account.unit_price,
    )
