"""Reusable texts."""

from django import forms
from django.utils.translation import gettext_lazy as _l

from campaigns.models import MessageTemplate
from campaigns.rules.placeholders import check
from campaigns.texts import finding_text

from .bodies import BodyField


class TemplateForm(forms.ModelForm):  # type: ignore[type-arg]
    body = BodyField(error_messages={"required": _l("本文を入力してください。")})

    class Meta:
        model = MessageTemplate
        fields = ("name", "category", "purpose", "body")
        widgets = {
            "category": forms.TextInput(attrs={"list": "categories"}),
            "purpose": forms.RadioSelect,
        }
        help_texts = {
            "category": _l("一覧で絞り込むときに使います。例: 予約、お知らせ"),
            "purpose": _l("広告・宣伝には、送信者の名称と配信停止の方法が必要です。"),
        }
        error_messages = {
            "name": {
                "required": _l("名前を入力してください。"),
                "unique": _l("同じ名前の定型文があります。別の名前にしてください。"),
            },
        }

    def clean_body(self) -> str:
        body: str = self.cleaned_data["body"]
        if problems := check(body):
            raise forms.ValidationError([finding_text(problem.code, problem.excerpt) for problem in problems])
        return body
