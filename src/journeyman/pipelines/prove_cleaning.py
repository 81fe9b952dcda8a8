"""Prove cleaning: each step is a candidate, taken where models that learned from its rows err less on others."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from journeyman.entities.cleaning import (
    CellChange,
    CleaningRequest,
    RemovedRow,
    StepGain,
    SuspectCell,
    TableReview,
    TextTable,
)
from journeyman.entities.gain import Gain
from journeyman.stages.doubt_labels import find_wrong_labels, prove_pruning
from journeyman.stages.prove_gain import Change, Changed, Examples, prove_gain

__all__ = ["prove_cleaning"]

_MOST_ROWS = 6_000  # that a step is proved on
_LEAST_ROWS = 60
_LEVEL = 0.02  # of all steps together
_FEWEST = 3  # cells that a step must change to be tried
_MOST_CLASSES = 30
_FEW_VALUES = 10
_REPEATS = 2
IntArray = NDArray[np.int64]
Cell = tuple[int, str]


@dataclass(frozen=True)
class _Problem:
    """The rows with a target that steps are proved on.

    Attributes
    ----------
    rows : ndarray of int64, shape (n_samples,)
        Of the table.
    labels : ndarray of float64, shape (n_samples,)
    names : tuple of str
        Of classes; empty for numbers.
    """

    rows: IntArray
    labels: NDArray[np.float64]
    names: tuple[str, ...]


def prove_cleaning(
    table: TextTable, review: TableReview, sources: Mapping[tuple[int, int], str], request: CleaningRequest
) -> TableReview:
    """Return a review with each step's gain for the target, and the changes of the accepted ones.

    Parameters
    ----------
    table : TextTable
    review : TableReview
        With its suspects, in the order of ``sources``.
    sources : mapping of (place, column) to str
        The family that each suspect's repair belongs to.
    request : CleaningRequest
        With a target.
    """
    target = table.columns[table.names.index(str(request.target))]
    problem, why = _problem(target.values, target.codes, request.seed)
    if problem is None:
        return replace(review, notes=(*review.notes, f"No step can be proved: {why}."))
    frame = pd.DataFrame(
        {c.name: np.array(c.values, object)[c.codes] for c in table.columns if c.name != target.name}, dtype=object
    )
    steps: dict[str, dict[Cell, str]] = {}
    for suspect, source in zip(review.suspects, sources.values(), strict=True):
        if suspect.column != target.name:
            steps.setdefault(_step_name(source), {})[suspect.row, suspect.column] = _text(suspect, source)
    steps = {name: cells for name, cells in steps.items() if len(cells) >= _FEWEST}
    copies = _copies(table)
    level = _LEVEL / (len(steps) + 2)
    taken: list[StepGain] = []
    changes: dict[Cell, str] = {}
    for name in sorted(steps, key=lambda n: -len(steps[n])):
        gain = _gain(problem, _repaired(frame, changes), _repaired(frame, changes | steps[name]), request.seed)
        taken.append(_judged(name, len(steps[name]), gain, level))
        if taken[-1].accepted:
            changes |= steps[name]
    rows = _typed(_repaired(frame, changes).iloc[problem.rows])
    removed: set[int] = set()
    in_problem = np.isin(problem.rows, sorted(copies))
    if in_problem.sum() >= _FEWEST:
        gain = _gain_without(problem, _repaired(frame, changes), in_problem, request.seed)
        taken.append(_judged("copies of rows left out", len(copies), gain, level))
        removed |= copies if taken[-1].accepted else set()
    doubts = find_wrong_labels(rows, problem.labels, problem.names, request.seed) if problem.names else ()
    if len(doubts) >= _FEWEST:
        gain = prove_pruning(rows, problem.labels, problem.names, request.seed)
        taken.append(_judged("rows with doubtful labels left out", len(doubts), gain, level))
        removed |= {int(problem.rows[d.row]) for d in doubts} if taken[-1].accepted else set()
    texts = {column.name: column for column in table.columns}
    return replace(
        review,
        steps=tuple(taken),
        wrong_labels=tuple(replace(d, row=int(problem.rows[d.row])) for d in doubts),
        changes=tuple(
            CellChange(r, c, texts[c].text(r), t) for (r, c), t in sorted(changes.items()) if r not in removed
        ),
        removed=tuple(RemovedRow(r, table.row(r)) for r in sorted(removed)),
        notes=(*review.notes, *_sampled(problem, table)),
    )


def _sampled(problem: _Problem, table: TextTable) -> tuple[str, ...]:
    if len(problem.rows) < _MOST_ROWS or table.rows <= _MOST_ROWS:
        return ()
    return (f"Steps were proved on {len(problem.rows):,} rows, drawn at random; labels were looked at in these.",)


def _step_name(source: str) -> str:
    return "corrections of labelled rows" if source == "labels" else f"{source} repaired"


def _text(suspect: SuspectCell, source: str) -> str:
    """Return what a suspect becomes: what it probably should be, or nothing where that is not known."""
    return "" if suspect.suggestion is None else suspect.suggestion


def _problem(values: tuple[str, ...], codes: NDArray[np.int32], seed: int) -> tuple[_Problem | None, str]:
    filled = np.array([bool(v.strip()) for v in values])[codes]
    rows = np.flatnonzero(filled)
    if len(rows) > _MOST_ROWS:
        rows = np.sort(np.random.default_rng(seed).choice(rows, _MOST_ROWS, replace=False))
    if len(rows) < _LEAST_ROWS:
        return None, f"{len(rows)} rows have a target, {_LEAST_ROWS} are needed"
    texts = np.array(values, object)[codes[rows]]
    numbers = pd.to_numeric(pd.Series(texts), errors="coerce").to_numpy(np.float64)
    names, classes = np.unique(texts.astype(str), return_inverse=True)
    if np.isfinite(numbers).mean() > 0.95 and len(names) > _FEW_VALUES:
        finite = np.isfinite(numbers)
        return _Problem(rows[finite], numbers[finite], ()), ""
    if len(names) < 2:
        return None, "the target has one value only"
    usual = np.bincount(classes) >= 10
    if (len(names) > 2 * _MOST_CLASSES and usual.sum() > _MOST_CLASSES) or usual.sum() < 2:
        return None, f"the target has {len(names)} classes, most of them rare or too many"
    kept = np.flatnonzero(usual[classes])  # a class that one fold may lack cannot be learned
    names, classes = np.unique(texts[kept].astype(str), return_inverse=True)
    return _Problem(rows[kept], classes.reshape(-1).astype(np.float64), tuple(map(str, names))), ""


def _copies(table: TextTable) -> set[int]:
    """Return rows that repeat an earlier row in every column."""
    codes = pd.DataFrame({place: column.codes for place, column in enumerate(table.columns)})
    return {int(row) for row in np.flatnonzero(codes.duplicated().to_numpy())}


def _repaired(frame: pd.DataFrame, changes: Mapping[Cell, str]) -> pd.DataFrame:
    columns: dict[str, dict[int, str]] = {}
    for (row, column), text in changes.items():
        columns.setdefault(column, {})[row] = text
    new = frame.copy()
    for column, cells in columns.items():
        values = new[column].to_numpy(object, copy=True)
        values[list(cells)] = list(cells.values())
        new[column] = values
    return new


def _typed(texts: pd.DataFrame, like: pd.DataFrame | None = None) -> pd.DataFrame:
    """Return numbers where nearly all filled cells of a column are such (of ``like``, where given), else categories."""
    columns = {}
    for name in texts:
        values = texts[name].where(texts[name].str.strip() != "")
        model = values if like is None else like[name].where(like[name].str.strip() != "")
        numbers = pd.to_numeric(model, errors="coerce")
        if numbers.notna().sum() >= 0.9 * max(1, model.notna().sum()):
            columns[name] = pd.to_numeric(values, errors="coerce").astype(np.float64)
        else:
            columns[name] = values.astype(object)
    return pd.DataFrame(columns, index=texts.index)


def _learning_from(learned: pd.DataFrame, predicted: pd.DataFrame) -> Change:
    """Return the change that learns from the rows of one table and predicts those of another."""

    def change(examples: Examples) -> Changed:
        texts = learned.loc[examples.rows.index]
        rows = Examples(_typed(texts), examples.labels)
        return Changed(rows, lambda new: _typed(predicted.loc[new.index], texts))

    return change


def _gain(problem: _Problem, before: pd.DataFrame, after: pd.DataFrame, seed: int) -> Gain:
    """Return what learning from repaired rows gains; what is predicted is the repaired form of other rows for both."""
    examples = Examples(after.iloc[problem.rows], problem.labels)
    changes = {"step": _learning_from(after, after)}
    base = _learning_from(before, after)
    groups = _row_groups(after.iloc[problem.rows])
    found = prove_gain(examples, changes, len(problem.names), base=base, groups=groups, repeats=_REPEATS, seed=seed)
    return found["step"]


def _row_groups(frame: pd.DataFrame) -> NDArray[np.int64] | None:
    """Return groups of equal rows, where some are: copies stay in one fold."""
    codes = frame.apply(lambda column: pd.factorize(column)[0])
    groups = codes.groupby(list(codes.columns), sort=False).ngroup().to_numpy(np.int64)
    distinct = len(np.unique(groups))
    return groups if 20 <= distinct < len(groups) else None


def _gain_without(problem: _Problem, frame: pd.DataFrame, copies: NDArray[np.bool_], seed: int) -> Gain:
    rows = frame.iloc[problem.rows]
    kept = set(rows.index[~copies])

    def change(examples: Examples) -> Changed:
        some = np.array([index in kept for index in examples.rows.index])
        texts = examples.rows[some]
        return Changed(Examples(_typed(texts), examples.labels[some]), lambda new: _typed(new, texts))

    found = prove_gain(
        Examples(rows, problem.labels),
        {"step": change},
        len(problem.names),
        base=_learning_from(frame, frame),
        groups=_row_groups(rows),
        repeats=_REPEATS,
        seed=seed,
    )
    return found["step"]


def _judged(name: str, cells: int, gain: Gain, level: float) -> StepGain:
    accepted = gain.beyond_noise(level)
    note = "helps beyond noise: taken" if accepted else "no gain beyond noise: left alone"
    return StepGain(name, cells, gain.share, gain.p_value, accepted, note)
