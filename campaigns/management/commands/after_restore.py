from typing import Any

from django.core.management.base import BaseCommand

from campaigns.services.sending.switching import take_all_out_of_use


class Command(BaseCommand):
    help = (
        "After a backup was put back, before anything is started: takes every account out of use, so that nothing "
        "leaves a second time. What was handed over since the backup is still waiting in it."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        for account, held in take_all_out_of_use().items():
            self.stdout.write(f"{account}: out of use; {held.sending} sending, {held.booked} booked here.")
        self.stdout.write("Look at each campaign before you resume it: smsportal/README.md, Backup.")
