"""A file of contacts taken in from the shell: the same steps, the same report as on screen."""

import time
from pathlib import Path
from typing import Any

from django.core.files.base import File
from django.core.management.base import BaseCommand, CommandError
from django.db.models import Q

from campaigns.errors import InvalidInput, RuleError
from campaigns.file_texts import file_trouble
from campaigns.models import ContactImport, ContactList, ExistingContacts, ImportState, User
from campaigns.rules.headers import guess_mapping
from campaigns.services.imports.importing import Choices, advance, start_check, start_import
from campaigns.services.imports.report import findings, summary
from campaigns.services.imports.uploading import first_rows, receive_file, remembered, reread
from campaigns.services.people import ADMINISTRATOR

SAMPLE = 20
LOOK_SECONDS = 0.5
BAR = 30  # characters


class Command(BaseCommand):
    help = "Checks a CSV or Excel file of contacts, shows what would become of its rows, and takes them in."

    def add_arguments(self, parser: Any) -> None:
        parser.add_argument("file", type=Path)
        parser.add_argument("--list", default="", help="put everybody into this list, made if it is not there")
        parser.add_argument("--existing", choices=ExistingContacts.values, default=ExistingContacts.UPDATE)
        parser.add_argument("--encoding", choices=["utf_8", "cp932", "utf_16", "euc_jp"], help="default: found out")
        parser.add_argument("--sheet", default="", help="of a workbook; default: the first")
        parser.add_argument("--user", default="", help="in whose name; default: the first administrator")
        parser.add_argument("--check-only", action="store_true", help="store nothing")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            self._take_in(options)
        except InvalidInput as trouble:
            raise CommandError(file_trouble(trouble.code, trouble.context)) from trouble
        except (RuleError, OSError) as error:
            raise CommandError(str(error)) from error

    def _take_in(self, options: dict[str, Any]) -> None:
        user = _user(options["user"])
        with options["file"].open("rb") as file:
            job = receive_file(File(file, name=options["file"].name), user)
        _read_as_asked(job, encoding=options["encoding"] or "", sheet=options["sheet"])
        start_check(job, _choices(job, options))
        self._work(job)
        self._report(job)
        if not options["check_only"]:
            start_import(job, user)
            self._work(job)
            self._report(job)

    def _work(self, job: ContactImport) -> None:
        """Until this pass is over; a worker may take part."""
        while job.is_working:
            if not advance(job, until=time.monotonic() + LOOK_SECONDS):
                time.sleep(0.1)
            job.refresh_from_db()
            if self.stdout.isatty():
                self.stdout.write(f"\r{_bar(job)} ", ending="")
                self.stdout.flush()
        if job.state == ImportState.FAILED:
            raise InvalidInput(job.failure, **job.failure_context)

    def _report(self, job: ContactImport) -> None:
        self.stdout.write(f"\n{job.get_state_display()}: {job.original_name} ({job.sheet or job.encoding})")
        for title, rows in summary(job).items():
            self.stdout.write(f"  {title} {rows:,}")
        if job.state == ImportState.CHECKED:
            for finding in findings(job):
                lines = ", ".join(str(row.number) for row in finding.rows)
                self.stdout.write(f"  {finding.total:,}  {finding.title}: {finding.text} [{lines}]")


def _read_as_asked(job: ContactImport, *, encoding: str, sheet: str) -> None:
    if sheet and sheet not in job.sheets:
        raise CommandError(f"There is no sheet of this name. Sheets: {', '.join(job.sheets) or '-'}")
    if encoding or sheet:
        reread(job, encoding=encoding, sheet=sheet)


def _bar(job: ContactImport) -> str:
    done = round(BAR * min(job.rows_read / max(job.rows_total, 1), 1))
    left = f"{job.seconds_left:,.0f} s left" if job.seconds_left is not None else ""
    return f"[{'#' * done}{'.' * (BAR - done)}] {job.rows_read:,} / {job.rows_total:,}  {job.rate or 0:,}/s  {left:<14}"


def _user(username: str) -> User:
    people = User.objects.filter(is_active=True).order_by("pk")
    wanted = Q(username=username) if username else Q(is_superuser=True) | Q(groups__name=ADMINISTRATOR)
    user = people.filter(wanted).first()
    if user is None:
        raise CommandError("There is no such user. Name one with --user.")
    return user


def _choices(job: ContactImport, options: dict[str, Any]) -> Choices:
    known, _last = remembered(job)
    mapping = known or guess_mapping(job.header, first_rows(job, SAMPLE)).fields
    if "phone" not in mapping.values():
        raise InvalidInput("no_phone_column")
    contact_list = ContactList.objects.filter(name=options["list"]).first() if options["list"] else None
    return Choices(
        mapping=mapping,
        existing=options["existing"],
        contact_list=contact_list,
        new_list="" if contact_list else options["list"],
    )
