"""What the queue starts by itself: one look a minute at everything that is due, one sweep a day."""

from typing import Any

from django.core.management.base import BaseCommand
from django_q.models import Schedule

EVERY_MINUTE = "campaigns.tasks.wake_all"
CALL = "django.core.management.call_command"


class Command(BaseCommand):
    help = "Makes the schedules of the queue; safe to repeat."

    def handle(self, *args: Any, **options: Any) -> None:
        Schedule.objects.update_or_create(
            name="wake_all", defaults={"func": EVERY_MINUTE, "schedule_type": Schedule.MINUTES, "minutes": 1}
        )
        Schedule.objects.update_or_create(  # log-ins that have run out
            name="clear_sessions",
            defaults={"func": CALL, "args": "'clearsessions'", "schedule_type": Schedule.DAILY},
        )
