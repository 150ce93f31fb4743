"""What people decide about themselves; the rest an administrator decides."""

from django import forms

from campaigns.models import User


class NoticesForm(forms.ModelForm):  # type: ignore[type-arg]
    class Meta:
        model = User
        fields = ("wants_notices",)
