"""Mails about campaigns, to those who have to act or wait for an answer. None holds up or undoes what it tells of."""

import logging
from collections.abc import Iterable
from datetime import datetime
from time import monotonic

from django.conf import settings
from django.core.mail import send_mail
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone, translation

from campaigns.models import Campaign, CampaignState, Notice, User
from campaigns.models.notice import GIVE_UP_AFTER
from campaigns.queue import enqueue
from campaigns.texts import notice_text

logger = logging.getLogger(__name__)
AT_ONCE = 100
# In any other state there is nothing left to tell; an answer stays one, while its campaign is there to be opened.
TRUE_WHILE: dict[str, str] = {
    Notice.Kind.REQUESTED: CampaignState.PENDING_APPROVAL,
    Notice.Kind.HELD: CampaignState.HOLDING,
}


def ask_approvers(campaign: Campaign, actor: User) -> None:
    """Everybody who may approve it."""
    involved = {campaign.created_by_id, actor.pk}
    _owe(Notice.Kind.REQUESTED, campaign, User.objects.with_perm("campaigns.approve_campaign").exclude(pk__in=involved))


def answer(kind: str, campaign: Campaign, requester: User | None) -> None:
    if requester:
        _owe(kind, campaign, [requester])


def tell_of_hold(campaigns: Iterable[Campaign]) -> None:
    """Those who made, asked for or approved it."""
    for campaign in campaigns:
        if campaign.trial_of_id:
            continue  # whoever tries waits before the screen
        ids = (campaign.created_by_id, campaign.requested_by_id, campaign.approved_by_id)
        _owe(Notice.Kind.HELD, campaign, User.objects.filter(pk__in=[pk for pk in ids if pk]))


def _owe(kind: str, campaign: Campaign, people: Iterable[User]) -> None:
    Notice.owe(kind, campaign, people)
    enqueue("send_notices")


def send_notices(*, until: float) -> None:
    """What is due, for one slice; where the mail server fails, the rest waits for the next minute."""
    now = timezone.now()
    due = Notice.objects.filter(due_at__lte=now).select_related("person", "campaign").order_by("due_at", "pk")
    for notice in due[:AT_ONCE]:
        if monotonic() >= until:
            break
        if notice.claim(now) and not _is_settled(notice, now):
            return
    if due.exists():
        enqueue("send_notices")


def _is_settled(notice: Notice, now: datetime) -> bool:
    state = notice.campaign.state
    is_true = state == TRUE_WHILE.get(notice.kind, state) and state != CampaignState.DELETED
    if is_true and now - notice.made_at < GIVE_UP_AFTER and not _is_sent(notice):
        return False
    notice.delete()
    return True


def _is_sent(notice: Notice) -> bool:
    with translation.override(notice.person.language or settings.LANGUAGE_CODE):
        name = " ".join(notice.campaign.name.split())  # a heading of a mail has one line
        subject, text = notice_text(notice.kind)
        page = settings.PORTAL_URL + reverse("campaign_detail", args=[notice.campaign_id])
        body = render_to_string("mails/notice.txt", {"notice": notice, "text": text, "page": page})
    try:
        send_mail(subject % {"name": name}, body, None, [notice.person.email])
    except OSError as error:  # SMTPException is one
        logger.warning("a mail could not be sent, tried again later: %s", type(error).__name__)
        return False
    return True
