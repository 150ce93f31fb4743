"""What a person asks a vendor for: a short URL, the templates it keeps, who a number belongs to."""

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

from django import forms
from django.core.validators import URLValidator
from django.utils import timezone
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _

from campaigns.models import ContactList, MessageTemplate, ProviderAccount, RegisteredTemplate
from campaigns.rules.placeholders import fields
from campaigns.rules.sending_window import jst_day
from campaigns.services.accounts import accounts_that, provider_class

from .moments import DayField

LONGEST_URL = 2048
FIELD = "field_"
WORTH_ASKING = timedelta(days=30)  # hardly anybody gives up a number sooner


class AccountChoice(forms.Form):
    """One of the accounts whose vendor can do this; chosen already where there is only one."""

    account = forms.ModelChoiceField(ProviderAccount.objects.none(), label=_("接続先"), empty_label=None)

    def __init__(self, *args: Any, capability: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["account"].queryset = accounts_that(capability)  # type: ignore[attr-defined]


class ShortUrlForm(AccountChoice):
    url = forms.CharField(
        label=_("元のURL"),
        max_length=LONGEST_URL,
        validators=[URLValidator(["http", "https"], message=_("https:// で始まるURLを入力してください。"))],
        widget=forms.URLInput(attrs={"placeholder": "https://", "autocomplete": "off"}),
        error_messages={"required": _("短くするURLを入力してください。")},
    )
    field_order = ("url", "account")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, capability="shortens", **kwargs)


class CleaningForm(AccountChoice):
    since = DayField(
        label=_("基準日"),
        help_text=_(
            "この日より後に、番号の持ち主が変わったかを確かめます。番号取得日のある連絡先は、その日を使います。"
        ),
    )

    def __init__(self, contact_list: ContactList, *args: Any, **kwargs: Any) -> None:
        made_on = jst_day(contact_list.created_at)
        is_old = jst_day(timezone.now()) - made_on >= WORTH_ASKING
        super().__init__(*args, capability="cleans", initial={"since": made_on if is_old else None}, **kwargs)

    def clean(self) -> dict[str, Any]:
        given = super().clean() or self.cleaned_data
        account, since = given.get("account"), given.get("since")
        if account and since and (objection := _objection(account, since)):
            self.add_error("since", objection)
        return given


def _objection(account: ProviderAccount, since: date) -> str:
    today = jst_day(timezone.now())
    earliest = today - timedelta(days=provider_class(account).capabilities.cleans_back)
    if since > today:
        return _t("基準日は今日までの日付にしてください。")
    if since < earliest:
        return _t("この接続先で確かめられるのは %(day)s からです。") % {"day": f"{earliest:%Y/%m/%d}"}
    return ""


class RegisteredTemplateForm(AccountChoice):
    """The vendor's id, and for each field of our text the name the vendor's template has for it."""

    vendor_id = forms.CharField(
        label=_("配信事業者の定型文ID"),
        max_length=100,
        help_text=_("配信事業者の管理画面で登録した定型文のIDです。"),
    )

    def __init__(self, template: MessageTemplate, *args: Any, **kwargs: Any) -> None:
        self.template = template
        self.tied = RegisteredTemplate.objects.filter(template=template).first()
        super().__init__(*args, capability="fills_templates", initial=self._initial(), **kwargs)
        for name in dict.fromkeys(field.name for field in fields(template.body)):
            label = _t("「%(name)s」に当たる配信事業者の項目名") % {"name": name}
            self.fields[FIELD + name] = forms.CharField(label=label, max_length=50)

    def _initial(self) -> dict[str, Any]:
        names = dict.fromkeys(field.name for field in fields(self.template.body))
        theirs = {ours: name for name, ours in self.tied.fields.items()} if self.tied else {}
        known = {FIELD + name: theirs.get(name, name) for name in names}
        return known | ({"account": self.tied.account_id, "vendor_id": self.tied.vendor_id} if self.tied else {})

    def clean(self) -> dict[str, Any]:
        given = super().clean() or self.cleaned_data
        names = [theirs for theirs, _ours in self._pairs(given)]
        if len(set(names)) < len(names):
            self.add_error(None, _t("同じ項目名が2つあります。項目ごとに別の名前にしてください。"))
        return given

    def _pairs(self, given: dict[str, Any]) -> Iterator[tuple[str, str]]:
        return ((value, name.removeprefix(FIELD)) for name, value in given.items() if name.startswith(FIELD))

    def registered(self) -> RegisteredTemplate:
        """As typed, not stored yet."""
        given = self.cleaned_data
        return RegisteredTemplate(
            template=self.template,
            account=given["account"],
            vendor_id=given["vendor_id"],
            version=self.template.version,
            fields=dict(self._pairs(given)),
        )
