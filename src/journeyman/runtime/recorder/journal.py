"""The journal of a run: written line by line while the program runs, so that what was seen outlives its end."""

from __future__ import annotations

import json
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from journeyman.runtime.recorder.row_tags import Rows

__all__ = ["JOURNAL", "ROWS", "Journal"]

JOURNAL, ROWS = "journal.jsonl", "rows.bin"
_LARGEST_ARRAY = 50 << 20  # bytes
_MOST_BYTES = 1 << 29
_MOST_ROW_NUMBERS = 50_000_000


class Journal:
    """Lines of JSON in a folder, beside the rows and the arrays that they speak of."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._lines = (folder / JOURNAL).open("a", encoding="utf-8")
        self._rows = (folder / ROWS).open("ab")
        self._sets: dict[tuple[int, int, bytes], int] = {}
        self._written = 0
        self._bytes = 0

    def note(self, kind: str, fact: dict[str, Any]) -> None:
        """Write one fact; it is on disk at the next :meth:`flush`."""
        self._lines.write(json.dumps([kind, fact], default=str) + "\n")

    def flush(self) -> None:
        """Have all that was noted lie on disk."""
        self._lines.flush()

    @contextmanager
    def apart(self) -> Iterator[None]:
        """Keep what goes wrong in looking on from the program that is looked at, and note it."""
        try:
            yield
        except Exception as error:  # noqa: BLE001 - values of a program may fail in any way when they are asked
            where = traceback.extract_tb(error.__traceback__)[-1]
            place = f"{Path(where.filename).name}:{where.lineno}"
            self.note("trouble", {"error": type(error).__name__, "message": str(error)[:300], "place": place})

    def rows(self, rows: Rows | None) -> int | None:
        """Return the number of a row set, written where it is new; None for no rows, or where there are too many."""
        if rows is None:
            return None
        number = self._sets.get(rows.key)
        if number is None:
            if self._written + len(rows) > _MOST_ROW_NUMBERS:
                return None
            number = self._sets[rows.key] = len(self._sets)
            self._rows.write(rows.numbers.astype("<i8").tobytes())
            self._rows.flush()  # before any line that speaks of them
            self.note("rows", {"table": rows.table, "begin": self._written, "size": len(rows)})
            self._written += len(rows)
        return number

    def array(self, name: str, value: Any) -> str | None:
        """Keep an array under a name, and return the name; None where it is too large, or cannot be kept as it is."""
        made = _plain_array(value)
        if made is None or made.nbytes > _LARGEST_ARRAY or self._bytes + made.nbytes > _MOST_BYTES:
            return None
        self._bytes += made.nbytes
        np.save(self._folder / f"{name}.npy", made, allow_pickle=False)
        return name

    def drop_array(self, name: str) -> None:
        """Give up an array whose call is no longer told."""
        path = self._folder / f"{name}.npy"
        if path.exists():
            self._bytes -= path.stat().st_size
            path.unlink()


def _plain_array(value: Any) -> np.ndarray | None:
    """Return features or predictions as an array that needs no pickle; of a table of kinds, one with named columns."""
    if hasattr(value, "toarray"):
        if value.shape[0] * value.shape[1] * 8 > _LARGEST_ARRAY:
            return None
        value = value.toarray()
    if hasattr(value, "columns") and hasattr(value, "to_numpy"):
        kinds = {dtype.kind for dtype in value.dtypes}
        if kinds <= set("iufb"):
            return np.asarray(value.to_numpy(dtype=float))
        fields = [(str(k), _plain_array(value.iloc[:, k])) for k in range(value.shape[1])]
        if any(one is None for _, one in fields):
            return None
        filled = np.empty(len(value), dtype=[(name, one.dtype) for name, one in fields if one is not None])
        for name, one in fields:
            filled[name] = one
        return filled
    try:
        made = np.asarray(value)
    except (ValueError, TypeError):
        return None
    if made.dtype.kind in "iufbUSMmc":
        return made
    if made.size * 8 > _LARGEST_ARRAY:
        return None
    flat = made.ravel().tolist()
    if all(isinstance(one, str) for one in flat):
        if flat and max(map(len, flat)) * 4 * len(flat) > _LARGEST_ARRAY:
            return None
        return made.astype(str)
    if all(isinstance(one, (int, float, np.number, np.bool_)) for one in flat):
        return made.astype(float)
    return None
