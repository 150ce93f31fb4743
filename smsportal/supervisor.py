"""Keeps a handful of programs running, and ends them with everything they started when it ends itself."""

import ctypes
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

TICK_SECONDS = 0.2
STOP_SECONDS = 15.0  # a worker ends its slice of 5 seconds and the requests in flight; then everything is killed
FIRST_WAIT, LONGEST_WAIT = 1.0, 30.0
STEADY_SECONDS = 60.0  # who ran so long may fail once without waiting longer
SIGNALS = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)
PR_SET_PDEATHSIG = 1

Say = Callable[[str], object]


@dataclass(frozen=True)
class Program:
    name: str
    command: Sequence[str]


class Child:
    """One program in a session of its own: a Ctrl-C at the terminal reaches the supervisor alone.

    Signals go to its leader only, for a signal to all would cut running tasks off. Its group is killed once the
    leader is gone.
    """

    def __init__(self, program: Program, log: Path | None, say: Say) -> None:
        self.name = program.name
        self.started_at = 0.0
        self._command = program.command
        self._log = log
        self._say = say
        self._process: subprocess.Popen[bytes] | None = None
        self._wait = FIRST_WAIT
        self._start_at = 0.0

    def start(self) -> None:
        supervisor = os.getpid()
        output = self._log.open("ab") if self._log else None
        self._process = subprocess.Popen(
            self._command,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            start_new_session=True,
            preexec_fn=lambda: _end_with(supervisor),  # safe: this process has one thread
        )
        if output:
            output.close()
        self.started_at = time.monotonic()

    def tend(self) -> None:
        """Start it again when it has ended, later each time it does not last."""
        now = time.monotonic()
        if self._process is None:
            if now >= self._start_at:
                self.start()
        elif self._has_ended():
            code = self._bury()
            self._wait = FIRST_WAIT if now - self.started_at > STEADY_SECONDS else min(self._wait * 2, LONGEST_WAIT)
            self._start_at = now + self._wait
            self._say(f"{self.name} ended ({_how(code)}) and is started again in {self._wait:.0f} s")

    def stop(self, is_late: Callable[[], bool]) -> None:
        """Ask the leader to end, wait for it until it is late, then kill what is left."""
        if self._process is None:
            return
        os.kill(self._process.pid, signal.SIGTERM)  # send_signal() would reap it when it has just ended
        while not self._has_ended() and not is_late():
            time.sleep(TICK_SECONDS / 4)
        self._bury()

    def replace(self, why: str) -> None:
        self._say(f"{self.name} is stopped and started again: {why}")
        deadline = time.monotonic() + STOP_SECONDS
        self.stop(lambda: time.monotonic() > deadline)
        self.start()

    def processes(self) -> frozenset[int]:
        """All of its group, where the system tells (Linux)."""
        if self._process is None:
            return frozenset()
        return frozenset(pid for pid, group in _groups() if group == self._process.pid)

    def _has_ended(self) -> bool:
        """Without reaping it: its id, which is its group's too, stays taken until the group is swept."""
        assert self._process is not None
        return os.waitid(os.P_PID, self._process.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is not None

    def _bury(self) -> int:
        assert self._process is not None
        os.killpg(self._process.pid, signal.SIGKILL)
        code = self._process.wait()
        self._process = None
        return code


class Supervisor:
    """`chores` are called at every tick, some five times a second."""

    def __init__(self, programs: Sequence[Program], *, logs: Path | None = None, say: Say) -> None:
        self.children = {p.name: Child(p, _fresh_log(logs, p.name) if logs else None, say) for p in programs}
        self.chores: list[Callable[[], object]] = []
        self._stops_asked = 0

    def run(self) -> None:
        """Until a signal asks to stop. Programs stop in reverse order, so that each finds what it needs to the end."""
        with self._listening():
            try:
                while not self._stops_asked:
                    for child in self.children.values():
                        child.tend()
                    for chore in self.chores:
                        chore()
                    time.sleep(TICK_SECONDS)
            finally:
                self._stop_all()

    def _stop_all(self) -> None:
        deadline = time.monotonic() + STOP_SECONDS
        for child in reversed(self.children.values()):
            child.stop(lambda: time.monotonic() > deadline or self._stops_asked > 1)

    @contextmanager
    def _listening(self) -> Iterator[None]:
        # Under nohup a hang-up is not for us.
        heard = [number for number in SIGNALS if (number, signal.getsignal(number)) != (signal.SIGHUP, signal.SIG_IGN)]
        former = {number: signal.signal(number, self._ask_to_stop) for number in heard}
        try:
            yield
        finally:
            for number, handler in former.items():
                signal.signal(number, handler)

    def _ask_to_stop(self, number: int, frame: object) -> None:
        self._stops_asked += 1


def _fresh_log(folder: Path, name: str) -> Path:
    """Each run writes its own; the one before is kept, older ones are not."""
    folder.mkdir(parents=True, exist_ok=True)
    log = folder / f"{name}.log"
    if log.exists():
        log.replace(folder / f"{name}.before.log")
    return log


def _end_with(supervisor: int) -> None:
    """In the new process, before its program: end when the supervisor does, however that happens."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
        if os.getppid() != supervisor:  # it was gone before we asked
            os._exit(1)


def _groups() -> Iterator[tuple[int, int]]:
    """Each process of this machine and its group."""
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):  # it has ended meanwhile
            after_its_name = stat.read_text(errors="replace").rpartition(")")[2].split()
            yield int(stat.parent.name), int(after_its_name[2])


def _how(code: int) -> str:
    return f"by {signal.Signals(-code).name}" if code < 0 else f"code {code}"
