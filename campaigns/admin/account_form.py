"""The form of an account: only the fields its vendor needs, and credentials that go in and never come out."""

import re
from dataclasses import asdict
from dataclasses import fields as dataclass_fields
from typing import Any

from django import forms
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _

from campaigns.models import Campaign, CampaignState, ProviderAccount, SenderId
from campaigns.rules.parts import CountingProfile
from campaigns.services.accounts import provider_class
from campaigns.services.sending.switching import affected_by
from campaigns.texts import trouble_text
from providers.base import Provider
from providers.errors import ProviderError
from providers.http import VendorClient

PREFIX = "credential_"
LABELS = {
    "token": _("アクセストークン"),
    "client_id": _("クライアントID"),
    "api_key": _("APIキー"),
    "api_secret": _("APIシークレット"),
    "tenant_id": _("テナントID"),
    "version": _("APIのバージョン"),
    "batch_size": _("1回のリクエストに入れる件数"),
    "enterprise_id": _("エンタープライズID"),
    "short_url_key": _("短縮URL用のAPIキー"),
    "short_url_secret": _("短縮URL用のAPIシークレット"),
}
HELP = {
    "version": _("配信事業者の管理画面で、このトークンに使えるバージョンをご確認ください。"),
    "batch_size": _("空欄なら、配信事業者の見本と同じ件数です。"),
    "enterprise_id": _("配信結果の照会に、配信事業者から指定された場合だけ入力してください。"),
    "short_url_key": _("短縮URLを使う契約の場合だけ入力してください。"),
}
LEAVES_NO_MORE = (CampaignState.DRAFT, CampaignState.COMPLETED, CampaignState.CANCELLED)
OVERRIDABLE = {field.name for field in dataclass_fields(CountingProfile)} - {"name"}


class AccountForm(forms.ModelForm):  # type: ignore[type-arg]
    vendor: type[Provider]

    class Meta:
        model = ProviderAccount
        fields = "__all__"  # noqa: DJ007  the admin's fieldsets name them
        widgets = {name: forms.Textarea(attrs={"rows": 2}) for name in ("callback_sources", "counting_overrides")}
        help_texts = {
            "label": _("配信を作る人が選ぶときの名前です。例: 絶対リーチ 本番"),
            "requests_per_second": _("配信事業者との契約で決まった値を超えないようにしてください。"),
            "counting_profile": _("見込み通数の数え方です。請求は配信事業者の数字によります。"),
            "receives_callbacks": _("受け取らない場合は、配信事業者に定期的に結果を問い合わせます。"),
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.pk and "is_active" in self.fields:
            self.fields["is_active"].help_text = _what_switching_off_does(self.instance)

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
        for name, wanted in self.vendor.formats.items():
            if (value := given.get(PREFIX + name)) and not re.fullmatch(wanted, value):
                self.add_error(
                    PREFIX + name, _t("配信事業者の値の形ではありません。写し間違いがないかご確認ください。")
                )
        return given

    def save(self, commit: bool = True) -> ProviderAccount:
        self.instance.provider = self.vendor.slug
        plain = {name: self.cleaned_data.get(PREFIX + name) or "" for name in self.vendor.plain_names}
        kept = (self.instance.credentials or {}) | self.retyped() | plain
        self.instance.credentials = {name: value for name, value in kept.items() if value}
        account: ProviderAccount = super().save(commit)
        return account

    def retyped(self) -> dict[str, str]:
        """Of the secrets, only what was typed in: an empty field keeps what is stored."""
        names = {*self.vendor.credential_names, *self.vendor.option_names} - self.vendor.plain_names
        typed = {name: self.cleaned_data.get(PREFIX + name) for name in sorted(names)}
        return {name: value for name, value in typed.items() if value}


def _what_switching_off_does(account: ProviderAccount) -> str:
    """Said before it is done, with the figures of this moment."""
    affected = affected_by(account)
    figures = {name: f"{campaigns:,}" for name, campaigns in asdict(affected).items()}
    text = _t(
        "外して保存すると、この接続先からの送信をすぐに止めます。いま配信中の%(sending)s件は保留になり、"
        "予約中の%(booked)s件は、その時刻になると保留になります。使用を再開しても自動では送らず、"
        "配信ごとに「再開する」を押すと続きから送ります。"
    )
    if affected.at_vendor:
        text += _t(
            "配信事業者に預けた予約%(at_vendor)s件は、止まらずに送られます。送らない場合は、先に予約を取り消してください。"
        )
    return text % figures


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
    """A form class with a field for each credential and option of this vendor; secrets are write-only."""
    stored = account.credentials if account else {}
    names = (*vendor.credential_names, *vendor.option_names)
    credentials = {
        PREFIX + name: _plain_field(vendor, name, stored.get(name, ""))
        if name in vendor.plain_names
        else _secret_field(name, is_set=bool(stored.get(name)))
        for name in names
    }
    return type("AccountForm", (AccountForm,), {"vendor": vendor, **credentials})


def _plain_field(vendor: type[Provider], name: str, stored: str) -> forms.Field:
    shown: dict[str, Any] = {"label": LABELS.get(name, name), "help_text": HELP.get(name, ""), "required": False}
    if choices := vendor.choices.get(name):
        return forms.ChoiceField(choices=[(value, value) for value in choices], initial=stored or choices[0], **shown)
    return forms.CharField(max_length=100, initial=stored, **shown)


def _secret_field(name: str, *, is_set: bool) -> forms.CharField:
    return forms.CharField(
        label=LABELS.get(name, name),
        required=False,  # clean() asks for what is neither stored nor typed
        max_length=500,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password", "class": "vTextField"}),
        help_text=_("設定済みです。変えるときだけ入力してください。") if is_set else HELP.get(name, ""),
    )


def sender_objection(vendor: type[Provider], value: str) -> str:
    """Why this vendor cannot have given out such a sender."""
    if re.fullmatch(vendor.sender_format, value):
        return ""
    return _t("「%(vendor)s」の送信元番号の形ではありません。例: %(example)s") % {
        "vendor": vendor.label,
        "example": vendor.sender_example,
    }


def _kept(form: "forms.ModelForm[SenderId]") -> str:
    """Why the number a campaign was asked for, approved or begun with stays as it is."""
    if form.instance.pk is None or not {"value", "account"} & set(form.changed_data):
        return ""
    decided = Campaign.objects.filter(sender=form.instance).exclude(state__in=LEAVES_NO_MORE)
    if not decided.exists():
        return ""
    return _t("承認待ち・予約・配信中の配信で使われているため、変更できません。新しい送信元番号を追加してください。")


class SenderFormSet(forms.BaseInlineFormSet):  # type: ignore[type-arg]
    """The senders of one account, below its form."""

    vendor: type[Provider]

    def clean(self) -> None:
        super().clean()
        for form in self.forms:
            value = form.cleaned_data.get("value") if form.is_valid() else None
            if value and form.has_changed() and (objection := sender_objection(self.vendor, value) or _kept(form)):
                form.add_error("value", objection)


def senders_for(vendor: type[Provider]) -> type[SenderFormSet]:
    return type("SenderFormSet", (SenderFormSet,), {"vendor": vendor})


class SenderForm(forms.ModelForm):  # type: ignore[type-arg]
    class Meta:
        model = SenderId
        fields = ("account", "value", "label", "purpose")

    def clean(self) -> dict[str, Any]:
        given = super().clean() or self.cleaned_data
        account, value = given.get("account"), given.get("value")
        if account and value and (objection := sender_objection(provider_class(account), value) or _kept(self)):
            self.add_error("value", objection)
        return given
