"""When a campaign would begin and be done, at its account's pace and within the hours it may be sent."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from campaigns.errors import InvalidInput
from campaigns.models import Campaign, HeldAt, PortalSettings, Purpose
from campaigns.rules.sending_window import SendingWindow


@dataclass(frozen=True, slots=True)
class Forecast:
    starts_at: datetime
    ends_at: datetime
    reopens_at: datetime | None = None  # the hours end before it is done, and it goes on then

    def misses(self, deadline: datetime | None) -> bool:
        return deadline is not None and self.ends_at > deadline


def forecast(campaign: Campaign, messages: int, *, now: datetime, pace: float | None = None) -> Forecast | None:
    """For so many messages still to be sent; None when no hour is open to it."""
    assert campaign.account is not None
    undo = timedelta(seconds=PortalSettings.load().undo_seconds)
    begin = max(now, campaign.starts_at or campaign.scheduled_for or now + undo)
    seconds = messages / (pace or campaign.account.pace)
    if not keeps_hours(campaign):
        return Forecast(begin, begin + timedelta(seconds=seconds))
    try:
        return _within(PortalSettings.load().window(), begin, seconds)
    except InvalidInput:
        return None


def keeps_hours(campaign: Campaign) -> bool:
    """Advertising that we send ourselves; what the vendor holds waits for its own time."""
    return campaign.purpose == Purpose.ADVERTISING and campaign.held_at == HeldAt.HERE


def reopens_at(campaign: Campaign, now: datetime) -> datetime | None:
    """When it may go on, while the hours keep it from being sent; `now` itself never comes back."""
    if not keeps_hours(campaign):
        return None
    window = PortalSettings.load().window()
    return None if window.is_open(now) else window.next_opening(now)


def _within(window: SendingWindow, begin: datetime, seconds: float) -> Forecast:
    starts_at = at = window.next_opening(begin)
    first_reopening = None
    while (room := (window.closes_after(at) - at).total_seconds()) < seconds:
        seconds -= room
        at = window.next_opening(window.closes_after(at))
        first_reopening = first_reopening or at
    return Forecast(starts_at, at + timedelta(seconds=seconds), first_reopening)
