"""Due messages, wave by wave: reserved, their time bought, begun, and put into what goes on the wire."""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.utils import timezone

from campaigns.models import Campaign, DueMessage, Leaving, Message, PortalSettings, ProviderAccount, Purpose
from campaigns.models.day_count import touch_counts
from providers.base import SUBMIT_SECONDS, OutboundSms

from ..accounts import provider_class
from ..envelopes import Envelope, envelope_of, seal
from ..planning.launching import start_due_campaigns
from .outlook import sendable
from .sending_line import Request

RESERVE_SECONDS = SUBMIT_SECONDS + 5.0  # a wave begins at once; while it is reserved nobody doubts it
WAVE_SECONDS = 0.25  # a wave is so much of the account's pace
WAVE_MOST = 250  # requests of a wave: their rows are begun in one statement while the wave before is on the wire
AHEAD_SECONDS = 0.5  # begun so long before its time at most, so that a stop is felt within a second


@dataclass(frozen=True, slots=True)
class Wave:
    messages: Sequence[Leaving] = ()
    starts_at: float = 0.0  # UNIX time


class Waves:
    """The waves of one account; only who holds its lease takes them."""

    def __init__(self, account: ProviderAccount) -> None:
        self.account = account
        self.batch_size = provider_class(account).batch_size(account.credentials)
        self.bought_until = 0.0  # UNIX time
        self._envelopes: dict[int, Envelope] = {}

    @property
    def size(self) -> int:
        return max(self.batch_size, min(WAVE_MOST * self.batch_size, int(self.account.pace * WAVE_SECONDS)))

    @property
    def is_time(self) -> bool:
        return self.bought_until - time.time() < AHEAD_SECONDS

    def next(self, *, not_before: float) -> list[Request]:
        """The requests of the next wave; none while nothing is due or the account must wait."""
        now = timezone.now()
        start_due_campaigns(now)
        campaigns = [campaign for campaign in sendable(self.account, now) if campaign.is_under_way]
        wave = self._take(campaigns, now, not_before)
        self._find_envelopes({message.campaign_id for message in wave.messages}, now)
        sealed = seal(wave.messages, self._envelopes)
        return [self._request(wave, sealed, place) for place in range(0, len(sealed), self.batch_size)]

    @transaction.atomic
    def _take(self, campaigns: Sequence[Campaign], now: datetime, not_before: float) -> Wave:
        """Reserve, buy the time and begin in one transaction: a crash before its end leaves everything queued."""
        self.bought_until = self.account.free_from(now=time.time())
        if not self.is_time:  # the account must wait, after a 429 for example: what begins now would only lie here
            return Wave()
        these = [campaign.pk for campaign in campaigns]
        token = DueMessage.objects.reserve(these, self.size, now=now, seconds=RESERVE_SECONDS)
        if not token:
            return Wave()
        advertises = any(campaign.purpose == Purpose.ADVERTISING for campaign in campaigns)
        days_apart = PortalSettings.load().recent_days if advertises else 0
        leaving = Message.objects.begin_send(token, these, now, days_apart=days_apart)
        DueMessage.objects.settle_reservation(token, leaving=[message.id for message in leaving])
        touch_counts({message.campaign_id for message in leaving} if leaving else these, now)
        if not leaving:
            return Wave()
        starts_at = self.account.buy_pace(len(leaving), now=max(time.time(), not_before))
        self.bought_until = starts_at + len(leaving) / self.account.pace
        return Wave(leaving, starts_at)

    def _request(self, wave: Wave, sealed: Sequence[OutboundSms], place: int) -> Request:
        these = slice(place, place + self.batch_size)
        return Request(wave.starts_at + place / self.account.pace, sealed[these], wave.messages[these])

    def _find_envelopes(self, campaigns: set[int], now: datetime) -> None:
        """As of the moment it was decided that they may go: a booking that waited since is none to be sent at once."""
        for campaign_id in campaigns - self._envelopes.keys():
            campaign = Campaign.objects.select_related("account", "sender").get(pk=campaign_id)
            self._envelopes[campaign_id] = envelope_of(campaign, now)
