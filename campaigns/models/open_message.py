"""Messages handed over whose last word is missing: when to ask the vendor next, and until when."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime

from django.db import connection, models

from . import bulk


@dataclass(frozen=True, slots=True)
class Watch:
    message_id: int
    account_id: int
    next_look_at: str  # as the database writes moments
    in_doubt: bool = False


class OpenMessageQuerySet(models.QuerySet["OpenMessage"]):
    def watch(self, watches: Iterable[Watch], now: datetime) -> None:
        """Start watching; a message whose last word already came is left alone."""
        rows = bulk.as_rows(WATCH_COLUMNS, watches)
        if not rows:
            return
        table, parameter = bulk.table(WATCH_COLUMNS, rows)
        with connection.cursor() as cursor:
            cursor.execute(WATCH.replace("<rows>", table), [bulk.moment(now), parameter])

    def close(self, messages: Collection[int]) -> None:
        self.filter(pk__in=messages).delete()


WATCH_COLUMNS = {"message_id": "bigint", "account_id": "bigint", "next_look_at": "timestamptz", "in_doubt": "boolean"}
# Parameters: now, the rows.
WATCH = """
INSERT INTO campaigns_openmessage (message_id, account_id, next_look_at, in_doubt, looks, since)
SELECT v.message_id, v.account_id, v.next_look_at, v.in_doubt, 0, %s FROM <rows>
  JOIN campaigns_message m ON m.id = v.message_id
WHERE m.state IN ('accepted', 'booked', 'unknown')
ON CONFLICT (message_id) DO NOTHING
"""


class OpenMessage(models.Model):
    message = models.OneToOneField("Message", models.CASCADE, primary_key=True, related_name="open")
    account = models.ForeignKey("ProviderAccount", models.CASCADE, db_index=False)
    next_look_at = models.DateTimeField()
    looks = models.PositiveSmallIntegerField(default=0)  # times the vendor was asked
    in_doubt = models.BooleanField(default=False)  # we do not know whether the vendor took it
    since = models.DateTimeField()

    objects = OpenMessageQuerySet.as_manager()

    class Meta:
        indexes = [models.Index(fields=["account", "next_look_at"], name="open_by_account")]

    def __str__(self) -> str:
        return str(self.pk)
