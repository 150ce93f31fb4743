"""The design most would write first, to compare with: one task a message, `requests`, `save()`."""

import time
from importlib import import_module
from typing import Any

from django.core.management.base import CommandError
from django.utils import timezone
from django_q.tasks import async_task

from campaigns.models import Campaign, DueMessage, Message, MessageState

from .stage import workers

WORKERS = 2
LOOK_SECONDS = 0.02


def usual_design(campaign: Campaign, messages: int) -> float:
    """Messages/s, from rows to saved outcomes, by workers of the portal's own queue that are already warm."""
    http()
    DueMessage.objects.filter(campaign=campaign).delete()  # nothing for the engine
    wanted = list(Message.objects.filter(campaign=campaign).values_list("pk", flat=True)[: messages + WORKERS])
    with workers(WORKERS):
        _send(wanted[:WORKERS])
        began = time.monotonic()
        _send(wanted[WORKERS:])
        return messages / (time.monotonic() - began)


def _send(messages: list[int]) -> None:
    for pk in messages:
        async_task(send_one, pk)
    waiting = Message.objects.filter(pk__in=messages, state=MessageState.QUEUED)
    while waiting.exists():
        time.sleep(LOOK_SECONDS)


def send_one(message_id: int) -> None:
    message = Message.objects.select_related("account", "campaign__sender").get(pk=message_id)
    assert message.campaign.sender is not None
    fields = {
        **message.account.credentials,
        "smsCode": message.campaign.sender.value,
        "phoneNumber": message.phone,
        "message": message.body,
        "clientTag": message.reference,
    }
    reply = http().post(f"{message.account.base_url}p5/api/mt.json", data=fields, timeout=30)
    accepted = reply.json()["responseCode"] == 0
    message.state = MessageState.ACCEPTED if accepted else MessageState.REFUSED
    message.answered_at = timezone.now()
    message.save()


def http() -> Any:
    try:
        return import_module("requests")
    except ModuleNotFoundError as error:
        raise CommandError("--usual needs the package requests, which requirements-dev.txt installs.") from error
