"""Tables of MATLAB and Octave: the variables of a .mat file as columns."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from journeyman.errors import SourceError
from journeyman.sources.frames import FrameSource

__all__ = ["open_matlab"]

_HDF5 = b"\x89HDF\r\n\x1a\n"
_MOST_CELLS = 50_000_000
_SPARSE = "keep the columns that matter: save('x.mat', 'X') of full(X(:, columns))"
_OBJECT = (
    "in MATLAB: writetable(T, 'T.csv'), or save the columns: s = table2struct(T, 'ToScalar', true); save('s.mat', 's')"
)


def open_matlab(path: str) -> FrameSource:
    """Return the variables of a .mat file (versions 4 to 7.3), or the fields of the one struct in it, as columns.

    A vector of numbers or logicals, rows of characters and a cell of texts are a column; a matrix is several, numbered;
    a struct's fields, or a struct array's, are its columns. Single values beside longer ones are left out.

    Raises
    ------
    SourceError
        Where the file cannot be read, holds objects (tables, datetimes, strings), or columns of unlike lengths.

    References
    ----------
    https://docs.scipy.org/doc/scipy/reference/generated/scipy.io.loadmat.html
    https://www.mathworks.com/help/matlab/import_export/mat-file-versions.html
    """
    file = Path(path)
    if not file.is_file():
        raise SourceError(f"no such file: {path}", hint="check the path")
    with file.open("rb") as content:
        head = content.read(520)
    found = _hdf5(path, file.name) if _HDF5 in (head[:8], head[512:520]) else _until_version_7(path, file.name)
    if not found:
        raise SourceError(f"{file.name} holds no variable", hint="save some: save('x.mat', 'size', 'price')")
    return FrameSource(_framed(found, file.name), file.name)


def _framed(found: Mapping[str, Any], name: str) -> pd.DataFrame:
    alone = len(found) == 1
    columns: dict[str, Any] = {}
    for variable, value in found.items():
        columns |= dict(_columns(value, variable, alone, name))
    lengths = {column: len(values) for column, values in columns.items()}
    most = max(lengths.values(), default=0)
    kept = {column: values for column, values in columns.items() if lengths[column] == most or lengths[column] != 1}
    other = next((column for column in kept if lengths[column] != most), None)
    if other is not None:
        longest = next(column for column in kept if lengths[column] == most)
        raise SourceError(
            f"{name}: {longest!r} has {most:,} values and {other!r} has {lengths[other]:,}",
            hint="save variables of one length, one a column",
        )
    if not most:
        raise SourceError(f"{name} holds no values", hint="save variables with values")
    return pd.DataFrame(kept)


def _columns(value: Any, variable: str, alone: bool, name: str) -> Iterator[tuple[str, Any]]:
    """Yield the columns of a variable with their names."""
    if isinstance(value, dict):  # a struct
        for key, part in value.items():
            yield from _columns(part, key if alone else f"{variable}.{key}", False, name)
        return
    if hasattr(value, "toarray"):  # a sparse matrix
        if value.shape[0] * value.shape[1] > _MOST_CELLS:
            raise SourceError(f"{name}: {variable!r} is a sparse matrix of {value.shape[1]:,} columns", hint=_SPARSE)
        value = value.toarray()
    if value.dtype.names:
        yield from _columns(_struct(value, variable, name), variable, alone, name)
        return
    if value.ndim > 2:
        raise SourceError(
            f"{name}: {variable!r} has {value.ndim} dimensions, and a table has two", hint="save it as a matrix"
        )
    if value.dtype.kind == "c":
        raise SourceError(f"{name}: {variable!r} holds complex numbers", hint="save real and imaginary parts apart")
    if value.dtype.kind in "US":
        yield variable, [_text(v) for v in np.atleast_1d(value).ravel()]
    elif value.ndim == 2 and min(value.shape) > 1:
        for k in range(value.shape[1]):
            yield f"{variable}_{k + 1}", _cells(value[:, k], variable, name)
    else:
        yield variable, _cells(value.ravel(), variable, name)


def _struct(value: np.ndarray, variable: str, name: str) -> dict[str, Any]:
    """Return a struct as its fields; the elements of a struct array are rows."""
    if value.size == 1:
        one = value.ravel()[0]
        return {key: _array(one[key]) for key in value.dtype.names or ()}
    found = {}
    for key in value.dtype.names or ():
        cells = np.empty(value.size, dtype=object)
        cells[:] = [_array(part) for part in value[key].ravel()]
        found[key] = cells
    return found


def _array(value: Any) -> Any:
    return value if isinstance(value, np.ndarray) else np.asarray(value)


def _cells(values: np.ndarray, variable: str, name: str) -> Any:
    if values.dtype.kind != "O":
        return values
    found = [_cell(value, variable, name) for value in values]
    numbers = all(v is None or isinstance(v, bool | int | float) for v in found)
    return found if numbers else [None if v is None else str(v) for v in found]


def _cell(value: Any, variable: str, name: str) -> Any:
    """Return one cell of a cell array: a text, a number, or nothing."""
    part = _array(value)
    if part.size == 0:
        return None
    if part.dtype.kind in "US" and part.size == 1:
        return _text(part.ravel()[0])
    if part.dtype.kind in "biuf" and part.size == 1:
        return part.ravel()[0].item()
    raise SourceError(
        f"{name}: a cell of {variable!r} holds more than a text or a number", hint="spread it over plain columns"
    )


def _text(value: Any) -> str | None:
    return str(value).rstrip() or None


def _until_version_7(path: str, name: str) -> Mapping[str, Any]:
    """Return the variables of a file up to version 7."""
    from scipy.io import loadmat  # noqa: PLC0415  # tables of other kinds need no SciPy
    from scipy.io.matlab import MatlabFunction, MatlabObject, MatlabOpaque  # noqa: PLC0415  # SciPy takes a while to load

    try:
        found = loadmat(path, chars_as_strings=True)
    except MemoryError:
        raise
    except Exception as error:  # SciPy raises what its parser meets
        said = " ".join(str(error).split())[:120]
        raise SourceError(
            f"{name} cannot be read as a .mat file: {said}", hint="save it anew: save('-v7', ...)"
        ) from error
    kept = {key: value for key, value in found.items() if not key.startswith("__") and key != "None"}
    odd = [key for key, value in found.items() if isinstance(value, MatlabObject | MatlabOpaque | MatlabFunction)]
    if odd or "None" in found or (not kept and "__function_workspace__" in found):
        raise _object_error(name, odd[0] if odd and odd[0] != "None" else "a variable")
    return kept


def _object_error(name: str, variable: str) -> SourceError:
    return SourceError(
        f"{name}: {variable} is an object of MATLAB (a table, datetime, string or the like), which is not read",
        hint=_OBJECT,
    )


def _hdf5(path: str, name: str) -> Mapping[str, Any]:
    """Return the variables of a file of version 7.3, which is HDF5."""
    if find_spec("h5py") is None:
        raise SourceError(
            f"{name} is of version 7.3, and h5py is not installed",
            hint="pip install \"journeyman[matlab]\", or save it anew: save('-v7', ...)",
        )
    # Here and not above: h5py is an extra.
    import h5py  # noqa: PLC0415  # the one place that imports it

    try:
        with h5py.File(path, "r") as file:
            return {key: _hdf5_value(file, file[key], key, name) for key in file if not key.startswith("#")}
    except OSError as error:
        raise SourceError(f"{name} is damaged: {error}", hint="save it anew") from error


def _hdf5_value(file: Any, item: Any, variable: str, name: str) -> Any:
    kind = (
        item.attrs.get("MATLAB_class", b"").decode() if hasattr(item.attrs.get("MATLAB_class", b""), "decode") else ""
    )
    if "MATLAB_object_decode" in item.attrs:
        raise _object_error(name, repr(variable))
    if not kind and not hasattr(item, "keys"):
        raise SourceError(
            f"{name}: {variable!r} was not written by MATLAB (it has no MATLAB_class)",
            hint="of Octave, save it anew: save('-v7', ...)",
        )
    if hasattr(item, "keys"):
        return {key: _hdf5_value(file, item[key], f"{variable}.{key}", name) for key in item}
    if item.attrs.get("MATLAB_empty", 0):
        return np.empty(0)
    values = np.asarray(item[()]).T  # MATLAB counts along columns, HDF5 along rows
    if kind == "char":
        rows = np.atleast_2d(values)
        return np.array(["".join(map(chr, row)) for row in rows.tolist()])
    if kind == "logical":
        return values.astype(bool)
    if values.dtype == object:  # a cell: references
        cells = np.empty(values.shape, dtype=object)
        for place in np.ndindex(values.shape):
            cells[place] = _hdf5_value(file, file[values[place]], variable, name)
        return cells
    if kind == "cell":
        return np.empty(0)
    return values
