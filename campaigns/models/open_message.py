"""Messages handed over whose last word is missing: when to ask the vendor next, and until when."""

from collections.abc import Collection
from datetime import datetime, timedelta

from django.db import connection, models

from . import bulk

GIVE_UP_AFTER = timedelta(hours=74)  # carriers may try for 72


class OpenMessageQuerySet(models.QuerySet["OpenMessage"]):
    def watch(
        self,
        messages: Collection[int],
        *,
        account_id: int,
        next_look_at: datetime,
        now: datetime,
        in_doubt: bool = False,
    ) -> None:
        """Start watching, or watch as surely handed over what was in doubt; whose last word came is left alone."""
        if not messages:
            return
        these, parameter = bulk.among(messages)
        values = [account_id, bulk.moment(next_look_at), in_doubt, bulk.moment(now), parameter]
        with connection.cursor() as cursor:
            cursor.execute(WATCH.replace("<these>", these), values)

    def close(self, messages: Collection[int]) -> None:
        self.filter(pk__among=messages).delete()


# Parameters: account, next look, whether in doubt, now, the messages.
WATCH = """
INSERT INTO campaigns_openmessage (message_id, account_id, next_look_at, in_doubt, looks, since)
SELECT id, %s, %s, %s, 0, %s FROM campaigns_message
WHERE id <these> AND state IN ('accepted', 'booked', 'unknown')
ON CONFLICT (message_id) DO UPDATE SET
  next_look_at = excluded.next_look_at, in_doubt = excluded.in_doubt, looks = 0, since = excluded.since
  WHERE campaigns_openmessage.in_doubt AND NOT excluded.in_doubt
"""


class OpenMessage(models.Model):
    # WATCH takes them from the message's row; and a check would lock the account's, which every wave writes.
    message = models.OneToOneField(
        "Message", models.CASCADE, primary_key=True, related_name="open", db_constraint=False
    )
    account = models.ForeignKey("ProviderAccount", models.CASCADE, db_index=False, db_constraint=False)
    next_look_at = models.DateTimeField()
    looks = models.PositiveSmallIntegerField(default=0)  # times the vendor was asked
    in_doubt = models.BooleanField(default=False)  # we do not know whether the vendor took it
    since = models.DateTimeField()

    objects = OpenMessageQuerySet.as_manager()

    class Meta:
        indexes = [models.Index(fields=["account", "next_look_at"], name="open_by_account")]

    def __str__(self) -> str:
        return str(self.pk)
