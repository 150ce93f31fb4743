"""The queue of record: one small row for each message not yet handed over, deleted when it is."""

import uuid
from collections.abc import Collection, Sequence
from datetime import datetime, timedelta

from django.db import connection, models
from django.db.models import F
from django.db.models.functions import Least

from . import bulk

MOST_ATTEMPTS = 32_767  # that the column holds: a vendor may turn away every second for a day


class DueMessageQuerySet(models.QuerySet["DueMessage"]):
    def reserve(self, campaigns: Sequence[int], size: int, *, now: datetime, seconds: float) -> str:
        """Stamp up to `size` due rows with a fresh token, in equal shares over the campaigns; "" when nothing is due.

        Nothing has left yet: a reservation that runs out is simply due again.
        """
        token = uuid.uuid4().hex
        until = now + timedelta(seconds=seconds)
        hungry, wanted = list(campaigns), size
        while hungry and wanted > 0:  # what one campaign does not use of its share goes to those that want more
            share, asked, hungry = -(-wanted // len(hungry)), hungry, []
            for pk in asked:
                given = self._stamp(pk, min(share, wanted), token=token, now=now, until=until)
                wanted -= given
                if given == share:
                    hungry.append(pk)
        return token if wanted < size else ""

    def _stamp(self, campaign_id: int, share: int, *, token: str, now: datetime, until: datetime) -> int:
        lock = "FOR UPDATE SKIP LOCKED" if connection.features.has_select_for_update_skip_locked else ""
        with connection.cursor() as cursor:
            values = [token, bulk.moment(until), campaign_id, bulk.moment(now), share]
            cursor.execute(RESERVE.format(lock=lock), values)
            return int(cursor.rowcount)

    def settle_reservation(self, token: str, *, leaving: Collection[int]) -> None:
        """After begin_send(): what did not begin is free again, what has ended meanwhile needs no sending."""
        these, parameter = bulk.among(leaving)
        with connection.cursor() as cursor:
            cursor.execute(FREE.replace("<these>", these), [token, parameter])
            stayed = [pk for (pk,) in cursor.fetchall()]
        if stayed:
            self.filter(pk__in=stayed).exclude(message__state="queued").delete()

    def hand_over(self, messages: Collection[int]) -> None:
        """The vendor has them, or nobody ever will: no longer due."""
        these, parameter = bulk.among(messages)
        with connection.cursor() as cursor:
            cursor.execute(HAND_OVER.replace("<these>", these), [parameter])

    def put_off(self, messages: Collection[int], due_at: datetime) -> None:
        """Turned away: due again later."""
        attempts = Least(F("attempts") + 1, MOST_ATTEMPTS)
        self.filter(pk__in=messages).update(token="", reserved_until=None, due_at=due_at, attempts=attempts)


# Materialized, so that the picking is done once whatever the planner makes of it. Parameters: token, until, campaign,
# now, share.
RESERVE = """
UPDATE campaigns_duemessage SET token = %s, reserved_until = %s WHERE message_id IN (
  WITH picked AS MATERIALIZED (
    SELECT message_id FROM campaigns_duemessage WHERE campaign_id = %s AND token = '' AND due_at <= %s
    ORDER BY due_at, message_id LIMIT %s {lock}
  )
  SELECT message_id FROM picked
)
"""

# The index of reserved rows holds those whose token is not '', and SQLite wants to be told. Parameters: token, those
# that leave.
FREE = """
UPDATE campaigns_duemessage SET token = '', reserved_until = NULL
WHERE token = %s AND NOT (token = '') AND NOT message_id <these>
RETURNING message_id
"""

HAND_OVER = "DELETE FROM campaigns_duemessage WHERE message_id <these>"


class DueMessage(models.Model):
    # Made from the message in the same transaction, with its campaign and account: checking would cost a quarter of it.
    message = models.OneToOneField("Message", models.CASCADE, primary_key=True, related_name="due", db_constraint=False)
    account = models.ForeignKey("ProviderAccount", models.CASCADE, db_index=False, db_constraint=False)
    campaign = models.ForeignKey("Campaign", models.CASCADE, db_index=False, db_constraint=False)
    phone = models.CharField(max_length=16)  # copied, so that the last check of suppressions reads one small table
    due_at = models.DateTimeField()
    token = models.CharField(max_length=32, blank=True, default="")  # the reservation, "" while free
    reserved_until = models.DateTimeField(null=True)
    attempts = models.PositiveSmallIntegerField(default=0)  # times the vendor turned it away

    objects = DueMessageQuerySet.as_manager()

    class Meta:
        indexes = [
            models.Index(fields=["campaign", "due_at", "message"], name="due_by_campaign"),
            models.Index(fields=["account", "due_at"], name="due_by_account"),
            models.Index(fields=["token"], name="due_reserved", condition=~models.Q(token="")),
        ]

    def __str__(self) -> str:
        return str(self.pk)
