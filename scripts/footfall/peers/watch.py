"""A process and all its children, watched while they run: their memory together, and an end to those that take too much."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path

PROC = Path("/proc")
INTERVAL = 0.05
TICKS = os.sysconf("SC_CLK_TCK")
PAGE = os.sysconf("SC_PAGE_SIZE")


@dataclass(frozen=True)
class Watched:
    """How a process ended. `code` is its exit code, `stopped` why it was ended from here ('memory', 'time' or ''), `peak` the most
    memory in GB that it and its children had together, `words` the last of what it printed."""

    code: int
    stopped: str
    peak: float
    words: str


def cpu_of_tree(root: int | None = None) -> float:
    """CPU seconds of a process (this one) and its living children so far."""
    return sum(cpu for cpu, _ in _usage(root or os.getpid()).values()) or time.process_time()


def peak_of(pid: int | None = None) -> float:
    """The most resident GB that a process (this one) had alone; 0 where there is no /proc.

    Not ru_maxrss: on Linux that begins with the memory of the process that started it.
    """
    try:
        status = (PROC / str(pid or os.getpid()) / "status").read_text()
    except OSError:
        return 0.0
    return next((int(line.split()[1]) * 1024 / 1e9 for line in status.splitlines() if line.startswith("VmHWM")), 0.0)


def watch(
    command: list[str],
    environment: dict[str, str],
    seconds: float,
    memory_gb: float,
    words: Path,
    folder: Path | None = None,
) -> Watched:
    """Runs a command in `folder` (this one) to its end, or ends it after `seconds` or above `memory_gb`. What it prints goes to the file `words`."""
    started, peak, stopped = time.monotonic(), 0.0, ""
    with words.open("wb") as printed:
        process = subprocess.Popen(
            command,
            cwd=folder,
            env={**os.environ, **environment},
            stdout=printed,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        ended = os.wait4(process.pid, os.WNOHANG)
        while not ended[0]:
            resident = sum(rss for _, rss in _usage(process.pid).values())
            peak = max(peak, resident, peak_of(process.pid))
            stopped = "memory" if resident > memory_gb else "time" if time.monotonic() - started > seconds else ""
            if stopped:
                os.killpg(process.pid, signal.SIGKILL)
            time.sleep(0 if stopped else INTERVAL)
            ended = os.wait4(process.pid, 0 if stopped else os.WNOHANG)
    process.returncode = os.waitstatus_to_exitcode(ended[1])
    last = words.read_text(encoding="utf-8", errors="replace")[-2000:]
    return Watched(process.returncode, stopped, peak or ended[2].ru_maxrss / 1e6, last)


def _usage(root: int) -> dict[int, tuple[float, float]]:
    """Process id -> (CPU seconds, resident GB) of a process and its children; empty where there is no /proc."""
    usage, waiting = {}, [root]
    while waiting:
        pid = waiting.pop()
        try:
            fields = (PROC / str(pid) / "stat").read_text().rpartition(")")[2].split()
            usage[pid] = ((int(fields[11]) + int(fields[12])) / TICKS, int(fields[21]) * PAGE / 1e9)
            for children in (PROC / str(pid) / "task").glob("*/children"):
                waiting += [int(child) for child in children.read_text().split()]
        except (OSError, ValueError, IndexError):
            continue
    return usage
