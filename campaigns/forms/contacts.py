"""One person, and one list, as typed by hand."""

from typing import Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _

from campaigns.errors import InvalidInput
from campaigns.models import MERGE_COLUMNS, Contact, ContactList
from campaigns.rules.headers import clean_header
from campaigns.rules.phone_numbers import format_domestic, parse_phone
from campaigns.services.contacts import ContactSearch
from campaigns.texts import row_reason

ATTRIBUTE = "attribute_"


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
            "number_acquired_on": forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
            "consented_at": forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"),
        }
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

    def save(self, commit: bool = True) -> Contact:
        given = {field.label: self.cleaned_data[field.name] for field in self.attribute_fields()}
        given[self.cleaned_data["new_name"]] = self.cleaned_data["new_value"]
        self.instance.attributes = {str(name): value for name, value in given.items() if name and value}
        contact: Contact = super().save(commit)
        return contact

    def changed_labels(self) -> list[str]:
        return [str(self.fields[name].label) for name in self.changed_data]


class ContactFilter(forms.Form):
    """A GET form: a narrowed list is an address to share."""

    q = forms.CharField(label=_("番号・氏名・フリガナ・会社名・顧客IDで検索"), max_length=100, required=False)
    list = forms.ModelChoiceField(
        ContactList.objects.all(), label=_("配信リスト"), required=False, empty_label=_("すべて")
    )
    stop = forms.ChoiceField(
        label=_("配信停止"),
        required=False,
        choices=[("", _("すべて")), ("active", _("停止していない")), ("stopped", _("配信停止中"))],
    )

    def search(self, *, whole_numbers: bool) -> ContactSearch:
        """What cannot be read narrows nothing."""
        given = self.cleaned_data if self.is_valid() else {}
        return ContactSearch(
            text=given.get("q", ""),
            contact_list=given.get("list"),
            stop=given.get("stop", ""),
            whole_numbers=whole_numbers,
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
