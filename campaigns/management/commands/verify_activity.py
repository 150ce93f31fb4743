from typing import Any

from django.core.management.base import BaseCommand, CommandError

from campaigns.models import Activity


class Command(BaseCommand):
    help = (
        "Checks the whole chain of 操作履歴. A chain cut off at its end looks whole: keep the last digest it prints "
        "somewhere else, and name it the next time."
    )

    def add_arguments(self, parser: Any) -> None:
        parser.add_argument("--kept", default="", help="a digest printed earlier: it must still be there")

    def handle(self, *args: Any, kept: str, **options: Any) -> None:
        if broken := Activity.objects.first_broken():
            raise CommandError(f"Row {broken.pk} of {broken.at:%Y-%m-%d %H:%M} does not fit: it, or the one before it.")
        if kept and not Activity.objects.filter(digest=kept).exists():
            raise CommandError("The kept digest is gone: rows were cut off at the end.")
        digests = Activity.objects.order_by("pk").values_list("digest", flat=True)
        self.stdout.write(f"{digests.count()} rows, nothing altered. Last digest: {digests.last() or '-'}")
