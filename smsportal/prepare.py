"""`python -m smsportal.prepare [--demo]`: everything that must be right before the portal starts; safe to repeat."""

import argparse
import hashlib
import logging
import os
import sys
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path

import django
from django.conf import settings
from django.core.management import call_command
from django.utils.module_loading import import_string

COLLECTED = "collected.txt"


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m smsportal.prepare", description=__doc__)
    parser.add_argument("--demo", action="store_true", help="also make demo data and demo people, once")
    args = parser.parse_args()
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "smsportal.settings")
    django.setup()
    logging.getLogger("django-q").setLevel(logging.WARNING)  # the terminal is for people
    try:
        prepare(demo=args.demo)
    except KeyboardInterrupt:
        sys.exit("Interrupted. Start again to go on.")


def prepare(*, demo: bool) -> None:
    settings.VAR_DIR.chmod(0o700)
    call_command("migrate", interactive=False, verbosity=0)
    call_command("createcachetable", verbosity=0)
    import_string("campaigns.services.people.install_roles")()  # can be imported only now
    call_command("install_schedules", verbosity=0)
    if demo:
        call_command("seed_demo")
    collect_static()


def collect_static() -> None:
    """Only when a file or a package changed: hashing and compressing takes seconds."""
    stamp = settings.VAR_DIR / COLLECTED
    now = _fingerprint()
    if stamp.exists() and stamp.read_text(encoding="ascii") == now:
        return
    call_command("collectstatic", interactive=False, verbosity=0, clear=True)
    stamp.write_text(now, encoding="ascii")


def _fingerprint() -> str:
    return hashlib.sha256("\n".join(_facts()).encode()).hexdigest()


def _facts() -> Iterator[str]:
    yield from sorted(f"{d.name} {d.version}" for d in metadata.distributions())
    for path in sorted(file for folder in settings.STATICFILES_DIRS for file in Path(folder).rglob("*")):
        yield f"{path} {path.stat().st_size} {path.stat().st_mtime_ns}"


if __name__ == "__main__":
    main()
