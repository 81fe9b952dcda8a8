"""Tasks without a target: which rows are odd. Rows that were planted examine the model."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from journeyman.entities.column import Column, Kind, Role
from journeyman.entities.metric import ANOMALY_LOSS, MetricWords
from journeyman.entities.table import Table
from journeyman.entities.task import Scheme, Task
from journeyman.entities.task_traits import Bound, Picture, TaskTraits
from journeyman.errors import SettingsError, SourceError
from journeyman.interfaces import Metric, WeightedScore
from journeyman.metrics import METRICS
from journeyman.settings import BuildSettings
from journeyman.tasks.framing import check_options, parse_share
from journeyman.tasks.numbers import Regression

__all__ = ["Anomaly", "PlantedMetric"]

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]
_KIND = "anomaly"
_SCORE = "anomaly score"
_OPTION = "false_alarms"
_FALSE_ALARMS = 0.01
_LEAST_ROWS = 20
_PLANTED_SHARE, _LEAST_PLANTED, _MOST_PLANTED = 0.5, 100, 5_000
_CHANGED_SHARE = 1 / 3  # of a planted row's columns, at most
_TAIL = 0.99
_TRAITS = TaskTraits(
    error_name="distance of scores from marks",
    error_metric="planted_roc_auc",
    loss_name="distance of scores from marks",
    strata_name="real and planted rows",
    pictures=frozenset({Picture.RANKING, Picture.STRANGEST}),
    bound=Bound.NONE,
    sliced=False,  # rare rows score high, which is no error
    marked=True,
)


@dataclass(frozen=True)
class PlantedMetric:
    """A metric of binary tasks, on scores of shape (n_samples, 1) and marks: 1 for planted rows.

    Examples
    --------
    >>> metric = PlantedMetric("roc_auc", MetricWords("ROC AUC on planted anomalies", ""))
    >>> metric.score(np.array([0.0, 1.0, 0.0]), np.array([[0.1], [0.8], [0.9]]))
    0.5
    """

    of: str
    words: MetricWords
    kinds: frozenset[str] = frozenset({_KIND})
    loss: str = ANOMALY_LOSS
    greater_is_better = True
    optimum = 1.0
    on_labels = False
    by_class = False
    proportion = False

    @property
    def name(self) -> str:
        """In settings and facts."""
        return f"planted_{self.of}"

    @property
    def rare_cost(self) -> float:
        """What it loses where planted rows are ranked as chance ranks them."""
        return METRICS[self.of].rare_cost

    def score(self, y: FloatArray, predictions: FloatArray) -> float:
        """Return the score of predictions, shape (n_samples, 1), against marks, shape (n_samples,)."""
        return METRICS[self.of].score(y, _as_binary(predictions))

    def weighted(self, y: FloatArray, predictions: FloatArray) -> WeightedScore | None:
        """Return the score as a function of row weights."""
        return METRICS[self.of].weighted(y, _as_binary(predictions))

    def row_losses(self, y: FloatArray, predictions: FloatArray) -> FloatArray:
        """Return how far scores are from marks, shape (n_samples,)."""
        return np.abs(y - predictions[:, 0])

    def best_constant(self, y: FloatArray, outputs: int) -> FloatArray:
        """Return the same score for all rows: nothing is ranked."""
        return np.array([0.5])


_METRICS = (
    PlantedMetric(
        "roc_auc",
        MetricWords(
            "ROC AUC on planted anomalies",
            "chance that a planted anomaly gets a higher score than a row of the table",
            "area under the ROC curve on planted anomalies",
        ),
    ),
    PlantedMetric(
        "average_precision",
        MetricWords(
            "Average precision on planted anomalies",
            "share of planted ones among the highest scores, over all thresholds",
            "average precision on planted anomalies",
        ),
    ),
)


@dataclass(frozen=True)
class Anomaly(Regression):
    """Odd rows are found without labels; the one output is a score, the share of rows that are less odd.

    Rows that score at least one less the share of false alarms are flagged. Detectors are not asked what share of the
    rows is anomalous: that is the question, not a setting. Labels that come while it serves say whether a row was an
    anomaly: true or false, 1 or 0.
    """

    name: str = _KIND
    needs_target: bool = False
    default_metric: str = "planted_roc_auc"
    traits: TaskTraits = _TRAITS

    def frame(self, table: Table, settings: BuildSettings, reason: str) -> Task:
        """Return the task, whose target is a column that the table does not have.

        Raises
        ------
        SettingsError
            An option that is no share of rows.
        SourceError
            Where rows are too few.
        """
        check_options(settings, self.name, (_OPTION,))
        alarms = _share_of_alarms(settings.task_options.get(_OPTION))
        if len(table.frame) < _LEAST_ROWS:
            raise SourceError(
                f"{len(table.frame)} rows are too few to tell odd ones from others", hint=f"give {_LEAST_ROWS} or more"
            )
        scheme = Scheme.TIME if settings.time else Scheme.GROUPED if settings.group else Scheme.SHUFFLED
        return Task(
            target=_free_name({c.name for c in table.columns}),
            kind=self.name,
            metric=settings.metric or self.default_metric,
            scheme=scheme,
            time_column=settings.time,
            group_column=settings.group,
            reason=reason,
            label_types="float",
            metric_loss=ANOMALY_LOSS,
            options={_OPTION: alarms},
        )

    def pose(self, table: Table, task: Task, seed: int) -> Table:
        """Return the table with texts left out, and one planted row to two real ones at its end."""
        columns = tuple(
            replace(c, role=Role.IGNORED) if (c.role, c.kind) == (Role.FEATURE, Kind.TEXT) else c for c in table.columns
        )
        features = [c for c in columns if c.role is Role.FEATURE and c.kind is not Kind.DATETIME]
        if not features:
            raise SourceError(
                "only texts and dates are left, in which odd rows are not looked for",
                hint="give the table columns of numbers or categories",
            )
        rows = len(table.frame)
        planted = _planted(table.frame, features, np.random.default_rng([seed, 7]))
        both = pd.concat([table.frame, planted], ignore_index=True)
        both[task.target] = np.repeat([0.0, 1.0], [rows, len(planted)])
        target = Column(task.target, Kind.NUMBER, Role.TARGET, native=True)
        return replace(table, frame=both, columns=(*columns, target), planted=len(planted))

    def encode(
        self, values: pd.Series, column: Column, task: Task, merged: Mapping[str, str], metric: str | None
    ) -> tuple[pd.Series, Column, Task]:
        """Return marks as numbers."""
        return values.astype(np.float64), replace(column, role=Role.TARGET), task

    def metrics(self, task: Task) -> tuple[Metric, ...]:
        """Return how well planted rows are found."""
        return _METRICS

    def strata(self, y: FloatArray) -> IntArray:
        """Return 0 for real rows and 1 for planted ones."""
        return y.astype(np.int64)

    def repeat_previous(self, y: FloatArray, before: FloatArray, asked: FloatArray, task: Task) -> FloatArray:
        """Return the same for all rows: that the row before was planted says nothing."""
        return np.full((len(asked), 1), 0.5)

    def loss_scale(self, y: FloatArray, predictions: FloatArray) -> float:
        """Return 1: such a loss is never greater."""
        return 1.0

    def live_losses(self, y: FloatArray, predictions: FloatArray, scale: float) -> FloatArray:
        """Return how far scores are from marks: one half in the mean of ordinary rows, little where marks are told.

        Examples
        --------
        >>> Anomaly().live_losses(np.array([1.0, 0.0, np.nan]), np.array([[0.75], [0.75], [0.5]]), 1.0)
        array([0.25, 0.75,  nan])
        """
        return np.asarray(np.clip(np.abs(y - predictions[:, 0]), 0.0, 1.0))

    def named_outputs(self, predictions: FloatArray, task: Task) -> Mapping[str, NDArray[Any]]:
        """Return which rows are flagged.

        Examples
        --------
        >>> task = Task("anomaly score", "anomaly", "planted_roc_auc", options={"false_alarms": 0.01})
        >>> Anomaly().named_outputs(np.array([[0.98], [0.995]]), task)["flagged"]
        array([False,  True])
        """
        return {"flagged": predictions[:, 0] >= 1.0 - task.options.get(_OPTION, _FALSE_ALARMS)}

    def label_reader(self, task: Task) -> Callable[[Any], float]:
        """Return what makes 0 or 1 of a mark; NaN of anything else."""
        return lambda value: float(value) if value in (0, 1) else float("nan")


def _as_binary(predictions: FloatArray) -> FloatArray:
    return np.column_stack([1.0 - predictions[:, 0], predictions[:, 0]])


def _share_of_alarms(text: str | None) -> float:
    """Read the share of ordinary rows that may be flagged."""
    if text is None:
        return _FALSE_ALARMS
    try:
        share = parse_share(text)
    except ValueError:
        share = float("nan")
    if not 0.0 < share <= 0.5:
        raise SettingsError(
            f"{_OPTION}={text} is no share of ordinary rows that may be flagged",
            hint="give a number above 0, up to 0.5, such as 0.01",
        )
    return share


def _free_name(taken: set[str]) -> str:
    name = _SCORE
    while name in taken:
        name += "_"
    return name


def _planted(frame: pd.DataFrame, features: list[Column], rng: np.random.Generator) -> pd.DataFrame:
    """Return copies of rows, some cells of each taken from other rows, and of those one in two pushed into the tail."""
    rows = len(frame)
    count = int(np.clip(_PLANTED_SHARE * rows, _LEAST_PLANTED, _MOST_PLANTED))
    base = rng.choice(rows, count, replace=count > rows)
    planted = frame.iloc[base].reset_index(drop=True)
    most = max(1, round(_CHANGED_SHARE * len(features)))
    changed = rng.random((count, len(features))).argsort(axis=1) < rng.integers(1, most + 1, count)[:, None]
    for k, column in enumerate(features):
        donors = np.where(changed[:, k], rng.integers(rows, size=count), base)
        values = frame[column.name].iloc[donors].reset_index(drop=True)
        if column.kind in (Kind.NUMBER, Kind.INTEGER):
            pushed = changed[:, k] & (rng.random(count) < 0.5)
            far = _beyond(frame[column.name].to_numpy(np.float64), column.kind is Kind.INTEGER, count, rng)
            values = pd.Series(np.where(pushed, far, values.to_numpy(np.float64))).astype(frame[column.name].dtype)
        planted[column.name] = values
    return planted


def _beyond(values: FloatArray, whole: bool, count: int, rng: np.random.Generator) -> FloatArray:
    """Return values of one to three times as far from the median as a column's tails reach, on either side."""
    known = values[np.isfinite(values)]
    if not len(known):
        return np.full(count, np.nan)
    low, middle, high = np.quantile(known, [1 - _TAIL, 0.5, _TAIL])
    reach = np.where(rng.random(count) < 0.5, low - middle, high - middle)
    reach = np.where(reach == 0.0, max(high - low, float(known.std()), 1e-9), reach)
    found = middle + reach * rng.uniform(1.0, 3.0, count)
    return np.asarray(np.round(found) if whole else found)
