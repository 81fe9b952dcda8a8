"""A file of predictions, written some rows at a time: CSV, Parquet or JSON lines, by its name; whole or absent."""

from __future__ import annotations

import difflib
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import msgspec
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from journeyman.arrow import pa, pq
from journeyman.entities.table import Block
from journeyman.entities.task_traits import Bound
from journeyman.errors import SettingsError
from journeyman.filesystems import Remote
from journeyman.inference.example_rows import value_text
from journeyman.inference.release import Release
from journeyman.interfaces import FlagsRows
from journeyman.reports.alarm_words import TOGETHER, telling
from journeyman.tasks import outputs_together, task_type

__all__ = ["Layout", "PredictionsWriter", "opened_predictions", "prediction_columns", "predictions_writer"]

FloatArray = NDArray[np.float64]
Keep = Callable[[pd.DataFrame], None]
_MOST_EXPLAINED = 1_000


@dataclass(frozen=True)
class Layout:
    """What stands in a file of predictions besides them.

    Attributes
    ----------
    keep : tuple of str
        Columns of the table that are written along; each must be there.
    identifiers : bool
        Whether columns that named the rows of the training table are written along, where they are there.
    interval : bool
        Whether the interval (classes: the likely labels) that holds the true value in about 90% of rows is written.
    total : tuple of str
        Of forecasts: columns that tell series apart, over all others of which forecasts are summed; "all" for one sum.
    """

    keep: tuple[str, ...] = ()
    identifiers: bool = True
    interval: bool = False
    total: tuple[str, ...] = ()

    def kept(self, given: Sequence[str], identifiers: Sequence[str]) -> list[str]:
        """Return which columns of a table are written along, in its order.

        Raises
        ------
        SettingsError
            Where a wanted one is not there.
        """
        for name in self.keep:
            if name not in given:
                near = difflib.get_close_matches(name, given, n=1)
                hint = f"did you mean {near[0]!r}?" if near else f"its columns are {', '.join(given[:12])}"
                raise SettingsError(f"--keep {name}: the table has no column {name!r}", hint=hint)
        chosen = {*self.keep, *(identifiers if self.identifiers else ())}
        return [name for name in given if name in chosen]


def prediction_columns(
    release: Release, rows: pd.DataFrame, block: Block, answers: FloatArray, layout: Layout
) -> pd.DataFrame:
    """Return kept columns, predictions under the target's name, probabilities of classes, intervals, and reasons.

    Numbers are rounded as people read them: to six digits, whole parts never cut. All digits come from
    ``release.predict``.

    Parameters
    ----------
    rows : pandas.DataFrame
        As they were given.
    block : Block
        The same as the model reads them.
    answers : ndarray of shape (n_samples, n_outputs)
        What the release answers to them.
    """
    task = release.task
    labels = release.labels(answers)
    columns: dict[str, object] = {}
    kind = task_type(task)
    columns[task.prediction_name or task.target] = labels if task.labels else _readable(labels)
    named = outputs_together(answers, task)
    for name, values in named.items():
        columns[name] = values if values.dtype == bool else values.round(6) if task.labels else _readable(values)
    if isinstance(kind, FlagsRows):
        columns["reasons"] = _reasons(release, block, answers, named["flagged"])
        columns["detectors"] = _agreement(release, block, named["flagged"])
    if layout.interval and kind.traits.bound is Bound.NONE:
        raise SettingsError(f"a task of kind {task.kind} has no intervals", hint="leave --interval out")
    if layout.interval and kind.traits.bound is Bound.LABELS:
        columns["likely labels"] = ["; ".join(map(str, names)) for names in release.likely_labels(answers)]
    elif layout.interval:
        bounds = release.intervals(answers, block)
        columns[f"{task.target} from"] = _readable(bounds["low"].to_numpy())
        columns[f"{task.target} to"] = _readable(bounds["high"].to_numpy())
    given = rows.set_axis([str(name) for name in rows.columns], axis=1)
    kept = {
        f"{name} (as given)" if name in columns else name: given[name].reset_index(drop=True)
        for name in layout.kept(list(given.columns), release.identifiers)
    }
    return pd.DataFrame({**kept, **columns})


def _reasons(release: Release, block: Block, answers: FloatArray, flagged: NDArray[np.bool_]) -> list[str]:
    """Return what makes each flagged row odd, "pieces = 900; load = 20"; empty for others, and past 1,000."""
    texts = [""] * len(flagged)
    rows = np.flatnonzero(flagged)
    rows = rows[np.argsort(-answers[rows, 0], kind="stable")][:_MOST_EXPLAINED]
    if not len(rows):
        return texts
    chosen = {name: values[rows] for name, values in block.items()}
    found = release.reliefs(chosen)
    assert found is not None  # such a kind of task flags rows
    for number, (row, figures) in enumerate(zip(rows.tolist(), found.tolist(), strict=True)):
        columns = [release.columns[k] for k in telling(figures)]
        said = "; ".join(f"{c.name} = {value_text(c, chosen[c.name][number])}" for c in columns)
        texts[row] = said or TOGETHER
    return texts


def _agreement(release: Release, block: Block, flagged: NDArray[np.bool_]) -> list[str]:
    """Return for each flagged row how many detectors would flag it alone, in percent; empty for others."""
    texts, rows = [""] * len(flagged), np.flatnonzero(flagged)
    shares = release.agreement({name: values[rows] for name, values in block.items()}) if len(rows) else None
    for row, share in zip(rows.tolist(), () if shares is None else shares.tolist(), strict=False):
        texts[row] = f"{share:.0%}"
    return texts


def _readable(values: NDArray[np.generic]) -> FloatArray:
    """Return numbers of six significant digits, whole parts kept.

    Examples
    --------
    >>> _readable(np.array([1234567.891, 0.123456789, 41.99999999, np.nan])).tolist()
    [1234568.0, 0.123457, 42.0, nan]
    """
    return np.array([round(v) if abs(v) >= 1e6 else float(f"{v:.6g}") for v in values.tolist()], dtype=np.float64)


@contextmanager
def opened_predictions(path: Path | Remote) -> Iterator[Keep]:
    """Give a function that adds rows; the file has its name when all of them are in it.

    Parameters
    ----------
    path : Path or Remote
        Its ending says the format: .csv or none, .tsv, .parquet, .jsonl. A pipe or a device gets CSV at once. A file
        elsewhere is written here first.

    Raises
    ------
    SettingsError
        The ending is of no known format, or the place is a folder or in no folder.
    RemoteError
        A file system elsewhere does not answer, or refuses.
    """
    if isinstance(path, Remote):
        predictions_writer(Path(path.name))
        if path.is_folder():
            raise SettingsError(f"--out {path} is a folder", hint="name a file in it")
        with tempfile.TemporaryDirectory(prefix="journeyman-") as folder:
            here = Path(folder) / path.name
            with opened_predictions(here) as keep:
                yield keep
            path.upload(here)
        return
    writer = predictions_writer(path)
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


def predictions_writer(path: Path) -> Callable[[BinaryIO], PredictionsWriter]:
    """Return what writes predictions into an open file of this name; SettingsError for an unknown ending."""
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


class PredictionsWriter:
    """Adds rows to an open file."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file

    def __enter__(self) -> Keep:
        """Return the function that appends rows."""
        return self.keep

    def __exit__(self, *_: object) -> None:
        """Write the end of the format, where it has one."""

    def keep(self, rows: pd.DataFrame) -> None:
        """Append a frame of predictions, one row a prediction."""
        raise NotImplementedError


class _Text(PredictionsWriter):
    """Text with a header."""

    def __init__(self, file: BinaryIO, delimiter: str) -> None:
        super().__init__(file)
        self._delimiter = delimiter
        self._header = True

    def keep(self, rows: pd.DataFrame) -> None:
        """Append a frame of predictions, one row a prediction."""
        text = rows.to_csv(None, sep=self._delimiter, index=False, header=self._header, lineterminator="\n")
        self._file.write(text.encode())
        self._header = False


class _JsonLines(PredictionsWriter):
    """One record a line."""

    def keep(self, rows: pd.DataFrame) -> None:
        """Append a frame of predictions, one row a prediction."""
        self._file.write(msgspec.json.Encoder().encode_lines(rows.to_dict("records")))


class _Parquet(PredictionsWriter):
    """Parquet, a row group for each piece."""

    _parquet: pq.ParquetWriter | None = None
    _schema: pa.Schema

    def __exit__(self, *_: object) -> None:
        """Write the end of the format, where it has one."""
        if self._parquet is not None:
            self._parquet.close()

    def keep(self, rows: pd.DataFrame) -> None:
        """Append a frame of predictions, one row a prediction."""
        table = pa.Table.from_pandas(rows, preserve_index=False).replace_schema_metadata(None)
        if self._parquet is None:
            # A kept column may be empty in the first rows and a text in later ones.
            fields = [pa.field(f.name, pa.string() if pa.types.is_null(f.type) else f.type) for f in table.schema]
            self._schema = pa.schema(fields)
            self._parquet = pq.ParquetWriter(self._file, self._schema)
        self._parquet.write_table(table.cast(self._schema))
