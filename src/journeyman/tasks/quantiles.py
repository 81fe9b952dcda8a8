"""Quantile regression: for a number, the values below which given shares of all such rows lie."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from journeyman.entities.metric import MetricWords
from journeyman.entities.table import Table
from journeyman.entities.task import Task
from journeyman.entities.task_traits import Bound, Picture, TaskTraits
from journeyman.errors import SettingsError
from journeyman.interfaces import Metric, WeightedScore
from journeyman.settings import BuildSettings
from journeyman.tasks import metric_of
from journeyman.tasks.framing import check_options, parse_share
from journeyman.tasks.numbers import Regression, drafted_number

__all__ = ["PinballLoss", "QuantileCoverage", "Quantiles"]

FloatArray = NDArray[np.float64]
_LOSS = "pinball"
_LEVELS = "levels"
_MEDIAN = 0.5
_USUAL_LEVELS = (_MEDIAN, 0.1, 0.9)
_MOST_LEVELS = 19  # a fit a level: every twentieth part
_REACH = 4.0  # as for regression: losses beyond four times what nine rows of ten stay below cost no more than that
_HINT = f"write numbers between 0 and 1 with commas: --task-option {_LEVELS}=0.1,0.5,0.9"

_TRAITS = TaskTraits(
    error_name="mean pinball loss",
    error_metric="pinball_loss",
    loss_name="mean pinball loss",
    strata_name="deciles of the target",
    pictures=frozenset({Picture.RESIDUALS, Picture.QUANTILES}),
    bound=Bound.INTERVAL,
    outputs_name="quantiles",
)


def _pinball(y: FloatArray, predictions: FloatArray, levels: Sequence[float]) -> FloatArray:
    """Return the pinball loss of each row, the mean over levels, shape (n_samples,)."""
    above, share = y[:, None] - predictions, np.array(levels)
    return np.asarray(np.maximum(share * above, (share - 1.0) * above).mean(axis=1))


@dataclass(frozen=True)
class _QuantileMetric:
    """What metrics of quantiles have in common; predictions have one column a level, in the order of ``levels``."""

    levels: tuple[float, ...]

    kinds = frozenset({"quantiles"})
    greater_is_better = False
    optimum = 0.0
    loss = _LOSS
    on_labels = False
    by_class = False
    proportion = False
    rare_cost = 0.0

    def row_losses(self, y: FloatArray, predictions: FloatArray) -> FloatArray:
        """Return the pinball loss of each row, shape (n_samples,)."""
        return _pinball(y, predictions, self.levels)

    def best_constant(self, y: FloatArray, outputs: int) -> FloatArray:
        """Return the quantiles of labels, shape (n_levels,)."""
        return np.quantile(y, self.levels)


class PinballLoss(_QuantileMetric):
    """Mean over rows and levels of the pinball loss: a label above the quantile of level q costs q a unit, one below
    it 1 - q (Koenker and Bassett 1978, "Regression quantiles").

    Examples
    --------
    >>> metric = PinballLoss((0.5, 0.9))
    >>> round(metric.score(np.array([1.0, 1.0]), np.array([[0.0, 0.0], [1.0, 2.0]])), 6)
    0.375
    """

    name = "pinball_loss"
    words = MetricWords(
        "Pinball loss",
        "average cost of the quantiles: an error on the rarer side costs more",
        "mean pinball loss",
        in_unit=True,
    )

    def score(self, y: FloatArray, predictions: FloatArray) -> float:
        """Return the mean loss."""
        return float(self.row_losses(y, predictions).mean())

    def weighted(self, y: FloatArray, predictions: FloatArray) -> WeightedScore | None:
        """Return the mean loss as a function of row weights."""
        losses = self.row_losses(y, predictions)
        return lambda weights: (weights @ losses) / weights.sum(axis=1)


class QuantileCoverage(_QuantileMetric):
    """Mean over levels of how far the share of labels below a quantile is from its level.

    Labels that equal the quantile may count on either side, so that perfect predictions have no error.

    Examples
    --------
    >>> metric = QuantileCoverage((0.5, 0.9))
    >>> y = np.arange(10.0)
    >>> round(metric.score(y, np.tile([4.5, 7.5], (10, 1))), 6)
    0.05
    >>> metric.score(y, np.column_stack([y, y]))
    0.0
    """

    name = "quantile_coverage_error"
    words = MetricWords(
        "Quantile coverage error",
        "how far the share of rows below a quantile is from its level, on average",
        "mean coverage error of the quantiles",
        percent=True,
    )

    def score(self, y: FloatArray, predictions: FloatArray) -> float:
        """Return the mean error, from 0 to 1."""
        return float(self.weighted(y, predictions)(np.ones((1, len(y))))[0])

    def weighted(self, y: FloatArray, predictions: FloatArray) -> WeightedScore:
        """Return the mean error as a function of row weights."""
        below = (y[:, None] < predictions).astype(np.float64)
        reached = (y[:, None] <= predictions).astype(np.float64)
        levels = np.array(self.levels)

        def score(weights: FloatArray) -> FloatArray:
            total = weights.sum(axis=1, keepdims=True)
            least, most = weights @ below / total, weights @ reached / total
            off = np.maximum(np.maximum(least - levels, levels - most), 0.0)
            return np.asarray(off.mean(axis=1))

        return score


@dataclass(frozen=True)
class Quantiles(Regression):
    """Quantiles of a number are predicted; the first output is the median, which stands for the prediction.

    Attributes
    ----------
    levels : tuple of float
        Of the outputs, in their order: the median first, then the others as they ascend.
    """

    name: str = "quantiles"
    default_metric: str = PinballLoss.name
    traits: TaskTraits = _TRAITS
    levels: tuple[float, ...] = _USUAL_LEVELS

    def of(self, task: Task) -> Quantiles:
        """Return the kind with the levels of a task."""
        return replace(self, levels=_levels_of(task))

    def frame(self, table: Table, settings: BuildSettings, reason: str) -> Task:
        """Return the task; errors as for regression, SettingsError for levels that are none.

        Its option ``levels`` says which quantiles are predicted, such as "0.05,0.5,0.95".
        """
        check_options(settings, self.name, (_LEVELS,))
        text = settings.task_options.get(_LEVELS)
        levels = self.levels if text is None else _read_levels(text)
        task = drafted_number(table, settings, self.name, settings.metric or self.default_metric, reason)
        task = replace(task, output_names=tuple(f"{level:g}" for level in levels))
        return replace(task, metric_loss=metric_of(task).loss)

    def metrics(self, task: Task) -> tuple[Metric, ...]:
        """Return the mean pinball loss, and how far the quantiles' coverage is off."""
        levels = _levels_of(task)
        return PinballLoss(levels), QuantileCoverage(levels)

    def repeat_previous(self, y: FloatArray, before: FloatArray, asked: FloatArray, task: Task) -> FloatArray:
        """Return the value of the row before plus quantiles of the steps from one training row to the next.

        Where there is no such row, the quantiles of training rows.

        Examples
        --------
        >>> task = Task("y", "quantiles", "pinball_loss", output_names=("0.5", "0.9"))
        >>> y = np.array([0.0, 1.0, 3.0])
        >>> Quantiles().repeat_previous(y, np.array([np.nan, 0.0, 1.0]), np.array([5.0, np.nan]), task)
        array([[6.5, 6.9],
               [1. , 2.6]])
        """
        levels = _levels_of(task)
        steps = (y - before)[np.isfinite(before)]
        move = np.quantile(steps, levels) if len(steps) else np.zeros(len(levels))
        return np.where(np.isnan(asked)[:, None], np.quantile(y, levels), asked[:, None] + move)

    def errors(self, y: FloatArray, predictions: FloatArray, threshold: float | None) -> FloatArray:
        """Return pinball losses."""
        return _pinball(y, predictions, self.levels)

    def loss_scale(self, y: FloatArray, predictions: FloatArray) -> float:
        """Return four times the pinball loss that nine rows of ten stay below, in the target's unit.

        Examples
        --------
        >>> Quantiles(levels=(0.5,)).loss_scale(np.zeros(4), np.full((4, 1), 2.5))
        5.0
        """
        return super().loss_scale(_pinball(y, predictions, self.levels), np.zeros((len(y), 1)))

    def live_losses(self, y: FloatArray, predictions: FloatArray, scale: float) -> FloatArray:
        """Return pinball losses over the scale, cut off at 1."""
        return np.asarray(np.minimum(_pinball(y, predictions, self.levels) / scale, 1.0))

    def uncertainty(self, predictions: FloatArray) -> FloatArray:
        """Return how far the quantiles lie apart.

        Examples
        --------
        >>> Quantiles().uncertainty(np.array([[2.0, 1.0, 5.0]]))
        array([4.])
        """
        return np.asarray(np.ptp(predictions, axis=1))

    def interval_outputs(self, task: Task) -> tuple[int, int]:
        """Return the outputs of the lowest and the highest level."""
        levels = _levels_of(task)
        return levels.index(min(levels)), levels.index(max(levels))

    def named_outputs(self, predictions: FloatArray, task: Task) -> Mapping[str, FloatArray]:
        """Return the quantiles besides the median, as they ascend: a column "y 10%" for the level 0.1."""
        levels = _levels_of(task)
        return {f"{task.target} {100 * q:g}%": predictions[:, k] for k, q in enumerate(levels) if k}


def _levels_of(task: Task) -> tuple[float, ...]:
    return tuple(map(float, task.output_names))


def _read_levels(text: str) -> tuple[float, ...]:
    """Return levels in the order of outputs.

    Examples
    --------
    >>> _read_levels("0.9, 0.05")
    (0.5, 0.05, 0.9)
    >>> _read_levels("0.1,0.10")
    Traceback (most recent call last):
    journeyman.errors.SettingsError: levels=0.1,0.10 names the level 0.1 twice (hint: name each level once)
    """
    levels: list[float] = []
    for part in text.split(","):
        try:
            level = parse_share(part)
        except ValueError:
            raise SettingsError(f"levels={text}: {part.strip()!r} is no number", hint=_HINT) from None
        if not 0.0 < level < 1.0:
            raise SettingsError(f"levels={text}: a level lies between 0 and 1, and {level:g} does not", hint=_HINT)
        if f"{level:g}" in {f"{known:g}" for known in levels}:  # by their names, which keep six digits
            raise SettingsError(f"levels={text} names the level {level:g} twice", hint="name each level once")
        levels.append(level)
    others = sorted(level for level in levels if level != _MEDIAN)
    if len(others) >= _MOST_LEVELS:
        raise SettingsError(
            f"{len(levels)} levels are too many: each is a model of its own",
            hint=f"name at most {_MOST_LEVELS}, the median among them",
        )
    return (_MEDIAN, *others)
