"""Diagnose: where the best ensemble fails out of fold, and why; the holdout is never looked at."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from journeyman.entities.split import Split
from journeyman.entities.table import Table, to_block
from journeyman.entities.task import Scheme, Task
from journeyman.entities.trial import Ensemble
from journeyman.entities.weakness import Cause, Place, Weakness
from journeyman.stages.diagnose.causes import cause_inside, noisy
from journeyman.stages.diagnose.probe import explained, told_by_columns
from journeyman.stages.diagnose.validated_rows import ValidatedRows, gather_validated_rows
from journeyman.stages.diagnose.weak_regions import excess, weak_regions
from journeyman.tasks import metric_of, task_type

__all__ = ["diagnose", "inside"]

FloatArray = NDArray[np.float64]
BoolArray = NDArray[np.bool_]
_LEAST_ROWS = 300
_LEAST_SKILL = 0.02  # of the loss without a model: an ensemble that learned nothing fails everywhere alike
_ALPHA = 0.001
_MOST, _MOST_UNTREATED = 5, 2
_FEW_OF_A_CLASS = 50


def diagnose(table: Table, split: Split, task: Task, best: Ensemble, seed: int) -> tuple[Weakness, ...]:
    """Find where an ensemble fails on rows that did not teach it, and judge why.

    Parameters
    ----------
    best : Ensemble
        Its out-of-fold predictions are examined, of at most 12,000 rows.
    seed : int
        Of sampling.

    Returns
    -------
    tuple of Weakness
        At most five, the gravest first; none where the ensemble learned nothing, or fails nowhere beyond chance.
    """
    seen = gather_validated_rows(table, split, task, best, seed)
    if len(seen.y) < _LEAST_ROWS or not _skilled(seen):
        return ()
    scale = _scale(seen)
    loss = seen.loss if scale is None else seen.loss / _expected(seen)
    drift = _drift(seen, seed)
    found = [w for w in (scale, drift, *_classes(seen)) if w is not None]
    moved = drift is not None and task.scheme is Scheme.TIME
    rest = np.ones(len(seen.y), dtype=bool)
    for place in weak_regions(seen, loss):
        rest &= ~place.inside
        why = cause_inside(seen, place.inside, seed)
        if why is not None and not (moved and why[0] in (Cause.OTHER_RELATION, Cause.TOO_FEW_ROWS)):
            found.append(_weakness(seen, place.place, place.inside, place.p_value, why))
    if scale is None and all(w.cause is not Cause.LABEL_NOISE for w in found):
        found += [w for w in (_noise(seen, rest),) if w is not None]
    found.sort(key=lambda w: -w.share)
    kept: list[Weakness] = []
    for weakness in found:
        helpless = weakness.cause is Cause.MISSING_INFORMATION
        if not helpless or sum(k.cause is Cause.MISSING_INFORMATION for k in kept) < _MOST_UNTREATED:
            kept.append(weakness)
    return tuple(kept[:_MOST])


def inside(weakness: Weakness, table: Table, split: Split, y: FloatArray) -> BoolArray:
    """Return which validated rows, in the order of the folds, are of a weakness's place, shape (n_validated,)."""
    place = weakness.place
    if place.label is not None:
        return np.asarray(y == place.label)
    if place.condition is None:
        return np.ones(len(y), dtype=bool)
    rows = np.concatenate([fold.validate for fold in split.folds])
    column = table.column(place.condition.column)
    values = to_block(table.frame.iloc[rows], (column,))[column.name].astype(np.float64)
    return place.condition.holds(np.where(values < 0, np.nan, values) if column.kind.categorical else values)


def _weakness(seen: ValidatedRows, place: Place, rows: BoolArray, p_value: float, why: tuple[Cause, str]) -> Weakness:
    others = seen.loss[~rows] if not rows.all() else seen.loss
    return Weakness(
        place=place,
        rows=int(rows.sum()),
        loss=float(seen.loss[rows].mean()),
        others=float(others.mean()),
        share=excess(seen.loss, rows),
        p_value=p_value,
        cause=why[0],
        evidence=why[1],
    )


def _skilled(seen: ValidatedRows) -> bool:
    """Say whether the ensemble answers better than no model, beyond chance."""
    if seen.task.labels:
        codes = seen.y.astype(np.int64)
        shares = np.bincount(codes, minlength=seen.answers.shape[1]) / len(codes)
        plain = -np.log(shares[codes])
    else:
        plain = np.abs(seen.y - np.median(seen.y))
    gain = plain - seen.loss
    error = float(gain.std()) / np.sqrt(len(gain))
    return bool(float(gain.mean()) > max(4.0 * error, _LEAST_SKILL * float(plain.mean())))


def _expected(seen: ValidatedRows) -> FloatArray:
    """Return the error that is usual at each answer: the mean among the tenth of the answers around it."""
    said = seen.answers[:, 0]
    tenth = np.searchsorted(np.unique(np.quantile(said, np.linspace(0.1, 0.9, 9))), said)
    means = np.array([seen.loss[tenth == k].mean() if (tenth == k).any() else 1.0 for k in range(10)])
    return np.asarray(np.maximum(means, 1e-12)[tenth])


def _scale(seen: ValidatedRows) -> Weakness | None:
    """Errors that grow with the answer: the target has another scale than the loss."""
    if Cause.WRONG_SCALE not in task_type(seen.task).traits.examined_weaknesses:
        return None
    said = seen.answers[:, 0]
    tests = [stats.spearmanr(said[half], seen.loss[half]) for half in (seen.first, ~seen.first)]
    low, high = np.quantile(said, [0.2, 0.8])
    top, bottom = said >= high, said <= low
    p_value = 2 * max(float(t.pvalue) for t in tests)
    if not top.any() or not bottom.any() or min(float(t.statistic) for t in tests) < 0.2 or p_value > _ALPHA:
        return None
    large, small = float(seen.loss[top].mean()), float(seen.loss[bottom].mean())
    if large < 2.0 * small:
        return None
    said_so = f"errors grow with the prediction: {small:.3g} among the lowest fifth, {large:.3g} among the highest"
    return _weakness(seen, Place(f"predictions ≥ {high:.4g}"), top, p_value, (Cause.WRONG_SCALE, said_so))


def _drift(seen: ValidatedRows, seed: int) -> Weakness | None:
    """What is missed in the latest rows can be told from their neighbours in time, or from the order of the rows."""
    latest = seen.when >= np.quantile(seen.when, 2 / 3)
    if seen.task.scheme is Scheme.TIME:
        told = told_by_columns(seen, latest, seed)
        words = (
            "of what the model misses among the latest rows can be told from other late rows: the relation has moved"
        )
    elif seen.task.scheme is Scheme.SHUFFLED:
        place = seen.when.argsort().argsort() / max(1, len(seen.when) - 1)
        steps = (place[:, None] >= np.linspace(0.1, 0.9, 9)).astype(np.float64)
        told = explained(seen.residuals[:, -1], place[:, None][:, :0], np.column_stack([place, steps]), seed)
        words = "of what the model misses goes along with the order of the rows: if that is time, name it with --time"
    else:
        return None
    if told.p_value > _ALPHA or told.share < 0.01:
        return None
    weakness = _weakness(
        seen, Place("the latest rows"), latest, told.p_value, (Cause.DRIFT, f"{told.share:.1%} {words}")
    )
    return replace(weakness, share=max(weakness.share, told.share))


def _classes(seen: ValidatedRows) -> list[Weakness]:
    """Classes that are seldom recognised although the metric counts them like any other, or that have few rows."""
    if Cause.IMBALANCE not in task_type(seen.task).traits.examined_weaknesses:
        return []
    codes, labels = seen.y.astype(np.int64), seen.task.labels
    counts = np.bincount(codes, minlength=len(labels))
    right = seen.answers.argmax(axis=1) == codes
    by_class = metric_of(seen.task).by_class
    found = []
    for k in np.flatnonzero(counts).tolist():
        own = codes == k
        recall, rest = float(right[own].mean()), float(right[~own].mean()) if not own.all() else 1.0
        p_value = len(labels) * float(stats.binom.cdf(right[own].sum(), counts[k], min(rest, 0.999)))
        if p_value > _ALPHA or recall > 0.7 * rest or counts[k] > 0.5 * len(codes) / len(labels):
            continue
        place, said = Place(f"{seen.task.target} = {labels[k]}", label=k), f"{recall:.0%} of them are recognised"
        said += f", {rest:.0%} of the others"
        if by_class and len(labels) > 2:  # of two classes, a threshold takes care
            why = (Cause.IMBALANCE, f"{counts[k] / len(codes):.1%} of the rows; {said}")
            found.append(_weakness(seen, place, own, p_value, why))
        elif counts[k] < _FEW_OF_A_CLASS:
            found.append(_weakness(seen, place, own, p_value, (Cause.TOO_FEW_ROWS, f"{counts[k]} rows; {said}")))
    return found


def _noise(seen: ValidatedRows, rest: BoolArray) -> Weakness | None:
    """Labels that contradict sure answers, or gross errors, all over the rows that are in no weak place."""
    noise = noisy(seen, rest) if rest.sum() >= _LEAST_ROWS else None
    if noise is None:
        return None
    words, doubtful = noise
    everywhere = np.ones(len(seen.y), dtype=bool)
    weakness = _weakness(seen, Place("all rows"), everywhere, 0.0, (Cause.LABEL_NOISE, words))
    return replace(weakness, share=excess(seen.loss, doubtful))
