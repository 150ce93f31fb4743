"""`python -m providers.sandbox.measure`: how many accepted sends a second one process of the sandbox answers.

The caller is a process of its own, as bare as can be, so that what is measured is the sandbox. Linux only.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import subprocess
import sys
import time
from base64 import b64encode
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import aiohttp

from .client import SandboxControl
from .samples import SAMPLE_ACCOUNTS

Call = dict[str, Any]  # the arguments of one aiohttp request
ACCOUNTS = {account["vendor"]: account for account in SAMPLE_ACCOUNTS}
WARM_UP = 200
START_SECONDS = 10.0


def zettai_reach(number: int) -> Call:
    own = ACCOUNTS["zettai_reach"]
    form = {"token": own["token"], "clientId": own["client_id"], "smsCode": own["sender_codes"][0]}
    form |= {"message": "テスト", "phoneNumber": _phone(number), "clientTag": f"m-{number}"}
    return {"path": "/zettai-reach/p5/api/mt.json", "data": form}


def karaden(number: int) -> Call:
    own = ACCOUNTS["karaden"]
    form = {"service_id": "12", "to": "0" + _phone(number)[3:], "body": "テスト", "tags[]": f"m-{number}"}
    headers = {"Authorization": f"Bearer {own['token']}", "Karaden-Version": "2024-03-01"}
    return {"path": f"/karaden/api/{own['tenant_id']}/messages", "data": form, "headers": headers}


def rakuten_cpaas(number: int, token: str) -> Call:
    message = {"from": ACCOUNTS["rakuten_cpaas"]["sender_codes"][0], "to": _phone(number)[1:]}
    message |= {"message_type": "unicode", "unicode_message": {"text": "テスト"}}
    message |= {"metadata": {"client_reference": f"m-{number}"}}
    headers = {"accept": "application/json", "Authorization": f"Bearer {token}"}
    return {"path": "/rakuten-cpaas/sms/v1/submit", "json": message, "headers": headers}


def _phone(number: int) -> str:
    return f"+8180{10_000_000 + number:08d}"


async def _rakuten_token(session: aiohttp.ClientSession) -> str:
    own = ACCOUNTS["rakuten_cpaas"]
    basic = b64encode(f"{own['client_id']}:{own['secret']}".encode()).decode()
    headers = {"accept": "application/json", "Authorization": f"Basic {basic}"}
    async with session.get("/rakuten-cpaas/auth/v1/token", headers=headers) as answer:
        return str((await answer.json())["jwt_token"])


async def _calls_of(vendor: str, session: aiohttp.ClientSession) -> Callable[[int], Call]:
    if vendor == "rakuten_cpaas":
        return partial(rakuten_cpaas, token=await _rakuten_token(session))
    return {"zettai_reach": zettai_reach, "karaden": karaden}[vendor]


async def _send(session: aiohttp.ClientSession, call: Callable[[int], Call], numbers: Iterator[int]) -> None:
    """One caller: the next call when the last is answered."""
    for number in numbers:
        arguments = call(number)
        async with session.post(arguments.pop("path"), **arguments) as answer:
            await answer.read()


async def _rate(url: str, vendor: str, sends: int, in_flight: int) -> float:
    connector = aiohttp.TCPConnector(limit=in_flight)
    async with aiohttp.ClientSession(url, connector=connector) as session:
        call = await _calls_of(vendor, session)
        await _send(session, call, iter(range(sends, sends + WARM_UP)))
        numbers = iter(range(sends))
        began = time.perf_counter()
        await asyncio.gather(*(_send(session, call, numbers) for _ in range(in_flight)))
        return sends / (time.perf_counter() - began)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m providers.sandbox.measure", description=__doc__)
    parser.add_argument("--port", type=int, default=8099)
    parser.add_argument("--sends", type=int, default=20_000)
    parser.add_argument("--in-flight", type=int, default=50)
    args = parser.parse_args()
    sandbox = subprocess.Popen([sys.executable, "-m", "providers.sandbox", "--port", str(args.port)])
    try:
        url = f"http://127.0.0.1:{args.port}"
        control = _reached(SandboxControl(url))
        for vendor in ACCOUNTS:
            before = _cpu_seconds(sandbox.pid)
            rate = asyncio.run(_rate(url, vendor, args.sends, args.in_flight))
            cpu = (_cpu_seconds(sandbox.pid) - before) / (args.sends + WARM_UP)
            taken = control.ledger()["accounts"][f"{vendor}/{ACCOUNTS[vendor]['client_id']}"]["taken"]
            print(  # noqa: T201
                f"{vendor}: {rate:,.0f} sends/s, {taken:,} of {args.sends + WARM_UP:,} accepted; "
                f"{cpu * 1e6:.0f} µs of CPU each, so at most {1 / cpu:,.0f}/s with a core of its own"
            )
    finally:
        sandbox.terminate()
        sandbox.wait()


def _cpu_seconds(pid: int) -> float:
    """What a process has used so far; beside other work the clock says little, this does."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _reached(control: SandboxControl) -> SandboxControl:
    """Once it answers."""
    end = time.monotonic() + START_SECONDS
    while True:
        try:
            control.state()
        except OSError:
            if time.monotonic() > end:
                raise
            time.sleep(0.05)
        else:
            return control


if __name__ == "__main__":
    main()
