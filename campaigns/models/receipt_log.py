"""Callbacks exactly as they came, stored before anything else is done with them."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import connection, models
from django.utils.translation import gettext_lazy as _

from . import bulk


@dataclass(frozen=True, slots=True)
class ReceiptResult:
    """What became of one stored call."""

    id: int
    words: int
    matched: int
    note: str
    retry_at: str | None  # as the database writes moments; None when it needs no other look


class ReceiptLogQuerySet(models.QuerySet["ReceiptLog"]):
    def keep(self, account_id: int, body: bytes, content_type: str, now: datetime) -> None:
        at = bulk.moment(now)
        with connection.cursor() as cursor:
            cursor.execute(KEEP, [account_id, content_type[:100], body, at, at])

    def still_waiting(self, logs: Sequence[int]) -> set[int]:
        """Those that nobody else has applied, or is applying now; ours until the transaction ends."""
        waiting = self.filter(pk__among=logs, applied_at__isnull=True).select_for_update(skip_locked=True)
        return set(waiting.values_list("pk", flat=True))

    def settle(self, results: Iterable[ReceiptResult], now: datetime) -> None:
        rows = bulk.as_rows(RESULT_COLUMNS, results)
        table, parameter = bulk.table(RESULT_COLUMNS, rows)
        with connection.cursor() as cursor:
            cursor.execute(SETTLE.replace("<rows>", table), [bulk.moment(now), parameter])

    def forget(self, digits: str) -> None:
        """Empty every applied callback that names this number: what it said is in the ledger by now."""
        with connection.cursor() as cursor:
            cursor.execute(FORGET[connection.vendor], [b"", digits.encode()])


# Parameters: account, content type, body, now, now. As a plain statement, for it decides how many a second we take.
KEEP = """
INSERT INTO campaigns_receiptlog (account_id, content_type, body, received_at, retry_at, words, matched, note)
VALUES (%s, %s, %s, %s, %s, 0, 0, '')
"""

RESULT_COLUMNS = {
    "id": "bigint",
    "words": "integer",
    "matched": "integer",
    "note": "text",
    "retry_at": "timestamptz",
}
# Parameters: now, the rows.
SETTLE = """
UPDATE campaigns_receiptlog SET
  applied_at = CASE WHEN v.retry_at IS NULL THEN %s END, retry_at = COALESCE(v.retry_at, campaigns_receiptlog.retry_at),
  words = v.words, matched = v.matched, note = v.note
FROM <rows> WHERE campaigns_receiptlog.id = v.id
"""


class ReceiptLog(models.Model):
    # Looked up by the door a moment before; and a check would lock its row, which every wave writes.
    account = models.ForeignKey(
        "ProviderAccount", models.CASCADE, db_index=False, db_constraint=False, verbose_name=_("接続先")
    )
    content_type = models.CharField(max_length=100, blank=True)
    body = models.BinaryField()
    received_at = models.DateTimeField(_("受信日時"))
    applied_at = models.DateTimeField(_("反映日時"), null=True)  # empty: to be applied, or tried again
    retry_at = models.DateTimeField()  # while not applied: when to look again
    words = models.PositiveIntegerField(_("通知の数"), default=0)
    matched = models.PositiveIntegerField(_("一致した数"), default=0)
    note = models.CharField(max_length=40, blank=True)  # why not applied: a code

    objects = ReceiptLogQuerySet.as_manager()

    class Meta:
        verbose_name = _("配信結果の通知")
        verbose_name_plural = _("配信結果の通知")
        indexes = [
            models.Index(
                fields=["account", "retry_at"], name="receipt_to_apply", condition=models.Q(applied_at__isnull=True)
            )
        ]

    def __str__(self) -> str:
        return str(self.pk)


# Parameters: nothing, the digits.
FORGET = {
    "postgresql": "UPDATE campaigns_receiptlog SET body = %s WHERE position(%s IN body) > 0 AND applied_at IS NOT NULL",
    "sqlite": "UPDATE campaigns_receiptlog SET body = %s WHERE instr(body, %s) > 0 AND applied_at IS NOT NULL",
}
