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
from journeyman.pipelines.prove_pruning import doubted_labels, prove_pruning
from journeyman.stages.prove_gain import (
    Change,
    Changed,
    Examples,
    paired_gain,
    predict_out_of_fold,
    row_losses,
)
from journeyman.stages.prove_joins import calm_labels

__all__ = ["prove_cleaning"]

_MOST_ROWS = 4_000  # that a step is proved on
_LEAST_ROWS = 60
_LEVEL = 0.05  # of all steps together
_REPAIRS, _COPIES, _LABELS = 0.6, 0.1, 0.3
"""Shares of the level; that of the repairs is divided by the cells which each changes: few cells can hardly help."""

_HARM = 0.3  # p-value of harm on rows that a step touches, at which it is not taken
_LEAST_UNTOUCHED = 0.2  # of the rows, to judge a step by these alone
_FEWEST = 3  # cells that a step must change to be tried
_MOST_CLASSES = 30
_FEW_VALUES = 10
_REPEATS = 3
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
    frame = frame.iloc[problem.rows]
    cells = sum(map(len, steps.values()))
    taken: list[StepGain] = []
    changes: dict[Cell, str] = {}
    for name in sorted(steps, key=lambda n: -len(steps[n])):
        gain = _gain(problem, _repaired(frame, changes), _repaired(frame, changes | steps[name]), request.seed)
        taken.append(_step_gain(name, len(steps[name]), gain, _REPAIRS * _LEVEL * len(steps[name]) / cells))
        if taken[-1].accepted:
            changes |= steps[name]
    final = _repaired(frame, changes)
    removed: set[int] = set()
    copies = _copies(table)
    in_problem = frozenset(map(int, problem.rows)) & copies
    if len(in_problem) >= _FEWEST:
        gain = _gain(problem, final, final, request.seed, in_problem)
        taken.append(_step_gain("copies of rows left out", len(copies), gain, _COPIES * _LEVEL))
        removed |= copies if taken[-1].accepted else set()
    typed = _typed(final)
    rows = typed.rows(final.index, typed.numeric(final.index))
    doubts = doubted_labels(rows, problem.labels, problem.names, request.seed)
    if len(doubts) >= _FEWEST:
        gain = prove_pruning(rows, problem.labels, problem.names, request.seed)
        taken.append(_step_gain("rows with doubtful labels left out", len(doubts), gain, _LABELS * _LEVEL))
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
    return "corrections of labelled rows" if source == "labels" else f"repair of {source}"


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
    """Return rows with changed cells; a frame's index holds the rows' numbers."""
    columns: dict[str, dict[int, str]] = {}
    for (row, column), text in changes.items():
        columns.setdefault(column, {})[row] = text
    new = frame.copy()
    for column, cells in columns.items():
        places = frame.index.get_indexer(pd.Index(list(cells)))
        values = new[column].to_numpy(object, copy=True)
        for place, text in zip(places, cells.values(), strict=True):
            if place >= 0:
                values[place] = text
        new[column] = values
    return new


@dataclass(frozen=True)
class _Typed:
    """Texts, read as numbers once.

    Attributes
    ----------
    texts : pandas.DataFrame of shape (n_rows, n_columns)
        None for an empty cell.
    numbers : ndarray of float64, shape (n_rows, n_columns)
        NaN where a text is no number.
    filled : ndarray of bool, shape (n_rows, n_columns)
    """

    texts: pd.DataFrame
    numbers: NDArray[np.float64]
    filled: NDArray[np.bool_]

    def rows(self, index: pd.Index, like: tuple[bool, ...]) -> pd.DataFrame:
        """Return some rows; columns are numbers where ``like`` says so, else categories."""
        places = self.texts.index.get_indexer(index)
        columns = {
            name: self.numbers[places, c] if like[c] else self.texts[name].to_numpy(object)[places]
            for c, name in enumerate(self.texts)
        }
        return pd.DataFrame(columns, index=index)

    def numeric(self, index: pd.Index) -> tuple[bool, ...]:
        """Return which columns hold numbers in nearly all filled cells of some rows."""
        places = self.texts.index.get_indexer(index)
        found = np.isfinite(self.numbers[places]).sum(axis=0)
        return tuple(bool(n) for n in found >= 0.9 * np.maximum(1, self.filled[places].sum(axis=0)))


def _typed(texts: pd.DataFrame) -> _Typed:
    columns, numbers, filled = {}, [], []
    for name in texts:
        codes, values = pd.factorize(texts[name])
        full = np.array([bool(v.strip()) for v in values])
        numbers.append(pd.to_numeric(pd.Series(values, dtype=object), errors="coerce").to_numpy(np.float64)[codes])
        columns[name] = np.array([v if f else None for v, f in zip(values, full, strict=True)], object)[codes]
        filled.append(full[codes])
    return _Typed(
        pd.DataFrame(columns, index=texts.index, dtype=object), np.column_stack(numbers), np.column_stack(filled)
    )


def _learning_from(table: _Typed, left_out: frozenset[int] = frozenset()) -> Change:
    """Return the change that learns from the rows of a table, some left out, and predicts others of it."""

    def change(examples: Examples) -> Changed:
        kept = np.array([row not in left_out for row in examples.rows.index])
        index = examples.rows.index[kept]
        like = table.numeric(index)
        rows = Examples(table.rows(index, like), examples.labels[kept])
        return Changed(rows, lambda new: table.rows(new.index, like))

    return change


def _gain(
    problem: _Problem, before: pd.DataFrame, after: pd.DataFrame, seed: int, left_out: frozenset[int] = frozenset()
) -> Gain:
    """Return what learning from changed rows gains on rows of other folds that the step does not touch.

    Such rows are the same for both models. Those that it does touch would flatter it: with the changed form the model
    that learned from the old form is asked in a language that it does not know, and with each model's own form what is
    gained is partly gained for errors to come. Yet on rows that it touches the model that learned from the changed form
    must not seem to err more, each model asked in its own. Where nearly all rows are touched, these alone are judged.
    """
    new = _typed(after)
    old = new if before is after else _typed(before)
    judged = np.ones(len(after), bool) if before is after else (before == after).all(axis=1).to_numpy()
    if judged.sum() < max(_LEAST_ROWS, _LEAST_UNTOUCHED * len(judged)):
        judged = np.ones(len(after), bool)
    groups = _row_groups(after)
    kept = None if groups is None else groups[judged]
    changes = [_learning_from(old), _learning_from(new, left_out)]

    def gain_for(labels: NDArray[np.float64]) -> Gain:
        found, models = predict_out_of_fold(
            Examples(after, labels), changes, len(problem.names), groups=groups, repeats=_REPEATS, seed=seed
        )
        every = [row_losses(predicted, labels, len(problem.names)) for predicted in found]
        gain = paired_gain(every[0][:, judged], every[1][:, judged], models[:, judged], kept)
        if not judged.all():  # what it takes away from rows that were right, these cannot say
            harm = paired_gain(every[1][:, ~judged], every[0][:, ~judged], models[:, ~judged])
            gain = replace(gain, p_value=1.0) if harm.p_value <= _HARM else gain
        # Models that know nothing err less for anything that makes them simpler.
        return gain if gain.after < _constant_loss(labels[judged], len(problem.names)) else replace(gain, p_value=1.0)

    gain = gain_for(problem.labels)
    calm = problem.labels if problem.names else calm_labels(problem.labels)
    # Where few numbers outweigh the others, their errors would hide what the step does, or make it up.
    return gain if calm is problem.labels or gain.share <= 0 else replace(gain, p_value=gain_for(calm).p_value)


def _constant_loss(labels: NDArray[np.float64], classes: int) -> float:
    """Return the mean loss of the best constant prediction."""
    if not classes:
        return float(labels.var())
    shares = np.bincount(labels.astype(np.int64)) / len(labels)
    return float(-(shares[shares > 0] * np.log(shares[shares > 0])).sum())


def _row_groups(frame: pd.DataFrame) -> NDArray[np.int64] | None:
    """Return groups of equal rows, where some are: copies stay in one fold."""
    codes = frame.apply(lambda column: pd.factorize(column)[0])
    groups = codes.groupby(list(codes.columns), sort=False).ngroup().to_numpy(np.int64)
    distinct = len(np.unique(groups))
    return groups.astype(np.int64) if 20 <= distinct < len(groups) else None


def _step_gain(name: str, cells: int, gain: Gain, level: float) -> StepGain:
    accepted = gain.beyond_noise(level)
    note = "helps beyond noise: taken" if accepted else "no gain beyond noise: left alone"
    return StepGain(name, cells, gain.share, gain.p_value, accepted, note)
