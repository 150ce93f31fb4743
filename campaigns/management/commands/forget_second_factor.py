from typing import Any

from django.core.management.base import BaseCommand, CommandError

from campaigns.models import User
from campaigns.services.people import forget_second_factor


class Command(BaseCommand):
    help = "Lets a person in by the password alone again: for the only administrator who lost their phone."

    def add_arguments(self, parser: Any) -> None:
        parser.add_argument("username")

    def handle(self, *args: Any, username: str, **options: Any) -> None:
        person = User.objects.filter(username=username).first()
        if person is None:
            raise CommandError(f"Nobody is called {username}.")
        forgotten = forget_second_factor(person, None)
        self.stdout.write("Forgotten; 操作履歴 has a note of it." if forgotten else f"{username} has none.")
