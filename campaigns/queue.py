"""Hand work to the background: only the name of a task and ids travel, and only after commit."""

from django.db import transaction
from django.utils.module_loading import import_string
from django_q.tasks import async_task


def enqueue(task: str, *ids: int) -> None:
    """Queue `campaigns.tasks.<task>` once the transaction has committed; a misspelt name fails here and now."""
    path = f"campaigns.tasks.{task}"
    import_string(path)
    transaction.on_commit(lambda: async_task(path, *ids))
