"""A customer of each vendor to try things out with, and the texts such customers registered."""

from typing import Any

ZETTAI_TEMPLATES = [
    {"title": "ご予約の確認", "default_content": "{{%name%}}様 ご予約は{{%date%}}です。変更はお電話でどうぞ。"},
    {"title": "お支払いのご案内", "default_content": "{{%name%}}様 お支払い期限は{{%date%}}です。"},
]
RAKUTEN_TEMPLATES = {"reservation": "{name}様 ご予約は{date}です。変更はお電話でどうぞ。"}

SAMPLE_ACCOUNT: dict[str, Any] = {
    "vendor": "zettai_reach",
    "client_id": "20001",
    "token": "SampleTokenForTheSandboxOnly0001",
    "sender_codes": ["54321"],
    "counts_include_today": True,
    "templates": ZETTAI_TEMPLATES,
}
SAMPLE_ACCOUNTS: tuple[dict[str, Any], ...] = (
    SAMPLE_ACCOUNT,
    {
        "vendor": "rakuten_cpaas",
        "client_id": "sample-sms-key",
        "secret": "sample-sms-secret",
        "short_url_key": "sample-short-url-key",
        "short_url_secret": "sample-short-url-secret",
        "sender_codes": ["0501112222"],
        "templates": RAKUTEN_TEMPLATES,
    },
    {
        "vendor": "karaden",
        "client_id": "4",
        "tenant_id": "5d0f6f0e-1111-4a4a-8c8c-000000000001",
        "token": "sample-token",
        "services": [{"id": 12}, {"id": 13, "is_shorten": True}],
    },
)
