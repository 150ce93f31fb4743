from datetime import date, datetime
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from campaigns.models import Campaign
from campaigns.rules.sending_window import jst

from .moments import MomentField


class MoveForm(forms.Form):
    """Another time for a booking; `day` is the day it was dropped on, and keeps the hour."""

    starts_at = MomentField(label=_("新しい配信予定日時"), help_text=_("日本時間です。"))

    def __init__(self, *args: Any, campaign: Campaign, day: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if campaign.starts_at:
            self.initial["starts_at"] = _on_day(jst(campaign.starts_at), day)


def _on_day(at: datetime, day: str) -> datetime:
    try:
        return datetime.combine(date.fromisoformat(day), at.timetz())
    except ValueError:
        return at
