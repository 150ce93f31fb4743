from datetime import datetime, timedelta
from socket import gethostname

from django.db import models
from django.db.models import Max
from django.utils import timezone

SILENT_AFTER = timedelta(minutes=3)
GONE_AFTER = timedelta(days=1)  # a machine taken out of service


class Heartbeat(models.Model):
    """For each machine, when a worker there last did anything. Without one nothing is sent, and the screens say so."""

    machine = models.CharField(max_length=255, primary_key=True)
    at = models.DateTimeField()

    class Meta:
        ordering = ["machine"]

    def __str__(self) -> str:
        return f"{self.machine} {self.at.isoformat()}"

    @classmethod
    def beat(cls) -> None:
        row = Heartbeat(machine=gethostname(), at=timezone.now())
        Heartbeat.objects.bulk_create([row], update_conflicts=True, update_fields=["at"], unique_fields=["machine"])

    @classmethod
    def forget_gone(cls) -> None:
        cls.objects.filter(at__lt=timezone.now() - GONE_AFTER).delete()

    @classmethod
    def silent_since(cls) -> datetime | None:
        """The last sign of life of all, where it is too long ago; None while any worker works, or none ever did."""
        last: datetime | None = cls.objects.aggregate(last=Max("at"))["last"]
        return last if last and last < timezone.now() - SILENT_AFTER else None

    @classmethod
    def silent_machines(cls) -> "list[Heartbeat]":
        return list(cls.objects.filter(at__lt=timezone.now() - cls.patience()))

    @classmethod
    def silence_of(cls, machine: str) -> timedelta:
        """Without end where it never gave a sign."""
        beat = cls.objects.filter(machine=machine).first()
        return timezone.now() - beat.at if beat else timedelta.max

    @classmethod
    def patience(cls) -> timedelta:
        """How long a machine may get nothing of the common work: beyond that it is no chance any more.

        The queue deals out a few tasks a minute, so that of two machines each waits twice as long for its turn.
        """
        return SILENT_AFTER * max(1, cls.objects.count())
