"""Vendors' own result codes in words."""

from django.utils.translation import gettext_lazy as _l

from providers.base import CodeMeaning

from .texts import carrier_text

# What a vendor's own result code comes down to, beside the code itself.
CODE_CAUSES = {
    "delivered": _l("端末に届きました"),
    "congestion_at_carrier": _l("携帯会社の網または端末側の輻輳"),
    "congestion_at_recipient": _l("受信側の輻輳"),
    "number_not_in_use": _l("欠番、またはお客さまの都合による停止など"),
    "network_or_out_of_range": _l("網の障害、圏外・電源OFFなど"),
    "out_of_range": _l("圏外・電源OFF"),
    "out_of_range_or_busy": _l("圏外・話し中・電源OFF"),
    "refused_by_handset": _l("受信拒否の設定など、端末側のエラー"),
    "unconnected": _l("圏外などのため未接続"),
    "failed_at_carrier": _l("携帯会社で配信に失敗"),
    "validity_ran_out": _l("有効期限切れ(圏外が続いたなど)"),
    "rejected": _l("携帯会社または配信事業者が拒否"),
    "deleted": _l("携帯会社で削除"),
    "not_sent": _l("配信事業者から送信されませんでした"),
    "not_known": _l("配信事業者にも分かりません"),
}


def code_text(meaning: CodeMeaning | None) -> str:
    """A vendor's result code in words: whose network where the code tells, and the cause."""
    if meaning is None:
        return ""
    parts = [carrier_text(meaning.carrier), str(CODE_CAUSES.get(meaning.cause, meaning.cause))]
    return ": ".join(filter(None, parts))
