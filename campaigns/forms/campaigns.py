"""The draft of a campaign, complete or not, and the reason for sending one back."""

from collections.abc import Iterator
from typing import Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _l

from campaigns.models import Campaign, ContactList, HeldAt, MessageTemplate, ProviderAccount, SenderId
from campaigns.services.accounts import provider_class
from campaigns.services.planning.sampling import list_sizes

from .bodies import BodyField
from .moments import MomentField

NOW, LATER = "now", "later"


class SizedLists(forms.models.ModelChoiceIterator):  # type: ignore[type-arg]
    """Counts the members only where the lists are shown: checking what was ticked needs no sizes."""

    def __iter__(self) -> Iterator[Any]:
        choices = list(super().__iter__())
        lists = [value.instance for value, _label in choices]  # type: ignore[union-attr]
        sizes = list_sizes(lists)
        for each in lists:
            each.size = sizes[each.pk]
        yield from choices


class ListsField(forms.ModelMultipleChoiceField):  # type: ignore[type-arg]
    iterator = SizedLists
    widget = forms.CheckboxSelectMultiple

    def __init__(self, **options: Any) -> None:
        super().__init__(ContactList.objects.all(), required=False, **options)


class CampaignForm(forms.ModelForm):  # type: ignore[type-arg]
    lists_in = ListsField(label=_l("宛先の配信リスト"))
    lists_out = ListsField(label=_l("除外する配信リスト"))
    body = BodyField(required=False)
    when = forms.ChoiceField(
        label=_l("いつ送りますか"),
        choices=[(NOW, _l("すぐに送信")), (LATER, _l("日時を指定"))],
        initial=NOW,
        widget=forms.RadioSelect,
    )
    scheduled_for = MomentField(required=False, label=_l("配信予定日時"), help_text=_l("日本時間です。"))
    deadline_at = MomentField(
        required=False,
        label=_l("送信限度日時"),
        help_text=_l("日本時間です。この日時を過ぎたら、残っていても送りません。"),
    )
    sender = forms.ModelChoiceField(SenderId.objects.none(), label=_l("送信元番号"), required=False)

    class Meta:
        model = Campaign
        fields = (
            "name",
            "lists_in",
            "lists_out",
            "purpose",
            "template",
            "body",
            "shortens_urls",
            "when",
            "scheduled_for",
            "held_at",
            "deadline_at",
            "sender",
        )
        widgets = {
            "purpose": forms.RadioSelect,
            "template": forms.HiddenInput,
            "held_at": forms.RadioSelect,
        }
        help_texts = {
            "shortens_urls": _l(
                "配信事業者が宛先ごとの短縮URLに置き換え、開かれたかどうかが分かります。"
                "通数は元のURLの長さで見込むため、実際は少なくなることがあります。"
            ),
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["name"].required = False
        self.fields["name"].help_text = _("一覧と集計で使う名前です。宛先には見えません。")
        self.fields["held_at"].required = False
        self._offer_senders()
        if self.instance.scheduled_for:
            self.initial["when"] = LATER

    def _offer_senders(self) -> None:
        accounts = list(ProviderAccount.objects.filter(is_active=True).prefetch_related("senders"))
        senders = [(account, list(account.senders.all())) for account in accounts]
        groups = [(str(account), [(each.pk, _sender_label(each)) for each in own]) for account, own in senders if own]
        field = self.fields["sender"]
        field.queryset = SenderId.objects.filter(account__in=accounts)  # type: ignore[attr-defined]
        field.widget.choices = [("", _("選んでください")), *groups]
        offered = {each.pk: each for _account, own in senders for each in own}
        self._preset(
            next(iter(offered.values())) if len(offered) == 1 else offered.get(self.initial.get("sender") or 0)
        )
        able = [provider_class(account).capabilities for account in accounts]
        self.may_book = any(each.books for each in able)
        self.may_shorten_in_text = any(each.shortens_in_text for each in able)

    def _preset(self, sender: SenderId | None) -> None:
        if sender and self.instance.pk is None:
            self.initial["sender"] = sender.pk
            self.instance.sender, self.instance.account = sender, sender.account

    def clean_name(self) -> str:
        now = timezone.localtime()
        name: str = self.cleaned_data["name"] or self.instance.name
        return name or _("名前のない配信 %(month)d/%(day)d %(time)s") % {
            "month": now.month,
            "day": now.day,
            "time": f"{now:%H:%M}",
        }

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        if cleaned.get("when") != LATER:
            cleaned |= {"scheduled_for": None, "held_at": HeldAt.HERE}
        elif not cleaned.get("scheduled_for") and "scheduled_for" not in self.errors:
            self.add_error("scheduled_for", _("配信予定日時を入力するか、「すぐに送信」を選んでください。"))
        cleaned["held_at"] = cleaned.get("held_at") or HeldAt.HERE
        if both := set(cleaned.get("lists_in", ())) & set(cleaned.get("lists_out", ())):
            names = "、".join(sorted(str(each) for each in both))
            text = _("「%(lists)s」が宛先と除外の両方で選ばれています。どちらか一方にしてください。")
            self.add_error("lists_out", text % {"lists": names})
        return cleaned

    def _post_clean(self) -> None:
        """Who sends decides the account; which template the text came from is kept with its version."""
        super()._post_clean()  # type: ignore[misc]
        sender: SenderId | None = self.cleaned_data.get("sender")
        template: MessageTemplate | None = self.cleaned_data.get("template")
        self.instance.account = sender.account if sender else None
        if "template" in self.changed_data or (template and template.body == self.instance.body):
            self.instance.template_version = template.version if template else None

    def lists(self, name: str) -> list[ContactList]:
        """As ticked, or as stored where nobody has ticked anything yet, or wrongly."""
        if self.is_bound and name in self.cleaned_data:
            return list(self.cleaned_data[name])
        return list(getattr(self.instance, name).all()) if self.instance.pk else []

    @property
    def chosen_lists(self) -> list[ContactList]:
        return self.lists("lists_in")

    def add_problems(self, problems: list[tuple[str, str]]) -> bool:
        """Show why the draft cannot go on, each beside its field; whether there was any."""
        for field, sentence in problems:
            self.add_error("sender" if field == "account" else field, sentence)
        return bool(problems)


def _sender_label(sender: SenderId) -> str:
    limit = sender.get_purpose_display() if sender.purpose else ""
    return " ".join(filter(None, [sender.value, sender.label, limit and _("(%(purpose)sだけ)") % {"purpose": limit}]))


class ReturnForm(forms.Form):
    because = forms.CharField(
        label=_l("差し戻しの理由"),
        max_length=200,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_l("作成者に表示されます。どこを直せばよいか書いてください。"),
    )


class KeepForm(forms.Form):
    because = forms.CharField(
        label=_l("消去しない理由"),
        max_length=200,
        required=False,
        help_text=_l(
            "空にすると、保存期間が過ぎたあとに消去されます。本人の求めによる消去は、理由があっても行えます。"
        ),
    )
