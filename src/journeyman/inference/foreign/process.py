"""A foreign model in a process of its own: confined, asked over a pipe, and started again when it is gone."""

from __future__ import annotations

import contextlib
import json
import os
import select
import signal
import subprocess
import sys
import tempfile
import threading
import time
import weakref
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, BinaryIO, cast

from journeyman.entities.foreign_model import ForeignAnswers, ForeignKind, ForeignModel
from journeyman.errors import ModelError, SchemaError
from journeyman.inference.foreign import program

__all__ = ["ModelProcess"]

_CONFINEMENT = Path(program.__file__).parents[2] / "runtime" / "confinement.py"
"""A program that is run by its path in the model's process, and not imported here."""
_SYSTEM = (
    *("/usr", "/lib", "/lib64", "/bin", "/etc", "/sys/devices/system", "/opt", "/proc/self"),
    *(f"/proc/{name}" for name in ("meminfo", "cpuinfo", "stat", "version", "filesystems", "sys")),
)
_DEVICES = ("/dev/null", "/dev/zero", "/dev/urandom", "/dev/random", "/dev/shm")
_MEMORY = 4 << 30  # bytes of a model's process
_FILES = 1 << 30  # bytes of a file that it writes, in a folder that is thrown away
_OPENING = 120.0  # seconds: libraries load slowly on a busy machine
_ANSWERING = 60.0
_MOST_ROWS = 10_000  # of one question
_LONGEST = 1 << 30  # bytes of an answer
_CHUNK = 1 << 20


class ModelProcess:
    """The process of a foreign model; it is started by the first question.

    Parameters
    ----------
    model : ForeignModel
        A project or an MLflow model.
    folder : Path
        Its files; of the disk the process sees this folder and the libraries alone, and the network not at all.
    memory : int
        Bytes that it may take.
    seconds : float
        That an answer may take.
    """

    def __init__(self, model: ForeignModel, folder: Path, memory: int = _MEMORY, seconds: float = _ANSWERING) -> None:
        self._model, self._folder = model, folder.resolve()
        self._memory, self._seconds = memory, seconds
        self._lock = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._told: Mapping[str, Any] = {}
        self._end: weakref.finalize[Any, Any] | None = None

    @property
    def pid(self) -> int | None:
        """Number of the process; None where it does not run."""
        return None if self._process is None or self._process.poll() is not None else self._process.pid

    def describe(self) -> Mapping[str, Any]:
        """Return what the model told of itself when it was opened, and which walls the kernel keeps around it."""
        with self._lock:
            if self.pid is None:
                self._start()
            return self._told

    def answer(self, columns: Mapping[str, Sequence[Any]], count: int) -> ForeignAnswers:
        """Return an answer a row; a process that is gone is started again, once.

        Raises
        ------
        SchemaError
            Where the model refuses the rows.
        ModelError
            Where it does not answer in time, or not each row.
        """
        values: list[Any] = []
        chances: list[Sequence[float]] | None = None
        with self._lock:
            for start in range(0, count, _MOST_ROWS):
                part = {name: list(some[start : start + _MOST_ROWS]) for name, some in columns.items()}
                rows = min(_MOST_ROWS, count - start)
                said = self._ask({"columns": part, "count": rows})
                self._check(said, rows)
                values += said["values"]
                if "probabilities" in said:
                    chances = [*(chances or ()), *said["probabilities"]]
        return ForeignAnswers(values, chances)

    def close(self) -> None:
        """End the process."""
        with self._lock:
            self._stop()

    def _check(self, said: Mapping[str, Any], rows: int) -> None:
        if "error" in said:
            raise SchemaError(
                f"the model of {self._model.origin} cannot answer these rows: {said['error']}",
                hint="give rows as the ones that it learned from",
            )
        for name in ("values", "probabilities"):
            told = said.get(name, () if name == "values" else None)
            if told is not None and len(told) != rows:
                raise ModelError(
                    f"the model of {self._model.origin} gave {len(told)} answers for {rows} rows",
                    hint="a model is to answer each row, whichever others come along",
                )

    def _ask(self, question: Mapping[str, Any]) -> Mapping[str, Any]:
        line = json.dumps(question, default=_json_value).encode() + b"\n"
        for last in (False, True):
            if self.pid is None:
                self._start()
            try:
                return self._exchange(line)
            except (BrokenPipeError, EOFError) as error:
                self._stop()
                if last:
                    raise ModelError(
                        f"the process of the model of {self._model.origin} ended while it answered",
                        hint=f"it may take {self._memory >> 20} MB; ask with fewer rows",
                    ) from error
        raise AssertionError("unreachable")

    def _exchange(self, line: bytes) -> Mapping[str, Any]:
        process = self._process
        assert process is not None
        until = time.monotonic() + self._seconds
        given = cast(BinaryIO, process.stdin)
        view = memoryview(line)
        os.set_blocking(given.fileno(), False)
        while view:
            _, ready, _ = select.select([], [given], [], max(0.0, until - time.monotonic()))
            if not ready:
                self._refuse_slow()
            written = os.write(given.fileno(), view[:_CHUNK])
            view = view[written:]
        return self._line(until)

    def _line(self, until: float) -> Mapping[str, Any]:
        """Return the next line of JSON that the process writes; EOFError where it is gone."""
        assert self._process is not None
        source = cast(BinaryIO, self._process.stdout).fileno()
        parts, size = list[bytes](), 0
        while not parts or not parts[-1].endswith(b"\n"):
            ready, _, _ = select.select([source], [], [], max(0.0, until - time.monotonic()))
            if not ready:
                self._refuse_slow()
            part = os.read(source, _CHUNK)
            size += len(part)
            if not part or size > _LONGEST:
                raise EOFError
            parts.append(part)
        try:
            told: dict[str, Any] = json.loads(b"".join(parts))
        except ValueError as error:
            raise EOFError from error
        return told

    def _refuse_slow(self) -> None:
        self._stop()
        raise ModelError(
            f"the model of {self._model.origin} did not answer within {self._seconds:g} s",
            hint="ask with fewer rows; its process was ended, and is started again by the next question",
        )

    def _start(self) -> None:
        self._stop()
        scratch = tempfile.TemporaryDirectory(prefix="journeyman-model-")
        libraries = [path for path in sys.path if path] + [sys.prefix, sys.base_prefix]
        asked = {
            "path": [path for path in sys.path if path],
            "confinement": str(_CONFINEMENT),
            "readable": [*_SYSTEM, *libraries, str(self._folder), str(Path(program.__file__).parent)],
            "writable": [scratch.name, *_DEVICES],
            "memory": self._memory,
            "file_size": _FILES,
            "parent": os.getpid(),
            "folder": str(self._folder),
            "loader": self._model.loader if self._model.kind is ForeignKind.MLFLOW else "",
            "arguments": dict(self._model.arguments),
            "types": [[_given_name(column.name, self._model), column.type.value] for column in self._model.columns],
        }
        with tempfile.TemporaryFile(prefix="journeyman-model-") as said:
            process = subprocess.Popen(
                [sys.executable, "-I", program.__file__, json.dumps(asked)],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=said,
                cwd=scratch.name,
                env=_environment(scratch.name),
                start_new_session=True,
            )
            self._process = process
            self._end = weakref.finalize(self, _end, process, scratch)
            try:
                told = self._line(time.monotonic() + max(_OPENING, self._seconds))
            except EOFError:
                said.seek(0)
                lines = said.read()[-2_000:].decode("utf-8", "replace").strip().splitlines() or ["it told nothing"]
                told = {"error": lines[-1][:200]}
        if "error" in told:
            self._stop()
            raise ModelError(
                f"the model of {self._model.origin} cannot be opened: {told['error']}",
                hint="install the libraries that it was made with, in the versions that it names",
            )
        self._told = told

    def _stop(self) -> None:
        if self._end is not None:
            self._end()
        self._process, self._end = None, None


def _given_name(name: str, model: ForeignModel) -> str | int:
    """Return a column's name as the model's table has it: tables without a header have numbers for names."""
    return int(name) if model.arguments.get("numbered") else name


def _environment(folder: str) -> dict[str, str]:
    """Return a bare environment: nothing of the caller's, one thread, temporary files in a folder of its own."""
    threads = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")
    return {
        "PATH": os.defpath,
        "HOME": folder,
        "TMPDIR": folder,
        "LANG": "C.UTF-8",
        "MPLBACKEND": "agg",
        "MPLCONFIGDIR": folder,
        "PYTHONDONTWRITEBYTECODE": "1",
        "JOBLIB_MULTIPROCESSING": "0",
        **threads,
    }


def _end(process: subprocess.Popen[bytes], scratch: tempfile.TemporaryDirectory[str]) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)
    for pipe in (process.stdin, process.stdout):
        with contextlib.suppress(OSError):
            cast(BinaryIO, pipe).close()
    process.wait()
    with contextlib.suppress(OSError):
        scratch.cleanup()


def _json_value(value: object) -> object:
    """Return a NumPy value as JSON has it."""
    return value.item() if hasattr(value, "item") else str(value)
