"""People as rows of a file that this portal, too, can take in again."""

from collections.abc import Iterator
from datetime import datetime

from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from campaigns.models import ConsentBasis, Contact, Suppression, User
from campaigns.models.contact import TEXT_COLUMNS
from campaigns.services.figures.message_search import in_chunks, number_for

YES = "○"
LABELS = {field.name: field.verbose_name for field in Contact._meta.concrete_fields if field.name in TEXT_COLUMNS}


def contact_rows(found: "QuerySet[Contact]", user: User) -> Iterator[list[object]]:
    """Headings as the import knows them; every merge field is a column."""
    attributes = [name for name in found.attribute_names() if name not in map(str, LABELS.values())]  # type: ignore[attr-defined]
    yield [
        _("携帯電話番号"),
        *LABELS.values(),
        _("番号取得日"),
        _("同意"),
        _("同意区分"),
        _("同意日時"),
        _("同意方法"),
        pgettext("one", "配信停止"),
        _("配信リスト"),
        *attributes,
    ]
    for contact in in_chunks(found.prefetch_related("lists")):
        yield [
            number_for(user, contact.phone),
            *(getattr(contact, name) for name in LABELS),
            contact.number_acquired_on or "",
            YES if contact.consent_basis == ConsentBasis.CONSENT else "",
            contact.get_consent_basis_display() if contact.consent_basis else "",
            moment(contact.consented_at),
            contact.consent_method,
            YES if contact.is_stopped else "",  # type: ignore[attr-defined]
            "、".join(each.name for each in contact.lists.all()),
            *(contact.attributes.get(name, "") for name in attributes),
        ]


def suppression_rows(found: "QuerySet[Suppression]", user: User) -> Iterator[list[object]]:
    yield [_("携帯電話番号"), _("理由"), _("経路"), _("メモ"), _("登録者"), _("登録日時")]
    for row in in_chunks(found.select_related("created_by")):
        yield [
            number_for(user, row.phone),
            row.get_reason_display(),
            row.source,
            row.note,
            str(row.created_by or ""),
            moment(row.created_at),
        ]


def moment(at: datetime | None) -> str:
    return f"{timezone.localtime(at):%Y-%m-%d %H:%M:%S}" if at else ""
