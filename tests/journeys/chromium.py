"""The browser of the tests: the system's Chromium, and Japanese letters to draw with.

`python -m tests.journeys.chromium --install` installs them where it may, else says in a line what is missing.
"""

import os
import shutil
import subprocess
import sys

from tests import machine

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
PACKAGES = ("chromium", "fonts-noto-cjk")


def find() -> str:
    """The program, or nothing. CHROMIUM names one that is not in the path."""
    return next(
        (path for name in (os.environ.get("CHROMIUM", ""), *NAMES) if name and (path := shutil.which(name))), ""
    )


def arguments() -> list[str]:
    # Chromium refuses to run as root with its sandbox.
    return ["--no-sandbox"] if os.geteuid() == 0 else []


def missing() -> str:
    """A sentence for the person at the terminal; nothing when all is there."""
    if find():
        return ""
    return f"Chromium is missing, so the tests in a browser are not run: install {' and '.join(PACKAGES)}."


def demand() -> None:
    machine.demand(missing())


def install() -> None:
    if find() or os.geteuid() != 0 or not shutil.which("apt-get"):
        return
    sys.stdout.write("Installing Chromium; this is needed once ...\n")
    apt_get("update", "-qq")
    apt_get("install", "-y", "-qq", *PACKAGES)


def apt_get(*arguments: str) -> None:
    quietly = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
    subprocess.run(["apt-get", *arguments], check=False, stdout=subprocess.DEVNULL, env=quietly)


if __name__ == "__main__":
    if "--install" in sys.argv:
        install()
    if sentence := missing():
        sys.stdout.write(f"{sentence}\n")
        sys.exit(machine.in_ci())
