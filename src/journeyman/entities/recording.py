"""What was seen while a prototype ran once: values, calls of models, tables read, rows carried from one to the next."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import NamedTuple

import numpy as np

__all__ = [
    "CallRole",
    "FailedStatement",
    "RecordedCall",
    "RecordedFile",
    "RecordedModel",
    "RecordedTable",
    "RecordedValue",
    "Recording",
    "RowSet",
    "Span",
]


class Span(NamedTuple):
    """Where an expression stands in the source, counted as in :mod:`ast`: lines from 1, columns in bytes from 0."""

    line: int
    column: int
    end_line: int
    end_column: int


class CallRole(StrEnum):
    """What a call of a library does for a model."""

    FIT = "fit"
    FIT_TRANSFORM = "fit and transform"
    TRANSFORM = "transform"
    PREDICT = "predict"
    PROBABILITY = "predict probabilities"
    SCORE = "score"
    METRIC = "metric"
    CROSS_VALIDATION = "cross-validation"
    SPLIT = "split"
    RESAMPLE = "resample"


@dataclass(frozen=True)
class RowSet:
    """Rows of a table that was read, in the order in which a value holds them.

    Attributes
    ----------
    table : int
        Number of the table among those of the recording.
    numbers : ndarray of shape (n_rows,), int64
        From 0; the same row may come twice.
    """

    table: int
    numbers: np.ndarray


@dataclass(frozen=True)
class RecordedTable:
    """A table as the program read or made it first.

    Attributes
    ----------
    number : int
    span : Span
        Of the call that read it.
    function : str
        "pandas.read_csv", "sklearn.datasets.load_iris".
    path : str or None
        As the program wrote it, and None where it comes with a library.
    type_name : str
        "pandas.DataFrame", "numpy.ndarray", "sklearn.utils.Bunch".
    columns : tuple of str
        Of a table without names: x0, x1, and so on.
    n_rows : int
    plain_index : bool
        Whether its rows are numbered from 0.
    """

    number: int
    span: Span
    function: str
    path: str | None
    type_name: str
    columns: tuple[str, ...]
    n_rows: int
    plain_index: bool = True


@dataclass(frozen=True)
class RecordedFile:
    """A file that the program opened: its path as written, whether it wrote it, its SHA-256 and bytes at the end."""

    path: str
    written: bool
    sha256: str
    size: int


@dataclass(frozen=True)
class RecordedValue:
    """What an expression gave when it was evaluated last.

    Attributes
    ----------
    span : Span
    type_name : str
        Library and name of its class: "pandas.DataFrame", "int", "scipy.csr_matrix".
    shape : tuple of int
        Of tables, columns and arrays; (n,) of lists, tuples and texts; () of others.
    rows : int or None
        Number of the row set that it carries; None where it carries no rows.
    columns : tuple of str or None
        Of a table; the name of a column.
    text : str
        Of small values, as Python writes it; "" of others.
    times : int
        How often it was evaluated.
    called : str or None
        Of a call: what was called, "pandas.DataFrame.fillna", "sklearn.preprocessing.StandardScaler.fit_transform";
        "__main__.clean" of the program's own functions.
    """

    span: Span
    type_name: str
    shape: tuple[int, ...] = ()
    rows: int | None = None
    columns: tuple[str, ...] | None = None
    text: str = ""
    times: int = 1
    called: str | None = None


@dataclass(frozen=True)
class RecordedModel:
    """A model or a transformer that was fitted: its class, and what it is called in the program ("" where nothing)."""

    number: int
    name: str
    variable: str
    settings: str = ""


@dataclass(frozen=True)
class RecordedCall:
    """A fit, a transformation, a prediction, a score or a division, called by the program and not by a library.

    Attributes
    ----------
    number : int
        In the order of the calls.
    span : Span
    role : CallRole
    name : str
        "sklearn.linear_model.LogisticRegression.fit", "sklearn.metrics.accuracy_score".
    model : int or None
        Number of the model; of a metric the model whose predictions were judged, where that is known.
    rows : tuple of (int or None)
        Row set of each argument that carries rows, in their order.
    given : tuple of int
        Row sets of what came out: one of a prediction, several of a division.
    value : float or None
        Of a score.
    inputs, output : str or None
        Under which name of ``Recording.arrays`` the features given and the predictions made are kept.
    added : bool
        Asked by the recorder at the end, of a model that the program never asked.
    """

    number: int
    span: Span
    role: CallRole
    name: str
    model: int | None = None
    rows: tuple[int | None, ...] = ()
    given: tuple[int, ...] = ()
    value: float | None = None
    inputs: str | None = None
    output: str | None = None
    added: bool = False


@dataclass(frozen=True)
class FailedStatement:
    """A statement that ended in an error; the run went on behind it.

    Attributes
    ----------
    first, last : int
        Its lines.
    line : int
        Where in the program the error was raised.
    error : str
        Name of its class.
    message : str
    missing : str or None
        The module, the file or the name that is not there.
    """

    first: int
    last: int
    line: int
    error: str
    message: str
    missing: str | None = None


@dataclass(frozen=True)
class Recording:
    """One run of a program.

    Attributes
    ----------
    source : str
        As it was run; all lines and spans are of it.
    finished : bool
        Whether it came to its last statement.
    ended : str
        "done", or what ended it: "time", "memory", "disk".
    seconds : float
    tables, files, values, models, calls, failures
    row_sets : tuple of RowSet
    arrays : mapping of str to ndarray
        Features given to predictions and predictions made, by name.
    seed : int or None
        To which NumPy's global generator was set before each fit and each division, since the program sets none.
    """

    source: str
    finished: bool
    ended: str
    seconds: float
    tables: tuple[RecordedTable, ...] = ()
    files: tuple[RecordedFile, ...] = ()
    values: Mapping[Span, RecordedValue] = field(default_factory=dict)
    models: tuple[RecordedModel, ...] = ()
    calls: tuple[RecordedCall, ...] = ()
    row_sets: tuple[RowSet, ...] = ()
    failures: tuple[FailedStatement, ...] = ()
    arrays: Mapping[str, np.ndarray] = field(default_factory=dict)
    seed: int | None = None
