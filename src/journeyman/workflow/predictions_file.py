"""A file of predictions, written some rows at a time: CSV, Parquet or JSON lines, by its name; whole or absent."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

import msgspec
import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from journeyman.entities.task import Task
from journeyman.errors import SettingsError

__all__ = ["opened_predictions", "prediction_columns"]

Keep = Callable[[pd.DataFrame], None]


def prediction_columns(answers: NDArray[np.float64], labels: NDArray[np.generic], task: Task) -> pd.DataFrame:
    """Return predictions under the target's name, beside the class probabilities of a classifier."""
    columns: dict[str, NDArray[np.generic]] = {task.target: labels}
    if task.kind.classification:
        columns |= {f"probability of {label}": answers[:, i] for i, label in enumerate(task.labels)}
    return pd.DataFrame(columns)


@contextmanager
def opened_predictions(path: Path) -> Iterator[Keep]:
    """Give a function that adds rows; the file has its name when all of them are in it.

    Parameters
    ----------
    path : Path
        Its ending says the format: .csv or none, .tsv, .parquet, .jsonl. A pipe or a device gets CSV at once.

    Raises
    ------
    SettingsError
        The ending is of no known format, or the place is a folder or in no folder.
    """
    writer = _writer(path)
    if path.is_dir():
        raise SettingsError(f"--out {path} is a folder", hint="name a file in it")
    if not path.parent.is_dir():
        raise SettingsError(f"--out {path}: there is no folder {path.parent}", hint="make it first, or name another")
    if path.exists() and not path.is_file():
        with path.open("wb") as device, writer(device) as keep:
            yield keep
        return
    draft = path.with_name(f".{path.name[:200]}.part")
    try:
        with draft.open("wb") as file, writer(file) as keep:
            yield keep
        draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)


def _writer(path: Path) -> Callable[[BinaryIO], _Writer]:
    suffix = path.suffix.lower()
    if suffix in (".parquet", ".pq"):
        return _Parquet
    if suffix in (".jsonl", ".ndjson"):
        return _JsonLines
    if suffix == ".tsv":
        return lambda file: _Text(file, "\t")
    if suffix in ("", ".csv", ".txt") or (path.exists() and not path.is_file()):
        return lambda file: _Text(file, ",")
    raise SettingsError(
        f"predictions cannot be written as {suffix}",
        hint="name a .csv, .parquet or .jsonl file, or - for CSV on screen",
    )


class _Writer:
    """Adds rows to an open file."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file

    def __enter__(self) -> Keep:
        """Begin."""
        return self.keep

    def __exit__(self, *_: object) -> None:
        """End the file."""

    def keep(self, rows: pd.DataFrame) -> None:
        """Add rows."""
        raise NotImplementedError


class _Text(_Writer):
    """Text with a header."""

    def __init__(self, file: BinaryIO, delimiter: str) -> None:
        super().__init__(file)
        self._delimiter = delimiter
        self._header = True

    def keep(self, rows: pd.DataFrame) -> None:
        """Add rows."""
        text = rows.to_csv(None, sep=self._delimiter, index=False, header=self._header, lineterminator="\n")
        self._file.write(text.encode())
        self._header = False


class _JsonLines(_Writer):
    """One record a line."""

    def keep(self, rows: pd.DataFrame) -> None:
        """Add rows."""
        self._file.write(msgspec.json.Encoder().encode_lines(rows.to_dict("records")))


class _Parquet(_Writer):
    """Parquet, a row group for each piece."""

    _parquet: pq.ParquetWriter | None = None

    def __exit__(self, *_: object) -> None:
        """End the file."""
        if self._parquet is not None:
            self._parquet.close()

    def keep(self, rows: pd.DataFrame) -> None:
        """Add rows."""
        table = pa.Table.from_pandas(rows, preserve_index=False)
        if self._parquet is None:
            self._parquet = pq.ParquetWriter(self._file, table.schema)
        self._parquet.write_table(table)
