import pytest
from django.db import transaction

from campaigns.queue import enqueue

pytestmark = pytest.mark.django_db(transaction=True)


def test_work_is_queued_only_once_it_is_committed(queued):
    with transaction.atomic():
        enqueue("dispatch_account", 7)
        assert queued == []
    assert queued == [("dispatch_account", (7,))]


def test_a_misspelt_task_fails_at_once(queued):
    with pytest.raises(ImportError):
        enqueue("dispach_account", 7)


def test_a_broker_out_of_reach_does_not_fail_what_is_already_saved(monkeypatch):
    def refuse(*args: object, **options: object) -> None:
        raise ConnectionError

    monkeypatch.setattr("campaigns.queue.async_task", refuse)
    enqueue("dispatch_account", 7)
    with transaction.atomic():
        enqueue("dispatch_account", 7)
