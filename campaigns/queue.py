"""Hand work to the background: only the name of a task and ids travel, and only after commit."""

from functools import cache

from django.db import transaction
from django.utils.module_loading import import_string
from django_q.brokers import Broker, get_broker
from django_q.tasks import async_task


def enqueue(task: str, *ids: int) -> None:
    """Queue `campaigns.tasks.<task>` once the transaction has committed; a misspelt name fails here and now.

    A broker out of reach is logged, no more: the change is saved, and what is due is looked at every minute.
    """
    path = f"campaigns.tasks.{task}"
    import_string(path)
    transaction.on_commit(lambda: async_task(path, *ids, broker=_broker()), robust=True)


@cache
def _broker() -> Broker:
    """One connection for a process; django-q2 by itself opens one for each task."""
    return get_broker()
