"""Schedules held by the vendor: what we believe it holds beside what it says it holds (予約送信確認)."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from itertools import product

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


def compare_bookings(account: ProviderAccount, *days: date) -> BookingComparison:
    """One question a day (JST) and sender; ProviderError where the vendor does not answer one of them."""
    senders = list(account.senders.values_list("value", flat=True))
    held = ask_vendor(account, lambda provider: _held(provider, days, senders))
    ours = {reference for day in days for reference in _ours(account, day)}
    theirs = {booking.reference for booking in held}
    return BookingComparison(len(ours), len(theirs), sorted(ours - theirs), sorted(theirs - ours))


async def _held(provider: Provider, days: Iterable[date], senders: Iterable[str]) -> list[Booking]:
    asked = product(days, senders)
    return [booking for day, sender in asked for booking in await provider.bookings(day, sender_id=sender)]


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
