"""Bound: how far the truth may lie from an answer, from how far it lay out of fold."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from journeyman.entities.column import Column
from journeyman.entities.conformal import Conformal, ErrorScale
from journeyman.entities.split import Split
from journeyman.entities.table import Block, Table, target_values, to_block
from journeyman.entities.task import Scheme, Task
from journeyman.entities.task_traits import Bound
from journeyman.entities.trial import Ensemble
from journeyman.interfaces import ArrangesSeries
from journeyman.stages.conformal.error_scale import best_power, bin_columns, fit_error_scale
from journeyman.tasks import task_type

__all__ = ["COVERAGE", "Validated", "calibrate_intervals", "conformal_classes", "conformal_numbers"]

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]
COVERAGE = 0.9
_LEAST_FOR_SCALE = 100  # clusters
_LEAST_FOR_TWO_SIDES = 100  # clusters: five of them lie beyond each end
_MOST_ROWS = 20_000
_PARTS = 5
_SURE = 2.0  # standard errors by which a scale must tell more than one width for all rows


@dataclass(frozen=True)
class Validated:
    """Validated rows of the folds.

    Attributes
    ----------
    predictions : ndarray of shape (n_validated, n_outputs)
        Out-of-fold probabilities or values.
    y : ndarray of shape (n_validated,)
        Class codes or values.
    clusters : ndarray of int64, shape (n_validated,)
        Codes from 0, each of which occurs: rows of one code are of one group, or copies of one another.
    in_time : bool
        Whether rows stand in order of time.
    columns : sequence of Column
        Features.
    block : Block
        The rows' features.
    """

    predictions: FloatArray
    y: FloatArray
    clusters: IntArray
    in_time: bool
    columns: Sequence[Column]
    block: Block


def calibrate_intervals(chosen: Ensemble, table: Table, task: Task, division: Split) -> Conformal | None:
    """Return the conformal bound of an ensemble.

    Rows that are exchangeable with those it was learned from lie within it in about ``COVERAGE`` of all cases: the
    guarantee of split conformal prediction holds for a model that did not see the scored rows, and the final model,
    fitted on all rows, is close to those that made the out-of-fold predictions but not the same. Where rows come in
    groups, rows of a new group do, each group counted once; copies of a record count as one. Rows of a later time need
    not be exchangeable.

    Parameters
    ----------
    chosen : Ensemble
        With its out-of-fold predictions of the validated rows, in the order of the folds.
    table, task, division
        What is predicted from which rows.

    Returns
    -------
    Conformal or None
        None where there are too few rows, or groups, for such a coverage.

    References
    ----------
    Vovk, Gammerman and Shafer 2005, "Algorithmic learning in a random world"; Sadinle, Lei and Wasserman 2019, "Least
    ambiguous set-valued classifiers with bounded error levels"; Lei et al. 2018, "Distribution-free predictive
    inference for regression" (locally weighted); Lee, Barber and Willett 2023, "Distribution-free inference with
    hierarchical data".
    """
    kind = task_type(task)
    bound = kind.traits.bound
    if bound is Bound.NONE:
        return None
    if isinstance(kind, ArrangesSeries):
        return kind.bound(task)
    rows = np.concatenate([fold.validate for fold in division.folds])
    clusters = np.arange(len(rows), dtype=np.int64)
    if task.scheme is Scheme.GROUPED and task.group_column is not None:
        groups = table.frame[task.group_column].iloc[rows].factorize(use_na_sentinel=True)[0].astype(np.int64)
        alone = np.cumsum(groups < 0) + int(groups.max(initial=0))
        clusters = np.unique(np.where(groups < 0, alone, groups), return_inverse=True)[1].astype(np.int64)
    elif division.copies is not None:
        clusters = np.unique(division.copies[rows], return_inverse=True)[1].astype(np.int64)
    validated = Validated(
        chosen.predictions,
        target_values(table, task.target)[rows],
        clusters,
        task.scheme is Scheme.TIME,
        table.features,
        to_block(table.frame.iloc[rows], table.features) if bound is Bound.INTERVAL else {},
    )
    if bound is Bound.LABELS:
        return conformal_classes(validated)
    return conformal_numbers(validated, *kind.interval_outputs(task))


def conformal_classes(rows: Validated) -> Conformal | None:
    """Return the bound of class probabilities."""
    scores = 1.0 - rows.predictions[np.arange(len(rows.y)), rows.y.astype(np.int64)]
    margin = _quantile(scores, rows.clusters, COVERAGE)
    return None if margin is None else Conformal(COVERAGE, margin)


def conformal_numbers(rows: Validated, low: int = 0, high: int = 0) -> Conformal | None:
    """Return the bound of values: as wide as errors are for rows of this kind, where that can be told.

    Errors are divided by a size that other rows have taught, so that their quantiles are those of new rows; the size
    itself is then learned from all. Below 100 rows both ends are equally far from the prediction.

    Parameters
    ----------
    low, high : int
        Outputs below and above which the interval reaches; where they differ they are quantiles, which know already how
        wide it has to be (Romano, Patterson and Candès 2019, "Conformalized quantile regression").
    """
    if low != high:
        return _conformal_quantiles(rows, low, high)
    errors = rows.y - rows.predictions[:, 0]
    if not np.isfinite(errors).all():
        return None
    count = int(rows.clusters.max()) + 1
    sizes, scale = np.ones(len(errors)), None
    if count >= _LEAST_FOR_SCALE:
        sizes, scale = _sizes(rows, np.abs(errors))
    scores = errors / sizes
    if count < _LEAST_FOR_TWO_SIDES:
        margin = _quantile(np.abs(scores), rows.clusters, COVERAGE)
        return None if margin is None else Conformal(COVERAGE, margin)
    each = (1 + COVERAGE) / 2
    below, above = _quantile(-scores, rows.clusters, each), _quantile(scores, rows.clusters, each)
    if below is None or above is None:
        return None
    return Conformal(COVERAGE, max(below, 0.0), max(above, 0.0), scale)


def _conformal_quantiles(rows: Validated, low: int, high: int) -> Conformal | None:
    below, above = rows.predictions[:, low] - rows.y, rows.y - rows.predictions[:, high]
    if not (np.isfinite(below).all() and np.isfinite(above).all()):
        return None
    margin = _quantile(np.maximum(below, above), rows.clusters, COVERAGE)
    return None if margin is None else Conformal(COVERAGE, margin, low_output=low, high_output=high)


def _quantile(scores: FloatArray, clusters: IntArray, level: float) -> float | None:
    """Return what a row of a new cluster stays below with this probability; None where clusters are too few.

    Each cluster counts once, whatever its rows; one more, whose score is unbounded, stands for the new one.

    Examples
    --------
    >>> _quantile(np.arange(1.0, 20.0), np.arange(19), 0.9)
    18.0
    >>> _quantile(np.arange(8.0), np.arange(8), 0.9) is None
    True
    """
    sizes = np.bincount(clusters)
    wanted = level * (len(sizes) + 1) - 1e-9
    order = np.argsort(scores, kind="stable")
    reached = np.cumsum(1.0 / sizes[clusters[order]])
    place = int(np.searchsorted(reached, wanted - 1e-9))
    if place >= len(scores) or wanted > len(sizes):
        return None
    found = float(scores[order[place]])
    return found if math.isfinite(found) else None


def _sizes(rows: Validated, errors: FloatArray) -> tuple[FloatArray, ErrorScale | None]:
    """Return the usual size of each row's error as other rows tell it, and the scale that all rows tell.

    One for all rows, and None, where a scale does not tell more: the likelihood of the errors under it is compared row
    by row with that under one size.
    """
    predictions = rows.predictions[:, 0]
    binned = bin_columns(rows.columns, rows.block, predictions)
    even = np.ones(len(errors))
    if not binned or np.median(errors) <= 0:
        return even, None
    count = int(rows.clusters.max()) + 1
    part = np.arange(count) * _PARTS // count if rows.in_time else np.random.default_rng(0).permutation(count) % _PARTS
    part_of = part[rows.clusters]
    sizes = np.empty(len(errors))
    one = np.empty(len(errors))
    for number in range(_PARTS):
        others = np.flatnonzero(part_of != number)
        own = part_of == number
        scale = fit_error_scale(binned, errors, _sample_rows(others))
        sizes[own] = scale.sizes({name: values[own] for name, values in rows.block.items()}, predictions[own])
        one[own] = errors[others].mean()
    power = best_power(errors, sizes)
    sizes = one * (sizes / one) ** power
    gain = errors / one + np.log(one) - errors / sizes - np.log(sizes)
    held = np.bincount(rows.clusters, gain)
    error = float(held.std()) * math.sqrt(count) / len(gain)
    if float(gain.mean()) <= _SURE * error:
        return even, None
    scale = fit_error_scale(binned, errors, _sample_rows(np.arange(len(errors), dtype=np.int64)))
    return (sizes, scale.to_power(power)) if scale.factors else (even, None)


def _sample_rows(rows: IntArray) -> IntArray:
    """Return at most 20,000 of some rows, evenly chosen."""
    if len(rows) <= _MOST_ROWS:
        return rows
    return rows[np.linspace(0, len(rows) - 1, _MOST_ROWS).astype(np.int64)]
