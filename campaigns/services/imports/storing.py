"""An import's second pass: what the check prepared becomes contacts, members and refusals."""

from collections.abc import Iterator

from django.utils import timezone

from campaigns.models import Contact, ContactList, ExistingContacts, ListMembership, SuppressionReason

from ..erasing import remember_erased
from ..suppressing import suppress
from .beside import Portion, Prepared, PreparedRows
from .passes import Pass, Step

# Outcomes counted while storing.
ADDED, EXISTING, REFUSED_NOW = "added", "existing", "newly_stopped"


class StorePass(Pass):
    """One slice of storing."""

    def steps(self) -> Iterator[Step]:
        end = self.job.bytes_prepared
        for portion in PreparedRows(self.job).read(self.job.bytes_read, end):
            yield Step(portion, portion.prepared.rows, {"bytes_read": portion.end}, is_last=portion.end == end)

    def store(self, portion: Portion, start: int) -> dict[str, object]:
        now, found = timezone.now(), portion.prepared
        added = Contact.objects.store_packed(found.people, self.job.existing, now, source_import_id=self.job.pk)
        self.counts.update({ADDED: added, EXISTING: found.count - added})
        remember_erased(found.phones())
        if self.job.existing != ExistingContacts.SKIP:
            Contact.objects.withdraw_consent(found.withdrawn, now)
        self.counts[REFUSED_NOW] += suppress(
            found.refused, reason=SuppressionReason.OPT_OUT, source=self.job.original_name
        )
        if self.job.contact_list:
            ListMembership.objects.add_packed(self.job.contact_list, found.people, now)
        ListMembership.objects.add(_members(found), now)
        return {}


def _members(found: Prepared) -> list[tuple[int, str]]:
    ids = {name: ContactList.objects.get_or_create(name=name)[0].pk for name in {name for name, _ in found.lists}}
    return [(ids[name], phone) for name, phone in found.lists]
