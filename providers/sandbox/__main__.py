"""`python -m providers.sandbox`: every stand-in on a loopback port, with one account to try it out."""

import argparse
import logging

from .server import Options, run

SAMPLE_ACCOUNT = {
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


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m providers.sandbox", description=__doc__)
    parser.add_argument("--host", default="127.0.0.1", help="a loopback address")
    parser.add_argument("--port", type=int, default=8090)
    parser.add_argument("--seed", type=int, default=1, help="same seed, same chance")
    parser.add_argument("--time-scale", type=float, default=1.0, help="0.1: phones and retries ten times as fast")
    parser.add_argument("--latency", type=float, default=0.0, help="seconds before every answer")
    parser.add_argument("--rate-limit", type=int, default=0, help="calls a second and account; 0: no limit")
    parser.add_argument("--callback-url", default="", help="where the sample account's receipts go")
    args = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    options = Options(seed=args.seed, time_scale=args.time_scale, latency=args.latency, rate_limit=args.rate_limit)
    run(args.host, args.port, [{**SAMPLE_ACCOUNT, "callback_url": args.callback_url}], options)


if __name__ == "__main__":
    main()
