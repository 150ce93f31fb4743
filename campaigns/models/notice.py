from collections.abc import Iterable
from datetime import datetime, timedelta

from django.db import models
from django.utils import timezone

from .campaign import Campaign
from .user import User

TRY_AGAIN_AFTER = timedelta(minutes=5)
GIVE_UP_AFTER = timedelta(days=1)  # older news helps nobody


class Notice(models.Model):
    """A mail owed to a person about a campaign: written together with what it tells of, gone once it was sent."""

    class Kind(models.TextChoices):
        REQUESTED = "requested"  # their approval is asked for
        APPROVED = "approved"
        RETURNED = "returned"
        HELD = "held"  # it stands still until a person acts

    person = models.ForeignKey(User, models.CASCADE)
    campaign = models.ForeignKey(Campaign, models.CASCADE)
    kind = models.CharField(max_length=10, choices=Kind)
    made_at = models.DateTimeField()
    due_at = models.DateTimeField(db_index=True)

    def __str__(self) -> str:
        return f"{self.kind} {self.campaign_id} {self.person_id}"

    @classmethod
    def owe(cls, kind: str, campaign: Campaign, people: Iterable[User]) -> None:
        """To those who can be reached by mail and want to be."""
        now = timezone.now()
        reached = {person.pk for person in people if person.is_active and person.email and person.wants_notices}
        facts = {"campaign": campaign, "kind": kind, "made_at": now, "due_at": now}
        Notice.objects.bulk_create(Notice(person_id=pk, **facts) for pk in sorted(reached))

    def claim(self, now: datetime) -> bool:
        """True for one worker alone; should it fail or die, the notice is due again."""
        mine = Notice.objects.filter(pk=self.pk, due_at=self.due_at)
        return bool(mine.update(due_at=now + TRY_AGAIN_AFTER))
