"""Run a program under observation in a confined process, and read what was seen."""

from __future__ import annotations

import hashlib
import json
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from journeyman.entities.recording import (
    CallRole,
    FailedStatement,
    RecordedCall,
    RecordedFile,
    RecordedModel,
    RecordedTable,
    RecordedValue,
    Recording,
    RowSet,
    Span,
)
from journeyman.runtime.confined_program import ConfinedRun, Ending, Limits, run_confined
from journeyman.runtime.recorder import confined_start
from journeyman.runtime.recorder.journal import JOURNAL, ROWS

__all__ = ["record_program"]


def record_program(source: str, folder: Path, limits: Limits) -> Recording:
    """Run a program once, and return what was seen, also of one that failed or had to be ended.

    Each statement at the top is run by itself: one that fails is noted, and the next is run.

    Parameters
    ----------
    source : str
        In today's Python.
    folder : Path
        A copy of the user's folder: the program runs in it, and may write there alone.
    limits : Limits
        Of time, memory and disk.
    """
    folder = folder.resolve()
    scratch = Path(tempfile.mkdtemp(prefix=".recording-", dir=folder))
    try:
        (scratch / "program.py").write_text(source, encoding="utf-8")
        run = run_confined(Path(confined_start.__file__), folder, limits, [str(scratch)])
        return _read(source, folder, scratch, run)
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
        shutil.rmtree(folder / ".tmp", ignore_errors=True)


def _read(source: str, folder: Path, scratch: Path, run: ConfinedRun) -> Recording:
    """Return the recording that a journal tells."""
    facts: dict[str, list[dict[str, Any]]] = {}
    for kind, fact in _lines(scratch / JOURNAL):
        facts.setdefault(kind, []).append(fact)
    end = facts.get("end", [{}])[-1]
    dropped = {fact["number"] for fact in facts.get("drop", [])}
    calls = [_call(fact) for fact in facts.get("call", []) if fact["number"] not in dropped]
    calls = [_without_lost_arrays(call, scratch) for call in calls]
    arrays = {
        name: np.load(scratch / f"{name}.npy", allow_pickle=False)
        for call in calls
        for name in (call.inputs, call.output)
        if name is not None
    }
    models = {fact["number"]: RecordedModel(**fact) for fact in facts.get("model", [])}
    values = [_value(fact) for fact in facts.get("value", [])]
    return Recording(
        source=source,
        finished=bool(end.get("finished", False)),
        ended=Ending.DONE.value if end else run.ending.value,
        seconds=float(end.get("seconds", run.seconds)),
        tables=tuple(_table(fact) for fact in facts.get("table", [])),
        files=_files(facts.get("file", []), folder),
        values={value.span: value for value in values},
        models=tuple(models[number] for number in sorted(models)),
        calls=tuple(calls),
        row_sets=_row_sets(facts.get("rows", []), scratch / ROWS),
        failures=tuple(FailedStatement(**fact) for fact in facts.get("failure", [])),
        arrays=arrays,
        seed=facts["seed"][-1]["seed"] if "seed" in facts else None,
    )


def _lines(path: Path) -> Iterator[tuple[str, dict[str, Any]]]:
    if not path.exists():
        return
    for line in path.read_text(encoding="utf-8", errors="replace").splitlines():
        try:
            kind, fact = json.loads(line)
        except ValueError:  # the line at which the program was ended
            continue
        yield kind, fact


def _table(fact: dict[str, Any]) -> RecordedTable:
    return RecordedTable(**{**fact, "span": Span(*fact["span"]), "columns": tuple(fact["columns"])})


def _value(fact: dict[str, Any]) -> RecordedValue:
    columns = None if fact["columns"] is None else tuple(fact["columns"])
    return RecordedValue(**{**fact, "span": Span(*fact["span"]), "shape": tuple(fact["shape"]), "columns": columns})


def _call(fact: dict[str, Any]) -> RecordedCall:
    span, role = Span(*fact["span"]), CallRole(fact["role"])
    return RecordedCall(
        **{**fact, "span": span, "role": role, "rows": tuple(fact["rows"]), "given": tuple(fact["given"])}
    )


def _without_lost_arrays(call: RecordedCall, scratch: Path) -> RecordedCall:
    lost = {
        word: None
        for word in ("inputs", "output")
        if (name := getattr(call, word)) is not None and not (scratch / f"{name}.npy").exists()
    }
    return RecordedCall(**{**vars(call), **lost}) if lost else call


def _row_sets(facts: list[dict[str, Any]], path: Path) -> tuple[RowSet, ...]:
    numbers = np.fromfile(path, dtype="<i8") if path.exists() else np.empty(0, dtype="<i8")
    return tuple(
        RowSet(fact["table"], numbers[fact["begin"] : fact["begin"] + fact["size"]].astype(np.int64)) for fact in facts
    )


def _files(facts: list[dict[str, Any]], folder: Path) -> tuple[RecordedFile, ...]:
    """Return the files that were opened and are there at the end, each once, with what they hold by then."""
    written: dict[str, bool] = {}
    for fact in facts:
        written[fact["path"]] = written.get(fact["path"], False) or fact["written"]
    found = []
    for path, was_written in written.items():
        file = folder / path
        if file.is_file():
            with file.open("rb") as opened:
                digest = hashlib.file_digest(opened, "sha256").hexdigest()
            found.append(RecordedFile(path, was_written, digest, file.stat().st_size))
    return tuple(found)
