"""The ledger -> counts by day. Screens read counts, they never count."""

from datetime import date, datetime, timedelta

from django.db import transaction
from django.utils import timezone

from campaigns.models import Campaign, DayCount, ProviderAccount, VendorCount

from ..accounts import ask_vendor


def recount_touched(now: datetime) -> None:
    """Make the counts of every campaign again whose messages moved, the larger it is the less often."""
    touched = Campaign.objects.filter(counts_touched_at__isnull=False).order_by("counts_touched_at")
    for campaign_id, rows, counted_at in list(touched.values_list("pk", "audience", "counted_at")):
        if counted_at is None or counted_at <= now - rest_after(rows):
            DayCount.objects.recount(campaign_id)


def rest_after(rows: int) -> timedelta:
    """About ten times as long as counting so many rows takes, so that counting never costs more than a tenth of a core.
    What is left alone now is counted by the schedule, or while somebody watches."""
    return timedelta(milliseconds=rows // 100)


def fetch_vendor_counts(account: ProviderAccount, month: date) -> dict[str, int]:
    """Ask the vendor for its own count of a month and keep the answer; ProviderError where there is none."""
    first = month.replace(day=1)
    counts = ask_vendor(account, lambda provider: provider.month_counts(first))
    now = timezone.now()
    with transaction.atomic():
        VendorCount.objects.filter(account=account, month=first).delete()
        VendorCount.objects.bulk_create(
            VendorCount(account=account, month=first, carrier=carrier, parts=parts, asked_at=now)
            for carrier, parts in counts.items()
        )
    return counts
