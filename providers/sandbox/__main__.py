"""`python -m providers.sandbox`: every stand-in on a loopback port, with an account of each vendor to try it out."""

import argparse
import logging

from .options import add_arguments, options_of
from .samples import SAMPLE_ACCOUNTS
from .server import run


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m providers.sandbox", description=__doc__)
    parser.add_argument("--host", default="127.0.0.1", help="a loopback address")
    parser.add_argument("--port", type=int, default=8090)
    add_arguments(parser)
    parser.add_argument("--callback-url", default="", help="where the sample accounts' receipts go")
    args = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    accounts = [{**account, "callback_url": args.callback_url} for account in SAMPLE_ACCOUNTS]
    run(args.host, args.port, accounts, options_of(vars(args)))


if __name__ == "__main__":
    main()
