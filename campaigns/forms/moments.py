"""Days, months and moments as a person gives them. A year nobody means is refused like any other slip of the finger:
at the ends of the calendar there is no other zone's time to count in."""

from datetime import date
from typing import Any

from django import forms
from django.core.exceptions import ValidationError

YEARS = range(1990, 2200)
DAY, MONTH, MOMENT = "%Y-%m-%d", "%Y-%m", "%Y-%m-%dT%H:%M"


def in_our_time(day: date) -> None:
    """The field has the sentence for what is no day, or no moment."""
    if day.year not in YEARS:
        raise ValidationError("", code="invalid")


class DayField(forms.DateField):
    widget = forms.DateInput(attrs={"type": "date"}, format=DAY)
    default_validators = [in_our_time]


class MonthField(DayField):
    """`2026-11`, as its first day."""

    widget = forms.DateInput(attrs={"type": "month", "pattern": "[0-9]{4}-[0-9]{2}"}, format=MONTH)

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(input_formats=[MONTH], **kwargs)


class MomentField(forms.DateTimeField):
    """In Japanese time; picked where the browser can and typed where it cannot."""

    widget = forms.DateTimeInput(attrs={"type": "datetime-local"}, format=MOMENT)
    default_validators = [in_our_time]
