"""One uploaded file and what became of each of its rows."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any, BinaryIO

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from campaigns.errors import RuleError

from .contact import ExistingContacts
from .contact_list import ContactList

STANDS_STILL_AFTER = timedelta(seconds=30)


class ImportState(models.TextChoices):
    UPLOADED = "uploaded", _("アップロード済み")
    READING = "reading", _("読み込み中")
    CHECKING = "checking", _("確認中")
    CHECKED = "checked", _("確認済み")
    RUNNING = "running", _("取込中")
    DONE = "done", _("取込完了")
    CANCELLED = "cancelled", _("取消")
    FAILED = "failed", _("取込できませんでした")
    UNDOING = "undoing", _("元に戻しています")
    UNDONE = "undone", _("元に戻しました")

    @classmethod
    def working(cls) -> "frozenset[ImportState]":
        """A worker has it in hand."""
        return frozenset({cls.READING, cls.CHECKING, cls.RUNNING, cls.UNDOING})


S = ImportState
# What may follow what. Only a large workbook is read first. A failed check goes back to the choice of its columns.
MOVES: dict[str, frozenset[str]] = {
    S.UPLOADED: frozenset({S.UPLOADED, S.READING, S.CHECKING, S.CANCELLED}),
    S.READING: frozenset({S.CHECKING, S.FAILED, S.CANCELLED}),
    S.CHECKING: frozenset({S.CHECKED, S.FAILED, S.CANCELLED}),
    S.CHECKED: frozenset({S.UPLOADED, S.CHECKING, S.RUNNING, S.CANCELLED}),
    S.RUNNING: frozenset({S.DONE, S.FAILED, S.CANCELLED}),
    S.DONE: frozenset({S.UNDOING}),
    S.CANCELLED: frozenset({S.UNDOING}),
    S.UNDOING: frozenset({S.UNDONE}),
    S.UNDONE: frozenset(),
    S.FAILED: frozenset({S.UPLOADED, S.READING, S.CHECKING, S.CANCELLED}),
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
    header_key = models.CharField(max_length=64, blank=True, db_index=True)  # the same for files with the same headings
    sheets = models.JSONField(default=list)  # names, of a workbook
    sheet = models.CharField(_("シート"), max_length=100, blank=True)  # the one that is read
    unread_from = models.PositiveBigIntegerField(null=True)  # byte of the sheet's XML whence it is not text yet
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
    # The same point in what this pass reads: the file, or what the check wrote beside it.
    next_line = models.PositiveIntegerField(default=1)
    next_row = models.PositiveIntegerField(default=1)
    bytes_read = models.PositiveBigIntegerField(default=0)
    bytes_prepared = models.PositiveBigIntegerField(default=0)  # what of it the check has written for good
    counts = models.JSONField(_("結果"), default=dict)  # outcome -> rows, outcomes of services/checking.py
    findings = models.JSONField(default=dict)  # finding -> rows; the first of each are kept as ImportRow
    new_lists = models.JSONField(default=list)  # named in the file, not yet there
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, verbose_name=_("取込者"))
    created_at = models.DateTimeField(_("取込日時"), auto_now_add=True)
    started_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)
    forgotten_at = models.DateTimeField(null=True)  # the file and its rows are gone; the counts stay
    beat_at = models.DateTimeField(null=True)  # last sign of life of the worker that has it in hand

    class Meta:
        verbose_name = pgettext_lazy("one", "CSV取込")
        verbose_name_plural = _("CSV取込")
        ordering = ["-pk"]

    def __str__(self) -> str:
        return self.original_name

    @property
    def is_working(self) -> bool:
        return self.state in ImportState.working()

    @property
    def stored(self) -> int:
        """Contacts added, changed or put into the list so far."""
        return int(self.counts.get("added", 0) + self.counts.get("existing", 0))

    @property
    def kept(self) -> int:
        """Contacts it added that were not taken back."""
        return int(self.counts.get("added", 0) - self.counts.get("removed", 0))

    @property
    def can_be_undone(self) -> bool:
        is_over = self.state in {ImportState.DONE, ImportState.CANCELLED}
        return is_over and bool(self.counts.get("added")) and not self.forgotten_at

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

    def check_move(self, to: ImportState) -> None:
        """RuleError where this state does not lead there."""
        if to not in MOVES[self.state]:
            raise RuleError(
                _t("この取込は「%(state)s」のため、この操作はできません。") % {"state": self.get_state_display()}
            )

    def move(self, to: ImportState, **changes: Any) -> None:
        """Go to another state in one UPDATE that names this one; RuleError when somebody else was first."""
        self.check_move(to)
        changes["state"] = to
        if not type(self).objects.filter(pk=self.pk, state=self.state).update(**changes):
            raise RuleError(_t("この取込は、いま別の操作で状態が変わりました。画面を読み込み直してください。"))
        for name, value in changes.items():
            setattr(self, name, value)

    def taken_in_before(self) -> "ContactImport | None":
        """The last import of a file with the very same content."""
        same = type(self).objects.filter(sha256=self.sha256, state__in=(ImportState.RUNNING, ImportState.DONE))
        return same.exclude(pk=self.pk).select_related("created_by").first()

    def beside(self, ending: str) -> Path:
        """A file of ours that belongs to the uploaded one."""
        return Path(f"{self.file.path}.{ending}")

    @property
    def text_path(self) -> Path:
        """The upload itself, or a sheet of it, which we wrote as text beside it."""
        return self.beside(f"{self.sheets.index(self.sheet)}.csv") if self.sheet else Path(self.file.path)

    @contextmanager
    def opened(self) -> Iterator[BinaryIO]:
        """The text of the upload, for reading; FileNotFoundError once it was removed."""
        with open(self.text_path, "rb") as file:
            yield file


class ImportRow(models.Model):
    """One of the first rows of a finding, for a person to look at, and to mend where the row was rejected."""

    contact_import = models.ForeignKey(ContactImport, models.CASCADE, related_name="rows")
    finding = models.CharField(max_length=60)
    serial = models.PositiveIntegerField()  # within the finding, from 1
    number = models.PositiveIntegerField(_("行"))  # of the spreadsheet
    position = models.PositiveIntegerField()  # among the rows that are not blank, from 0
    was = models.CharField(_("ファイルの番号"), max_length=40)
    became = models.CharField(_("取り込む番号"), max_length=20, blank=True)
    cells = models.JSONField(default=list)  # of rejected rows
    mended_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = _("取込の行")
        verbose_name_plural = _("取込の行")
        constraints = [
            models.UniqueConstraint(fields=["contact_import", "finding", "serial"], name="row_once_per_finding")
        ]

    def __str__(self) -> str:
        return f"{self.contact_import_id}/{self.number}"

    @property
    def can_be_mended(self) -> bool:
        """Its cells are known, and nothing is taken in yet."""
        return bool(self.cells) and not self.mended_at and self.contact_import.state == ImportState.CHECKED
