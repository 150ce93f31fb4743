"""The ledger -> counts by day. Screens read counts, they never count."""

from datetime import date

from django.db import transaction
from django.utils import timezone

from campaigns.models import Campaign, DayCount, ProviderAccount, VendorCount

from ..accounts import ask_vendor


def recount_touched() -> None:
    """Make the counts of every campaign again whose messages moved."""
    touched = Campaign.objects.filter(counts_touched_at__isnull=False).order_by("counts_touched_at")
    for campaign_id, touched_at in list(touched.values_list("pk", "counts_touched_at")):
        with transaction.atomic():
            DayCount.objects.recount(campaign_id)
            # What moved while we counted left another moment there, and so is counted next time.
            unmoved = Campaign.objects.filter(pk=campaign_id, counts_touched_at=touched_at)
            unmoved.update(counts_touched_at=None)
        Campaign.objects.filter(pk=campaign_id).update(counted_at=timezone.now())


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
