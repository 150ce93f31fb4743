"""Real small processes; every one of them ends with its test."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from smsportal.supervisor import Program, Supervisor

DEADLINE = 15.0
# Writes its id, and that of a process it starts, to the file named by its argument, then waits.
OBEDIENT = """
import os, subprocess, sys, time
inner = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
with open(sys.argv[1], "a") as file: file.write(f"{os.getpid()} {inner.pid}\\n")
time.sleep(60)
"""
STUBBORN = "import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN)\n" + OBEDIENT
GRACEFUL = """
import signal, sys, time
def end(*_):
    time.sleep(0.3)
    open(sys.argv[1], "a").write("ended well\\n")
    sys.exit()
signal.signal(signal.SIGTERM, end)
open(sys.argv[1], "a").write("ready\\n")
while True: time.sleep(0.05)
"""
# A supervisor in a process of its own, for what cannot be done to the process that runs the tests.
OUTER = """
import signal, sys
from pathlib import Path
from smsportal import supervisor
signal.signal(signal.SIGHUP, signal.SIG_DFL)  # nohup, under which tests may run, ignores it
supervisor.STOP_SECONDS = 1.0
code, files = sys.argv[1], sys.argv[2:]
programs = [supervisor.Program(Path(f).name, [sys.executable, "-c", code, f]) for f in files]
supervisor.Supervisor(programs, say=print).run()
"""


def eventually(is_so: Callable[[], object]) -> bool:
    end = time.monotonic() + DEADLINE
    while time.monotonic() < end:
        if is_so():
            return True
        time.sleep(0.02)
    return False


def lines(path: Path) -> list[str]:
    return path.read_text().splitlines() if path.exists() else []


def pids(path: Path) -> list[int]:
    return [int(pid) for line in lines(path) for pid in line.split()]


def lives(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return False
    return state != "Z"


@pytest.fixture
def report(tmp_path: Path) -> Path:
    return tmp_path / "report"


@pytest.fixture
def start() -> Iterator[Callable[..., subprocess.Popen[bytes]]]:
    started: list[subprocess.Popen[bytes]] = []

    def start_outer(code: str, *reports: Path) -> subprocess.Popen[bytes]:
        started.append(subprocess.Popen([sys.executable, "-c", OUTER, code, *map(str, reports)]))
        for report in reports:
            assert eventually(lambda report=report: lines(report))
        return started[-1]

    yield start_outer
    for outer in started:
        if outer.poll() is None:
            outer.terminate()
        outer.wait(DEADLINE)


pytestmark = pytest.mark.processes


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP], ids=lambda number: number.name)
def test_a_signal_ends_everything_and_counts_as_success(start: Callable, report: Path, number: signal.Signals) -> None:
    outer = start(OBEDIENT, report)
    outer.send_signal(number)
    assert outer.wait(DEADLINE) == 0
    assert len(pids(report)) == 2
    assert eventually(lambda: not any(map(lives, pids(report))))  # killed is not yet gone


def test_a_program_may_end_in_its_own_time(start: Callable, report: Path) -> None:
    outer = start(GRACEFUL, report)
    outer.terminate()
    assert outer.wait(DEADLINE) == 0
    assert lines(report) == ["ready", "ended well"]


def test_a_program_that_does_not_listen_is_killed_after_the_deadline(start: Callable, report: Path) -> None:
    outer = start(STUBBORN, report)
    outer.terminate()
    assert outer.wait(DEADLINE) == 0
    assert eventually(lambda: not any(map(lives, pids(report))))  # killed is not yet gone


def test_nothing_is_left_when_the_supervisor_itself_is_killed(start: Callable, tmp_path: Path) -> None:
    """Programs are told; what they started is theirs to end, as the worker and the web server do."""
    outer = start(GRACEFUL, tmp_path / "first", tmp_path / "second")
    outer.kill()
    outer.wait(DEADLINE)
    for name in ("first", "second"):
        assert eventually(lambda name=name: lines(tmp_path / name) == ["ready", "ended well"])


def test_a_program_that_dies_is_started_again_and_leaves_no_orphans(start: Callable, report: Path) -> None:
    start(OBEDIENT, report)
    leader, inner = pids(report)
    os.kill(leader, signal.SIGKILL)
    assert eventually(lambda: len(lines(report)) == 2)
    assert not lives(leader)
    assert not lives(inner)


def test_a_child_knows_the_processes_of_its_group(report: Path) -> None:
    child = Supervisor([Program("one", [sys.executable, "-c", OBEDIENT, str(report)])], say=print).children["one"]
    assert not child.processes()
    child.start()
    assert eventually(lambda: lines(report))
    assert child.processes() == set(pids(report))
    child.stop(lambda: True)
    assert not child.processes()


def test_each_failure_waits_longer(monkeypatch: pytest.MonkeyPatch) -> None:
    said: list[str] = []
    supervisor = Supervisor([Program("flop", [sys.executable, "-c", "raise SystemExit(3)"])], say=said.append)
    clock = Clock()
    monkeypatch.setattr("smsportal.supervisor.time", clock)
    child = supervisor.children["flop"]
    assert eventually(lambda: clock.forward(1) or child.tend() or len(said) == 6)
    assert said == [f"flop ended (code 3) and is started again in {seconds} s" for seconds in (2, 4, 8, 16, 30, 30)]


def test_output_goes_to_a_file_and_the_one_before_is_kept(tmp_path: Path) -> None:
    program = Program("talker", [sys.executable, "-c", "print('hello')"])
    for _ in range(2):
        child = Supervisor([program], logs=tmp_path, say=lambda text: None).children["talker"]
        child.start()
        assert eventually(lambda: (tmp_path / "talker.log").read_text() == "hello\n")
        child.stop(lambda: False)
    assert (tmp_path / "talker.before.log").read_text() == "hello\n"


class Clock:
    """Stands in for the module `time`; moves only when told."""

    def __init__(self) -> None:
        self.now = 1_000.0

    def monotonic(self) -> float:
        return self.now

    def forward(self, seconds: float) -> None:
        self.now += seconds
        time.sleep(0.02)  # the processes live in real time
