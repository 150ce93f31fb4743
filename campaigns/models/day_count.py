"""Messages and parts by day, always recomputed from the ledger and never incremented."""

from collections.abc import Collection
from datetime import datetime

from django.db import connection, models, transaction
from django.utils.translation import gettext_lazy as _

from .bulk import one_at_a_time
from .campaign import Campaign
from .message import MessageState


class DayCountQuerySet(models.QuerySet["DayCount"]):
    def recount(self, campaign_id: int) -> None:
        """Replace the counts of one campaign by what its messages say now."""
        with transaction.atomic(), connection.cursor() as cursor:
            one_at_a_time(f"counts {campaign_id}")
            self.filter(campaign_id=campaign_id).delete()
            cursor.execute(RECOUNT, [campaign_id])


class DayCount(models.Model):
    day = models.DateField(_("日付"))  # JST day of submission
    account = models.ForeignKey("ProviderAccount", models.CASCADE, db_index=False)
    campaign = models.ForeignKey("Campaign", models.CASCADE, related_name="counts")
    carrier = models.CharField(max_length=10, blank=True)
    state = models.CharField(max_length=12, choices=MessageState)
    messages = models.PositiveIntegerField()
    parts = models.PositiveIntegerField()  # our estimate
    billed_parts = models.PositiveIntegerField()  # where the vendor said so

    objects = DayCountQuerySet.as_manager()

    class Meta:
        permissions = [("export_daycount", _("通数集計をCSV出力できる"))]
        indexes = [models.Index(fields=["day", "account"], name="count_by_day")]
        constraints = [
            models.UniqueConstraint(fields=["campaign", "day", "carrier", "state"], name="count_once"),
        ]

    def __str__(self) -> str:
        return f"{self.day} {self.state}"


def touch_counts(campaigns: Collection[int], now: datetime) -> None:
    """Messages of these campaigns moved: their counts are to be made again."""
    Campaign.objects.filter(pk__in=campaigns).update(counts_touched_at=now)


RECOUNT = """
INSERT INTO campaigns_daycount (day, account_id, campaign_id, carrier, state, messages, parts, billed_parts)
SELECT day, account_id, campaign_id, carrier, state, COUNT(*), COALESCE(SUM(parts), 0), COALESCE(SUM(billed_parts), 0)
FROM campaigns_message WHERE campaign_id = %s GROUP BY day, account_id, campaign_id, carrier, state
"""
