"""Days, months and moments as a person gives them. A year nobody means is refused like any other slip of the finger:
at the ends of the calendar there is no other zone's time to count in."""

from datetime import date, datetime
from typing import Any

from django import forms
from django.core.exceptions import ValidationError

YEARS = range(1990, 2200)
DAY, MONTH, MOMENT = "%Y-%m-%d", "%Y-%m", "%Y-%m-%dT%H:%M"


class DayField(forms.DateField):
    widget = forms.DateInput(attrs={"type": "date"}, format=DAY)

    def to_python(self, value: Any) -> date | None:
        day = super().to_python(value)
        if day and day.year not in YEARS:
            raise ValidationError(self.error_messages["invalid"], code="invalid")
        return day


class MonthField(DayField):
    """`2026-11`, as its first day."""

    widget = forms.DateInput(attrs={"type": "month", "pattern": "[0-9]{4}-[0-9]{2}"}, format=MONTH)

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(input_formats=[MONTH], **kwargs)


class MomentField(forms.DateTimeField):
    """In Japanese time; picked where the browser can and typed where it cannot."""

    widget = forms.DateTimeInput(attrs={"type": "datetime-local"}, format=MOMENT)

    def to_python(self, value: Any) -> datetime | None:
        moment = super().to_python(value)
        if moment and moment.year not in YEARS:
            raise ValidationError(self.error_messages["invalid"], code="invalid")
        return moment
