"""テスト送信: where to, and the numbers a person has registered for it."""

from django import forms
from django.utils.translation import gettext_lazy as _l

from campaigns.errors import InvalidInput
from campaigns.file_texts import row_reason
from campaigns.models import TrialPhone
from campaigns.rules.phone_numbers import parse_phone


class TrialPhoneForm(forms.Form):
    phone = forms.CharField(
        label=_l("自分の携帯電話番号"),
        max_length=30,
        widget=forms.TextInput(attrs={"type": "tel", "autocomplete": "tel"}),
        error_messages={"required": _l("携帯電話番号を入力してください。")},
    )
    label = forms.CharField(label=_l("呼び名"), max_length=50, required=False, help_text=_l("例: 会社の電話"))

    def clean_phone(self) -> str:
        try:
            return parse_phone(self.cleaned_data["phone"]).e164
        except InvalidInput as error:
            raise forms.ValidationError(row_reason(error.code)) from None


class TrialForm(forms.Form):
    phones = forms.ModelMultipleChoiceField(
        TrialPhone.objects.none(), label=_l("テスト送信先"), widget=forms.CheckboxSelectMultiple, required=False
    )
    reference = forms.RegexField("^[0-9a-f]{12}$", widget=forms.HiddenInput)
