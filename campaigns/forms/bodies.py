"""The text of a campaign or a template, taken from a form as it will be counted, stored and sent."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _l

from campaigns.errors import InvalidInput
from campaigns.rules.parts import prepare_body

LONGEST = 2000


class BodyField(forms.CharField):
    widget = forms.Textarea(attrs={"rows": 7})

    def __init__(self, **options: Any) -> None:
        super().__init__(label=_l("本文"), max_length=LONGEST, **options)

    def to_python(self, value: Any) -> str:
        """A blank text is none at all."""
        try:
            return prepare_body(super().to_python(value) or "")
        except InvalidInput:
            return ""
