"""What a release says of rows besides its predictions, as frames: contributions of columns, and intervals."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterable, Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from journeyman.entities.conformal import Conformal
from journeyman.entities.finding import Finding, Severity
from journeyman.entities.table import Block
from journeyman.errors import ReleaseError, SettingsError
from journeyman.stages.attribute import attributions

__all__ = ["chosen_output", "contribution_frame", "interval_frame", "label_sets", "row_index", "warn_of"]

FloatArray = NDArray[np.float64]


def row_index(rows: object, count: int) -> pd.Index:
    """Return the index of rows where they are a pandas frame, so that results can be joined; else 0 to n - 1."""
    index = getattr(rows, "index", None)
    return index if isinstance(index, pd.Index) and len(index) == count else pd.RangeIndex(count)


def contribution_frame(
    predict: Callable[[Block], FloatArray], block: Block, typical: Block, outputs: Sequence[int]
) -> pd.DataFrame:
    """Return contributions (n_samples, n_columns); ``attrs["base"]`` is the prediction for the typical row.

    Parameters
    ----------
    predict : callable
        Returns predictions (n_samples, n_outputs).
    block, typical : Block
        Rows, and the row that they are compared with.
    outputs : sequence of int
        Which output of each row is explained.

    Raises
    ------
    ReleaseError
        Where nothing is known of a typical row, as of a model that was adopted without labelled rows.
    """
    if all(_is_missing(values) for values in typical.values()):
        raise ReleaseError(
            "what moves its predictions cannot be told: no rows are known that a typical one could be made of",
            hint="adopt the model again with --data TABLE --target COLUMN",
        )
    frame = pd.DataFrame(attributions(predict, block, typical, outputs), columns=list(block))
    base = predict(typical)[0]
    frame.attrs["base"] = [float(base[output]) for output in outputs] if len(base) > 1 else float(base[0])
    return frame


def _is_missing(values: NDArray[np.generic]) -> bool:
    value = values[0]
    return value is None or bool(value == -1 if values.dtype.kind == "i" else value != value)


def interval_frame(answers: FloatArray, block: Block, conformal: Conformal | None, name: str) -> pd.DataFrame:
    """Return prediction, low and high of each row.

    Parameters
    ----------
    answers : ndarray of shape (n_samples, 1)
        Values.
    block : Block
        The same rows as they were read.

    Raises
    ------
    ReleaseError
        Where the release knows no interval: it was built from too few rows.
    """
    ends = _require_conformal(conformal, name).intervals(answers, block)
    return pd.DataFrame({"prediction": answers[:, 0], "low": ends[:, 0], "high": ends[:, 1]})


def label_sets(
    probabilities: FloatArray,
    predicted: NDArray[np.generic],
    labels: NDArray[np.generic],
    conformal: Conformal | None,
    name: str,
) -> list[tuple[object, ...]]:
    """Return for each row the labels that are likely enough, the predicted one always among them.

    Raises
    ------
    ReleaseError
        As for ``interval_frame``.
    """
    likely = _require_conformal(conformal, name).label_sets(probabilities)
    chosen = labels[None, :] == predicted[:, None]
    names = labels.tolist()
    return [tuple(n for n, kept in zip(names, row, strict=True) if kept) for row in likely | chosen]


def _require_conformal(conformal: Conformal | None, name: str) -> Conformal:
    if conformal is None:
        raise ReleaseError(
            f"{name} has no prediction intervals: it was built from too few rows, or by an older version",
            hint="build it again from more rows",
        )
    return conformal


def chosen_output(label: object, labels: Sequence[object]) -> int:
    """Return the position of a label.

    Raises
    ------
    SettingsError
        Where there is no such label.
    """
    names = [str(one) for one in labels]
    if str(label) not in names:
        raise SettingsError(f"there is no label {label!r}", hint=f"the labels are {', '.join(names[:10])}")
    return names.index(str(label))


def warn_of(findings: Iterable[Finding]) -> None:
    """Warn a Python caller of findings that are no mere notes."""
    for finding in findings:
        if finding.severity in (Severity.ERROR, Severity.WARNING):
            warnings.warn(f"{finding.code}: {finding.message} {finding.hint}".rstrip(), UserWarning, stacklevel=4)
