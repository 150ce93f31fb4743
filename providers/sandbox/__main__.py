"""`python -m providers.sandbox`: every stand-in on a loopback port, with an account of each vendor to try it out."""

import argparse
import logging
from typing import Any

from .server import Options, run

SAMPLE_ACCOUNT: dict[str, Any] = {
    "vendor": "zettai_reach",
    "client_id": "20001",
    "token": "SampleTokenForTheSandboxOnly0001",
    "sender_codes": ["54321"],
    "counts_include_today": True,
    "templates": [
        {"title": "ご予約の確認", "default_content": "{{%name%}}様 ご予約は{{%date%}}です。変更はお電話でどうぞ。"},
        {"title": "お支払いのご案内", "default_content": "{{%name%}}様 お支払い期限は{{%date%}}です。"},
    ],
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
        "templates": {"reservation": "{name}様 ご予約は{date}です。変更はお電話でどうぞ。"},
    },
    {
        "vendor": "karaden",
        "client_id": "4",
        "tenant_id": "5d0f6f0e-1111-4a4a-8c8c-000000000001",
        "token": "sample-token",
        "services": [{"id": 12}, {"id": 13, "is_shorten": True}],
    },
)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m providers.sandbox", description=__doc__)
    parser.add_argument("--host", default="127.0.0.1", help="a loopback address")
    parser.add_argument("--port", type=int, default=8090)
    parser.add_argument("--seed", type=int, default=1, help="same seed, same chance")
    parser.add_argument("--time-scale", type=float, default=1.0, help="0.1: phones and retries ten times as fast")
    parser.add_argument("--latency", type=float, default=0.0, help="seconds before every answer")
    parser.add_argument("--rate-limit", type=int, default=0, help="calls a second and account; 0: no limit")
    parser.add_argument("--callback-url", default="", help="where the sample accounts' receipts go")
    args = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    options = Options(seed=args.seed, time_scale=args.time_scale, latency=args.latency, rate_limit=args.rate_limit)
    accounts = [{**account, "callback_url": args.callback_url} for account in SAMPLE_ACCOUNTS]
    run(args.host, args.port, accounts, options)


if __name__ == "__main__":
    main()
