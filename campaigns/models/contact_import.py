"""One uploaded file and what became of each of its rows."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any, BinaryIO

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from campaigns.errors import RuleError

from .contact import ContactList, ExistingContacts

STANDS_STILL_AFTER = timedelta(seconds=30)


class ImportState(models.TextChoices):
    UPLOADED = "uploaded", _("アップロード済み")
    CHECKING = "checking", _("確認中")
    CHECKED = "checked", _("確認済み")
    RUNNING = "running", _("取込中")
    DONE = "done", _("取込完了")
    CANCELLED = "cancelled", _("取消")
    FAILED = "failed", _("取込できませんでした")


S = ImportState
# What may follow what. A failed check goes back to the choice of encoding and columns.
MOVES: dict[str, frozenset[str]] = {
    S.UPLOADED: frozenset({S.UPLOADED, S.CHECKING, S.CANCELLED}),
    S.CHECKING: frozenset({S.CHECKED, S.FAILED, S.CANCELLED}),
    S.CHECKED: frozenset({S.UPLOADED, S.CHECKING, S.RUNNING, S.CANCELLED}),
    S.RUNNING: frozenset({S.DONE, S.FAILED, S.CANCELLED}),
    S.DONE: frozenset(),
    S.CANCELLED: frozenset(),
    S.FAILED: frozenset({S.UPLOADED, S.CHECKING, S.CANCELLED}),
}


class ContactImport(models.Model):
    file = models.FileField(_("ファイル"), upload_to="imports/")
    original_name = models.CharField(_("ファイル名"), max_length=255)
    sha256 = models.CharField(max_length=64, db_index=True)
    size = models.PositiveBigIntegerField(_("サイズ"))
    encoding = models.CharField(_("文字コード"), max_length=20)
    delimiter = models.CharField(max_length=1)
    has_header = models.BooleanField(_("1行目は見出し"), default=True)
    header = models.JSONField(default=list)
    mapping = models.JSONField(_("列の対応"), default=dict)  # column index as string -> field name of rules/headers.py
    existing = models.CharField(
        _("登録済みの連絡先"), max_length=10, choices=ExistingContacts, default=ExistingContacts.UPDATE
    )
    contact_list = models.ForeignKey(ContactList, models.SET_NULL, null=True, blank=True, verbose_name=_("配信リスト"))
    new_list = models.CharField(_("新しい配信リスト"), max_length=100, blank=True)  # made when the import begins
    consent_basis = models.CharField(_("同意区分"), max_length=10, blank=True)
    state = models.CharField(_("状態"), max_length=10, choices=ImportState, default=ImportState.UPLOADED)
    failure = models.CharField(max_length=40, blank=True)  # code of a refusal, see texts.py
    failure_context = models.JSONField(default=dict)
    rows_total = models.PositiveIntegerField(_("行数"), default=0)
    rows_read = models.PositiveIntegerField(_("処理した行数"), default=0)  # resume point: rows before it are stored
    lines_read = models.PositiveIntegerField(default=0)  # the same point as lines of the file
    counts = models.JSONField(_("結果"), default=dict)  # outcome -> rows, outcomes of services/checking.py
    examples = models.JSONField(default=dict)  # finding -> how many rows, and the first of them
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, verbose_name=_("取込者"))
    created_at = models.DateTimeField(_("取込日時"), auto_now_add=True)
    started_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)
    forgotten_at = models.DateTimeField(null=True)  # the file and the example rows are gone; the counts stay
    beat_at = models.DateTimeField(null=True)  # last sign of life of the worker that has it in hand

    class Meta:
        verbose_name = pgettext_lazy("one", "CSV取込")
        verbose_name_plural = _("CSV取込")
        ordering = ["-pk"]

    def __str__(self) -> str:
        return self.original_name

    @property
    def is_working(self) -> bool:
        return self.state in {ImportState.CHECKING, ImportState.RUNNING}

    @property
    def stored(self) -> int:
        """Contacts added, changed or put into the list so far."""
        return int(self.counts.get("added", 0) + self.counts.get("existing", 0))

    @property
    def stands_still(self) -> bool:
        """No worker gave a sign of life for a while."""
        return self.is_working and bool(self.beat_at and timezone.now() - self.beat_at > STANDS_STILL_AFTER)

    @property
    def rate(self) -> int | None:
        """Rows per second of this pass so far."""
        if not (self.started_at and self.beat_at and self.rows_read):
            return None
        return round(self.rows_read / max((self.beat_at - self.started_at).total_seconds(), 0.001))

    @property
    def seconds_left(self) -> float | None:
        return (self.rows_total - self.rows_read) / self.rate if self.rate and self.is_working else None

    def move(self, to: ImportState, **changes: Any) -> None:
        """Go to another state in one UPDATE that names this one; RuleError when somebody else was first."""
        if to not in MOVES[self.state]:
            raise RuleError(
                _t("この取込は「%(state)s」のため、この操作はできません。") % {"state": self.get_state_display()}
            )
        changes["state"] = to
        if not type(self).objects.filter(pk=self.pk, state=self.state).update(**changes):
            raise RuleError(_t("この取込は、いま別の操作で状態が変わりました。画面を読み込み直してください。"))
        for name, value in changes.items():
            setattr(self, name, value)

    def taken_in_before(self) -> "ContactImport | None":
        """The last import of a file with the very same content."""
        same = type(self).objects.filter(sha256=self.sha256, state__in=(ImportState.RUNNING, ImportState.DONE))
        return same.exclude(pk=self.pk).select_related("created_by").first()

    @contextmanager
    def opened(self) -> Iterator[BinaryIO]:
        """The uploaded file, for reading; FileNotFoundError once it was removed."""
        with open(self.file.path, "rb") as file:
            yield file
