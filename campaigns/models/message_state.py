"""What a message can be, which moves its state may make, and what several states have in common."""

from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy


class MessageState(models.TextChoices):
    QUEUED = "queued", _("送信待ち")
    SENDING = "sending", _("送信中")
    BOOKED = "booked", _("予約")
    ACCEPTED = "accepted", _("受付済み")
    DELIVERED = "delivered", _("送達")
    UNDELIVERED = "undelivered", _("未達")
    NO_RESULT = "no_result", _("結果なし")
    REFUSED = "refused", _("送信エラー")
    UNKNOWN = "unknown", _("状態不明")
    CANCELLED = "cancelled", _("取消")
    SUPPRESSED = "suppressed", pgettext_lazy("of a message", "配信停止")
    EXPIRED = "expired", _("期限切れ")
    EXCLUDED = "excluded", _("対象外")


S = MessageState

ANY_BELIEF = frozenset(
    {S.QUEUED, S.SENDING, S.UNKNOWN, S.BOOKED, S.ACCEPTED, S.NO_RESULT}
    | {S.CANCELLED, S.SUPPRESSED, S.EXPIRED, S.REFUSED}
)

# The vendor's later word -> the states it may change. States only move forward: 送達 after 未達 wins (it is billed),
# 未達 after 送達 does not. A message the vendor reports on has left, whatever we believed.
LATER_WORD: dict[str, frozenset[str]] = {
    S.BOOKED: frozenset({S.QUEUED, S.SENDING, S.UNKNOWN}),
    S.ACCEPTED: frozenset({S.QUEUED, S.SENDING, S.UNKNOWN, S.BOOKED}),
    S.CANCELLED: frozenset({S.SENDING, S.UNKNOWN, S.BOOKED, S.ACCEPTED, S.NO_RESULT}),
    S.REFUSED: frozenset({S.UNKNOWN}),
    S.NO_RESULT: frozenset({S.ACCEPTED, S.BOOKED}),
    S.UNDELIVERED: ANY_BELIEF,
    S.DELIVERED: ANY_BELIEF | {S.UNDELIVERED},
}
FINAL = frozenset(
    {S.DELIVERED, S.UNDELIVERED, S.REFUSED, S.CANCELLED, S.SUPPRESSED, S.EXPIRED, S.EXCLUDED, S.NO_RESULT}
)

TAKEN = (S.ACCEPTED, S.DELIVERED, S.UNDELIVERED, S.NO_RESULT)
SENT = (*TAKEN, S.UNKNOWN, S.SENDING)
WITH_RESULT = (S.DELIVERED, S.UNDELIVERED)  # 送達率 is of these; what waits would only lower it
FAILED = (S.UNDELIVERED, S.REFUSED)
# It rang, rings, or will: what counts as a text this person has had.
REACHES = (S.SENDING, S.BOOKED, S.ACCEPTED, S.DELIVERED, S.NO_RESULT, S.UNKNOWN)

# What one figure adds up, by the name an address carries.
STATE_GROUPS: dict[str, tuple[str, ...]] = {
    "sent": SENT,
    "waiting": tuple(state for state in SENT if state not in WITH_RESULT),
    "failed": FAILED,
    "unsent": (S.CANCELLED, S.EXPIRED),
}


def states_named(name: str) -> tuple[str, ...]:
    """Of a group, or the one state of that name."""
    return STATE_GROUPS.get(name, (name,))
