import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent.parent


@pytest.fixture
def taken_port() -> Iterator[int]:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        yield taken.getsockname()[1]


def run(*parts: str, var: Path, **settings: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "smsportal.run", *parts],
        cwd=ROOT,
        env=os.environ | {"SMSPORTAL_VAR": str(var)} | settings,
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )


@pytest.mark.processes
@pytest.mark.parametrize(
    ("part", "name"), [pytest.param("web", "PORT", id="web"), pytest.param("sandbox", "SANDBOX_PORT", id="sandbox")]
)
def test_a_busy_port_is_a_sentence(taken_port: int, tmp_path: Path, part: str, name: str) -> None:
    done = run(part, var=tmp_path, **{name: str(taken_port)})
    assert done.returncode == 1
    assert done.stderr.startswith(f"Port {taken_port} cannot be opened on 127.0.0.1: another program uses it.")
    assert f"{name}=" in done.stderr
    assert done.stderr.count("\n") == 1


@pytest.mark.processes
def test_a_part_that_does_not_exist_is_named(tmp_path: Path) -> None:
    done = run("wrkr", var=tmp_path)
    assert done.returncode == 2
    assert "no such part: wrkr" in done.stderr
