"""Tables of R: the data frame of an .rds file."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from journeyman.errors import SourceError
from journeyman.sources.frames import FrameSource

__all__ = ["open_r_data"]

_AS_CSV = 'in R: write.csv(x, "x.csv", row.names = FALSE)'


def open_r_data(path: str) -> FrameSource:
    """Return the data frame that ``saveRDS`` wrote: factors are texts, Date and POSIXct are dates, NA is missing.

    Row names that are texts become a column "row name".

    Raises
    ------
    SourceError
        Where rdata is not installed, the file is none of R's, or holds something else than a plain data frame.

    References
    ----------
    https://rdata.readthedocs.io
    """
    name = Path(path).name
    if find_spec("rdata") is None:
        raise SourceError(f"{name} is a file of R, and rdata is not installed", hint='pip install "journeyman[r]"')
    if not Path(path).is_file():
        raise SourceError(f"no such file: {path}", hint="check the path")
    frame = _read(path, name)
    if not isinstance(frame, pd.DataFrame):
        raise SourceError(f"{name} holds no data frame, but {_kind_words(frame)}", hint='save one: saveRDS(x, "x.rds")')
    if not frame.shape[1]:
        raise SourceError(f"{name} holds a data frame without columns", hint="save one with columns and rows")
    return FrameSource(_plain_columns(frame, name), name)


def _read(path: str, name: str) -> Any:
    # Here and not above: rdata is an extra, and brings xarray.
    import rdata  # noqa: PLC0415  # the one place that imports it

    try:
        with warnings.catch_warnings():
            warnings.simplefilter(
                "ignore"
            )  # classes without a constructor, such as tibbles, are read as what they hold
            kinds = {**rdata.conversion.DEFAULT_CLASS_MAP, **_KINDS}
            return rdata.read_rds(path, constructor_dict=kinds)
    except _OddClassError as error:
        raise SourceError(f"{name} has a column of class {error}, which is not read", hint=_AS_CSV) from error
    except MemoryError:
        raise
    except Exception as error:  # rdata raises what its parser meets
        said = " ".join(str(error).split())[:120]
        raise SourceError(f"{name} cannot be read as an .rds file of R: {said}", hint=_AS_CSV) from error


class _OddClassError(Exception):
    """A class of R whose values would be misread."""


def _dates(values: Any, attributes: Mapping[str, Any]) -> Any:
    return _moments(np.asarray(values, dtype=np.float64) * 86_400.0)


def _times(values: Any, attributes: Mapping[str, Any]) -> Any:
    return _moments(np.asarray(values, dtype=np.float64))


def _moments(seconds: np.ndarray) -> np.ndarray:
    missing = ~np.isfinite(seconds)
    moments = np.round(np.where(missing, 0.0, seconds) * 1e6).astype(np.int64).astype("datetime64[us]")
    moments[missing] = np.datetime64("NaT")
    return moments


def _wide_integers(values: Any, attributes: Mapping[str, Any]) -> Any:
    """Return integers of 64 bits, which the package bit64 keeps in the bits of numbers; the least one is NA."""
    whole = np.asarray(values, dtype=np.float64).view(np.int64)
    return pd.array(whole, dtype="Int64") if not (whole == np.iinfo(np.int64).min).any() else _with_gaps(whole)


def _with_gaps(whole: np.ndarray) -> Any:
    missing = whole == np.iinfo(np.int64).min
    return pd.arrays.IntegerArray(np.where(missing, 0, whole), missing)


def _refuse_class(kind: str) -> Callable[[Any, Mapping[str, Any]], Any]:
    def refuse(values: Any, attributes: Mapping[str, Any]) -> Any:
        raise _OddClassError(kind)

    return refuse


_KINDS: Mapping[str, Callable[[Any, Mapping[str, Any]], Any]] = {
    "Date": _dates,
    "POSIXct": _times,
    "integer64": _wide_integers,
    "POSIXlt": _refuse_class("POSIXlt"),
}


def _plain_columns(frame: pd.DataFrame, name: str) -> pd.DataFrame:
    columns: dict[str, pd.Series] = {}
    for label in frame.columns:
        values = frame[label]
        cells = values.cat.categories.dtype if isinstance(values.dtype, pd.CategoricalDtype) else values.dtype
        if getattr(cells, "kind", "O") == "c" or (
            getattr(cells, "kind", "") == "O" and any(not _is_cell(v) for v in values)
        ):
            what = "complex numbers" if getattr(cells, "kind", "O") == "c" else "lists"
            raise SourceError(
                f"column {str(label)!r} of {name} holds {what}", hint="leave it out, or spread it over columns"
            )
        if isinstance(values.dtype, pd.CategoricalDtype):
            values = values.astype(object).where(values.notna(), None).astype("str")
        columns[str(label)] = values.reset_index(drop=True)
    plain = pd.DataFrame(columns)
    if not pd.api.types.is_numeric_dtype(frame.index.dtype) and "row name" not in columns:
        plain.insert(0, "row name", frame.index.astype("str").to_numpy())
    return plain


def _is_cell(value: Any) -> bool:
    return value is None or np.isscalar(value) or value is pd.NA or value is pd.NaT


def _kind_words(found: Any) -> str:
    if isinstance(found, dict):
        return "a list"
    return "a vector" if isinstance(found, np.ndarray) and found.ndim == 1 else f"a {type(found).__name__}"
