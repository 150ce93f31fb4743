"""Reusable texts."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _l

from campaigns.errors import InvalidInput
from campaigns.models import MessageTemplate
from campaigns.rules.parts import prepare_body
from campaigns.rules.placeholders import check
from campaigns.texts import finding_text

EMPTY_BODY = _l("本文を入力してください。")


class TemplateForm(forms.ModelForm):  # type: ignore[type-arg]
    class Meta:
        model = MessageTemplate
        fields = ("name", "category", "purpose", "body")
        widgets = {
            "category": forms.TextInput(attrs={"list": "categories"}),
            "purpose": forms.RadioSelect,
            "body": forms.Textarea(attrs={"rows": 7}),
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
            "body": {"required": EMPTY_BODY},
        }

    def clean_body(self) -> str:
        try:
            body = prepare_body(self.cleaned_data["body"])
        except InvalidInput:
            raise forms.ValidationError(EMPTY_BODY) from None
        if problems := check(body):
            raise forms.ValidationError([finding_text(problem.code, problem.excerpt) for problem in problems])
        return body

    def save(self, commit: bool = True) -> Any:
        """A changed text is a new version: campaigns keep the number of the one they were made from."""
        if self.instance.pk and self.cleaned_data["body"] != self.initial["body"]:
            self.instance.version += 1
        return super().save(commit)
