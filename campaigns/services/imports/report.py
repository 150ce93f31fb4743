"""What became, or would become, of the rows of a file, in the reader's words."""

from collections import defaultdict
from collections.abc import Mapping
from typing import NamedTuple

from django.utils.translation import gettext as _

from campaigns.file_texts import VALUE_WARNINGS, row_reason
from campaigns.models import ContactImport, ExistingContacts, ImportRow

from .checking import KNOWN, NEW, OPTS_OUT, REJECTED, REPAIRED, REPEATED, SHOWN_ROWS, STOPPED
from .storing import ADDED, EXISTING, REFUSED_NOW

EXAMPLES = 5  # rows shown beside a finding


class Finding(NamedTuple):
    """Rows of one kind, and the first of them."""

    key: str
    tone: str
    title: str
    text: str
    total: int
    rows: list[ImportRow]

    @property
    def kept(self) -> int:
        """Rows that can be looked at."""
        return min(self.total, SHOWN_ROWS)

    @property
    def is_cut(self) -> bool:
        return self.kept < self.total


def findings(contact_import: ContactImport) -> list[Finding]:
    found = {key: total for key, total in contact_import.findings.items() if total}  # all put right: nothing to say
    rows: dict[str, list[ImportRow]] = defaultdict(list)
    for row in contact_import.rows.filter(serial__lte=EXAMPLES).order_by("serial"):
        rows[row.finding].append(row)

    def finding(key: str, tone: str, title: str, text: str) -> Finding:
        return Finding(key, tone, title, text, found[key], rows[key])

    rejected = sorted((key for key in found if key.startswith(f"{REJECTED}:")), key=lambda key: -found[key])
    others = _titles(contact_import)
    return [
        *(finding(key, "danger", _("エラー行"), row_reason(key.partition(":")[2])) for key in rejected),
        *(finding(key, "warning", _("値の注意"), str(VALUE_WARNINGS[key])) for key in VALUE_WARNINGS if key in found),
        *(finding(key, "info", *others[key]) for key in others if key in found),
    ]


def _titles(contact_import: ContactImport) -> dict[str, tuple[str, str]]:
    existing = {
        ExistingContacts.UPDATE: _("ファイルの内容で更新します。空欄のセルは、いまの値を残します。"),
        ExistingContacts.FILL: _("空欄の項目だけを、ファイルの内容で埋めます。"),
        ExistingContacts.SKIP: _("連絡先は変更しません。配信リストには入れます。"),
    }
    return {
        REPAIRED: (_("番号の補正"), _("表計算ソフトで失われた先頭の0を補いました。")),
        REPEATED: (_("ファイル内の重複"), _("同じ番号の行は、最初の1行だけを取り込みます。")),
        KNOWN: (_("登録済み"), existing[ExistingContacts(contact_import.existing)]),
        OPTS_OUT: (_("配信停止に登録"), _("ファイルの配信停止の列に従って、配信停止に登録します。")),
        STOPPED: (_("配信停止中"), _("連絡先は取り込みますが、配信停止はそのまま残り、SMSは送られません。")),
    }


def summary(contact_import: ContactImport) -> Mapping[str, int]:
    """Rows by outcome: of the import once it has stored anything, until then of the check."""
    checked = {NEW: _("新しく登録"), KNOWN: _("登録済み"), REPAIRED: _("番号の補正"), STOPPED: _("配信停止中")}
    stored = {ADDED: _("新しく登録"), EXISTING: _("登録済み"), REFUSED_NOW: _("配信停止に登録")}
    both = {REPEATED: _("ファイル内の重複"), REJECTED: _("エラー行")}
    titles = (stored if contact_import.stored else checked) | both
    return {title: contact_import.counts.get(outcome, 0) for outcome, title in titles.items()}
