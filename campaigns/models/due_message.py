"""The queue of record: one small row for each message not yet handed over, deleted when it is."""

import uuid
from collections.abc import Collection, Sequence
from datetime import datetime, timedelta

from django.db import models, transaction
from django.db.models import F


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
        free = self.filter(campaign_id=campaign_id, token="", due_at__lte=now).order_by("due_at", "message_id")
        with transaction.atomic():
            picked = free.select_for_update(skip_locked=True).values_list("pk", flat=True)[:share]
            return self.filter(pk__in=list(picked), token="").update(token=token, reserved_until=until)

    def settle_reservation(self, token: str, *, leaving: Collection[int]) -> None:
        """After begin_send(): what did not begin is free again, what has ended meanwhile needs no sending."""
        stayed = self.filter(token=token).exclude(pk__in=leaving)
        stayed.exclude(message__state="queued").delete()
        stayed.update(token="", reserved_until=None)

    def put_off(self, messages: Collection[int], due_at: datetime) -> None:
        """Turned away: due again later."""
        self.filter(pk__in=messages).update(token="", reserved_until=None, due_at=due_at, attempts=F("attempts") + 1)


class DueMessage(models.Model):
    message = models.OneToOneField("Message", models.CASCADE, primary_key=True, related_name="due")
    # Those of the message, which is checked already: checking them again would cost a fifth of a launch.
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
