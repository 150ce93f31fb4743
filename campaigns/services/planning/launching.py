"""From a draft to messages in the queue: making the rows, asking, approving, launching."""

from datetime import datetime, timedelta
from time import monotonic

from django.db import connection, transaction
from django.db.models import Count, Max, Min, QuerySet, Sum
from django.db.models.functions import Length
from django.utils import timezone
from django.utils.translation import gettext as _

from campaigns.errors import RuleError
from campaigns.models import (
    Activity,
    Campaign,
    CampaignState,
    DayCount,
    HeldAt,
    Message,
    MessageState,
    PortalSettings,
    Preparation,
    User,
)
from campaigns.models.day_count import touch_counts
from campaigns.queue import enqueue
from campaigns.rules.sending_window import jst_day

from .audience import Audience, store
from .readiness import problems, untried
from .vendor_fields import discard_fields, pin_fields, template_to_pin

CHUNK = 2_000  # contacts per transaction: half a second's work, so that a stop or a crash costs no more
SLICE_SECONDS = 5.0


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
    """Whatever was counted no longer holds: the draft was edited."""
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
        discard_fields(campaign)
        rows = Message.objects.filter(campaign=campaign)
        rows._raw_delete(rows.db)
        DayCount.objects.filter(campaign=campaign).delete()


def _update_draft(campaign: Campaign, **changes: object) -> None:
    if not Campaign.objects.filter(pk=campaign.pk, state=CampaignState.DRAFT).update(**changes):
        raise RuleError(_("この配信はもう下書きではないため、変更できません。"))
    for name, value in changes.items():
        setattr(campaign, name, value)


def prepare_campaign(campaign: Campaign, *, until: float) -> None:
    """Make rows for one time slice, from where the last slice or a crash left off; then queue the next slice."""
    audience = Audience(campaign)
    while campaign.preparation == Preparation.RUNNING and monotonic() < until:
        contacts = list(audience.contacts(after=campaign.prepared_through)[:CHUNK])
        if not contacts:
            _finish_preparation(campaign)
            return
        if not _store_chunk(campaign, audience, contacts):
            return  # edited or taken over meanwhile: the text in our hand is no longer the campaign's
    if campaign.preparation == Preparation.RUNNING:
        enqueue("prepare_campaign", campaign.pk)


def _store_chunk(campaign: Campaign, audience: Audience, contacts: list) -> bool:  # type: ignore[type-arg]
    messages = list(audience.messages(contacts))
    step = {
        "prepared_through": contacts[-1].pk,
        "prepared_at": timezone.now(),
        "audience": campaign.audience + len(contacts),
        "texted_today": campaign.texted_today + sum(message.is_second_today for message in messages),
    }
    with transaction.atomic():
        # Names the very step it starts from: no two workers store this chunk, and none stores it with an old text.
        if not _running(campaign).filter(prepared_through=campaign.prepared_through).update(**step):
            return False
        store(campaign, messages, jst_day(timezone.now()))
        if campaign.vendor_template:
            pin_fields(campaign, messages, contacts)
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


def confirm(campaign: Campaign, actor: User) -> None:
    """Send or book what was counted, or ask for approval where the organisation wants a second pair of eyes."""
    _check_ready(campaign)
    if PortalSettings.load().needs_approval(campaign.recipients):
        with transaction.atomic():
            campaign.move(
                CampaignState.PENDING_APPROVAL, requested_by=actor, requested_at=timezone.now(), returned_because=""
            )
            Activity.objects.note(actor, "campaign_requested", campaign, **_pinned(campaign))
    else:
        launch(campaign, actor)


def approve(campaign: Campaign, actor: User) -> None:
    if actor.pk in {campaign.created_by_id, campaign.requested_by_id}:
        raise RuleError(_("自分が作成または依頼した配信は承認できません。別の承認者に依頼してください。"))
    _check_ready(campaign)
    with transaction.atomic():
        launch(campaign, actor, approved_by=actor, approved_at=timezone.now())
        Activity.objects.note(actor, "campaign_approved", campaign, **_pinned(campaign))


def send_back(campaign: Campaign, actor: User, because: str) -> None:
    with transaction.atomic():
        _to_draft(campaign, returned_because=because)
        Activity.objects.note(actor, "campaign_returned", campaign)


def withdraw(campaign: Campaign, actor: User) -> None:
    with transaction.atomic():
        _to_draft(campaign)
        Activity.objects.note(actor, "campaign_withdrawn", campaign)


def _to_draft(campaign: Campaign, **changes: object) -> None:
    campaign.move(CampaignState.DRAFT, requested_by=None, requested_at=None, **changes)
    discard_preparation(campaign)


def launch(campaign: Campaign, actor: User, **approval: object) -> None:
    """Put every queued message of the campaign into the queue of record, due at its time."""
    now = timezone.now()
    starts_at = campaign.scheduled_for or now + timedelta(seconds=PortalSettings.load().undo_seconds)
    if starts_at < now:
        raise RuleError(_("配信予定日時を過ぎています。下書きに戻して、日時を決め直してください。"))
    with transaction.atomic():
        campaign.move(CampaignState.SCHEDULED, starts_at=starts_at, **approval)
        _make_due(campaign, now if campaign.held_at == HeldAt.VENDOR else starts_at)
        touch_counts([campaign.pk], now)
        Activity.objects.note(actor, "campaign_launched", campaign, **_pinned(campaign))
        assert campaign.account_id is not None
        enqueue("dispatch_account", campaign.account_id)
        enqueue("recount_touched")


def _check_ready(campaign: Campaign) -> None:
    if not campaign.is_ready:
        raise RuleError(_("宛先の確認がまだ終わっていません。確認画面で件数をご確認ください。"))
    if not campaign.recipients:
        raise RuleError(_("送信できる宛先が1件もありません。配信リストと対象外の理由をご確認ください。"))
    if found := [*problems(campaign), *untried(campaign)]:
        raise RuleError(found[0])


def _pinned(campaign: Campaign) -> dict[str, object]:
    return {"recipients": campaign.recipients, "parts": campaign.parts_total, "yen": str(campaign.cost)}


# Parameters: due_at, campaign.
MAKE_DUE = """
INSERT INTO campaigns_duemessage (message_id, account_id, campaign_id, phone, due_at, token, attempts)
SELECT id, account_id, campaign_id, phone, %s, '', 0 FROM campaigns_message WHERE campaign_id = %s AND state = 'queued'
"""


def _make_due(campaign: Campaign, due_at: datetime) -> None:
    with connection.cursor() as cursor:
        cursor.execute(MAKE_DUE, [connection.ops.adapt_datetimefield_value(due_at), campaign.pk])


def start_due_campaigns(now: datetime) -> None:
    """Scheduled campaigns whose time has come begin to send."""
    due = Campaign.objects.filter(state=CampaignState.SCHEDULED, starts_at__lte=now)
    due.update(state=CampaignState.SENDING, started_at=now)
