"""How fast the portal is, as ratios to the limit of this machine measured in the same run."""

from argparse import RawDescriptionHelpFormatter
from types import ModuleType
from typing import Any

from django.core.management.base import BaseCommand

from ..benchmarks import busy, contact_import, contacts, launch, pace, pages, receipts, send
from ..benchmarks.figures import as_json, show
from ..benchmarks.stage import empty_database

# Each has a docstring, add_arguments(parser), and measure(options) -> (title, figures).
ROOMS: dict[str, ModuleType] = {
    "send": send,
    "pace": pace,
    "launch": launch,
    "receipts": receipts,
    "busy": busy,
    "import": contact_import,
    "contacts": contacts,
    "pages": pages,
}


class Command(BaseCommand):
    help = "Measures on an empty database of its own, made beside the portal's and gone afterwards."

    def add_arguments(self, parser: Any) -> None:
        rooms = parser.add_subparsers(dest="room", required=True, metavar="|".join(ROOMS))
        for name, room in ROOMS.items():
            about = str(room.__doc__)
            options = rooms.add_parser(
                name,
                help=about.partition("\n")[0],
                description=about,
                formatter_class=RawDescriptionHelpFormatter,
            )
            options.add_argument("--json", action="store_true", help="for programs: one object on one line")
            room.add_arguments(options)

    def handle(self, *args: Any, **options: Any) -> None:
        with empty_database():
            title, figures = ROOMS[options["room"]].measure(options)
        if options["json"]:
            self.stdout.write(as_json(title, figures))
        else:
            show(title, figures, self.stdout.write)
