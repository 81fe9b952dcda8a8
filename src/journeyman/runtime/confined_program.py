"""Run a Python program confined, in a process of its own that ends with all that it has started.

The parts: this process keeps watch, a supervisor adopts whatever the program leaves behind, and the program itself is
run behind walls that :mod:`journeyman.runtime.confinement` raises.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from journeyman.runtime import confinement

__all__ = ["ConfinedRun", "Ending", "Limits", "run_confined"]

_LOOKED_EVERY = 0.1  # seconds
_KEPT_OUTPUT = 20_000
_PATIENCE = 10.0  # seconds that processes which were killed may take to be gone
_SYSTEM = (
    *("/usr", "/lib", "/lib64", "/bin", "/etc", "/sys/devices/system", "/opt", "/proc/self"),
    *(f"/proc/{name}" for name in ("meminfo", "cpuinfo", "stat", "version", "filesystems", "sys")),
)
"""Of /proc not the whole: the environment of the caller lies there."""
_DEVICES = ("/dev/null", "/dev/zero", "/dev/urandom", "/dev/random", "/dev/shm")


class Ending(StrEnum):
    """How a program ended."""

    DONE = "done"
    FAILED = "failed"
    TIME = "time"
    MEMORY = "memory"
    DISK = "disk"


@dataclass(frozen=True)
class Limits:
    """What a program may take: seconds, bytes of memory, and bytes on disk."""

    seconds: float = 600.0
    memory: int = 4 << 30
    disk: int = 2 << 30


@dataclass(frozen=True)
class ConfinedRun:
    """A program that was run.

    Attributes
    ----------
    ending : Ending
    output, errors : str
        The ends of what it printed.
    seconds : float
    memory : int
        The most bytes that its processes held at once.
    kept : tuple of str
        Which walls the kernel kept: "memory", "network", "files".
    """

    ending: Ending
    output: str
    errors: str
    seconds: float
    memory: int
    kept: tuple[str, ...]


def run_confined(
    program: Path, folder: Path, limits: Limits, arguments: Sequence[str] = (), readable: Sequence[Path] = ()
) -> ConfinedRun:
    """Run a program in a folder, which alone it may write to, without network and without the caller's environment.

    Parameters
    ----------
    program : Path
        A Python file.
    folder : Path
        Its working folder. What it prints is kept beside, in ``folder.name + ".output"`` and ``".errors"``.
    limits : Limits
    arguments : sequence of str
        Of the program.
    readable : sequence of Path
        Further folders that it may read.
    """
    folder = folder.resolve()
    out, errors, told = (folder.with_name(f"{folder.name}.{end}") for end in ("output", "errors", "walls"))
    libraries = [path for path in sys.path if path] + [sys.prefix, sys.base_prefix]
    asked = {
        "readable": [*_SYSTEM, *libraries, str(program.resolve().parent), *(str(path.resolve()) for path in readable)],
        "writable": [str(folder), *_DEVICES],
        "memory": limits.memory,
        "file_size": limits.disk,
        "confinement": confinement.__file__,
        "walls": str(told),
        "program": str(program.resolve()),
        "arguments": list(arguments),
        "path": [path for path in sys.path if path],
    }
    began = time.monotonic()
    with out.open("wb") as output, errors.open("wb") as complaints:
        process = subprocess.Popen(
            [sys.executable, "-I", "-c", _SUPERVISOR, json.dumps(asked)],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=complaints,
            cwd=folder,
            env=_environment(folder),
            start_new_session=True,
        )
        ending, memory = _watch(process, folder, limits, began)
    kept = tuple(json.loads(told.read_text())) if told.exists() else ()
    run = ConfinedRun(ending, _end_of(out), _end_of(errors), time.monotonic() - began, memory, kept)
    for file in (out, errors, told):
        file.unlink(missing_ok=True)
    if run.ending is Ending.FAILED and "MemoryError" in run.errors[-2_000:]:
        return ConfinedRun(Ending.MEMORY, run.output, run.errors, run.seconds, run.memory, run.kept)
    return run


_WORKER = """
import json, runpy, sys
asked = json.loads(sys.argv[1])
sys.path[:] = asked["path"]
walls = runpy.run_path(asked["confinement"])["confine"]
with open(asked["walls"], "w") as file:
    kept = walls(asked["readable"], asked["writable"], asked["memory"], asked["file_size"])
    json.dump(kept, file)
sys.argv = [asked["program"], *asked["arguments"]]
runpy.run_path(asked["program"], run_name="__main__")
"""

_SUPERVISOR = f"""
import ctypes, os, signal, subprocess, sys
if sys.platform == "linux":
    ctypes.CDLL(None).prctl(36, 1, 0, 0, 0)  # adopts what the program leaves behind
    ctypes.CDLL(None).prctl(1, signal.SIGKILL, 0, 0, 0)  # ends with the one who watches
worker = subprocess.Popen([sys.executable, "-c", {_WORKER!r}, sys.argv[1]])
code = worker.wait()
def children():
    try:
        with open(f"/proc/self/task/{{os.getpid()}}/children") as file:
            return [int(one) for one in file.read().split()]
    except OSError:
        return []
while left := children():
    for pid in left:
        try:
            os.kill(pid, signal.SIGKILL)
            os.waitpid(pid, 0)
        except (ProcessLookupError, ChildProcessError):
            pass
sys.exit(code if code >= 0 else 128 - code)
"""


def _environment(folder: Path) -> dict[str, str]:
    """Return a bare environment: nothing of the caller's, one thread, temporary files in the folder."""
    temporary = folder / ".tmp"
    temporary.mkdir(exist_ok=True)
    threads = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")
    return {
        "PATH": os.defpath,
        "HOME": str(temporary),
        "TMPDIR": str(temporary),
        "LANG": "C.UTF-8",
        "MPLBACKEND": "agg",
        "MPLCONFIGDIR": str(temporary),
        "PYTHONHASHSEED": "0",
        "PYTHONDONTWRITEBYTECODE": "1",
        "JOBLIB_MULTIPROCESSING": "0",
        **threads,
    }


def _watch(process: subprocess.Popen[bytes], folder: Path, limits: Limits, began: float) -> tuple[Ending, int]:
    """Wait for a program's end, or end it where it takes more than it may; return how it ended, and its memory."""
    most, looks = 0, 0
    try:
        while process.poll() is None:
            used = _memory_of(_descendants(process.pid))
            most, looks = max(most, used), looks + 1
            over = None
            if time.monotonic() - began > limits.seconds:
                over = Ending.TIME
            elif used > limits.memory:
                over = Ending.MEMORY
            elif looks % 10 == 0 and _size_of(folder) > limits.disk:
                over = Ending.DISK
            if over is not None:
                return over, most
            time.sleep(_LOOKED_EVERY)
        return (Ending.DONE if process.returncode == 0 else Ending.FAILED), most
    finally:
        ended = time.monotonic() + _PATIENCE
        while (left := _descendants(process.pid)) and time.monotonic() < ended:  # the supervisor adopts and reaps
            for pid in left:
                _kill(pid)
            time.sleep(_LOOKED_EVERY / 5)
        _kill(process.pid)
        process.wait()


def _kill(pid: int) -> None:
    try:
        os.kill(pid, signal.SIGKILL)
    except (ProcessLookupError, PermissionError):
        return


def _descendants(pid: int) -> list[int]:
    """Return the processes that a process has started, and those that these have."""
    found, asked = [], [pid]
    while asked:
        for task in Path(f"/proc/{asked.pop()}/task").glob("*/children"):
            try:
                children = [int(one) for one in task.read_text().split()]
            except OSError:
                continue
            found += children
            asked += children
    return found


def _memory_of(pids: Sequence[int]) -> int:
    pages = 0
    for pid in pids:
        try:
            pages += int(Path(f"/proc/{pid}/statm").read_text().split()[1])
        except (OSError, IndexError, ValueError):
            continue
    return pages * os.sysconf("SC_PAGE_SIZE")


def _size_of(folder: Path) -> int:
    size = 0
    for place, _, files in os.walk(folder):
        for name in files:
            try:
                size += os.lstat(os.path.join(place, name)).st_size
            except OSError:
                continue
    return size


def _end_of(file: Path) -> str:
    with file.open("rb") as opened:
        opened.seek(max(0, file.stat().st_size - _KEPT_OUTPUT))
        return opened.read().decode("utf-8", "replace")
