"""What the lists of the reports can be narrowed to. All are GET forms: a narrowed list is an address to share."""

from datetime import date
from typing import Any
from urllib.parse import urlencode

from django import forms
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _

from campaigns.errors import InvalidInput
from campaigns.models import Campaign, Contact, HeldAt, MessageState, ProviderAccount, User
from campaigns.services.figures.message_search import Search, number_query
from campaigns.texts import CARRIERS, VERBS

from .moments import DayField, MonthField

ALL = [("", _("すべて"))]
# Of a message: what figures add up, and each state. An address may carry any of them.
STATES = [
    *ALL,
    ("sent", _("送信したもの")),
    ("waiting", _("結果待ち")),
    ("failed", _("未達・エラー")),
    ("unsent", _("送らなかったもの")),
    *MessageState.choices,
]


class Narrowing(forms.Form):
    """All fields may be left empty; the order of two days is checked where there are two."""

    use_required_attribute = False

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for field in self.fields.values():
            field.required = False

    def clean(self) -> dict[str, Any]:
        given = super().clean() or self.cleaned_data
        first, last = given.get("first"), given.get("last")
        if first and last and last < first:
            self.add_error("last", _("終わりの日は、始まりの日以降にしてください。"))
        return given


class MessageFilter(Narrowing):
    q = forms.CharField(label=_("携帯電話番号"), max_length=50)
    campaign = forms.ModelChoiceField(Campaign.objects.all(), label=_("配信"), widget=forms.HiddenInput)
    contact = forms.ModelChoiceField(Contact.objects.all(), label=_("連絡先"), widget=forms.HiddenInput)
    account = forms.ModelChoiceField(ProviderAccount.objects.all(), label=_("接続先"), empty_label=_("すべて"))
    state = forms.ChoiceField(label=_("状態"), choices=STATES)
    carrier = forms.ChoiceField(label=_("携帯会社"), choices=[*ALL, *CARRIERS.items()])
    first = DayField(label=_("いつから"))
    last = DayField(label=_("いつまで"))

    def __init__(self, data: Any, user: User) -> None:
        super().__init__(data)
        # By the start of a number, one could feel for the digits that are masked.
        self.whole_numbers = not user.has_perm("campaigns.see_numbers")

    def clean_q(self) -> Any:
        text = self.cleaned_data["q"].strip()
        try:
            return number_query(text, whole=self.whole_numbers) if text else None
        except InvalidInput:
            raise forms.ValidationError(self._how_to_search()) from None

    def _how_to_search(self) -> str:
        if self.whole_numbers:
            return _t("携帯電話番号を、11桁すべて入力してください。例: 090-1234-5678")
        return _t("携帯電話番号を、先頭から7桁以上入力してください。例: 090-1234")

    def recipients(self) -> str:
        """The same as a condition on people, for the address of a list to be made; empty where it cannot be said so."""
        given = {name: value for name, value in self.cleaned_data.items() if value}
        if "campaign" not in given or set(given) - {"campaign", "state"}:
            return ""
        return urlencode({"campaign": given["campaign"].pk, "result": given.get("state", "")})

    def search(self) -> Search:
        given = self.cleaned_data
        return Search(number=given["q"], **{name: given[name] for name in self.fields if name != "q"})


class BookingFilter(Narrowing):
    q = forms.CharField(label=_("配信名"), max_length=100)
    account = forms.ModelChoiceField(ProviderAccount.objects.all(), label=_("接続先"), empty_label=_("すべて"))
    held_at = forms.ChoiceField(label=_("予約の場所"), choices=[*ALL, *HeldAt.choices])
    month = MonthField(widget=forms.HiddenInput)
    week = DayField(widget=forms.HiddenInput)  # any day of it; empty: the whole month is shown
    day = DayField(widget=forms.HiddenInput)

    def days(self, today: date) -> tuple[date, date | None]:
        """The month to show, and the one day asked for."""
        given = self.cleaned_data
        day = given.get("day")
        return (given.get("month") or day or given.get("week") or today).replace(day=1), day


class BookingSpan(Narrowing):
    """The bookings of some days. Without days it would mean every booking, so both are needed."""

    q = forms.CharField(label=_("配信名に含む言葉"), max_length=100)
    first = DayField(label=_("いつから"))
    last = DayField(label=_("いつまで"))
    account = forms.ModelChoiceField(ProviderAccount.objects.all(), label=_("接続先"), empty_label=_("すべて"))
    held_at = forms.ChoiceField(label=_("予約の場所"), choices=[*ALL, *HeldAt.choices])

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["first"].required = self.fields["last"].required = True


class TypedCount(forms.Form):
    """A person who types the number has read it."""

    typed = forms.IntegerField(
        label=_("取り消す配信の数"), widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "off"})
    )

    def __init__(self, *args: Any, expected: int, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.expected = expected
        self.fields["typed"].help_text = _t("確認のため、上の数字「%(count)s」を入力してください。") % {
            "count": expected
        }

    def clean_typed(self) -> int:
        typed: int = self.cleaned_data["typed"]
        if typed != self.expected:
            raise forms.ValidationError(
                _t("入力された数が、対象の数と違います。対象は%(count)s件です。") % {"count": self.expected}
            )
        return typed


class MonthFilter(Narrowing):
    month = MonthField(label=_("月"))
    account = forms.ModelChoiceField(ProviderAccount.objects.all(), label=_("接続先"), empty_label=_("すべて"))

    def chosen(self, today: date) -> tuple[date, ProviderAccount | None]:
        given = self.cleaned_data
        return given.get("month") or today.replace(day=1), given.get("account")


class ActivityFilter(Narrowing):
    actor = forms.ModelChoiceField(User.objects.order_by("username"), label=_("操作者"), empty_label=_("すべて"))
    verb = forms.ChoiceField(label=_("操作"), choices=[*ALL, *VERBS.items()])
    q = forms.CharField(label=_("対象"), max_length=100)
    first = DayField(label=_("いつから"))
    last = DayField(label=_("いつまで"))
    target_type = forms.CharField(max_length=40, widget=forms.HiddenInput)
    target_id = forms.CharField(max_length=40, widget=forms.HiddenInput)
