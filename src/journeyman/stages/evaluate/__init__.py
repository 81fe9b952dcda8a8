"""Evaluate: how good the model is on rows that taught it nothing, beside no model at all, and where it is weak.

The only stage that reads the holdout.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from journeyman.entities.anomaly import MARKED_ODD, MARKED_ORDINARY, PLANTED, are_odd
from journeyman.entities.conformal import Conformal
from journeyman.entities.evaluation import Curve, Evaluation, ExampleRow, FlaggedRows, Importance, Slice
from journeyman.entities.plan import DecodeStep
from journeyman.entities.split import Split
from journeyman.entities.table import Block, Table, target_values, to_block
from journeyman.entities.task import Scheme, Task
from journeyman.entities.task_traits import Picture
from journeyman.entities.trial import Ensemble
from journeyman.interfaces import DrawsCurves, FlagsRows, Metric
from journeyman.stages.evaluate import curves
from journeyman.stages.evaluate.baseline import trivial
from journeyman.stages.evaluate.examined import Examined, examine, units_of
from journeyman.stages.evaluate.examples import example_rows, strangest_rows
from journeyman.stages.evaluate.held import check_intervals
from journeyman.stages.evaluate.importance import importances, shuffled_answers
from journeyman.stages.evaluate.scores import compare
from journeyman.stages.evaluate.slices import Losses, weak_slices
from journeyman.stages.evaluate.thresholds import threshold_counts
from journeyman.tasks import fitting_metrics, task_type

__all__ = ["MOST_SHUFFLED", "SHUFFLING_SECONDS", "evaluate", "shuffled_answers"]

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]
_FINDING_ROWS = 50_000
MOST_SHUFFLED = 150_000
SHUFFLING_SECONDS = 4.0
"""Importance asks for so many answers, fewer where they are slow; bounded by sizes, so that a seed gives one result."""


def evaluate(
    predict: Callable[[Block], FloatArray],
    ensemble: Ensemble,
    table: Table,
    task: Task,
    split: Split,
    seed: int,
    conformal: Conformal | None = None,
) -> Evaluation:
    """Examine a model on the holdout, or on out-of-fold predictions where rows were too few for one.

    Parameters
    ----------
    predict : callable
        Block of feature columns to probabilities (n_samples, n_classes) or values (n_samples, 1).
    ensemble : Ensemble
        Its out-of-fold predictions find weak slices, and its threshold gives labels.
    table, task, split
        What is predicted from which rows.
    seed : int
        Of resampling and shuffling.
    conformal : Conformal or None
        What a release would say of how far the truth may lie; whether it does is counted on the holdout.

    Returns
    -------
    Evaluation
        At most 50,000 rows are examined. Where there is no holdout, importances come from rows that the model
        learned from, and say so.
    """
    metrics = _metrics(task)
    examined = examine(predict, ensemble, table, task, split, metrics, seed)
    kind = task_type(task)
    pictures, threshold = kind.traits.pictures, ensemble.threshold
    scores, past = compare(metrics, examined, task, threshold, seed)
    block = to_block(table.frame.iloc[examined.rows], table.features)
    answers = ensemble.answers_within(SHUFFLING_SECONDS, MOST_SHUFFLED)
    helps = tuple[Importance, ...]()
    if kind.traits.explained:
        helps = importances(predict, block, examined.y, table.features, metrics[0], answers, seed)
        helps = helps if examined.on_holdout else tuple(map(_on_known_rows, helps))
    slices, tried = tuple[Slice, ...](), 0
    if kind.traits.sliced:
        slices, tried = _slices(ensemble, examined, table, task, split, helps, seed)
    edges, counts, drawn = _pictures(examined, task, seed)
    decode = DecodeStep(task.labels, task.label_types, threshold, kind.traits.ordered)
    return Evaluation(
        rows=len(examined.rows),
        on_holdout=examined.on_holdout,
        scores=scores,
        confusion=curves.confusion(examined.y, decode.codes(examined.predictions), len(task.labels))
        if Picture.CONFUSION in pictures
        else (),
        threshold=threshold,
        calibration=drawn.get("calibration"),
        gain=drawn.get("gain"),
        roc=drawn.get("roc"),
        precision_recall=drawn.get("precision_recall"),
        calibration_error=_calibration(examined, task),
        residuals=curves.residuals(examined.y, examined.predictions[:, 0], seed)
        if Picture.RESIDUALS in pictures
        else (),
        prediction_bins=tuple(edges.tolist()),
        prediction_counts=tuple(counts.tolist()),
        importances=helps,
        slices=slices,
        slices_tried=tried,
        slice_loss=kind.traits.error_name,
        calibration_noise=_calibration_noise(examined, task, seed),
        no_change=None if past is None else past[1],
        out_of_fold=float(ensemble.score) if examined.on_holdout else None,
        no_change_rule="" if past is None else past[0],
        series=examined.series,
        records=_records(split, examined),
        planted_rows=int((examined.rows >= table.real_rows).sum()),
        interval_check=check_intervals(conformal, examined, task, block),
        thresholds=threshold_counts(examined.y, examined.predictions[:, 1]) if Picture.THRESHOLDS in pictures else None,
        example_rows=_example_rows(ensemble, examined, table, task, split),
        own_curves=kind.draw(examined.y, examined.predictions, task, table.frame.iloc[examined.rows])
        if isinstance(kind, DrawsCurves)
        else {},
        flagged=_flagged(ensemble, examined, table, task, split),
    )


def _on_known_rows(importance: Importance) -> Importance:
    notes = (importance.note, "measured on rows that the model learned from")
    return replace(importance, note="; ".join(filter(None, notes)))


def _example_rows(
    ensemble: Ensemble, examined: Examined, table: Table, task: Task, split: Split
) -> tuple[ExampleRow, ...]:
    """Return the best, typical and worst of the examined rows, or the strangest of the table, out of fold."""
    kind = task_type(task)
    if not kind.traits.explained:
        return ()
    if Picture.STRANGEST not in kind.traits.pictures:
        misses = kind.misses(examined.y, examined.predictions)
        return example_rows(examined.rows, examined.y, examined.predictions, misses)
    rows, predictions = _scored_by_others(ensemble, examined, split)
    return strangest_rows(rows, target_values(table, task.target)[rows], predictions)


def _flagged(ensemble: Ensemble, examined: Examined, table: Table, task: Task, split: Split) -> FlaggedRows | None:
    """Count the rows of the table that would be flagged, out of fold."""
    kind = task_type(task)
    if not isinstance(kind, FlagsRows):
        return None
    rows, predictions = _scored_by_others(ensemble, examined, split)
    flagged, y = kind.named_outputs(predictions, task)["flagged"], target_values(table, task.target)[rows]
    odd, ordinary = y == MARKED_ODD, y == MARKED_ORDINARY
    sums = [odd, ordinary, odd & flagged, ordinary & flagged]
    return FlaggedRows(int((y != PLANTED).sum()), int(flagged[y != PLANTED].sum()), *(int(m.sum()) for m in sums))


def _scored_by_others(ensemble: Ensemble, examined: Examined, split: Split) -> tuple[IntArray, FloatArray]:
    """Return rows and their predictions by models that did not learn from them."""
    rows = np.concatenate([fold.validate for fold in split.folds])
    if not examined.on_holdout:
        return rows, ensemble.predictions
    return np.r_[rows, examined.rows], np.vstack([ensemble.predictions, examined.predictions])


def _records(split: Split, examined: Examined) -> int | None:
    """Return how many different records the rows are, where some are copies of one another."""
    return None if split.copies is None else len(np.unique(split.copies[examined.rows]))


def _metrics(task: Task) -> list[Metric]:
    return sorted(fitting_metrics(task).values(), key=lambda m: m.name != task.metric)


def _positive(examined: Examined) -> tuple[FloatArray, FloatArray]:
    """Return truth and probability of the positive class, or of the most frequent class against the rest."""
    shares = np.bincount(examined.y.astype(np.int64), minlength=examined.predictions.shape[1])
    code = 1 if examined.predictions.shape[1] == 2 else int(shares.argmax())
    return (examined.y == code).astype(np.float64), examined.predictions[:, code]


def _pictures(examined: Examined, task: Task, seed: int) -> tuple[FloatArray, IntArray, dict[str, Curve]]:
    pictures = task_type(task).traits.pictures
    if not pictures:
        return np.empty(0), np.empty(0, dtype=np.int64), {}
    if not pictures & {Picture.PROBABILITIES, Picture.RANKING}:
        histogram = curves.histogram(examined.predictions[:, 0])
        if Picture.QUANTILES not in pictures:
            return *histogram, {}
        levels = np.array(task.output_names, dtype=np.float64)
        return *histogram, {"calibration": curves.quantile_calibration(examined.y, examined.predictions, levels)}
    calibrated = Picture.PROBABILITIES in pictures
    truth, p = _positive(examined) if calibrated else (are_odd(examined.y), examined.predictions[:, 0])
    drawn = {"calibration": curves.calibration(truth, p)} if calibrated else {}
    drawn |= {"gain": curves.gain(truth, p), "roc": curves.roc(truth, p)}
    drawn["precision_recall"] = curves.precision_recall(truth, p)
    shown = p if calibrated else p[examined.y != PLANTED]  # what a user will see holds no planted rows
    return *curves.histogram(shown, 0.0, 1.0), drawn


def _calibration(examined: Examined, task: Task) -> float | None:
    drawn = Picture.PROBABILITIES in task_type(task).traits.pictures
    return curves.calibration_error(*_positive(examined)) if drawn else None


def _calibration_noise(examined: Examined, task: Task, seed: int) -> float | None:
    if Picture.PROBABILITIES not in task_type(task).traits.pictures:
        return None
    alike = None if examined.units.in_time or task.scheme is Scheme.GROUPED else examined.units.clusters
    return curves.calibration_noise(_positive(examined)[1], seed, alike)


def _slices(
    ensemble: Ensemble,
    examined: Examined,
    table: Table,
    task: Task,
    split: Split,
    helps: tuple[Importance, ...],
    seed: int,
) -> tuple[tuple[Slice, ...], int]:
    """Find slices out of fold and confirm them on the holdout; without one, on the other half of the rows."""
    rng = np.random.default_rng(seed)
    target = target_values(table, task.target)
    if examined.on_holdout:
        rows = np.concatenate([fold.validate for fold in split.folds])
        answers = ensemble.predictions
        taken = (
            np.sort(rng.choice(len(rows), _FINDING_ROWS, replace=False))
            if len(rows) > _FINDING_ROWS
            else np.arange(len(rows))
        )
        found_on, found_answers = rows[taken], answers[taken]
        confirmed_on, confirmed_answers = examined.rows, examined.predictions
    else:
        apart = examined.units.blocks(task_type(task).errors(examined.y, examined.predictions, ensemble.threshold))
        first = rng.random(int(apart.max()) + 1)[apart] < 0.5
        found_on, found_answers = examined.rows[first], examined.predictions[first]
        confirmed_on, confirmed_answers = examined.rows[~first], examined.predictions[~first]
    # the losses of parts are errors: what is best for them without a column need not be what the metric likes best
    metric = fitting_metrics(task)[task_type(task).traits.error_metric]
    guess = trivial(target[split.train], task, metric, 1)

    def losses(rows: IntArray, answers: FloatArray) -> Losses:
        loss = task_type(task).errors(target[rows], answers, ensemble.threshold)
        clusters = units_of(table, task, split, rows, examined.step, examined.series_code).blocks(loss)
        base = task_type(task).errors(target[rows], np.tile(guess, (len(rows), 1)), None)
        return Losses(to_block(table.frame.iloc[rows], table.features), loss, base, clusters)

    place = {i.column: number for number, i in enumerate(helps)}
    columns = sorted(table.features, key=lambda c: (place.get(c.name, len(place)), c.name))
    # halves of the same folds are not quite independent: models that answered one have seen the other
    alpha = 0.05 if examined.on_holdout else 0.02
    return weak_slices(losses(found_on, found_answers), losses(confirmed_on, confirmed_answers), tuple(columns), alpha)
