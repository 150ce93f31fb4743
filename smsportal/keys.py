"""Secrets of this deployment: from the environment, else made once and kept under var/keys."""

import os
import secrets
from collections.abc import Callable
from pathlib import Path

from cryptography.fernet import Fernet


def django_key() -> str:
    return secrets.token_urlsafe(50)


def field_key() -> str:
    return Fernet.generate_key().decode()


def read_or_create(name: str, folder: Path, make: Callable[[], str]) -> str:
    """The environment's value, else the file's; the file is made on first use, readable by its owner alone."""
    if value := os.environ.get(name):
        return value
    path = folder / name.lower()
    if not path.exists():
        _write_once(path, make())
    return path.read_text(encoding="ascii").strip()


def _write_once(path: Path, value: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f"{path.name}.{os.getpid()}")
    draft.write_text(value, encoding="ascii")
    draft.chmod(0o600)
    # link() fails when another process was first: then its key is the one that counts.
    try:
        os.link(draft, path)
    except FileExistsError:
        pass
    finally:
        draft.unlink()
