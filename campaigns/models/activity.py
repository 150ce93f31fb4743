"""Who did what to which object, and when; each row carries the hash of the one before."""

import hashlib
import json
from collections.abc import Iterable
from typing import Any

from django.conf import settings
from django.db import models, transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from .bulk import one_at_a_time


def _named(target: models.Model | None) -> dict[str, str]:
    """The object as the row keeps it, for the time when it is gone; nothing for a log-in of nobody we know."""
    if target is None:
        return {"target_type": "", "target_id": "", "target_label": ""}
    kind = target._meta.model_name or ""
    # A chain cannot forget: people's names stay out of it.
    label = getattr(target, "ledger_label", str(target))
    return {"target_type": kind, "target_id": str(target.pk), "target_label": label[:200]}


class ActivityManager(models.Manager["Activity"]):
    def note(self, actor: Any, verb: str, target: models.Model | None, **details: Any) -> "Activity":
        """Add a row to the chain. `details` (before, after, counts) holds no numbers, texts or credentials."""
        with transaction.atomic():
            one_at_a_time("activity")
            last = self.order_by("-pk").values_list("digest", flat=True).first() or ""
            row = self.model(
                at=timezone.now(),
                actor=actor,
                actor_name=str(actor or ""),
                verb=verb,
                **_named(target),
                details=details,
                previous=last,
            )
            row.digest = row.compute_digest()
            row.save()
        return row

    def first_broken(self, newest: int | None = None) -> "Activity | None":
        """The earliest row, of the newest so many or of all, that was altered or whose predecessor is gone."""
        rows: Iterable[Activity] = self.order_by("pk").iterator()
        before = ""
        if newest is not None:
            rows = list(self.order_by("-pk")[: newest + 1])[::-1]
            before = rows[0].previous if rows else ""
        for row in rows:
            if row.previous != before or row.digest != row.compute_digest():
                return row
            before = row.digest
        return None


class Activity(models.Model):
    at = models.DateTimeField(_("日時"))
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, verbose_name=_("操作者")
    )
    actor_name = models.CharField(_("操作者の氏名"), max_length=150, blank=True)
    verb = models.CharField(_("操作"), max_length=40)  # code, shown through texts.py
    target_type = models.CharField(_("対象の種類"), max_length=40)
    target_id = models.CharField(_("対象の番号"), max_length=40)
    target_label = models.CharField(_("対象"), max_length=200)
    details = models.JSONField(_("内容"), default=dict)
    previous = models.CharField(_("前の記録のハッシュ値"), max_length=64, blank=True)
    digest = models.CharField(_("ハッシュ値"), max_length=64)

    objects = ActivityManager()

    class Meta:
        verbose_name = _("操作履歴")
        verbose_name_plural = _("操作履歴")
        indexes = [models.Index(fields=["target_type", "target_id"], name="activity_by_target")]

    def __str__(self) -> str:
        return f"{timezone.localtime(self.at):%Y-%m-%d %H:%M} {self.target_label}"

    def compute_digest(self) -> str:
        facts = [
            self.previous,
            self.at.isoformat(),
            self.actor_name,
            self.verb,
            self.target_type,
            self.target_id,
            self.target_label,
            self.details,
        ]
        return hashlib.sha256(json.dumps(facts, sort_keys=True, default=str).encode()).hexdigest()
