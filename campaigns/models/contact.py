"""People, and how a million of them are stored."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from django.db import connection, models
from django.db.models import Exists, OuterRef
from django.utils.translation import gettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from . import bulk
from .contact_index import ContactIndex, words_of
from .suppression import Suppression


class ConsentBasis(models.TextChoices):
    """Why an advertisement may be sent (特定電子メール法 3条)."""

    NONE = "", _("なし")
    CONSENT = "consent", _("同意")
    WRITTEN = "written", _("書面通知")
    BUSINESS = "business", _("取引関係")
    PUBLISHED = "published", _("公表")


class ExistingContacts(models.TextChoices):
    """What a row of a file does to a contact that is already there."""

    UPDATE = "update", _("ファイルの内容で更新する")
    FILL = "fill", _("空欄だけを埋める")
    SKIP = "skip", _("変更しない")


class ContactQuerySet(models.QuerySet["Contact"]):
    def with_stop(self) -> "ContactQuerySet":
        """`is_stopped`: the number must not be texted."""
        return self.annotate(is_stopped=Exists(Suppression.objects.filter(phone=OuterRef("phone"))))

    def attribute_names(self) -> list[str]:
        """Every merge field that somebody of these has a value for."""
        people, parameters = self.order_by().values("attributes").query.sql_with_params()
        with connection.cursor() as cursor:
            cursor.execute(ATTRIBUTE_NAMES[connection.vendor].replace("<people>", people), parameters)
            return [row[0] for row in cursor.fetchall()]

    def store(self, rows: Sequence[Mapping[str, Any]], existing: str, now: datetime) -> tuple[int, int]:
        """Add people or change those already there, once per number; how many were added and how many were there.

        A row names the columns of STORED_COLUMNS it has a value for; what it leaves out never erases anything.
        """
        packed = bulk.packed([{**row, "words": words_of(row)} for row in rows])
        added = self.store_packed(packed, existing, now)
        return added, len(rows) - added

    def store_packed(self, people: str, existing: str, now: datetime, *, source_import_id: int | None = None) -> int:
        """The same of rows packed by bulk.packed(), each with its `words`; who is added remembers where from."""
        at = bulk.moment(now)
        statement = _store_statement(existing).replace("<rows>", bulk.packed_table(STORED_COLUMNS))
        with connection.cursor() as cursor:
            cursor.execute(statement, [at, at, source_import_id, people, at])
            stored = cursor.fetchall()
        ContactIndex.objects.write_packed(people, now)
        # What was there already is merged in the database: only there it is known what is found by now.
        merged = [key for key, is_new in stored if not is_new]
        ContactIndex.objects.write(self.filter(pk__in=merged))
        return len(stored) - len(merged)

    def withdraw_consent(self, phones: Iterable[str], now: datetime) -> None:
        self.filter(phone__in=list(phones)).exclude(consent_basis=ConsentBasis.NONE).update(
            consent_basis=ConsentBasis.NONE, consented_at=None, consent_method="", consent_text="", updated_at=now
        )


class Contact(models.Model):
    phone = models.CharField(_("携帯電話番号"), max_length=16)  # E.164
    name = models.CharField(_("氏名"), max_length=100, blank=True)
    kana = models.CharField(_("フリガナ"), max_length=100, blank=True)
    company = models.CharField(_("会社名"), max_length=100, blank=True)
    department = models.CharField(_("部署"), max_length=100, blank=True)
    title = models.CharField(_("役職"), max_length=100, blank=True)
    external_id = models.CharField(_("顧客ID"), max_length=100, blank=True)
    email = models.EmailField(_("メールアドレス"), blank=True)
    memo = models.TextField(_("備考"), blank=True)
    attributes = models.JSONField(_("差し込み項目"), default=dict, blank=True)
    number_acquired_on = models.DateField(_("番号取得日"), null=True, blank=True)
    consent_basis = models.CharField(
        _("同意区分"), max_length=10, choices=ConsentBasis, default=ConsentBasis.NONE, blank=True
    )
    consented_at = models.DateTimeField(_("同意日時"), null=True, blank=True)
    consent_method = models.CharField(_("同意方法"), max_length=100, blank=True)
    consent_text = models.TextField(_("同意の文面"), blank=True)
    created_at = models.DateTimeField(_("登録日時"), auto_now_add=True)
    updated_at = models.DateTimeField(_("更新日時"), auto_now=True)
    # Asked only together with numbers, and written a million at a time: neither an index nor a check.
    source_import = models.ForeignKey(
        "ContactImport",
        models.SET_NULL,
        null=True,
        editable=False,
        verbose_name=_("登録した取込"),
        related_name="+",
        db_index=False,
        db_constraint=False,
    )

    objects = ContactQuerySet.as_manager()

    class Meta:
        verbose_name = pgettext_lazy("one", "連絡先")
        verbose_name_plural = _("連絡先")
        permissions = [("export_contact", _("連絡先をCSV出力できる"))]
        # The only index: people are found by ContactIndex, and each one more is written a million times by an import.
        # Not unique=True: that makes a second one on PostgreSQL, for LIKE, which nobody asks.
        constraints = [models.UniqueConstraint(fields=["phone"], name="contact_once_per_number")]

    def __str__(self) -> str:
        return self.name or self.company or gettext("(氏名なし)")

    def save(self, *args: Any, **kwargs: Any) -> None:
        super().save(*args, **kwargs)
        ContactIndex.objects.write([self])

    @property
    def ledger_label(self) -> str:
        return f"#{self.pk}"

    def merge_values(self) -> dict[str, str]:
        """What {{fields}} of a text may name: the columns by their screen names, and the person's own attributes."""
        columns = {label: str(getattr(self, column)) for label, column in MERGE_COLUMNS.items()}
        return columns | dict(self.attributes)


# Screen name of a field -> column of Contact. A text says {{氏名}}, in either language of the screens.
MERGE_COLUMNS = {
    "氏名": "name",
    "フリガナ": "kana",
    "会社名": "company",
    "部署": "department",
    "役職": "title",
    "顧客ID": "external_id",
}


ATTRIBUTE_NAMES = {
    "postgresql": "SELECT DISTINCT field FROM (<people>) c, jsonb_object_keys(c.attributes) field ORDER BY field",
    "sqlite": "SELECT DISTINCT field.key FROM (<people>) c, json_each(c.attributes) field ORDER BY field.key",
}
TEXT_COLUMNS = ("name", "kana", "company", "department", "title", "external_id", "email", "memo")
STORED_COLUMNS = {
    "phone": "text",
    **dict.fromkeys(TEXT_COLUMNS, "text"),
    "attributes": "jsonb",
    "number_acquired_on": "date",
    "consent_basis": "text",
    "consented_at": "timestamptz",
    "consent_method": "text",
}
# Parameters: now, now, the import, the rows, now. `c` is the contact that is already there.
# A row is new when it was made now.
STORE = """
INSERT INTO campaigns_contact AS c (phone, {names}, attributes, number_acquired_on, consent_basis, consented_at,
  consent_method, consent_text, created_at, updated_at, source_import_id)
SELECT v.phone, {values}, COALESCE(v.attributes, '{{}}'), v.number_acquired_on, COALESCE(v.consent_basis, ''),
  v.consented_at, COALESCE(v.consent_method, ''), '', %s, %s, %s
FROM <rows> WHERE 1 = 1
ON CONFLICT (phone) {conflict}
RETURNING id, created_at = %s
"""
# Consent replaces any other basis; another basis only fills a gap. Date and method belong to the basis.
UPDATE = """DO UPDATE SET {texts}, attributes = {merged},
  number_acquired_on = COALESCE(excluded.number_acquired_on, c.number_acquired_on),
  consent_basis = CASE WHEN excluded.consent_basis = 'consent' OR c.consent_basis = ''
    THEN excluded.consent_basis ELSE c.consent_basis END,
  consented_at = CASE WHEN excluded.consent_basis = 'consent' AND c.consent_basis <> 'consent'
    THEN excluded.consented_at ELSE COALESCE(excluded.consented_at, c.consented_at) END,
  consent_method = CASE WHEN excluded.consent_basis = 'consent' AND c.consent_basis <> 'consent'
    THEN excluded.consent_method ELSE COALESCE(NULLIF(excluded.consent_method, ''), c.consent_method) END,
  updated_at = excluded.updated_at"""
FILL = """DO UPDATE SET {texts}, attributes = {merged},
  number_acquired_on = COALESCE(c.number_acquired_on, excluded.number_acquired_on),
  consent_basis = CASE WHEN c.consent_basis = '' THEN excluded.consent_basis ELSE c.consent_basis END,
  consented_at = CASE WHEN c.consent_basis = '' THEN excluded.consented_at ELSE c.consented_at END,
  consent_method = CASE WHEN c.consent_basis = '' THEN excluded.consent_method ELSE c.consent_method END,
  updated_at = excluded.updated_at"""


def _store_statement(existing: str) -> str:
    return STORE.format(
        names=", ".join(TEXT_COLUMNS),
        values=", ".join(f"COALESCE(v.{name}, '')" for name in TEXT_COLUMNS),
        conflict=_conflict(existing),
    )


def _conflict(existing: str) -> str:
    if existing == ExistingContacts.SKIP:
        return "DO NOTHING"
    action, first, second = (
        (UPDATE, "excluded", "c") if existing == ExistingContacts.UPDATE else (FILL, "c", "excluded")
    )
    texts = ", ".join(f"{name} = COALESCE(NULLIF({first}.{name}, ''), {second}.{name})" for name in TEXT_COLUMNS)
    merge = (
        "{}.attributes || {}.attributes"
        if connection.vendor == "postgresql"
        else "json_patch({}.attributes, {}.attributes)"
    )
    return action.format(texts=texts, merged=merge.format(second, first))  # the right side wins, on both
