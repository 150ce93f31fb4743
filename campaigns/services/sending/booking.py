"""Schedules held by the vendor: what we believe it holds beside what it says it holds (予約送信確認)."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from campaigns.models import HeldAt, Message, MessageState, ProviderAccount
from campaigns.rules.sending_window import JST
from providers.base import Booking, Provider

from ..accounts import ask_vendor


@dataclass(frozen=True, slots=True)
class BookingComparison:
    ours: int
    theirs: int
    missing_there: list[str]  # references we believe booked, and the vendor does not hold
    unknown_here: list[str]  # references it holds, and we do not believe booked


def compare_bookings(account: ProviderAccount, day: date) -> BookingComparison:
    """Ask the vendor for one day (JST); ProviderError where it does not answer."""
    senders = list(account.senders.values_list("value", flat=True))
    held = ask_vendor(account, lambda provider: _held(provider, day, senders))
    ours = set(_ours(account, day))
    theirs = {booking.reference for booking in held}
    return BookingComparison(len(ours), len(theirs), sorted(ours - theirs), sorted(theirs - ours))


async def _held(provider: Provider, day: date, senders: list[str]) -> list[Booking]:
    return [booking for sender in senders for booking in await provider.bookings(day, sender_id=sender)]


def _ours(account: ProviderAccount, day: date):  # type: ignore[no-untyped-def]
    starts = datetime.combine(day, time.min, JST)
    booked = Message.objects.filter(
        account=account,
        state=MessageState.BOOKED,
        campaign__held_at=HeldAt.VENDOR,
        campaign__starts_at__gte=starts,
        campaign__starts_at__lt=starts + timedelta(days=1),
    )
    return booked.values_list("reference", flat=True)
