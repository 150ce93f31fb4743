"""How somebody likes to see a long list: its columns, and narrowings under a name. A list goes by its URL's name."""

from dataclasses import dataclass

from django import forms
from django.http import QueryDict
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from campaigns.models import SavedFilter

from .contacts import ContactFilter
from .reports import ActivityFilter, MessageFilter
from .suppressions import SuppressionFilter


@dataclass(frozen=True, slots=True)
class Column:
    """Beside the first column of its table, which always shows."""

    name: str
    label: str | Promise
    is_number: bool = False
    is_usual: bool = True  # shown to whoever has not chosen

    def __str__(self) -> str:
        return str(self.label)


COLUMNS = {
    "campaign_list": (
        Column("state", _("状態")),
        Column("at", _("配信日時")),
        Column("account", _("接続先"), is_usual=False),
        Column("sender", _("送信元番号"), is_usual=False),
        Column("recipients", _("宛先"), is_number=True),
        Column("delivered", _("送達"), is_number=True),
        Column("failed", _("未達・エラー"), is_number=True),
    ),
    "contact_list": (
        Column("phone", _("携帯電話番号")),
        Column("external_id", _("顧客ID"), is_usual=False),
        Column("department", _("部署"), is_usual=False),
        Column("email", _("メールアドレス"), is_usual=False),
        Column("consent", _("同意・停止")),
        Column("lists", _("配信リスト")),
        Column("acquired", _("番号取得日"), is_usual=False),
        Column("updated", _("更新日時")),
    ),
    "message_list": (
        Column("sent", _("送信日時")),
        Column("final", _("結果日時"), is_usual=False),
        Column("campaign", pgettext_lazy("one", "配信")),
        Column("account", _("接続先"), is_usual=False),
        Column("state", _("状態")),
        Column("carrier", _("携帯会社")),
        Column("code", _("配信事業者のコード"), is_usual=False),
        Column("reference", _("管理番号"), is_usual=False),
        Column("parts", _("通数"), is_number=True),
    ),
    "suppression_list": (
        Column("reason", _("理由")),
        Column("source", _("経路")),
        Column("registrant", _("登録者"), is_usual=False),
        Column("note", _("メモ")),
        Column("created", _("登録日時")),
    ),
    "approval_list": (
        Column("requested", _("依頼")),
        Column("at", _("いつ")),
        Column("account", _("接続先"), is_usual=False),
        Column("recipients", _("宛先"), is_number=True),
        Column("parts", _("見込み通数"), is_number=True),
        Column("cost", _("見込み金額"), is_number=True),
    ),
    "import_list": (
        Column("state", _("状態")),
        Column("list", pgettext_lazy("one", "配信リスト")),
        Column("rows", _("行数"), is_number=True),
        Column("stored", pgettext_lazy("figure", "取込"), is_number=True),
        Column("rejected", _("エラー行"), is_number=True),
        Column("at", _("取込日時")),
    ),
    "activity_list": (
        Column("actor", _("操作者")),
        Column("verb", _("操作")),
        Column("target", _("対象")),
        Column("details", _("内容")),
    ),
    "count_month": (
        Column("sent", _("送信"), is_number=True),
        Column("delivered", _("送達"), is_number=True),
        Column("undelivered", _("未達"), is_number=True),
        Column("waiting", _("結果待ち"), is_number=True),
        Column("rate", _("送達率"), is_number=True, is_usual=False),
        Column("parts", _("見込み通数"), is_number=True),
        Column("charged", _("課金通数"), is_number=True),
        Column("cost", _("見込み金額"), is_number=True),
    ),
}
# What narrows a list, as it stands in the address.
NARROWED_BY = {
    "campaign_list": ("state", "q"),
    "contact_list": tuple(ContactFilter.base_fields),
    "message_list": tuple(MessageFilter.base_fields),
    "activity_list": tuple(ActivityFilter.base_fields),
    "suppression_list": tuple(SuppressionFilter.base_fields),
    "template_list": ("category", "q"),
    "count_month": ("account",),  # of whatever month is shown: a month under a name would be over soon
}


class SavedFilterForm(forms.ModelForm):  # type: ignore[type-arg]
    """Only what narrows is kept, not where in the list somebody was."""

    class Meta:
        model = SavedFilter
        fields = ("name", "query")
        widgets = {"query": forms.HiddenInput}

    def clean_query(self) -> str:
        given = QueryDict(self.cleaned_data["query"])
        kept = QueryDict(mutable=True)
        for name in NARROWED_BY[self.instance.screen]:
            if values := [value for value in given.getlist(name) if value]:
                kept.setlist(name, values)
        if not kept:
            raise forms.ValidationError(_("先に条件を指定してから、名前を付けて保存してください。"))
        return kept.urlencode()
