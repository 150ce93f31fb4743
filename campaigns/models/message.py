"""One text to one number: how it begins to leave, and what is written of it afterwards."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from django.db import connection, models
from django.utils.translation import gettext_lazy as _

from campaigns.rules.pseudonyms import is_pseudonym
from campaigns.rules.sending_window import jst_day

from . import bulk
from .contact import Contact
from .message_state import LATER_WORD, REACHES, MessageState

S = MessageState


class Leaving(NamedTuple):
    """A message that begin_send() let go."""

    id: int
    campaign_id: int
    reference: str
    phone: str
    body: str


class SendResult(NamedTuple):
    """What became of one submitted message; `state` is where it goes from `sending`."""

    id: int
    state: str
    reason: str = ""
    vendor_code: str = ""
    vendor_text: str = ""
    provider_message_id: str = ""
    parts: int | None = None


class Alias(NamedTuple):
    id: int
    phone: str


@dataclass(frozen=True, slots=True)
class Word:
    """The vendor's later word on one reference, in our states."""

    reference: str
    state: str
    reason: str = ""
    vendor_code: str = ""
    provider_message_id: str = ""
    carrier: str = ""
    billed_parts: int | None = None
    final_at: str | None = None  # as the database writes it


class MessageQuerySet(models.QuerySet["Message"]):
    def about(self, contact: Contact) -> "MessageQuerySet":
        """To this person under whatever number, and to their number where nobody else is known to have had it."""
        return self.filter(models.Q(contact=contact) | models.Q(phone=contact.phone, contact=None))

    def begin_send(self, token: str, campaigns: Sequence[int], now: datetime, *, days_apart: int = 0) -> list[Leaving]:
        """Move a reserved wave to `sending` in one statement that leaves behind what must not go any more.

        Stopped and paused campaigns and closed windows stay queued; suppressed numbers and passed deadlines end here,
        and an advertisement to somebody who has another fewer than `days_apart` days before or after it.
        """
        if not campaigns:
            return []
        if days_apart:  # of two waves at the same moment one must see the other
            bulk.one_at_a_time("advertising")
        at = bulk.moment(now)
        booked_for = DAY_BOOKED_FOR[connection.vendor]
        statement = BEGIN_SEND.format(
            campaigns=bulk.placeholders(campaigns), booked_for=booked_for, too_soon=_too_soon(days_apart, now)
        )
        with connection.cursor() as cursor:
            cursor.execute(statement, [at, at, at, jst_day(now), token, *campaigns])
            rows = cursor.fetchall()
        return [Leaving._make(row[1:]) for row in rows if row[0] == S.SENDING]

    def record(self, results: Iterable[SendResult], now: datetime) -> None:
        """Write the outcomes of a wave; a receipt that overtook its outcome keeps its state."""
        self._update_from(RECORD, RESULT_COLUMNS, results, [bulk.moment(now)])

    def hear(self, account_id: int, state: str, words: Iterable[Word]) -> list[tuple[int, int]]:
        """Apply one account's later words of one kind; (message id, campaign id) of those that moved."""
        allowed = sorted(LATER_WORD[state])
        statement = HEAR.format(allowed=bulk.placeholders(allowed))
        return self._update_from(statement, WORD_COLUMNS, words, [], after=[account_id, *allowed])

    def forget(self, aliases: Mapping[int, str]) -> None:
        """Pseudonyms in place of numbers, by message; text and person are gone, what was counted and billed stays."""
        self._update_from(FORGET, ALIAS_COLUMNS, [Alias(*pair) for pair in aliases.items()], [])

    def references(self, account_id: int, vendor_ids: Iterable[str]) -> dict[str, str]:
        """Our reference of each message that the vendor knows by such an id."""
        table, parameter = bulk.table({"wanted": "text"}, [{"wanted": vendor_id} for vendor_id in vendor_ids])
        with connection.cursor() as cursor:
            cursor.execute(REFERENCES.replace("<rows>", table), [parameter, account_id])
            return dict(cursor.fetchall())

    def _update_from(
        self, statement: str, columns: dict[str, str], rows: Iterable[Any], before: list[Any], after: Sequence[Any] = ()
    ) -> list[Any]:
        payload = bulk.as_rows(columns, rows)
        if not payload:
            return []
        table, parameter = bulk.table(columns, payload)
        with connection.cursor() as cursor:
            cursor.execute(statement.replace("<rows>", table), [*before, parameter, *after])
            return cursor.fetchall() if cursor.description else []


class Message(models.Model):
    # The campaign's row is ours while its messages are made, and names the account: checking each costs a tenth of it.
    campaign = models.ForeignKey(
        "Campaign", models.CASCADE, related_name="messages", db_index=False, db_constraint=False
    )
    account = models.ForeignKey("ProviderAccount", models.PROTECT, db_index=False, db_constraint=False)
    contact = models.ForeignKey("Contact", models.SET_NULL, null=True, db_index=True)
    reference = models.CharField(max_length=24)  # campaign's reference + contact id, fixed length
    phone = models.CharField(_("携帯電話番号"), max_length=16)  # as copied when the message was made
    body = models.TextField(_("本文"))
    parts = models.PositiveSmallIntegerField(_("見込み通数"), default=0)
    day = models.DateField(_("日付"))  # JST day it is counted in: of sending, until then of making
    state = models.CharField(_("状態"), max_length=12, choices=MessageState, default=MessageState.QUEUED)
    reason = models.CharField(max_length=40, blank=True)  # code, shown through texts.py
    vendor_code = models.CharField(max_length=40, blank=True)
    vendor_text = models.CharField(max_length=200, blank=True)
    provider_message_id = models.CharField(max_length=64, blank=True)
    carrier = models.CharField(_("携帯会社"), max_length=10, blank=True)
    billed_parts = models.PositiveSmallIntegerField(_("課金通数"), null=True)
    clicked = models.BooleanField(null=True)  # whether a shortened URL was opened; None: the vendor did not say
    sent_at = models.DateTimeField(_("送信日時"), null=True)  # the request was about to leave
    answered_at = models.DateTimeField(null=True)  # the vendor's answer to it
    final_at = models.DateTimeField(_("結果日時"), null=True)

    objects = MessageQuerySet.as_manager()

    class Meta:
        verbose_name = _("送信履歴")
        verbose_name_plural = _("送信履歴")
        permissions = [("export_message", _("送信履歴をCSV出力できる"))]
        # No index mentions `state`: it changes several times a message, and each index would double that cost.
        indexes = [
            models.Index(fields=["campaign", "id"], name="message_by_campaign"),
            models.Index(
                fields=["provider_message_id"], name="message_by_vendor", condition=~models.Q(provider_message_id="")
            ),
        ]
        constraints = [
            models.UniqueConstraint(fields=["phone", "campaign"], name="message_once_per_number"),
            # Not unique=True: that makes a second index on PostgreSQL, for LIKE, which nobody asks.
            models.UniqueConstraint(fields=["reference"], name="message_once_per_reference"),
        ]

    def __str__(self) -> str:
        return self.reference

    @property
    def is_anonymous(self) -> bool:
        """The person was erased, or the time was up for which numbers are kept."""
        return is_pseudonym(self.phone)


# SQLite's RETURNING knows no alias of the table, so the statements use its full name.

# What the vendor is to hold until its time is sent, and billed, on that day; by it the vendor lists its results, too.
DAY_BOOKED_FOR = {
    "postgresql": "(c.starts_at AT TIME ZONE 'Asia/Tokyo')::date",
    "sqlite": "date(c.starts_at, '+9 hours')",
}
DAY = {"postgresql": "date", "sqlite": "text"}
# Of a number's other messages, few as they are. `own` is the day of the one that is to leave.
TOO_SOON = """c.purpose = 'advertising' AND EXISTS (
    SELECT 1 FROM campaigns_message o JOIN campaigns_campaign oc ON oc.id = o.campaign_id
    WHERE o.phone = d.phone AND o.campaign_id <> c.id AND oc.purpose = 'advertising' AND o.state IN ({reaches})
      AND o.day BETWEEN {first} AND {last})"""
DAYS_ON = {"postgresql": "({own} + {days})", "sqlite": "date({own}, '{days} days')"}


def _too_soon(days_apart: int, now: datetime) -> str:
    """The condition for these days; never true without the rule."""
    if not days_apart:
        return "1 = 0"
    vendor = connection.vendor
    today = f"CAST('{jst_day(now)}' AS {DAY[vendor]})"
    own = f"CASE WHEN c.state = 'scheduled' THEN {DAY_BOOKED_FOR[vendor]} ELSE {today} END"
    first, last = (DAYS_ON[vendor].format(own=own, days=days) for days in (1 - days_apart, days_apart - 1))
    return TOO_SOON.format(reaches=", ".join(f"'{state}'" for state in REACHES), first=first, last=last)


# Parameters: now, now, now, day, token, then the campaigns that may send now.
BEGIN_SEND = """
UPDATE campaigns_message SET
  state = CASE WHEN stop.phone IS NOT NULL THEN 'suppressed' WHEN c.deadline_at < %s THEN 'expired'
    WHEN {too_soon} THEN 'cancelled' ELSE 'sending' END,
  reason = CASE WHEN stop.phone IS NOT NULL THEN 'opted_out' WHEN c.deadline_at < %s THEN 'deadline_passed'
    WHEN {too_soon} THEN 'recently_texted' ELSE '' END,
  sent_at = %s, day = CASE WHEN c.state = 'scheduled' THEN {booked_for} ELSE %s END
FROM campaigns_duemessage d
  JOIN campaigns_campaign c ON c.id = d.campaign_id
  LEFT JOIN campaigns_suppression stop ON stop.phone = d.phone
WHERE d.token = %s AND NOT (d.token = '') AND campaigns_message.id = d.message_id AND campaigns_message.state = 'queued'
  AND c.id IN ({campaigns}) AND (c.state = 'sending' OR (c.state = 'scheduled' AND c.held_at = 'vendor'))
RETURNING campaigns_message.state, campaigns_message.id, campaigns_message.campaign_id,
  campaigns_message.reference, campaigns_message.phone, campaigns_message.body
"""

# Parameters: the vendor's ids, account. It names the condition of the partial index, else SQLite does not use it.
REFERENCES = """
SELECT m.provider_message_id, m.reference FROM <rows> JOIN campaigns_message m ON m.provider_message_id = v.wanted
WHERE NOT (m.provider_message_id = '') AND m.account_id = %s
"""

ALIAS_COLUMNS = {"id": "bigint", "phone": "text"}
# Parameters: the rows.
FORGET = """
UPDATE campaigns_message SET phone = v.phone, body = '', vendor_text = '', contact_id = NULL
FROM <rows> WHERE campaigns_message.id = v.id
"""

RESULT_COLUMNS = {
    "id": "bigint",
    "state": "text",
    "reason": "text",
    "vendor_code": "text",
    "vendor_text": "text",
    "provider_message_id": "text",
    "parts": "smallint",
}
# Where the vendor's own answer decides: also late, when the message was given up for lost meanwhile.
ANSWERS = """(campaigns_message.state = 'sending'
    OR (campaigns_message.state = 'unknown' AND v.state IN ('accepted', 'booked', 'refused')))"""
# Parameters: now, the rows.
RECORD = """
UPDATE campaigns_message SET
  state = CASE WHEN <answers> OR (campaigns_message.state = 'booked' AND v.state = 'accepted')
    THEN v.state ELSE campaigns_message.state END,
  reason = CASE WHEN <answers> THEN v.reason ELSE campaigns_message.reason END,
  vendor_code = CASE WHEN <answers> THEN v.vendor_code ELSE campaigns_message.vendor_code END,
  vendor_text = v.vendor_text,
  provider_message_id = COALESCE(NULLIF(v.provider_message_id, ''), campaigns_message.provider_message_id),
  parts = COALESCE(v.parts, campaigns_message.parts),
  answered_at = %s
FROM <rows> WHERE campaigns_message.id = v.id
""".replace("<answers>", ANSWERS)

WORD_COLUMNS = {
    "reference": "text",
    "state": "text",
    "reason": "text",
    "vendor_code": "text",
    "provider_message_id": "text",
    "carrier": "text",
    "billed_parts": "smallint",
    "final_at": "timestamptz",
}
# Parameters: the rows, the account, then the states this word may change.
HEAR = """
UPDATE campaigns_message SET
  state = v.state, reason = v.reason, vendor_code = v.vendor_code,
  provider_message_id = COALESCE(NULLIF(v.provider_message_id, ''), campaigns_message.provider_message_id),
  carrier = COALESCE(NULLIF(v.carrier, ''), campaigns_message.carrier),
  billed_parts = COALESCE(v.billed_parts, campaigns_message.billed_parts),
  final_at = v.final_at
FROM <rows>
WHERE campaigns_message.reference = v.reference AND campaigns_message.account_id = %s
  AND campaigns_message.state IN ({allowed})
RETURNING campaigns_message.id, campaigns_message.campaign_id
"""
