"""What a process and its children have used, read from Linux's /proc: on a busy machine truer than the clock."""

import os
from pathlib import Path

from django.db import connection

TICKS = os.sysconf("SC_CLK_TCK")
PAGE = os.sysconf("SC_PAGE_SIZE")


def cpu_seconds(pid: int) -> float:
    used = 0
    for process in _family(pid):
        fields = _stat(process)
        used += int(fields[11]) + int(fields[12])
    return used / TICKS


def database_cpu_seconds() -> float:
    """Of this connection's own process, where the database has one on this machine."""
    if connection.vendor != "postgresql":
        return 0.0
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        (pid,) = cursor.fetchone()
    return cpu_seconds(pid) if Path(f"/proc/{pid}").exists() else 0.0


def resident_memory() -> float:
    """MB of this process at this moment."""
    return int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1]) * PAGE / 1_000_000


def _stat(pid: int) -> list[str]:
    """The fields after the name, which may hold anything."""
    return Path(f"/proc/{pid}/stat").read_text(encoding="ascii", errors="replace").rpartition(")")[2].split()


def _family(pid: int) -> list[int]:
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="ascii").split()
    return [pid, *(member for child in children for member in _family(int(child)))]
