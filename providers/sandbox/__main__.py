"""`python -m providers.sandbox`: every stand-in on a loopback port, with an account of each vendor to try it out."""

import argparse
import logging

from .samples import SAMPLE_ACCOUNTS
from .server import Options, run


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
