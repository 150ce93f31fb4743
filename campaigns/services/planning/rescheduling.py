"""Another time for a booked campaign: text, audience and price stay as they were counted and approved."""

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from campaigns.errors import RuleError
from campaigns.models import Activity, Campaign, CampaignState, HeldAt, User

from .readiness import time_problems


def why_not_to_move(campaign: Campaign, actor: User) -> str:
    """The sentence why this person cannot give it another time; empty where they can."""
    if campaign.state != CampaignState.SCHEDULED or campaign.scheduled_for is None:
        return _("「%(name)s」は予約済みではないため、日時を変更できません。") % {"name": campaign.name}
    if campaign.held_at == HeldAt.VENDOR:
        return _("配信事業者に預けた予約は、日時を変更できません。予約を取り消し、配信を複製して作り直してください。")
    if campaign.approved_by_id and not _may_approve(campaign, actor):
        return _("承認された日時を変更できるのは、作成者と依頼者以外の承認者です。承認者に依頼してください。")
    return ""


def _may_approve(campaign: Campaign, actor: User) -> bool:
    is_own = actor.pk in {campaign.created_by_id, campaign.requested_by_id}
    return not is_own and actor.has_perm("campaigns.approve_campaign")


def reschedule(campaign: Campaign, actor: User, starts_at: datetime) -> None:
    """Give a booking kept here another time; RuleError says why it must stay where it is."""
    if because := why_not_to_move(campaign, actor):
        raise RuleError(because)
    before, campaign.scheduled_for = campaign.scheduled_for, starts_at
    if found := [sentence for _field, sentence in time_problems(campaign)]:
        raise RuleError(found[0])
    with transaction.atomic():
        _move(campaign, before, starts_at)
        Activity.objects.note(actor, "campaign_rescheduled", campaign, before=str(before), after=str(starts_at))


def _move(campaign: Campaign, before: datetime | None, starts_at: datetime) -> None:
    """Names the time it leaves: neither a campaign that has begun nor one that somebody else moved is moved again."""
    booked = Campaign.objects.filter(pk=campaign.pk, state=CampaignState.SCHEDULED, starts_at=before)
    if not booked.update(scheduled_for=starts_at, starts_at=starts_at):
        raise RuleError(_("この配信は、いま別の操作で状態が変わりました。画面を読み込み直してください。"))
