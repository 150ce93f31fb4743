"""Callbacks exactly as they came, stored before anything else is done with them."""

from django.db import connection, models
from django.utils.translation import gettext_lazy as _


class ReceiptLogQuerySet(models.QuerySet["ReceiptLog"]):
    def forget(self, digits: str) -> None:
        """Empty every applied callback that names this number: what it said is in the ledger by now."""
        with connection.cursor() as cursor:
            cursor.execute(FORGET[connection.vendor], [b"", digits.encode()])


class ReceiptLog(models.Model):
    account = models.ForeignKey("ProviderAccount", models.CASCADE, db_index=False, verbose_name=_("接続先"))
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
