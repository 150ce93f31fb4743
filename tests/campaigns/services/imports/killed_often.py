"""A process of its own: takes a file in while each next attempt is killed one statement later than the one before."""

import io
import json
import os
import signal
import sys
from collections.abc import Callable
from math import inf
from typing import Any

import django

from tests.workbooks import make_workbook


def main(rows: int) -> None:
    django.setup()

    from django.core.files.base import File
    from django.core.management import call_command
    from django.db import connection

    from campaigns.models import Contact, ContactImport, ListMembership, User
    from campaigns.rules import workbook_xml
    from campaigns.rules.headers import guess_mapping
    from campaigns.services.imports import checking, sheets
    from campaigns.services.imports.importing import Choices, advance, start_check, start_import
    from campaigns.services.imports.undoing import start_undo
    from campaigns.services.imports.uploading import receive_file

    call_command("migrate", verbosity=0)
    workbook_xml.BLOCK, sheets.HEAD_ROWS, sheets.CHUNK, checking.CHUNK = 100, 3, 4, 7
    people = [[f"080-1111-{at:04d}", f"見本{at}", "東京店" if at % 2 else ""] for at in range(rows)]
    others = [["080-1111-0000", "また"], ["03-1234-5678", "店"]]
    upload = make_workbook({"名簿": [["携帯", "氏名", "グループ"], *people, *others]})
    author = User.objects.create(username="somebody")
    job = receive_file(File(io.BytesIO(upload), name="名簿.xlsx"), author)

    def until_done() -> int:
        kills, state = 0, job.state
        while job.state == state:
            connection.close()
            if killed_at(kills + 1, lambda: advance(job, until=inf), connection):
                kills += 1
            job.refresh_from_db()
        return kills

    start_check(job, Choices(mapping=guess_mapping(job.header).fields, existing="update", new_list="名簿"))
    found = {"read kills": until_done()}
    found |= {"check kills": until_done(), "taken": job.counts["taken"]}
    start_import(job, author)
    found |= {"store kills": until_done(), "contacts": Contact.objects.count()}
    found |= {"added": job.counts["added"], "existing": job.counts["existing"], "state": job.state}
    found |= {"members": ListMembership.objects.count(), "findings": job.rows.count()}
    start_undo(job, author)
    found |= {"undo kills": until_done(), "removed": job.counts["removed"], "left": Contact.objects.count()}
    assert ContactImport.objects.get().state == "undone"
    json.dump(found, sys.stdout)


def killed_at(statement: int, work: Callable[[], Any], connection: Any) -> bool:
    """Whether a child doing this work came to that statement, where it is killed."""
    child = os.fork()
    if child == 0:
        left = iter(range(statement))

        def count(execute: Any, *arguments: Any) -> Any:
            if next(left, None) is None:
                os.kill(os.getpid(), signal.SIGKILL)
            return execute(*arguments)

        with connection.execute_wrapper(count):
            work()
        os._exit(0)
    return os.WIFSIGNALED(os.waitpid(child, 0)[1])


if __name__ == "__main__":
    main(int(sys.argv[1]))
