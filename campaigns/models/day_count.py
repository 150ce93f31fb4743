"""Messages and parts by day, always recomputed from the ledger and never incremented."""

from collections.abc import Collection
from datetime import datetime

from django.db import connection, models, transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from .campaign import Campaign
from .message_state import MessageState


class DayCountQuerySet(models.QuerySet["DayCount"]):
    def recount(self, campaign_id: int) -> None:
        """Replace the counts of one campaign by what its messages say now.

        Reading a million rows holds nobody up, for it happens outside the transaction that writes the few counts.
        What moves meanwhile leaves another moment in `counts_touched_at`, and so is counted next time; who finds that
        another count was written since drops its own, which may be older.
        """
        campaigns = Campaign.objects.filter(pk=campaign_id)
        before = campaigns.values("counts_touched_at", "counted_at").first()
        if before is None:
            return
        counts = self._read(campaign_id)
        with transaction.atomic():
            if not campaigns.filter(counted_at=before["counted_at"]).update(counted_at=timezone.now()):
                return
            campaigns.filter(counts_touched_at=before["counts_touched_at"]).update(counts_touched_at=None)
            self.filter(campaign_id=campaign_id).delete()
            self.bulk_create(counts)

    def _read(self, campaign_id: int) -> "list[DayCount]":
        with connection.cursor() as cursor:
            cursor.execute(COUNT, [campaign_id])
            rows = [dict(zip(COUNTED, row, strict=True)) for row in cursor.fetchall()]
        return [DayCount(campaign_id=campaign_id, **row) for row in rows]


class DayCount(models.Model):
    day = models.DateField(_("日付"))  # JST day of sending
    account = models.ForeignKey("ProviderAccount", models.CASCADE, db_index=False)
    campaign = models.ForeignKey("Campaign", models.CASCADE, related_name="counts")
    carrier = models.CharField(max_length=10, blank=True)
    state = models.CharField(max_length=12, choices=MessageState)
    messages = models.PositiveIntegerField()
    parts = models.PositiveIntegerField()  # our estimate
    billed_parts = models.PositiveIntegerField()  # where the vendor said so
    unbilled_parts = models.PositiveIntegerField(default=0)  # our estimate for those of which it named none

    objects = DayCountQuerySet.as_manager()

    class Meta:
        permissions = [("export_daycount", _("通数集計をCSV出力できる"))]
        indexes = [models.Index(fields=["day", "account"], name="count_by_day")]
        constraints = [
            models.UniqueConstraint(fields=["campaign", "day", "carrier", "state"], name="count_once"),
        ]

    def __str__(self) -> str:
        return f"{self.day} {self.state}"


@transaction.atomic(savepoint=False)
def touch_counts(campaigns: Collection[int], now: datetime) -> None:
    """Messages of these campaigns moved: their counts are to be made again.

    Rows are locked in the order of their keys, as waves, outcomes and receipts touch the same campaigns at once.
    """
    in_order = Campaign.objects.select_for_update().filter(pk__in=campaigns).order_by("pk")
    Campaign.objects.filter(pk__in=in_order.values("pk")).update(counts_touched_at=now)


COUNTED = ("account_id", "day", "carrier", "state", "messages", "parts", "billed_parts", "unbilled_parts")
# Parameter: campaign. All its messages have one account, so the account is no part of the grouping.
COUNT = """
SELECT MIN(account_id), day, carrier, state, COUNT(*), COALESCE(SUM(parts), 0), COALESCE(SUM(billed_parts), 0),
  COALESCE(SUM(CASE WHEN billed_parts > 0 THEN 0 ELSE parts END), 0)
FROM campaigns_message WHERE campaign_id = %s GROUP BY day, carrier, state
"""
