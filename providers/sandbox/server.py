"""Mounts every stand-in and serves them on a loopback address: as a process of its own, or in a thread for tests."""

import asyncio
import contextlib
import logging
import signal
import socket
import threading
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from types import TracebackType
from typing import Any, Self

import aiohttp
from aiohttp import web

from .client import ControlError, SandboxControl
from .clock import Clock
from .control import Control
from .karaden import Karaden
from .ledger import Ledger
from .links import Links
from .network import PhoneNetwork
from .options import Options as Options
from .pushing import is_loopback
from .rakuten_cpaas import RakutenCpaas
from .stand_in import StandIn, World
from .stand_in import mount_path as mount_path
from .zettai_reach import ZettaiReach

STAND_INS: tuple[type[StandIn], ...] = (ZettaiReach, RakutenCpaas, Karaden)

# Receipts and open calls get this long to end before the sandbox goes down.
SHUTDOWN_SECONDS = 1.0
START_SECONDS = 10.0
STOP_SECONDS = 10.0
BACKLOG = 1024
# A BULK file of 10,000 long rows fits in.
LARGEST_UPLOAD = 64 * 1024**2

logger = logging.getLogger(__name__)

StandIns = Mapping[str, StandIn]
# The `vendor`, and beside it the settings.
AccountFields = Mapping[str, Any]


def run(
    host: str = "127.0.0.1", port: int = 8090, accounts: Sequence[AccountFields] = (), options: Options | None = None
) -> None:
    """Serves until SIGTERM or SIGINT."""
    with _listen(host, port) as listener:
        asyncio.run(_serve_until_signal(listener, accounts, options or Options()))


class SandboxServer:
    """The sandbox in a thread, on a free port, for as long as the `with` block lasts."""

    def __init__(self, accounts: Sequence[AccountFields] = (), options: Options | None = None) -> None:
        self._accounts = accounts
        self._options = options or Options()
        self._started = threading.Event()
        self._stop: Callable[[], object] = lambda: None

    def __enter__(self) -> Self:
        self._listener = _listen("127.0.0.1", 0)
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        self.control = SandboxControl(self.url)
        self._thread = threading.Thread(target=self._run, name="sandbox", daemon=True)
        self._thread.start()
        if not self._started.wait(START_SECONDS):
            raise TimeoutError("the sandbox did not start")
        try:
            for account in self._accounts:
                self.control.register_account(**account)
        except ControlError:
            self._shut_down()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._shut_down()

    def base_url(self, vendor: str) -> str:
        """What an adapter takes for the vendor's own address."""
        return self.url + mount_path(vendor)

    def _shut_down(self) -> None:
        self._stop()
        self._thread.join(STOP_SECONDS)

    def _run(self) -> None:
        with self._listener:
            asyncio.run(self._serve())

    async def _serve(self) -> None:
        stopping = asyncio.Event()
        loop = asyncio.get_running_loop()
        async with serving(self._listener, self._options):
            self._stop = lambda: loop.call_soon_threadsafe(stopping.set)
            self._started.set()
            await stopping.wait()


@contextlib.asynccontextmanager
async def serving(listener: socket.socket, options: Options) -> AsyncIterator[StandIns]:
    """The stand-ins, answering on this socket."""
    # Lanes bound the calls to customers; one common limit would let a slow customer hold up the others.
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0)) as session:
        world = _make_world(_origin_of(listener), session, options)
        stand_ins = {kind.slug: kind(world) for kind in STAND_INS}
        runner = web.AppRunner(make_app(world, stand_ins), access_log=None, shutdown_timeout=SHUTDOWN_SECONDS)
        await runner.setup()
        try:
            await web.SockSite(runner, listener, backlog=BACKLOG).start()
            yield stand_ins
        finally:
            world.clock.clear()
            await runner.cleanup()
            for stand_in in stand_ins.values():
                await stand_in.close()


def make_app(world: World, stand_ins: StandIns) -> web.Application:
    app = web.Application(client_max_size=LARGEST_UPLOAD)
    for method, path, handle in Control(world, stand_ins).routes():
        app.router.add_route(method, path, handle)
    for slug, stand_in in stand_ins.items():
        for method, path, handle in stand_in.calls():
            app.router.add_route(method, mount_path(slug) + path, stand_in.guard(handle))
    return app


def _origin_of(listener: socket.socket) -> str:
    host, port = listener.getsockname()[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def _make_world(origin: str, session: aiohttp.ClientSession, options: Options) -> World:
    clock = Clock(options.time_scale)
    ledger = Ledger()
    network = PhoneNetwork(clock, ledger, options.seed)
    defaults = {"latency": options.latency, "rate_limit": options.rate_limit}
    links = Links(clock, options.seed)
    return World(origin, clock, ledger, network, links, session, options.seed, defaults, options.faults)


def _listen(host: str, port: int) -> socket.socket:
    if not is_loopback(host):
        raise ValueError("the sandbox serves on loopback addresses only")
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    return socket.create_server((host, port), family=family, backlog=BACKLOG)


async def _serve_until_signal(listener: socket.socket, accounts: Sequence[AccountFields], options: Options) -> None:
    stopping = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stopping.set)
    async with serving(listener, options) as stand_ins:
        for account in accounts:
            fields = dict(account)
            stand_ins[fields.pop("vendor")].register(fields)
        for slug in stand_ins:
            logger.info("%s: %s%s", slug, _origin_of(listener), mount_path(slug))
        await stopping.wait()
