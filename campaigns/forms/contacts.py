"""One person, and one list, as typed by hand."""

from collections.abc import Iterable
from typing import Any

from django import forms
from django.core.exceptions import PermissionDenied
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _

from campaigns.errors import InvalidInput
from campaigns.file_texts import row_reason
from campaigns.models import MERGE_COLUMNS, Campaign, ConsentBasis, Contact, ContactList, User
from campaigns.rules.headers import clean_header
from campaigns.rules.phone_numbers import format_domestic, parse_phone
from campaigns.services.contacts import (
    ACTIVE,
    CLICKED,
    FAILED_IN_USE,
    NOT_CONSENTED,
    STOPPED,
    UNDECIDED,
    ContactSearch,
)

from .moments import DayField, MomentField
from .reports import STATES

ATTRIBUTE = "attribute_"
OFFERED = 100  # campaigns


class ListsField(forms.ModelMultipleChoiceField):  # type: ignore[type-arg]
    widget = forms.CheckboxSelectMultiple

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(ContactList.objects.all(), required=False, **kwargs)


class PhoneField(forms.CharField):
    """A mobile number in any usual spelling, as E.164."""

    widget = forms.TextInput(attrs={"inputmode": "tel", "autocomplete": "off"})

    def prepare_value(self, value: Any) -> Any:
        return format_domestic(value) if isinstance(value, str) and value.startswith("+81") else value

    def has_changed(self, initial: Any, data: Any) -> bool:
        """Another spelling of the same number is no change."""
        try:
            return bool(self.clean(data) != initial)
        except forms.ValidationError:
            return True

    def clean(self, value: Any) -> str:
        typed = super().clean(value)
        try:
            return parse_phone(typed).e164
        except InvalidInput as error:
            raise forms.ValidationError(row_reason(error.code)) from error


class ContactForm(forms.ModelForm):  # type: ignore[type-arg]
    phone = PhoneField(label=_("携帯電話番号"), help_text=_("例: 090-1234-5678"))
    new_name = forms.CharField(label=_("新しい項目の名前"), max_length=50, required=False)
    new_value = forms.CharField(label=_("新しい項目の値"), max_length=500, required=False)

    class Meta:
        model = Contact
        fields = (
            "phone",
            "name",
            "kana",
            "company",
            "department",
            "title",
            "external_id",
            "email",
            "memo",
            "number_acquired_on",
            "consent_basis",
            "consented_at",
            "consent_method",
            "consent_text",
        )
        widgets = {
            "memo": forms.Textarea(attrs={"rows": 2}),
            "consent_text": forms.Textarea(attrs={"rows": 2}),
        }
        field_classes = {"number_acquired_on": DayField, "consented_at": MomentField}
        help_texts = {
            "number_acquired_on": _("番号を本人から受け取った日です。名義変更の確認に使います。"),
            "consent_basis": _("広告・宣伝は、区分が「なし」の連絡先には送りません。"),
            "consent_text": _("同意をもらったときに示した文面です。"),
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for number, (name, value) in enumerate(sorted(self.instance.attributes.items())):
            self.fields[f"{ATTRIBUTE}{number}"] = forms.CharField(
                label=name,
                initial=value,
                required=False,
                widget=forms.Textarea(attrs={"rows": 2}) if "\n" in value else forms.TextInput(),
            )

    def attribute_fields(self) -> list[forms.BoundField]:
        return [self[name] for name in self.fields if name.startswith(ATTRIBUTE)]

    def clean_phone(self) -> str:
        phone: str = self.cleaned_data["phone"]
        holder = Contact.objects.filter(phone=phone).exclude(pk=self.instance.pk).first()
        if holder:
            raise forms.ValidationError(_t("この番号は「%(name)s」として登録済みです。") % {"name": holder})
        return phone

    def clean_consented_at(self) -> Any:
        at = self.cleaned_data["consented_at"]
        if at and at > timezone.now():
            raise forms.ValidationError(_t("同意日時は、いまより前にしてください。"))
        return at

    def clean_new_name(self) -> str:
        name = clean_header(self.cleaned_data["new_name"])
        if name in MERGE_COLUMNS:
            raise forms.ValidationError(_t("「%(name)s」は、上の同じ名前の欄に入力してください。") % {"name": name})
        return name

    def clean(self) -> dict[str, Any]:
        given = super().clean() or self.cleaned_data
        if given.get("new_value") and not given.get("new_name") and "new_name" not in self.errors:
            self.add_error("new_name", _t("項目の名前を入力してください。"))
        return given

    def filled(self) -> Contact:
        """The person as typed, not stored yet."""
        given = {field.label: self.cleaned_data[field.name] for field in self.attribute_fields()}
        given[self.cleaned_data["new_name"]] = self.cleaned_data["new_value"]
        contact: Contact = self.instance
        contact.attributes = {str(name): value for name, value in given.items() if name and value}
        return contact

    def changed_labels(self) -> list[str]:
        return [str(self.fields[name].label) for name in self.changed_data]


class ContactFilter(forms.Form):
    """A GET form: a narrowed list is an address to share. `any_of` and those after it stand apart, for fewer people."""

    q = forms.CharField(label=_("番号・氏名・フリガナ・会社名・顧客IDなどで検索"), max_length=100, required=False)
    list = forms.ModelChoiceField(ContactList.objects.all(), label=_("配信リスト"), required=False)
    stop = forms.ChoiceField(
        label=_("配信停止"),
        required=False,
        choices=[("", _("すべて")), (ACTIVE, _("停止していない")), (STOPPED, _("配信停止中"))],
    )
    consent = forms.ChoiceField(
        label=_("同意区分"),
        required=False,
        choices=[("", _("すべて")), *ConsentBasis.choices[1:], (NOT_CONSENTED, _("なし"))],
    )
    field = forms.CharField(label=_("差し込み項目"), max_length=100, required=False)
    value = forms.CharField(label=_("項目の値"), max_length=100, required=False)
    any_of = ListsField(label=_("いずれかのリストに入っている"))
    all_of = ListsField(label=_("すべてのリストに入っている"))
    none_of = ListsField(label=_("どのリストにも入っていない"))
    campaign = forms.ModelChoiceField(
        Campaign.objects.filter(trial_of=None).exclude(state__in=UNDECIDED), label=_("配信の宛先だった"), required=False
    )
    result = forms.ChoiceField(
        label=_("その配信の結果"),
        required=False,
        choices=[
            *STATES,
            (FAILED_IN_USE, _("未達・エラー(使われていない番号を除く)")),
            (CLICKED, _("短縮URLを開いた人")),
        ],
    )

    LISTS = ("any_of", "all_of", "none_of")
    APART = ("field", "value", *LISTS, "campaign", "result")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.lists = list(ContactList.objects.all())  # asked for once, not by each field
        choices = [(each.pk, each.name) for each in self.lists]
        self.fields["list"].widget.choices = [("", _t("すべて")), *choices]
        for name in self.LISTS:
            self.fields[name].widget.choices = choices
        self.fields["campaign"].widget.choices = lambda: self._campaigns  # asked for only where shown

    @cached_property
    def _campaigns(self) -> Iterable[tuple[Any, str]]:
        """The latest, and the one asked for, however old."""
        known = self.fields["campaign"].queryset  # type: ignore[attr-defined]
        latest = [(each.pk, each.name) for each in known.order_by("-pk")[:OFFERED]]
        self.is_valid()
        asked: Campaign | None = self.cleaned_data.get("campaign")
        older = [(asked.pk, asked.name)] if asked and asked.pk not in dict(latest) else []
        return [("", _t("指定しない")), *latest, *older]

    def clean(self) -> dict[str, Any]:
        given = super().clean() or self.cleaned_data
        self._need("campaign", given.get("result"), _t("結果で絞り込むには、配信も選んでください。"))
        self._need("field", given.get("value"), _t("値で絞り込むには、差し込み項目の名前も入力してください。"))
        self._need("value", given.get("field"), _t("差し込み項目で絞り込むには、項目の値も入力してください。"))
        return given

    def _need(self, name: str, other: Any, sentence: str) -> None:
        """One condition means nothing without another."""
        if other and not self.cleaned_data.get(name) and name not in self.errors:
            self.add_error(name, sentence)

    def search(self, user: User) -> ContactSearch:
        """What cannot be read finds nobody. By parts of numbers, one could feel for the digits that are masked."""
        if not self.is_valid():
            return ContactSearch(nobody=True)
        given = self.cleaned_data
        chosen: dict[str, Any] = {name: tuple(each.pk for each in given[name]) for name in self.LISTS}
        return ContactSearch(
            text=given["q"],
            list_id=given["list"].pk if given["list"] else None,
            stop=given["stop"],
            consent=given["consent"],
            field=given["field"],
            value=given["value"],
            **chosen,
            **self._outcome(user),
            whole_numbers=not user.has_perm("campaigns.see_numbers"),
        )

    def _outcome(self, user: User) -> dict[str, Any]:
        given = self.cleaned_data
        if not given["campaign"]:
            return {}
        if not user.has_perm("campaigns.view_message"):
            raise PermissionDenied
        return {"campaign": given["campaign"].pk, "result": given["result"]}

    def suggested_name(self) -> str:
        """Of a list of a campaign's recipients: which of them."""
        given = self.cleaned_data
        result = dict(self.fields["result"].choices).get(given["result"], "") if given["result"] else ""  # type: ignore[attr-defined]
        return f"{given['campaign'].name} {result}".strip()[:100]

    def is_apart(self) -> bool:
        return any(self[name].value() for name in self.APART)


class GoodbyeForm(forms.Form):
    DELETE, ERASE = "delete", "erase"

    how = forms.ChoiceField(
        label=_("削除のしかた"),
        widget=forms.RadioSelect,
        choices=[(DELETE, _("連絡先だけを削除する")), (ERASE, _("個人情報をすべて消去する(本人の求めがあったとき)"))],
    )


class ContactListForm(forms.ModelForm):  # type: ignore[type-arg]
    class Meta:
        model = ContactList
        fields = ("name", "description")
        help_texts = {"name": _("配信の宛先を選ぶときに使う名前です。宛先には見えません。")}


class ChosenContacts(forms.Form):
    """Ticked rows, and the list they go into."""

    row = forms.ModelMultipleChoiceField(
        Contact.objects.all(), error_messages={"required": _("連絡先を1件以上選んでください。")}
    )
    into = forms.ModelChoiceField(
        ContactList.objects.all(), error_messages={"required": _("配信リストを選んでください。")}
    )


class PasteForm(forms.Form):
    """Numbers, or whole rows of a table with their heading, into a list."""

    text = forms.CharField(
        label=_("携帯電話番号"),
        strip=False,
        widget=forms.Textarea(attrs={"rows": 10, "autocomplete": "off"}),
        help_text=_("1行に1つ。見出しのある表も、そのまま貼り付けられます。保存する前に1件ずつ確かめます。"),
    )
    into = forms.ModelChoiceField(
        ContactList.objects.all(), label=_("入れる配信リスト"), required=False, empty_label=_("新しく作る")
    )
    name = forms.CharField(label=_("新しい配信リストの名前"), max_length=100, required=False)

    def clean(self) -> dict[str, Any]:
        given = super().clean() or self.cleaned_data
        if given.get("into"):
            given["name"] = ""
        elif not given.get("name"):
            self.add_error("name", _t("配信リストを選ぶか、新しい名前を入力してください。"))
        return given
