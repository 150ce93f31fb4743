"""A list of whoever was found: filled in chunks, so that a million lock nothing, and resumed after a crash."""

from dataclasses import asdict
from time import monotonic

from django.db import transaction
from django.utils import timezone

from campaigns.models import Activity, ContactList, ListMembership, User
from campaigns.queue import enqueue

from .contacts import ContactSearch, find_contacts

CHUNK = 10_000
AT_ONCE = 1.0  # seconds a person waits; the rest is done in the background


def build_list(contact_list: ContactList, search: ContactSearch, actor: User) -> None:
    """Store a new list and put in who is found now; a long one fills on while the person reads its page."""
    with transaction.atomic():
        contact_list.recipe = asdict(search)
        contact_list.save()
        Activity.objects.note(actor, "list_created", contact_list)
    fill_list(contact_list, until=monotonic() + AT_ONCE)


def fill_list(contact_list: ContactList, *, until: float) -> None:
    """From where the last slice or a crash left off; then queue the next slice."""
    while contact_list.is_filling:
        if not _fill_chunk(contact_list):
            return
        if monotonic() >= until:
            enqueue("fill_list", contact_list.pk)
            return


def _fill_chunk(contact_list: ContactList) -> bool:
    """False when another worker did it, or the list is gone."""
    start = contact_list.filled_through
    found = find_contacts(ContactSearch(**(contact_list.recipe or {}))).filter(pk__gt=start).order_by("pk")
    keys = list(found.values_list("pk", flat=True)[:CHUNK])
    step = {"filled_through": keys[-1]} if len(keys) == CHUNK else {"recipe": None}
    with transaction.atomic():
        ours = ContactList.objects.filter(pk=contact_list.pk, filled_through=start, recipe__isnull=False)
        if not ours.update(**step):
            return False
        ListMembership.objects.add_contacts(contact_list, keys, timezone.now())
    for name, value in step.items():
        setattr(contact_list, name, value)
    return True


def wake_filling() -> None:
    """Lists whose worker was lost."""
    for key in ContactList.objects.filter(recipe__isnull=False).values_list("pk", flat=True):
        enqueue("fill_list", key)
