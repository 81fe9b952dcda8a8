"""Arrays and frames as bytes: npy for numbers, Arrow IPC for text and frames; loading runs no code."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Protocol

import msgspec
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from journeyman.arrow import pa

__all__ = ["ARRAY", "FRAME", "TEXTS", "Part", "Sink", "part_bytes", "part_kind", "read_part", "write_part"]

ARRAY, TEXTS, FRAME = 1, 2, 3
"""Kinds of large parts: an array of numbers, an array of texts, a frame."""

Part = NDArray[Any] | pd.DataFrame

_BATCH_ROWS = 1 << 18
_SPEC = b"journeyman"
_NUMBERS = "biuf"
_TIMES = "mM"


class Sink(Protocol):
    """A writable binary stream."""

    def write(self, data: bytes | memoryview, /) -> int:
        """Write bytes; return how many were written."""
        ...


@dataclass(frozen=True)
class _ColumnSpec:
    """How a frame's column is made again: its name and dtype, and the names behind its codes."""

    name: str | int
    dtype: str
    categories: tuple[str | int | float | bool, ...] | None = None
    categories_dtype: str = ""
    ordered: bool = False


@dataclass(frozen=True)
class _FrameSpec:
    """How a frame is made again."""

    rows: int
    names_dtype: str
    columns: tuple[_ColumnSpec, ...]


def part_kind(part: object) -> int:
    """Return ARRAY, TEXTS or FRAME.

    Raises
    ------
    TypeError
        For an array whose values are neither numbers, dates nor texts.
    """
    if isinstance(part, pd.DataFrame):
        return FRAME
    if isinstance(part, np.ndarray):
        if part.dtype.kind in _NUMBERS + _TIMES + "cU":
            return ARRAY
        if part.dtype == object and part.ndim == 1:
            return TEXTS
        raise TypeError(f"an array of {part.dtype} and {part.ndim} dimensions is not a fact")
    raise TypeError(f"{type(part).__name__} is not a fact")


def part_bytes(part: Part) -> int:
    """Return about how many bytes a part takes, from its shape alone."""
    if isinstance(part, pd.DataFrame):
        return 16 * int(part.shape[0]) * int(part.shape[1])
    return 16 * part.size if part.dtype == object else part.nbytes


def write_part(part: Part, sink: Sink) -> None:
    """Write a part as npy or Arrow IPC; the same part gives the same bytes."""
    if isinstance(part, pd.DataFrame):
        _write_frame(part, sink)
    elif part.dtype == object:
        _write_batches(sink, b"", [lambda rows: _texts(part[rows])], len(part))
    elif part.ndim == 1 and part.dtype.kind in "fiub" and part.flags.c_contiguous:
        # as write_array would; the loop writes tens of thousands of short columns a look
        sink.write(_npy_head(part.dtype.str, len(part)))
        sink.write(part.tobytes())
    else:
        np.lib.format.write_array(sink, part, allow_pickle=False)


@lru_cache(maxsize=4_096)
def _npy_head(dtype: str, rows: int) -> bytes:
    head = io.BytesIO()
    np.lib.format.write_array_header_1_0(head, {"descr": dtype, "fortran_order": False, "shape": (rows,)})
    return head.getvalue()


def read_part(kind: int, data: memoryview) -> Part:
    """Read what ``write_part`` wrote; arrays are fresh and writable."""
    if kind == ARRAY:
        return _read_array(data)
    if kind == TEXTS:
        rows = 0
        pieces: list[NDArray[Any]] = []
        for batch in _batches(data):
            rows += batch.num_rows
            pieces.append(batch.column(0).to_numpy(zero_copy_only=False))
        return np.concatenate(pieces).astype(object, copy=False) if pieces else np.empty(0, dtype=object)
    if kind == FRAME:
        return _read_frame(data)
    raise ValueError(f"no kind of part has the number {kind}")


def _read_array(data: memoryview) -> NDArray[Any]:
    short = bytes(data[:10])
    size = 10 + int.from_bytes(short[8:10], "little") if short[6:8] == b"\x01\x00" else 65_536
    shape, by_column, dtype, begin = _read_head(bytes(data[:size]))
    flat = np.frombuffer(data, dtype=dtype, offset=begin, count=int(np.prod(shape, dtype=np.int64)))
    return flat.reshape(shape, order="F" if by_column else "C").copy(order="K")


@lru_cache(maxsize=4_096)
def _read_head(data: bytes) -> tuple[tuple[int, ...], bool, np.dtype[Any], int]:
    head = io.BytesIO(data)
    version = np.lib.format.read_magic(head)
    reader = np.lib.format.read_array_header_1_0 if version == (1, 0) else np.lib.format.read_array_header_2_0
    shape, by_column, dtype = reader(head)
    if dtype.hasobject:
        raise ValueError("an array of objects is never loaded")
    return shape, by_column, dtype, head.tell()


def _write_frame(frame: pd.DataFrame, sink: Sink) -> None:
    if not frame.index.equals(pd.RangeIndex(len(frame))):
        raise TypeError("a frame is a fact only with the index 0..n-1")
    columns = [frame.iloc[:, i] for i in range(frame.shape[1])]
    specs = tuple(_column_spec(name, values) for name, values in zip(frame.columns, columns, strict=True))
    spec = _FrameSpec(len(frame), str(frame.columns.dtype), specs)
    slicers = [_slicer(values) for values in columns]
    _write_batches(sink, msgspec.msgpack.encode(spec), slicers, len(frame))


def _column_spec(name: object, values: pd.Series[Any]) -> _ColumnSpec:
    if not isinstance(name, str | int):
        raise TypeError(f"a column name of type {type(name).__name__} is not a fact")
    name = name if isinstance(name, str) else int(name)
    dtype = values.dtype
    if isinstance(dtype, pd.CategoricalDtype):
        categories = tuple(dtype.categories.tolist())
        if not all(isinstance(value, str | int | float | bool) for value in categories):
            raise TypeError(f"column {name!r} has categories that are neither texts nor numbers")
        return _ColumnSpec(name, "category", categories, str(dtype.categories.dtype), bool(dtype.ordered))
    if isinstance(dtype, pd.StringDtype) or str(dtype) == "object":
        return _ColumnSpec(name, str(dtype))
    if isinstance(dtype, np.dtype) and dtype.kind in _NUMBERS + _TIMES:
        return _ColumnSpec(name, dtype.str)
    raise TypeError(f"column {name!r} has values of type {dtype}, which a fact cannot hold")


def _slicer(values: pd.Series[Any]) -> Callable[[slice], Any]:
    """Return a function from rows to an Arrow array; numbers are not copied."""
    if isinstance(values.dtype, pd.CategoricalDtype):
        codes = values.cat.codes.to_numpy()
        return lambda rows: pa.array(codes[rows], from_pandas=False)
    if isinstance(values.dtype, pd.StringDtype):
        return lambda rows: pa.array(values.iloc[rows], type=pa.large_string())
    plain = values.to_numpy()
    if plain.dtype == object:
        return lambda rows: _texts(plain[rows])
    if plain.dtype.kind in _TIMES:
        plain = plain.view(np.int64)
    return lambda rows: pa.array(plain[rows], from_pandas=False)


def _texts(values: NDArray[Any]) -> Any:
    try:
        return pa.array(values, type=pa.large_string(), from_pandas=False)
    except (pa.ArrowTypeError, pa.ArrowInvalid) as error:
        raise TypeError("an array of objects is a fact only when it holds texts and None") from error


def _write_batches(sink: Sink, spec: bytes, slicers: list[Callable[[slice], Any]], rows: int) -> None:
    """Write Arrow record batches, made one at a time so that a large frame is never held twice."""
    names = [str(i) for i in range(len(slicers))]
    schema = pa.schema(
        [(name, slicer(slice(0, 0)).type) for name, slicer in zip(names, slicers, strict=True)], metadata={_SPEC: spec}
    )
    options = pa.ipc.IpcWriteOptions(compression="lz4")
    with pa.ipc.new_stream(pa.PythonFile(sink, mode="w"), schema, options=options) as writer:
        if not slicers:
            return
        for start in range(0, rows, _BATCH_ROWS):
            piece = slice(start, min(start + _BATCH_ROWS, rows))
            writer.write_batch(pa.RecordBatch.from_arrays([slicer(piece) for slicer in slicers], schema=schema))


def _batches(data: memoryview) -> Iterator[Any]:
    with pa.ipc.open_stream(pa.py_buffer(data)) as reader:
        yield from reader


def _read_frame(data: memoryview) -> pd.DataFrame:
    with pa.ipc.open_stream(pa.py_buffer(data)) as reader:
        types = reader.schema.types
        spec = msgspec.msgpack.decode(reader.schema.metadata[_SPEC], type=_FrameSpec)
        plain = [np.empty(spec.rows, dtype=_plain_dtype(c, t)) for c, t in zip(spec.columns, types, strict=True)]
        start = 0
        for batch in reader:
            for values, piece in zip(plain, batch.columns, strict=True):
                values[start : start + batch.num_rows] = piece.to_numpy(zero_copy_only=False)
            start += batch.num_rows
    made = {i: _column(c, values) for i, (c, values) in enumerate(zip(spec.columns, plain, strict=True))}
    frame = pd.DataFrame(made, index=pd.RangeIndex(spec.rows), copy=False)
    frame.columns = pd.Index([c.name for c in spec.columns], dtype=spec.names_dtype)
    return frame


def _plain_dtype(spec: _ColumnSpec, arrow: Any) -> Any:
    if spec.categories is not None:
        return arrow.to_pandas_dtype()
    if pa.types.is_large_string(arrow):
        return object
    return np.int64 if np.dtype(spec.dtype).kind in _TIMES else np.dtype(spec.dtype)


def _column(spec: _ColumnSpec, values: NDArray[Any]) -> Any:
    if spec.categories is not None:
        names = pd.Index(list(spec.categories), dtype=spec.categories_dtype)
        return pd.Categorical.from_codes(values, dtype=pd.CategoricalDtype(names, ordered=spec.ordered))
    if spec.dtype == "object":
        # Without an explicit dtype pandas would make texts a "str" column.
        return pd.Series(values, dtype=object, copy=False)
    if values.dtype == object:
        return pd.Series(values, dtype=spec.dtype)
    return values if values.dtype.str == spec.dtype else values.view(spec.dtype)
