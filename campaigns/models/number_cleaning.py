"""電話番号クリーニング of a list: a long job, and what the vendor said about each number."""

from datetime import timedelta

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from .contact import Contact
from .contact_list import ContactList
from .provider_account import ProviderAccount

STANDS_STILL_AFTER = timedelta(seconds=90)  # a minute's rest after trouble is no standstill


class CleaningState(models.TextChoices):
    RUNNING = "running", _("確認中")
    DONE = "done", _("確認完了")
    CANCELLED = "cancelled", _("取消")
    FAILED = "failed", _("確認できませんでした")


class Verdict(models.TextChoices):
    CHANGED = "changed", _("名義変更あり")
    SAME = "same", _("変更なし")
    NO_VERDICT = "no_verdict", _("判定できず")


class NumberCleaning(models.Model):
    contact_list = models.ForeignKey(ContactList, models.CASCADE, verbose_name=_("配信リスト"))
    account = models.ForeignKey(ProviderAccount, models.PROTECT, verbose_name=_("接続先"))
    since = models.DateField(_("基準日"))  # for people whose number has no date of its own
    state = models.CharField(_("状態"), max_length=10, choices=CleaningState, default=CleaningState.RUNNING)
    trouble = models.CharField(max_length=40, blank=True)  # code of providers.errors
    total = models.PositiveIntegerField(_("対象"), default=0)
    asked = models.PositiveIntegerField(_("確認済み"), default=0)
    checked_through = models.BigIntegerField(default=0)  # contact id: resume point
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, verbose_name=_("開始した人"))
    created_at = models.DateTimeField(_("開始日時"), auto_now_add=True)
    beat_at = models.DateTimeField()  # last sign of life of the worker that has it in hand
    finished_at = models.DateTimeField(_("完了日時"), null=True)

    class Meta:
        verbose_name = pgettext_lazy("one", "電話番号クリーニング")
        verbose_name_plural = _("電話番号クリーニング")
        ordering = ["-pk"]
        constraints = [
            # Two at once would ask at twice the pace the vendor allows.
            models.UniqueConstraint(
                fields=["account"], condition=models.Q(state=CleaningState.RUNNING), name="one_cleaning_at_a_time"
            )
        ]

    def __str__(self) -> str:
        return str(self.contact_list)

    @property
    def is_working(self) -> bool:
        return self.state == CleaningState.RUNNING

    @property
    def stands_still(self) -> bool:
        return self.is_working and timezone.now() - self.beat_at > STANDS_STILL_AFTER

    @property
    def rate(self) -> int | None:
        """Numbers per second so far."""
        return max(1, round(self.asked / self._seconds)) if self.asked and self._seconds else None

    @property
    def seconds_left(self) -> float | None:
        is_known = self.is_working and self.asked
        return (self.total - self.asked) * self._seconds / self.asked if is_known else None

    @property
    def _seconds(self) -> float:
        return (self.beat_at - self.created_at).total_seconds()


class CleanedNumber(models.Model):
    """Gone with the contact; a suppression that followed from it stays with the number."""

    cleaning = models.ForeignKey(NumberCleaning, models.CASCADE, related_name="results", db_index=False)
    contact = models.ForeignKey(Contact, models.CASCADE, related_name="cleanings")
    verdict = models.CharField(_("判定"), max_length=10, choices=Verdict)
    since = models.DateField(_("基準日"))
    asked_at = models.DateTimeField(_("確認日時"))

    class Meta:
        ordering = ["-pk"]
        constraints = [models.UniqueConstraint(fields=["cleaning", "contact"], name="cleaned_once_per_job")]

    def __str__(self) -> str:
        return self.get_verdict_display()
