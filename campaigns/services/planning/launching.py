"""From a counted draft to a campaign that sends: asking, approving, launching."""

from datetime import datetime, timedelta

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from campaigns.errors import RuleError
from campaigns.models import (
    Activity,
    Campaign,
    CampaignState,
    Notice,
    PortalSettings,
    Preparation,
    User,
)
from campaigns.models.day_count import touch_counts
from campaigns.queue import enqueue

from ..notifying import answer, ask_approvers
from .preparing import discard_preparation
from .readiness import problems, untried


@transaction.atomic
def confirm(campaign: Campaign, actor: User) -> None:
    """Send or book what was counted, or ask for approval where the organisation wants a second pair of eyes."""
    _check_ready(campaign)
    if PortalSettings.load().needs_approval(campaign.recipients):
        campaign.move(
            CampaignState.PENDING_APPROVAL, requested_by=actor, requested_at=timezone.now(), returned_because=""
        )
        Activity.objects.note(actor, "campaign_requested", campaign, **_pinned(campaign))
        ask_approvers(campaign, actor)
    else:
        launch(campaign, actor)


@transaction.atomic
def approve(campaign: Campaign, actor: User) -> None:
    if actor.pk in {campaign.created_by_id, campaign.requested_by_id}:
        raise RuleError(_("自分が作成または依頼した配信は承認できません。別の承認者に依頼してください。"))
    _check_ready(campaign)
    launch(campaign, actor, approved_by=actor, approved_at=timezone.now())
    Activity.objects.note(actor, "campaign_approved", campaign, **_pinned(campaign))
    answer(Notice.Kind.APPROVED, campaign, campaign.requested_by)


def send_back(campaign: Campaign, actor: User, because: str) -> None:
    requester = campaign.requested_by
    with transaction.atomic():
        _to_draft(campaign, returned_because=because)
        answer(Notice.Kind.RETURNED, campaign, requester)
        Activity.objects.note(actor, "campaign_returned", campaign)


def withdraw(campaign: Campaign, actor: User) -> None:
    with transaction.atomic():
        _to_draft(campaign)
        Activity.objects.note(actor, "campaign_withdrawn", campaign)


def _to_draft(campaign: Campaign, **changes: object) -> None:
    campaign.move(CampaignState.DRAFT, requested_by=None, requested_at=None, **changes)
    discard_preparation(campaign)


def launch(campaign: Campaign, actor: User, **approval: object) -> None:
    """From its time on every queued message of the campaign may leave; one UPDATE, however many they are."""
    now = timezone.now()
    starts_at = campaign.scheduled_for or now + timedelta(seconds=PortalSettings.load().undo_seconds)
    if starts_at < now:
        raise RuleError(_("配信予定日時を過ぎています。下書きに戻して、日時を決め直してください。"))
    with transaction.atomic():
        campaign.move(CampaignState.SCHEDULED, starts_at=starts_at, **approval)
        touch_counts([campaign.pk], now)
        Activity.objects.note(actor, "campaign_launched", campaign, **_pinned(campaign))
        assert campaign.account_id is not None
        enqueue("dispatch_account", campaign.account_id)
        enqueue("recount_touched")


def _check_ready(campaign: Campaign) -> None:
    """What the person saw is what will go: nobody edits or counts it anew before we commit."""
    if not campaign.is_ready:
        raise RuleError(_("宛先の確認がまだ終わっていません。確認画面で件数をご確認ください。"))
    if not campaign.recipients:
        raise RuleError(_("送信できる宛先が1件もありません。配信リストと対象外の理由をご確認ください。"))
    if found := [*problems(campaign), *untried(campaign)]:
        raise RuleError(found[0])
    seen = Campaign.objects.filter(pk=campaign.pk, preparation=Preparation.READY, prepared_at=campaign.prepared_at)
    if not seen.select_for_update().values_list("pk").first():
        raise RuleError(_("この配信は、いま別の操作で状態が変わりました。画面を読み込み直してください。"))


def _pinned(campaign: Campaign) -> dict[str, object]:
    return {"recipients": campaign.recipients, "parts": campaign.parts_total, "yen": str(campaign.cost)}


def start_due_campaigns(now: datetime) -> None:
    """Scheduled campaigns whose time has come begin to send."""
    due = Campaign.objects.filter(state=CampaignState.SCHEDULED, starts_at__lte=now)
    due.update(state=CampaignState.SENDING, started_at=now)
