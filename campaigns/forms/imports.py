"""An upload: the file, how it is read, and what each of its columns is."""

from collections.abc import Iterator
from typing import Any, NamedTuple

from django import forms
from django.conf import settings
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from campaigns.file_texts import file_trouble, headings_of_ours
from campaigns.models import ConsentBasis, ContactImport, ContactList, ExistingContacts
from campaigns.rules.headers import guess_mapping
from campaigns.services.imports.importing import Choices

ENCODINGS = {
    "utf_8": _("UTF-8"),
    "cp932": _("Shift_JIS(CP932)"),
    "utf_16": _("UTF-16(ExcelのUnicodeテキスト)"),
    "euc_jp": _("EUC-JP"),
}
DELIMITERS = {",": _("コンマ"), "\t": _("タブ"), ";": _("セミコロン")}
FIELDS = {
    "phone": _("携帯電話番号"),
    "name": _("氏名"),
    "family_name": _("姓"),
    "given_name": _("名"),
    "kana": _("フリガナ"),
    "family_kana": _("セイ"),
    "given_kana": _("メイ"),
    "company": _("会社名"),
    "department": _("部署"),
    "title": _("役職"),
    "external_id": _("顧客ID"),
    "email": _("メールアドレス"),
    "memo": _("備考"),
    "list": _("配信リスト"),
    "number_acquired_on": _("番号取得日"),
    "consent": _("同意"),
    "consented_at": _("同意日"),
    "consent_method": _("同意方法"),
    "opt_out": pgettext_lazy("one", "配信停止"),
}
ATTRIBUTE = "attr:"
SHOWN = 3


class UploadForm(forms.Form):
    file = forms.FileField(
        label=_("ここにExcelブックかCSVファイルを置くか、選んでください"),
        widget=forms.FileInput(attrs={"accept": ".csv,.tsv,.txt,.xlsx,.xlsm,text/csv"}),
        error_messages={
            "required": _("ファイルを選んでください。"),
            "empty": _("ファイルに内容がありません。連絡先の入ったファイルを選んでください。"),
        },
    )
    list = forms.ModelChoiceField(ContactList.objects.all(), required=False, widget=forms.HiddenInput)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["file"].help_text = _t("Excelブック(.xlsx)、CSV(Shift_JIS・UTF-8)、TSV。%(most)sMBまで") % {
            "most": f"{settings.IMPORT_MAX_BYTES // 1_000_000:,}"
        }


class ReadingForm(forms.Form):
    """How the file is read; shown with what was detected."""

    sheet = forms.ChoiceField(label=_("シート"))
    encoding = forms.ChoiceField(label=_("文字コード"), choices=list(ENCODINGS.items()))
    delimiter = forms.ChoiceField(label=_("区切り"), choices=list(DELIMITERS.items()))
    has_header = forms.TypedChoiceField(
        label=_("1行目"),
        choices=[("yes", _("見出し")), ("no", _("連絡先(見出しなし)"))],
        coerce=lambda value: value == "yes",
    )

    def __init__(self, contact_import: ContactImport, data: Any = None) -> None:
        initial = {
            "encoding": contact_import.encoding.removesuffix("_sig"),
            "delimiter": contact_import.delimiter,
            "has_header": "yes" if contact_import.has_header else "no",
            "sheet": contact_import.sheet,
        }
        super().__init__(data, initial=initial)
        self.fields["sheet"].choices = [(name, name) for name in contact_import.sheets]  # type: ignore[attr-defined]
        for name in ("encoding", "delimiter") if contact_import.sheets else ("sheet",):
            del self.fields[name]


class Column(NamedTuple):
    title: str
    samples: list[str]
    field: forms.BoundField


class MappingForm(forms.Form):
    """One select per column of the file, as guessed, and what to do with the rows."""

    contact_list = forms.ModelChoiceField(
        ContactList.objects.all(), label=_("入れる配信リスト"), required=False, empty_label=_("入れない")
    )
    new_list = forms.CharField(
        label=_("または、新しい配信リストの名前"),
        max_length=100,
        required=False,
        help_text=_("取込を始めるときに作ります。"),
    )
    existing = forms.ChoiceField(
        label=_("登録済みの連絡先"),
        choices=ExistingContacts.choices,
        widget=forms.RadioSelect,
        help_text=_("同じ携帯電話番号の連絡先です。どれを選んでも、空欄のセルで値が消えることはありません。"),
    )
    consent_basis = forms.ChoiceField(
        label=_("同意区分"),
        choices=ConsentBasis.choices,
        required=False,
        help_text=_("ファイルの同意の列が空欄の人に記録します。広告・宣伝は「なし」の人には送りません。"),
    )

    def __init__(
        self,
        contact_import: ContactImport,
        sample: list[list[str]],
        data: Any = None,
        *,
        remembered: tuple[dict[int, str], ContactImport | None] = ({}, None),
    ) -> None:
        """`remembered`: the columns as chosen for an earlier file, and that file; a guess where there is none."""
        self.guess = guess_mapping(contact_import.header, sample)
        chosen = {int(at): name for at, name in contact_import.mapping.items()}
        known, self.chosen_for = remembered
        mapping = chosen or known or self.guess.fields
        if chosen:
            self.chosen_for = None
        initial = {
            "contact_list": contact_import.contact_list_id,
            "new_list": contact_import.new_list,
            "existing": contact_import.existing,
            "consent_basis": contact_import.consent_basis,
        }
        super().__init__(data, initial=initial)
        self.header, self.sample = contact_import.header, sample[:SHOWN]
        added_by_us = headings_of_ours()
        for at, title in enumerate(self.header):
            name = "" if title in added_by_us else mapping.get(at, "")
            self.fields[f"column_{at}"] = forms.ChoiceField(
                label=self._title(at), choices=_choices(self._title(at)), initial=name, required=False
            )

    def _title(self, at: int) -> str:
        return column_title(self.header, at)

    def columns(self) -> Iterator[Column]:
        for at in range(len(self.header)):
            samples = [row[at] if at < len(row) else "" for row in self.sample]
            yield Column(self._title(at), samples, self[f"column_{at}"])

    def questions(self) -> list[str]:
        """Fields that several columns could be, unless somebody has chosen."""
        return (
            []
            if self.chosen_for
            else [
                _t("「%(field)s」らしい列が%(count)sつあります(%(columns)s)。使う列を選んでください。")
                % {"field": FIELDS[name], "count": len(columns), "columns": "、".join(map(self._title, columns))}
                for name, columns in self.guess.ambiguous.items()
            ]
        )

    def clean(self) -> dict[str, Any]:
        given = super().clean() or self.cleaned_data
        chosen = self._mapping()
        for name in dict.fromkeys(chosen.values()):
            twice = [at for at, field in chosen.items() if field == name]
            if len(twice) > 1:
                self.add_error(
                    f"column_{twice[1]}",
                    _t("「%(field)s」が2つの列で選ばれています。1つにしてください。") % {"field": FIELDS[name]},
                )
        if "phone" not in chosen.values():
            self.add_error(None, file_trouble("no_phone_column", {}))
        self._check_lists(given)
        return given

    def _check_lists(self, given: dict[str, Any]) -> None:
        name = given.get("new_list")
        if name and given.get("contact_list"):
            self.add_error(
                "new_list", _t("配信リストは、一覧から選ぶか、新しい名前を入れるか、どちらかにしてください。")
            )
        elif name and ContactList.objects.filter(name=name).exists():
            self.add_error(
                "new_list",
                _t("「%(name)s」という配信リストはすでにあります。一覧から選んでください。") % {"name": name},
            )

    def _mapping(self) -> dict[int, str]:
        names = {at: self.cleaned_data.get(f"column_{at}") for at in range(len(self.header))}
        return {at: name for at, name in names.items() if name}

    def choices(self) -> Choices:
        given = self.cleaned_data
        return Choices(
            mapping=self._mapping(),
            existing=given["existing"],
            contact_list=given["contact_list"],
            new_list=given["new_list"],
            consent_basis=given["consent_basis"],
        )


def column_title(header: list[str], at: int) -> str:
    return header[at] or _t("%(number)s列目") % {"number": at + 1}


def _choices(title: str) -> list[tuple[str, Any]]:
    merge = (f"{ATTRIBUTE}{title}", _t("差し込み項目「%(name)s」") % {"name": title})
    return [("", _t("取り込まない")), merge, *FIELDS.items()]
