from typing import Any

from django.core.management.base import BaseCommand

from campaigns.services.encryption import encrypt_anew


class Command(BaseCommand):
    help = "Encrypts credentials and second factors anew with the newest of FIELD_KEYS; after it the older keys may go."

    def handle(self, *args: Any, **options: Any) -> None:
        self.stdout.write(f"{encrypt_anew()} rows encrypted with the newest key.")
