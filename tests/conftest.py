"""Shared fixtures. Any connection that leaves this machine fails the test that opened it."""

import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.utils import translation

from providers.registry import PROVIDERS

from .fakes import ScriptedProvider, wait_for_homecoming

LOOPBACK = ("127.0.0.1", "::1", "localhost")


@pytest.fixture(autouse=True)
def loopback_only(monkeypatch: pytest.MonkeyPatch) -> None:
    real = socket.socket.connect

    def connect(sock: socket.socket, address: Any) -> None:
        if sock.family in (socket.AF_INET, socket.AF_INET6) and address[0] not in LOOPBACK:
            pytest.fail(f"a test tried to leave this machine: {address[0]}")
        real(sock, address)

    monkeypatch.setattr(socket.socket, "connect", connect)


@pytest.fixture(autouse=True)
def own_language() -> Iterator[None]:
    """A page leaves its language to the thread that made it, and so to the next test."""
    yield
    translation.deactivate()


@pytest.fixture(autouse=True)
def plain_files(settings: Any, tmp_path: Path) -> None:
    """Uploads go to a folder of the test, static files need no collecting, passwords cost nothing."""
    settings.MEDIA_ROOT = tmp_path / "uploads"
    settings.STATIC_ROOT = tmp_path / "static"
    settings.STATIC_ROOT.mkdir()
    settings.STORAGES = settings.STORAGES | {
        "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
    }
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    memory = {"BACKEND": "django.core.cache.backends.locmem.LocMemCache", "LOCATION": str(tmp_path)}
    settings.CACHES = settings.CACHES | {"default": memory}


@pytest.fixture
def vendor(monkeypatch: pytest.MonkeyPatch) -> Iterator[type[ScriptedProvider]]:
    """A registered vendor "scripted" with nothing said and nothing asked yet."""
    ScriptedProvider.reset()
    monkeypatch.setitem(PROVIDERS, ScriptedProvider.slug, ScriptedProvider)
    yield ScriptedProvider
    wait_for_homecoming()


@pytest.fixture
def queued(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, tuple[int, ...]]]:
    """The queue as a list: what services asked to be done later, instead of a broker's table."""
    tasks: list[tuple[str, tuple[int, ...]]] = []
    monkeypatch.setattr(
        "campaigns.queue.async_task", lambda path, *ids, broker: tasks.append((path.rpartition(".")[2], ids))
    )
    return tasks
