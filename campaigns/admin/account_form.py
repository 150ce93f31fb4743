"""The form of an account: only the fields its vendor needs, and credentials that go in and never come out."""

from dataclasses import fields as dataclass_fields
from typing import Any

from django import forms
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _

from campaigns.models import ProviderAccount
from campaigns.rules.parts import CountingProfile
from campaigns.texts import trouble_text
from providers.base import Provider
from providers.errors import ProviderError
from providers.http import VendorClient

PREFIX = "credential_"
CREDENTIAL_LABELS = {
    "token": _("アクセストークン"),
    "client_id": _("クライアントID"),
    "api_key": _("APIキー"),
    "api_secret": _("APIシークレット"),
    "tenant_id": _("テナントID"),
}
OVERRIDABLE = {field.name for field in dataclass_fields(CountingProfile)} - {"name"}


class AccountForm(forms.ModelForm):  # type: ignore[type-arg]
    vendor: type[Provider]

    class Meta:
        model = ProviderAccount
        fields = "__all__"  # noqa: DJ007  the admin's fieldsets name them
        widgets = {"counting_overrides": forms.Textarea(attrs={"rows": 2})}
        help_texts = {
            "label": _("配信を作る人が選ぶときの名前です。例: 絶対リーチ 本番"),
            "requests_per_second": _("配信事業者との契約で決まった値を超えないようにしてください。"),
            "counting_profile": _("見込み通数の数え方です。請求は配信事業者の数字によります。"),
            "receives_callbacks": _("受け取らない場合は、配信事業者に定期的に結果を問い合わせます。"),
        }

    def clean_base_url(self) -> str:
        url: str = self.cleaned_data["base_url"]
        try:
            VendorClient(url)  # it alone knows which addresses are safe; nothing is opened yet
        except ProviderError as error:
            raise forms.ValidationError(trouble_text(error.code)) from error
        return url

    def clean_counting_overrides(self) -> dict[str, int]:
        overrides = self.cleaned_data["counting_overrides"] or {}
        if not isinstance(overrides, dict):
            raise forms.ValidationError(_t('{"項目名": 数} の形で入力してください。'))
        for name, value in overrides.items():
            _check_override(name, value)
        return overrides

    def clean(self) -> dict[str, Any]:
        given = super().clean() or self.cleaned_data
        stored = self.instance.credentials or {}
        for name in self.vendor.credential_names:
            if not given.get(PREFIX + name) and not stored.get(name):
                self.add_error(PREFIX + name, _t("配信事業者から受け取った値を入力してください。"))
        return given

    def save(self, commit: bool = True) -> ProviderAccount:
        self.instance.provider = self.vendor.slug
        self.instance.credentials = (self.instance.credentials or {}) | self.retyped()
        account: ProviderAccount = super().save(commit)
        return account

    def retyped(self) -> dict[str, str]:
        """Only what was typed in: an empty field keeps what is stored."""
        names = (*self.vendor.credential_names, *self.vendor.option_names)
        typed = {name: self.cleaned_data.get(PREFIX + name) for name in names}
        return {name: value for name, value in typed.items() if value}


def _check_override(name: str, value: object) -> None:
    if name not in OVERRIDABLE:
        raise forms.ValidationError(
            _t("「%(name)s」という項目はありません。使える項目: %(known)s")
            % {"name": name, "known": ", ".join(sorted(OVERRIDABLE))}
        )
    if not isinstance(value, int) or isinstance(value, bool) or value < 0:
        raise forms.ValidationError(_t("「%(name)s」には0以上の整数を入力してください。") % {"name": name})
    if name == "newline_weight" and value not in (1, 2):
        raise forms.ValidationError(_t("「newline_weight」には1か2を入力してください。"))


def form_for(vendor: type[Provider], account: ProviderAccount | None) -> type[AccountForm]:
    """A form class with one write-only field for each credential and option of this vendor."""
    stored = account.credentials if account else {}
    names = (*vendor.credential_names, *vendor.option_names)
    credentials = {PREFIX + name: _credential_field(name, is_set=bool(stored.get(name))) for name in names}
    return type("AccountForm", (AccountForm,), {"vendor": vendor, **credentials})


def _credential_field(name: str, *, is_set: bool) -> forms.CharField:
    return forms.CharField(
        label=CREDENTIAL_LABELS.get(name, name),
        required=False,  # clean() asks for what is neither stored nor typed
        max_length=500,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password", "class": "vTextField"}),
        help_text=_("設定済みです。変えるときだけ入力してください。") if is_set else "",
    )
