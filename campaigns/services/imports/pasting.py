"""Numbers pasted into a page: a small file, so that they get the same checks, report and undo as any other."""

import csv
import io

from django.core.files.base import ContentFile
from django.utils import timezone
from django.utils.translation import gettext as _

from campaigns.models import ContactImport, ContactList, ExistingContacts, User

from .importing import Choices, start_check
from .uploading import receive_file

ONE_PER_LINE = str.maketrans(dict.fromkeys(",、，;；", "\n"))


def receive_pasted(text: str, actor: User, *, contact_list: ContactList | None, new_list: str) -> ContactImport:
    """Numbers alone are checked at once; of a table the person is asked what its columns are."""
    is_table = "\t" in text
    content = text if is_table else _column(text)
    name = _("貼り付け_%(at)s.csv") % {"at": f"{timezone.localtime():%Y%m%d_%H%M%S}"}
    received = receive_file(ContentFile(content.encode(), name=name), actor, contact_list=contact_list)
    if not is_table:
        phone_alone = Choices({0: "phone"}, ExistingContacts.SKIP, contact_list=contact_list, new_list=new_list)
        start_check(received, phone_alone)
    return received


def _column(text: str) -> str:
    """One number a line, below a heading, so that none of them is taken for one."""
    column = io.StringIO()
    lines = (line.strip() for line in text.translate(ONE_PER_LINE).splitlines())
    csv.writer(column).writerows([["phone"], *([line] for line in lines if line)])
    return column.getvalue()
