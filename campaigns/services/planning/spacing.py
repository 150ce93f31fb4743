"""広告の配信間隔: who has another advertisement so near that this one is spared them.

What is decided here is what a person confirms. Two campaigns counted at the same time do not know of each other yet:
Message.begin_send() asks once more, as each text leaves.
"""

from collections.abc import Sequence
from datetime import datetime, time, timedelta
from functools import cached_property

from django.db.models import Q
from django.utils import timezone

from campaigns.models import REACHES, Campaign, CampaignState, Message, MessageState, PortalSettings, Purpose
from campaigns.rules.sending_window import JST, jst_day

DECIDED = (CampaignState.SCHEDULED, CampaignState.SENDING, CampaignState.PAUSED, CampaignState.HOLDING)


class Spacing:
    """Around the day of one campaign."""

    def __init__(self, campaign: Campaign) -> None:
        self.campaign = campaign
        self.days = PortalSettings.load().recent_days
        day, apart = jst_day(campaign.scheduled_for or timezone.now()), timedelta(days=self.days)
        self.before, self.after = day - apart, day + apart  # neither is near any more

    def has_another(self, phones: Sequence[str]) -> set[str]:
        """Those of the numbers that had an advertisement near that day, or will."""
        if not self.days:
            return set()
        had = Q(state__in=REACHES, day__gt=self.before, day__lt=self.after, campaign__purpose=Purpose.ADVERTISING)
        will = Q(state=MessageState.QUEUED, campaign__in=self._planned_near)
        found = Message.objects.filter(had | will, phone__among=phones).exclude(campaign=self.campaign)
        return set(found.values_list("phone", flat=True))

    @cached_property
    def _planned_near(self) -> list[int]:
        """What has begun and is not through yet counts for today."""
        first, last = (datetime.combine(day, time.min, JST) for day in (self.before + timedelta(days=1), self.after))
        planned = Campaign.objects.filter(purpose=Purpose.ADVERTISING, state__in=DECIDED, starts_at__lt=last)
        if timezone.now() < first:
            planned = planned.filter(starts_at__gte=first)
        return list(planned.values_list("pk", flat=True))
