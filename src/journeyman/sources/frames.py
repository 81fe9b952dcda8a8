"""Tables that are in memory already: any frame that speaks Arrow or narwhals."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from functools import cached_property
from typing import Any

import narwhals as nw
import numpy as np
import pandas as pd

from journeyman.arrow import pa
from journeyman.engines.frames import check_names, draw_positions, to_frame, width
from journeyman.entities.file_style import FileStyle
from journeyman.entities.finding import Finding
from journeyman.errors import SourceError
from journeyman.interfaces import Relation, TableReader
from journeyman.sources.batches import plain_table
from journeyman.sources.parsing.images import is_image_bytes
from journeyman.sources.parsing.texts import text_of

__all__ = ["FrameSource", "frame_of"]


def frame_of(frame: object, name: str) -> pd.DataFrame:
    """Return any frame as raw pandas columns, index 0..n-1.

    Raises
    ------
    SourceError
        It is no frame, or a column holds nested values.
    """
    if isinstance(frame, pd.Series):
        frame = frame.to_frame()
    if isinstance(frame, pd.DataFrame):
        return _arrow_frame(_with_index(frame))
    table = _arrow(frame)
    if table is None:
        raise SourceError(
            f"a {type(frame).__name__} is no table", hint="give a pandas, polars, pyarrow or DuckDB table, or a path"
        )
    return to_frame(plain_table(table, name))


def _with_index(frame: pd.DataFrame) -> pd.DataFrame:
    """Return a frame with its index as columns, where that says something: it has a name, or holds dates."""
    levels = [frame.index.get_level_values(i) for i in range(frame.index.nlevels)]
    kept = {
        level.name or "index": level
        for level in levels
        if level.name is not None or isinstance(level, (pd.DatetimeIndex, pd.PeriodIndex, pd.TimedeltaIndex))
    }
    taken = {str(name) for name in frame.columns}
    frame = frame.reset_index(drop=True)
    for name in reversed([name for name in kept if str(name) not in taken]):
        frame.insert(0, name, pd.Series(kept[name]).reset_index(drop=True))
    return frame


def _arrow_frame(frame: pd.DataFrame) -> pd.DataFrame:
    """Return a frame whose periods are dates and whose intervals are texts, as Arrow knows neither."""
    odd = [i for i, dtype in enumerate(frame.dtypes) if isinstance(_content(dtype), (pd.PeriodDtype, pd.IntervalDtype))]
    images = [i for i, dtype in enumerate(frame.dtypes) if dtype.kind == "O" and _holds_images(frame.iloc[:, i])]
    if not odd and not images:
        return frame
    columns = [frame.iloc[:, i] for i in range(frame.shape[1])]
    for i in images:
        files = pa.table({"x": pa.array(columns[i], pa.binary())})
        columns[i] = plain_table(files, "the table")["x"].to_pandas().rename(columns[i].name)
    for i in odd:
        kind = _content(columns[i].dtype)
        if isinstance(kind, pd.PeriodDtype):
            columns[i] = columns[i].astype(kind).dt.to_timestamp()
        else:
            columns[i] = columns[i].astype(object).map(str, na_action="ignore")
    return pd.concat(columns, axis=1)


def _holds_images(values: pd.Series) -> bool:
    first = values.dropna().head(1).tolist()
    return bool(first) and isinstance(first[0], bytes) and is_image_bytes(first[0])


def _content(dtype: Any) -> Any:
    """Return the type of a column's values: of a categorical one, that of its categories."""
    return dtype.categories.dtype if isinstance(dtype, pd.CategoricalDtype) else dtype


def _arrow(frame: object) -> pa.Table | None:
    if isinstance(frame, pa.Table):
        return frame
    if isinstance(frame, pa.RecordBatch):
        return pa.Table.from_batches([frame])
    if hasattr(frame, "__arrow_c_stream__"):
        return pa.table(frame)
    native: Any = nw.from_native(frame, pass_through=True)
    if isinstance(native, nw.LazyFrame):
        native = native.collect("pyarrow")
    return native.to_arrow() if isinstance(native, nw.DataFrame) else None


class FrameSource:
    """A frame that was handed over from Python.

    Parameters
    ----------
    frame : pandas, polars, pyarrow or DuckDB table
        Or anything else that narwhals or the Arrow C stream knows.
    name : str
        What to call it.

    Raises
    ------
    SourceError
        It is no frame, has no column, two columns of one name, or nested values.

    Examples
    --------
    >>> FrameSource(pa.table({"a": [1, 2], "b": ["x", "y"]})).rows()
    2
    """

    def __init__(self, frame: object, name: str = "<frame>") -> None:
        self.name = name
        self.style = FileStyle()
        self.findings: tuple[Finding, ...] = ()
        self._frame = frame_of(frame, "the table")
        names = [str(c) for c in self._frame.columns]
        check_names(names, "the table")
        if list(self._frame.columns) != names:
            self._frame = self._frame.set_axis(names, axis=1)
        self.names = tuple(names)

    def rows(self) -> int:
        """Return the number of rows."""
        return len(self._frame)

    def memory(self) -> int:
        """Return the bytes the table is expected to take in memory."""
        return self.rows() * width(_columns_as_arrow(self._frame.head(1000)))

    def read(self, limit_rows: int | None, seed: int) -> pd.DataFrame:
        """Return raw rows, typed as they are; see :class:`journeyman.interfaces.Source`."""
        if limit_rows is None or limit_rows >= self.rows():
            return self._frame
        return self._frame.iloc[draw_positions(self.rows(), limit_rows, seed)].reset_index(drop=True)

    def batches(self) -> Iterator[pa.RecordBatch]:
        """Yield all rows, some at a time."""
        yield from self._table.to_batches(65_536)

    @cached_property
    def _table(self) -> pa.Table:
        return _columns_as_arrow(self._frame)

    def relation(self, reader: TableReader) -> Relation:
        """Return all rows as a relation, columns named by their place; those of mixed objects as text."""
        return reader.arrow(self._table)

    @cached_property
    def _digest(self) -> str:
        digest = hashlib.sha256()
        for name in self.names:
            values = self._frame[name]
            digest.update(f"{name}\0{values.dtype}\0".encode())
            if values.dtype == object:
                values = pd.Series(_texts(values, name), dtype="str")
            digest.update(np.ascontiguousarray(pd.util.hash_pandas_object(values, index=False)).tobytes())
        return digest.hexdigest()

    def digest(self) -> str:
        """Return a digest of names, types and values."""
        return self._digest


def _texts(values: pd.Series, name: str) -> list[str | None]:
    try:
        return [text_of(v) for v in values]
    except TypeError as error:
        raise SourceError(
            f"column {name!r} holds {error}", hint="spread it over plain columns, or leave it out"
        ) from error


def _columns_as_arrow(frame: pd.DataFrame) -> pa.Table:
    arrays: list[Any] = []
    for name in frame.columns:
        values = frame[name]
        try:
            arrays.append(pa.array(values, from_pandas=True))
        except UnicodeEncodeError as error:
            raise SourceError(
                f"column {name!r} holds half a character ({error.object[error.start : error.end]!r}), not text",
                hint="read its file anew with the encoding that it was written in",
            ) from error
        except (pa.ArrowInvalid, pa.ArrowTypeError, pa.ArrowNotImplementedError):
            arrays.append(pa.array(_texts(values.astype(object), str(name)), type=pa.string()))
    return plain_table(pa.table(arrays, names=[str(c) for c in frame.columns]), "the table")
