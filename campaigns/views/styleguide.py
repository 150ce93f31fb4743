"""Every component in every state on one page, for those who build screens and for the browser tests."""

from datetime import datetime, timedelta

from django import forms
from django.contrib.admin.views.decorators import staff_member_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_GET

from campaigns.models import CampaignState, ImportState, MessageState
from campaigns.views.paging import Page

NOON = datetime.fromisoformat("2026-11-22T12:30:00+09:00")


class SampleForm(forms.Form):
    name = forms.CharField(
        label=_("配信名"), max_length=20, help_text=_("一覧と集計で使う名前です。宛先には見えません。")
    )
    memo = forms.CharField(label=_("備考"), required=False, widget=forms.Textarea(attrs={"rows": 2}))
    day = forms.DateField(label=_("配信予定日"), widget=forms.DateInput(attrs={"type": "date"}))
    sender = forms.ChoiceField(label=_("送信元番号"), choices=[("", "—"), ("1", "0005-1234-5678")])
    purpose = forms.ChoiceField(
        label=_("種別"), widget=forms.RadioSelect, choices=[("ad", _("広告・宣伝")), ("notice", _("業務連絡"))]
    )
    agreed = forms.BooleanField(label=_("送信限度日時を過ぎた宛先には送らない"))
    file = forms.FileField(label=_("ここにファイルを置くか、選んでください"), help_text=_("CSV または Excel(.xlsx)"))


@staff_member_required
@require_GET
def styleguide(request: HttpRequest) -> HttpResponse:
    days = [(f"11/{day}", [(day * 37) % 90 * 40, (day * 13) % 7 * 30]) for day in range(1, 31)]
    context = {
        "campaign_states": list(CampaignState),
        "message_states": list(MessageState),
        "import_states": list(ImportState),
        "fresh_form": SampleForm(),
        "wrong_form": SampleForm(
            {"name": "12月のご予約確認と年末年始の営業日のご案内", "day": "2026-02-30", "purpose": "ad"}
        ),
        "days": days,
        "few_days": days[-5:],
        "rows": [(state, NOON - timedelta(minutes=7 * at), 1 + at % 3) for at, state in enumerate(MessageState)],
        "moment": NOON,
        "page": Page(rows=[], newer=120, older=71),
        "number": "+818011112222",
    }
    return render(request, "styleguide.html", context)
