"""Numbers that must not be texted, as typed or pasted."""

from django import forms
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _

from campaigns.errors import InvalidInput
from campaigns.file_texts import row_reason
from campaigns.models import SuppressionReason
from campaigns.rules.phone_numbers import parse_phone

from .moments import MomentField

MOST_AT_ONCE = 5_000
SHOWN = 5
LINE_BREAKS = str.maketrans(dict.fromkeys(",、，;；\t", "\n"))


class SuppressionForm(forms.Form):
    phones = forms.CharField(
        label=_("携帯電話番号"),
        help_text=_("1行に1つ。表からまとめて貼り付けられます。"),
        widget=forms.Textarea(attrs={"rows": 6, "autocomplete": "off"}),
    )
    reason = forms.ChoiceField(label=_("理由"), choices=SuppressionReason.choices)
    note = forms.CharField(
        label=_("メモ"), max_length=200, required=False, help_text=_("申し出の方法や日付など、あとで分かるように。")
    )

    def clean_phones(self) -> list[str]:
        """All of them or none: a number left out by mistake would be texted."""
        lines = [line for line in self.cleaned_data["phones"].translate(LINE_BREAKS).splitlines() if line.strip()]
        if len(lines) > MOST_AT_ONCE:
            raise forms.ValidationError(
                _t("一度に登録できるのは%(most)s件までです。分けて登録してください。") % {"most": f"{MOST_AT_ONCE:,}"}
            )
        phones, wrong = [], []
        for line in lines:
            try:
                phones.append(parse_phone(line).e164)
            except InvalidInput as error:
                wrong.append(_t("「%(typed)s」: %(why)s") % {"typed": line.strip()[:30], "why": row_reason(error.code)})
        if wrong:
            raise forms.ValidationError(_shortened(wrong))
        return phones


class RefusalFileForm(forms.Form):
    file = forms.FileField(
        label=_("ファイル"), help_text=_("携帯電話番号の列があるCSVまたはExcel(.xlsx)のファイルです。")
    )
    reason = forms.ChoiceField(label=_("理由"), choices=SuppressionReason.choices)
    note = forms.CharField(label=_("メモ"), max_length=200, required=False)


def _shortened(wrong: list[str]) -> list[str]:
    rest = len(wrong) - SHOWN
    return wrong[:SHOWN] + ([_t("ほかに%(count)s件あります。") % {"count": rest}] if rest > 0 else [])


class LiftForm(forms.Form):
    consented_at = MomentField(label=_("新しい同意の日時"))
    consent_method = forms.CharField(
        label=_("同意の方法"), max_length=100, help_text=_("例: 店頭の申込書、電話、Webフォーム")
    )
    consent_text = forms.CharField(
        label=_("同意の文面"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text=_("同意をもらったときに示した文面です。"),
    )


class SuppressionFilter(forms.Form):
    q = forms.CharField(label=_("番号・経路・メモで検索"), max_length=100, required=False)
    reason = forms.ChoiceField(label=_("理由"), required=False, choices=[("", _("すべて")), *SuppressionReason.choices])
