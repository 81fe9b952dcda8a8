"""Ranking: rows are sorted within a query, the most relevant first."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from journeyman.entities.evaluation import Curve
from journeyman.entities.finding import Finding, Severity
from journeyman.entities.metric import RANKING_LOSS
from journeyman.entities.table import Table
from journeyman.entities.task import Task
from journeyman.entities.task_traits import Bound, TaskTraits
from journeyman.errors import SettingsError, TargetError
from journeyman.interfaces import Metric
from journeyman.metrics.ranking import (
    MOST_QUERIES,
    RANKING,
    TOP_GRADE,
    DiscountedGain,
    ranking_labels,
    relevance_of,
)
from journeyman.settings import BuildSettings
from journeyman.tasks.framing import check_options
from journeyman.tasks.numbers import Regression, drafted_number

__all__ = ["Ranking"]

FloatArray = NDArray[np.float64]
_TOP = "top grade"
_LEAST_QUERIES = 10
_WORST = 8
_SIZES = (2, 5, 10, 20, 50, 100)  # of queries, from which on they are counted together
_TRAITS = TaskTraits(
    error_name="what queries lack of a perfect ranking",
    error_metric=DiscountedGain.name,
    loss_name="squared distance of scores from relevance",
    strata_name="relevance",
    pictures=frozenset(),
    bound=Bound.NONE,
    sliced=False,  # rows of one query compete: a part of them says nothing
)


@dataclass(frozen=True)
class Ranking(Regression):
    """A score is predicted, by which the rows of a query are sorted.

    The target holds relevances, whole numbers from 0 on; the group column says to which query a row belongs. A label is
    the relevance, with the query in its fraction. Labels that come while it serves are relevances alone: they are
    compared with scores row by row, as a query is hardly ever labelled as a whole.

    Attributes
    ----------
    top : float
        The highest relevance of the training table.
    """

    name: str = "ranking"
    default_metric: str = DiscountedGain.name
    traits: TaskTraits = _TRAITS
    top: float = 1.0

    def of(self, task: Task) -> Ranking:
        """Return the kind with the highest relevance of a task."""
        return replace(self, top=float(task.options.get(_TOP, 1.0)))

    def frame(self, table: Table, settings: BuildSettings, reason: str) -> Task:
        """Return the task.

        Raises
        ------
        SettingsError
            Where no group is named.
        TargetError
            Where relevances are no whole numbers from 0 to 31, or queries with several rows are too few.
        """
        check_options(settings, self.name)
        if settings.group is None:
            raise SettingsError(
                "a ranking needs the column that says to which query a row belongs", hint="add --group COLUMN"
            )
        task = drafted_number(table, settings, self.name, settings.metric or self.default_metric, reason)
        relevance = table.frame[task.target].to_numpy(np.float64)
        known = relevance[np.isfinite(relevance)]
        bad = known[(known < 0) | (known > TOP_GRADE) | (known != np.floor(known))]
        if len(bad):
            raise TargetError(
                f"{bad[0]:g} in {task.target!r} is no relevance: whole numbers from 0 to {TOP_GRADE} are wanted",
                hint="give grades, such as 0 for useless, 1 for fair, 2 for good",
            )
        sizes = table.frame[settings.group].value_counts()
        several, count = int((sizes > 1).sum()), len(sizes)
        if several < _LEAST_QUERIES or count >= MOST_QUERIES:
            have = "value of {0!r} has" if several == 1 else "values of {0!r} have"
            found = f"{several} {have.format(settings.group)} several rows, too few queries to learn from"
            if count >= MOST_QUERIES:
                found = f"{count:,} values of {settings.group!r} are too many queries"
            raise TargetError(
                found, hint=f"name another column with --group, or give from {_LEAST_QUERIES} to {MOST_QUERIES:,}"
            )
        task = replace(task, metric_loss=RANKING_LOSS, label_types="int", prediction_name="score")
        task = replace(task, options={_TOP: float(known.max())})
        # Late: that module imports this room.
        from journeyman.tasks import metric_of  # noqa: PLC0415 - see above

        metric_of(task)
        return task

    def combine(self, table: Table, task: Task) -> tuple[Table, tuple[Finding, ...]]:
        """Return the table with labels for relevances, and without rows that are alone in their query, or in none."""
        assert task.group_column is not None  # as it was framed
        queries = table.frame[task.group_column].factorize(use_na_sentinel=True)[0].astype(np.int64)
        competing = (queries >= 0) & (np.bincount(queries + 1)[queries + 1] > 1)
        relevance = table.frame[task.target].to_numpy(np.float64)
        frame = table.frame.assign(**{task.target: ranking_labels(relevance, queries)})[competing]
        found: tuple[Finding, ...] = ()
        if not competing.all():
            alone = int((~competing).sum())
            rows, are = ("1 row", "is") if alone == 1 else (f"{alone} rows", "are")
            message = f"{rows} that {are} alone in {task.group_column!r}, or without one, {are} left out: "
            message += "nothing is ranked there."
            evidence = {"rows": alone}
            found = (Finding("DQ603", Severity.NOTE, (task.group_column,), message, evidence=evidence),)
        return replace(table, frame=frame.reset_index(drop=True)), found

    def separate(self, labels: FloatArray, task: Task) -> Mapping[str, NDArray[Any]]:
        """Return relevances; the query stands in a column of its own."""
        return {task.target: relevance_of(labels).astype(np.int64)}

    def label_text(self, label: float, task: Task) -> str:
        """Return a whole number: the query in its fraction is nothing to read."""
        return f"{np.floor(label):.0f}"

    def metrics(self, task: Task) -> tuple[Metric, ...]:
        """Return NDCG of the first ten rows, and mean average precision."""
        return RANKING

    def strata(self, y: FloatArray) -> NDArray[np.int64]:
        """Return the relevance of each row.

        Examples
        --------
        >>> Ranking().strata(ranking_labels(np.array([2.0, 0.0]), np.array([7, 7])))
        array([2, 0])
        """
        return relevance_of(y).astype(np.int64)

    def repeat_previous(self, y: FloatArray, before: FloatArray, asked: FloatArray, task: Task) -> FloatArray:
        """Return the same for all rows: the row before says nothing of the order within a query."""
        return np.zeros((len(asked), 1))

    def errors(self, y: FloatArray, predictions: FloatArray, threshold: float | None) -> FloatArray:
        """Return what the query of each row lacks of a perfect ranking."""
        return RANKING[0].row_losses(y, predictions)

    def misses(self, y: FloatArray, predictions: FloatArray) -> FloatArray:
        """Return live losses."""
        return self.live_losses(y, predictions, 1.0)

    def residuals(self, y: FloatArray, predictions: FloatArray) -> FloatArray:
        """Return relevances as shares of the highest one, less scores between 0 and 1."""
        return (relevance_of(y) / self.top - _chance(predictions))[:, None]

    def smooth_losses(self, y: FloatArray, predictions: FloatArray) -> FloatArray | None:
        """Return None: the metric's own."""
        return None

    def loss_scale(self, y: FloatArray, predictions: FloatArray) -> float:
        """Return 1: such a loss is never greater."""
        return 1.0

    def live_losses(self, y: FloatArray, predictions: FloatArray, scale: float) -> FloatArray:
        """Return squared distances of scores from relevances, both between 0 and 1, row by row.

        Examples
        --------
        >>> Ranking(top=2.0).live_losses(np.array([1.0, np.nan]), np.array([[0.0], [3.0]]), 1.0)
        array([ 0., nan])
        """
        return np.asarray(np.clip(relevance_of(y) / self.top - _chance(predictions), -1.0, 1.0) ** 2)

    def uncertainty(self, predictions: FloatArray) -> FloatArray:
        """Return how near scores are to the middle."""
        chance = _chance(predictions)
        return np.asarray(chance * (1.0 - chance))

    def label_reader(self, task: Task) -> Callable[[Any], float]:
        """Return what makes a relevance of a number; NaN of what is none."""
        return lambda value: float(value) if 0 <= value <= TOP_GRADE and float(value).is_integer() else float("nan")

    def draw(
        self, y: FloatArray, predictions: FloatArray, task: Task, rows: pd.DataFrame
    ) -> Mapping[str, tuple[Curve, ...]]:
        """Return NDCG by the size of queries, of the model and by chance, and the queries that are ranked worst."""
        query, scores = RANKING[0].by_query(y, predictions[:, 0])
        chance = RANKING[0].by_query(y, np.zeros(len(y)))[1]
        sizes, known = np.bincount(query), np.isfinite(scores)
        place = np.searchsorted(_SIZES, sizes, side="right") - 1
        kept = [k for k in range(len(_SIZES)) if (known & (place == k)).any()]
        begins = tuple(float(_SIZES[k]) for k in kept)
        counts = tuple(float((known & (place == k)).sum()) for k in kept)
        by_size = (
            Curve(name, "rows of a query", "NDCG@10", begins, tuple(self._means(values, known, place, kept)), counts)
            for name, values in (("this model", scores), ("by chance", chance))
        )
        worst = np.argsort(np.where(known, scores, np.inf), kind="stable")[: min(_WORST, int(known.sum()))]
        first = np.unique(query, return_index=True)[1]
        names = [str(value) for value in rows[task.group_column].iloc[first[worst]]] if task.group_column else []
        lowest = (
            Curve(name, "rows", "NDCG@10", (float(sizes[k]),), (float(scores[k]),), (float(chance[k]),))
            for name, k in zip(names, worst.tolist(), strict=True)
        )
        return {"ranking by size": tuple(by_size), "worst queries": tuple(lowest) if names else ()}

    @staticmethod
    def _means(values: FloatArray, known: NDArray[np.bool_], place: NDArray[np.int64], kept: list[int]) -> list[float]:
        return [float(values[known & (place == k)].mean()) for k in kept]


def _chance(predictions: FloatArray) -> FloatArray:
    """Return scores as shares of the highest relevance, shape (n_samples,)."""
    return np.asarray(1.0 / (1.0 + np.exp(-np.clip(predictions[:, 0], -500.0, 500.0))))
