"""A vendor calls: who may come in, and its call stored exactly as it came, before anything else is done with it."""

from dataclasses import dataclass
from functools import lru_cache
from time import time

from django.utils import timezone
from django.utils.crypto import constant_time_compare

from campaigns.models import ProviderAccount, ReceiptLog
from campaigns.rules.networks import is_within
from providers.registry import PROVIDERS

from .applying import wake_applying

BELIEVED_SECONDS = 1  # a key that was retired, or an address taken off the list, is good for so long at most


@dataclass(frozen=True, slots=True)
class Door:
    """Where the receipts of one account come in. The account is found by its id, which is no secret, so that its keys
    are compared here and in constant time; an index of keys would answer a near miss later than a wild guess."""

    key: str
    previous_key: str
    sources: str
    provider: str

    @classmethod
    def of(cls, account_id: int) -> "Door | None":
        row = ProviderAccount.objects.door(account_id)
        return cls(*row) if row else None

    def opens_to(self, key: str) -> bool:
        is_new, is_old = (constant_time_compare(key, own) for own in (self.key, self.previous_key))
        return is_new or is_old

    def lets_in(self, address: str) -> bool:
        return is_within(address, self.sources)

    def takes(self, content_type: str) -> bool:
        return content_type in PROVIDERS[self.provider].callback_types

    @property
    def answer(self) -> int:
        return PROVIDERS[self.provider].callback_answer


def open_door(account_id: int, key: str) -> Door | None:
    """None where this key opens none. Read once a second and process, not a thousand times; whom that reading does not
    let in, the row itself decides on, so that a new key is good at once."""
    door = _believed(account_id, int(time()) // BELIEVED_SECONDS)
    if door is None or not door.opens_to(key):
        door = Door.of(account_id)
    return door if door and door.opens_to(key) else None


@lru_cache(maxsize=256)
def _believed(account_id: int, moment: int) -> Door | None:
    return Door.of(account_id)


def receive(account_id: int, body: bytes, content_type: str) -> None:
    """Keep one call of the vendor's; nothing in it is believed or even read yet."""
    ReceiptLog.objects.keep(account_id, body, content_type, timezone.now())
    wake_applying(account_id)  # once the row is there: a task that just ends sees the row, or we see its flag fallen
