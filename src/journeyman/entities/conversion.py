"""A prototype on its way to a pipeline: what each operation is, the code that stands for it, what the code proved."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from journeyman.entities.code_change import CodeChange
from journeyman.entities.code_leak import CodeLeak
from journeyman.entities.finding import Finding

__all__ = ["ConversionReport", "ModelChoice", "Operation", "OperationKind", "PipelineCode", "ProjectChecks"]


class OperationKind(StrEnum):
    """What an operation on rows needs besides the row itself."""

    READ = "reads a table"
    ROW = "row by row"
    LEARNED = "learned from rows"
    FILTER = "leaves rows out, in training only"
    JOIN = "joins another file"
    SPLIT = "divides rows"
    FIT = "fits the model"
    OPAQUE = "taken over as it stands"


@dataclass(frozen=True)
class Operation:
    """A statement of the slice: its first line in the source, its text, what it is, and why, in a few words."""

    line: int
    text: str
    kind: OperationKind
    reason: str = ""


@dataclass(frozen=True)
class ModelChoice:
    """A model of the prototype: its number in the recording, class, variable, and the last score told of it."""

    number: int
    name: str
    variable: str
    score: float | None = None
    metric: str | None = None
    line: int | None = None


@dataclass(frozen=True)
class PipelineCode:
    """The modules of a project that hold what the prototype does; they import pandas, NumPy and its libraries alone.

    Attributes
    ----------
    modules : mapping of str to str
        File name within the package to text: ``learned.py``, ``preparation.py``, ``training.py``, ``tables.py`` and
        ``pipeline.py``, whose class ``Pipeline`` has ``fit(rows)``, ``fit_as_told(rows)``, ``predict(rows)``,
        ``predict_proba(rows)`` where the model has it, ``save(path)`` and ``load(path)``. ``rows`` is a table with the
        columns of the main table as it was read; the target may be absent in predicting.
    operations : tuple of Operation
    table : int
        Number of the main table in the recording.
    columns : tuple of str
        Of the main table, that predictions need.
    target : str or None
        Column of the main table.
    files : mapping of str to str
        Path as the program wrote it, to the path in the project: ``data/train.csv``.
    needs : tuple of str
        Libraries besides pandas and scikit-learn.
    model : ModelChoice
    call : int
        Number of the recorded prediction that the pipeline is to repeat.
    """

    modules: Mapping[str, str]
    operations: tuple[Operation, ...]
    table: int
    columns: tuple[str, ...]
    target: str | None
    files: Mapping[str, str]
    needs: tuple[str, ...]
    model: ModelChoice
    call: int


@dataclass(frozen=True)
class ProjectChecks:
    """What the tests of a written project showed.

    Attributes
    ----------
    equal_predictions, one_row_equal, shuffled_equal, missing_column_told : bool or None
        None where it could not be asked.
    n_compared : int
        Recorded rows whose predictions were compared.
    largest_difference : float or None
        Between recorded and repeated predictions that are numbers; of classes the share that differs.
    message : str
        What went wrong, in one line; "" where nothing.
    """

    equal_predictions: bool | None = None
    one_row_equal: bool | None = None
    shuffled_equal: bool | None = None
    missing_column_told: bool | None = None
    n_compared: int = 0
    largest_difference: float | None = None
    message: str = ""


@dataclass(frozen=True)
class ConversionReport:
    """What ``journeyman convert`` tells, as people and programs read it.

    Attributes
    ----------
    prototype : str
        Name of the file.
    language : str
    statements, kept, opaque : int
        Of the prototype, of the slice, and of those taken over as they stand.
    operations : tuple of Operation
    model : ModelChoice or None
    other_models : tuple of ModelChoice
    changes : tuple of CodeChange
    findings : tuple of Finding
    leaks : tuple of CodeLeak
    checks : ProjectChecks
    metric : str or None
    score_as_told, score_repeated, score_honest, score_build : float or None
    honest_low, honest_high : float or None
        Of an interval of 95% around ``score_honest``.
    honest_reasons : tuple of str
        How the honest score was made, or why there is none.
    places : mapping of int to str
        Line of the source to "cell 3, line 2".
    seconds : float
    """

    prototype: str
    language: str
    statements: int
    kept: int
    opaque: int
    operations: tuple[Operation, ...]
    model: ModelChoice | None
    other_models: tuple[ModelChoice, ...]
    changes: tuple[CodeChange, ...]
    findings: tuple[Finding, ...]
    leaks: tuple[CodeLeak, ...]
    checks: ProjectChecks
    metric: str | None = None
    score_as_told: float | None = None
    score_repeated: float | None = None
    score_honest: float | None = None
    honest_low: float | None = None
    honest_high: float | None = None
    score_build: float | None = None
    honest_reasons: tuple[str, ...] = ()
    places: Mapping[int, str] | None = None
    seconds: float = 0.0
