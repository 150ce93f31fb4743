"""Numbers we must not text. They outlive the contact and every re-import."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import connection, models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from campaigns.rules.pseudonyms import PREFIX, is_pseudonym

from . import bulk


class SuppressionReason(models.TextChoices):
    OPT_OUT = "opt_out", _("配信停止の申し出")
    HOLDER_CHANGED = "holder_changed", _("名義変更あり")
    COMPLAINT = "complaint", _("苦情")
    MANUAL = "manual", _("手動登録")


class SuppressionQuerySet(models.QuerySet["Suppression"]):
    def of_erased_people(self) -> "SuppressionQuerySet":
        return self.filter(phone__startswith=PREFIX)

    def of_known_numbers(self) -> "SuppressionQuerySet":
        return self.exclude(phone__startswith=PREFIX)

    def add(self, phones: Iterable[str], now: datetime, **facts: Any) -> int:
        """How many numbers were new. A number that is already there keeps its first reason and date."""
        rows = [{"phone": phone} for phone in sorted(set(phones))]
        if not rows:
            return 0
        table, parameter = bulk.table({"phone": "text"}, rows)
        values = [facts["reason"], facts.get("source", ""), facts.get("note", ""), facts.get("created_by_id")]
        with connection.cursor() as cursor:
            cursor.execute(ADD.replace("<rows>", table), [*values, bulk.moment(now), parameter])
            new: int = cursor.rowcount
        return new


class Suppression(models.Model):
    phone = models.CharField(_("携帯電話番号"), max_length=16, unique=True)  # E.164, or the pseudonym of one erased
    reason = models.CharField(_("理由"), max_length=20, choices=SuppressionReason)
    source = models.CharField(_("経路"), max_length=100, blank=True)
    note = models.CharField(_("メモ"), max_length=200, blank=True)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, verbose_name=_("登録者")
    )
    created_at = models.DateTimeField(_("登録日時"), auto_now_add=True)

    objects = SuppressionQuerySet.as_manager()

    class Meta:
        verbose_name = pgettext_lazy("one", "配信停止")
        verbose_name_plural = _("配信停止")
        ordering = ["-pk"]

    def __str__(self) -> str:
        return self.get_reason_display()

    @property
    def is_of_erased(self) -> bool:
        return is_pseudonym(self.phone)


# Parameters: reason, source, note, created_by, now, the rows.
ADD = """
INSERT INTO campaigns_suppression (phone, reason, source, note, created_by_id, created_at)
SELECT v.phone, %s, %s, %s, %s, %s FROM <rows> WHERE 1 = 1
ON CONFLICT (phone) DO NOTHING
"""
