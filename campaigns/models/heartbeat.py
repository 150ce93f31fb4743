from datetime import datetime, timedelta

from django.db import models
from django.utils import timezone

SILENT_AFTER = timedelta(minutes=3)


class Heartbeat(models.Model):
    """One row: when a worker last did anything. Without a worker nothing is sent, and the screens must say so."""

    at = models.DateTimeField()

    def __str__(self) -> str:
        return self.at.isoformat()

    @classmethod
    def beat(cls) -> None:
        cls.objects.update_or_create(pk=1, defaults={"at": timezone.now()})

    @classmethod
    def silent_since(cls) -> datetime | None:
        """The last sign of life where it is too long ago; None while workers are at work, or none ever was."""
        last = cls.objects.filter(at__lt=timezone.now() - SILENT_AFTER).first()
        return last.at if last else None
