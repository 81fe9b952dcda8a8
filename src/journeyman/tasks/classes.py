"""Tasks whose labels are classes: binary and multiclass."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from journeyman.entities.column import Column, Kind, Role, kind_option
from journeyman.entities.finding import accept_option
from journeyman.entities.table import Table
from journeyman.entities.task import Task
from journeyman.entities.task_traits import Bound, Picture, TaskTraits
from journeyman.entities.weakness import Cause, TreatmentKind
from journeyman.errors import TargetError
from journeyman.interfaces import Metric
from journeyman.metrics import METRICS
from journeyman.metrics.classification import CLASSIFICATION
from journeyman.settings import BuildSettings
from journeyman.sources.parsing import label_order, label_texts, merged_labels
from journeyman.tasks.framing import check_options, drafted, refuse_missing, with_loss
from journeyman.tasks.typed_labels import typed_labels

__all__ = ["CLASS_TRAITS", "Binary", "Classification", "Multiclass"]

FloatArray = NDArray[np.float64]
_MANY_CODES = 100

CLASS_TRAITS = TaskTraits(
    error_name="share of wrong predictions",
    error_metric="log_loss",
    loss_name="Brier score",
    strata_name="class",
    pictures=frozenset({Picture.CONFUSION, Picture.PROBABILITIES}),
    bound=Bound.LABELS,
    tempered=True,
    looked_up=True,
    examined_weaknesses=frozenset({Cause.IMBALANCE}),
    treatments=frozenset(
        {TreatmentKind.CORRECTED, TreatmentKind.BALANCED, TreatmentKind.FADING, TreatmentKind.FADING_FAST}
    ),
)


@dataclass(frozen=True)
class Classification:
    """A class is predicted, with the probability of each.

    Live losses are the Brier score, halved for several classes (Brier 1950): it lies between 0 and 1 by itself, is
    proper, and one row that was sure and wrong costs at most 1, whereas its log loss has no bound.
    """

    name: str
    default_metric: str
    traits: TaskTraits = CLASS_TRAITS
    needs_target: bool = True
    options: tuple[str, ...] = ()

    def of_labels(self, labels: tuple[str, ...]) -> Classification:
        """Return the kind of task that these labels are: two of them are binary, whatever was asked for."""
        return Binary() if len(labels) == 2 else Multiclass()

    def ordered_labels(self, counts: Mapping[str, int], column: Column, settings: BuildSettings) -> tuple[str, ...]:
        """Return the labels that occur, in the order of their codes."""
        order = column.categories if column.kind is Kind.ORDERED else label_order(counts)
        return tuple(label for label in order if label in counts)

    def frame(self, table: Table, settings: BuildSettings, reason: str) -> Task:
        """Return the task; TargetError where the target is constant, has one row of a class, or holds no classes.

        Two classes are a binary task, whatever was asked for.
        """
        column, values = table.column(settings.target_column), table.frame[settings.target_column]
        check_options(settings, self.name, self.options)
        refuse_missing(column, values)
        counts = _label_counts(values, column)
        self._check_counts(counts, values, column, wanted=settings.task == self.name)
        labels = self.ordered_labels(counts, column, settings)
        kind = self.of_labels(labels)
        metric = settings.metric or kind.default_metric
        task = replace(drafted(column, settings, kind.name, metric, reason), labels=labels)
        return with_loss(kind, task)

    def _check_counts(self, counts: Mapping[str, int], values: pd.Series, column: Column, wanted: bool) -> None:
        if len(counts) < 2:
            only = f"the target {column.name!r} is constant: every row is {next(iter(counts))!r}"
            signs = [m for m in column.missing_markers if m]
            if signs:
                raise TargetError(
                    f"{only} or {signs[0]!r}, which is read as missing",
                    hint=f"{accept_option('DQ002', column.name)} keeps it as a class",
                )
            raise TargetError(only, hint="choose another target")
        if wanted and self.name == "binary" and len(counts) > 2:
            raise TargetError(
                f"the target {column.name!r} has {len(counts)} classes where two are wanted",
                hint="use --task multiclass",
            )
        rows = sum(counts.values())
        if len(counts) == 2 and min(counts.values()) < 2:
            rare = min(counts, key=lambda label: counts[label])
            raise TargetError(
                f"the target {column.name!r} has only one row of class {rare!r}", hint="give more rows of that class"
            )
        if len(counts) > max(_MANY_CODES, 0.5 * rows) or max(counts.values()) < 2:
            numbers = pd.to_numeric(values.dropna(), errors="coerce").notna().all()
            add = f"; to estimate them as numbers, add {kind_option(column.name, Kind.NUMBER)}" if numbers else ""
            raise TargetError(
                f"the target {column.name!r} has {len(counts)} different values in {rows} rows: these are no classes",
                hint=f"choose another target{add}",
            )

    def encode(
        self, values: pd.Series, column: Column, task: Task, merged: Mapping[str, str], metric: str | None
    ) -> tuple[pd.Series, Column, Task]:
        """Return labels as categories in the task's order, some spellings merged; two that are left are binary."""
        labels, codes = _coded(label_texts(values, column), merged, task)
        kind = self.of_labels(labels)
        chosen = task.metric if metric or kind.name == task.kind else kind.default_metric
        target = pd.Series(pd.Categorical.from_codes(codes, categories=pd.Index(labels, dtype=object)))
        kept = replace(column, kind=Kind.CATEGORY, role=Role.TARGET, categories=labels)
        return target, kept, with_loss(kind, replace(task, labels=labels, kind=kind.name, metric=chosen))

    def metrics(self, task: Task) -> tuple[Metric, ...]:
        """Return the metrics of classes, or of two classes."""
        return tuple(metric for metric in CLASSIFICATION if self.name in metric.kinds)

    def strata(self, y: FloatArray) -> NDArray[np.int64]:
        """Return the class of each row.

        Examples
        --------
        >>> Multiclass().strata(np.array([0.0, 1.0, 1.0]))
        array([0, 1, 1])
        """
        return y.astype(np.int64)

    def repeat_previous(self, y: FloatArray, before: FloatArray, asked: FloatArray, task: Task) -> FloatArray:
        """Return how often each label followed that label in training rows, so that probabilities can be scored.

        A first-order Markov chain, one row of each kind added.
        """
        k = len(task.labels)
        counts = np.ones((k + 1, k))  # the last line answers rows without a row before
        source = np.where(np.isnan(before), k, before).astype(np.int64)
        np.add.at(counts, (source, y.astype(np.int64)), 1.0)
        counts[k] += np.bincount(y.astype(np.int64), minlength=k)
        shares = counts / counts.sum(axis=1, keepdims=True)
        return np.asarray(shares[np.where(np.isnan(asked), k, asked).astype(np.int64)])

    def errors(self, y: FloatArray, predictions: FloatArray, threshold: float | None) -> FloatArray:
        """Return 1 for a wrong label and 0 for a right one.

        Examples
        --------
        >>> Binary().errors(np.array([1.0, 1.0]), np.array([[0.6, 0.4], [0.2, 0.8]]), 0.3)
        array([0., 0.])
        """
        if threshold is not None and predictions.shape[1] == 2:
            return np.asarray(y != (predictions[:, 1] >= threshold), dtype=np.float64)
        return np.asarray(y != predictions.argmax(axis=1), dtype=np.float64)

    def misses(self, y: FloatArray, predictions: FloatArray) -> FloatArray:
        """Return one less the probability of what happened."""
        return np.asarray(1.0 - predictions[np.arange(len(y)), y.astype(np.int64)])

    def residuals(self, y: FloatArray, predictions: FloatArray) -> FloatArray:
        """Return what happened, as 0 and 1, less its probability."""
        return np.asarray((y[:, None] == np.arange(predictions.shape[1])).astype(np.float64) - predictions)

    def smooth_losses(self, y: FloatArray, predictions: FloatArray) -> FloatArray | None:
        """Return log losses."""
        return METRICS["log_loss"].row_losses(y, predictions)

    def loss_scale(self, y: FloatArray, predictions: FloatArray) -> float:
        """Return 1: such a loss is never greater."""
        return 1.0

    def live_losses(self, y: FloatArray, predictions: FloatArray, scale: float) -> FloatArray:
        """Return half of the squared distance of probabilities from what happened.

        Examples
        --------
        >>> Binary().live_losses(np.array([1.0, np.nan]), np.array([[0.5, 0.5], [0.1, 0.9]]), 1.0)
        array([0.25,  nan])
        """
        known = np.isfinite(y)
        codes = np.where(known, y, 0).astype(np.int64)
        happened = (codes[:, None] == np.arange(predictions.shape[1])).astype(np.float64)
        losses = ((predictions - happened) ** 2).sum(axis=1) / 2.0
        return np.asarray(np.where(known, np.clip(losses, 0.0, 1.0), np.nan))

    def uncertainty(self, predictions: FloatArray) -> FloatArray:
        """Return the loss that probabilities predict of themselves.

        Examples
        --------
        >>> Binary().uncertainty(np.array([[0.5, 0.5], [0.0, 1.0]]))
        array([0.25, 0.  ])
        """
        return np.asarray((1.0 - (predictions**2).sum(axis=1)) / 2.0)

    def interval_outputs(self, task: Task) -> tuple[int, int]:
        """Return nothing of use: classes have sets of labels."""
        return 0, 0

    def decode(self, predictions: FloatArray, task: Task, threshold: float | None) -> NDArray[Any]:
        """Return the likeliest label, or of two the second one from the threshold on."""
        if threshold is not None and threshold != 0.5:
            codes = (predictions[:, 1] >= threshold).astype(np.int64)
        else:
            codes = predictions.argmax(axis=1)
        return typed_labels(task)[codes]

    def named_outputs(self, predictions: FloatArray, task: Task) -> Mapping[str, NDArray[Any]]:
        """Return the probability of each label."""
        return {f"probability of {label}": predictions[:, i] for i, label in enumerate(task.labels)}

    def label_reader(self, task: Task) -> Callable[[Any], float]:
        """Return what makes a code of a label of the target's own type."""
        codes = {label: float(code) for code, label in enumerate(typed_labels(task).tolist())}
        return lambda value: codes.get(value, float("nan"))


class Binary(Classification):
    """One of two classes."""

    def __init__(self) -> None:
        pictures = CLASS_TRAITS.pictures | {Picture.THRESHOLDS}
        super().__init__("binary", "roc_auc", replace(CLASS_TRAITS, pictures=pictures, thresholded=True))


class Multiclass(Classification):
    """One of several classes."""

    def __init__(self) -> None:
        super().__init__("multiclass", "log_loss")


def _label_counts(values: pd.Series, column: Column) -> dict[str, int]:
    """Return rows a class, near-equal spellings joined."""
    spelled = label_texts(values, column).value_counts(sort=False)
    counts = {str(label): int(n) for label, n in spelled.items()}
    joined: dict[str, int] = {}
    for spelling, label in merged_labels(counts).items():
        joined[label] = joined.get(label, 0) + counts[spelling]
    return joined


def _coded(texts: pd.Series, merged: Mapping[str, str], task: Task) -> tuple[tuple[str, ...], NDArray[np.int64]]:
    """Return the labels that occur, in the task's order, and each row's code."""
    spelled = texts.astype(object).map(lambda text: merged.get(str(text), str(text)))
    counts = spelled.value_counts(sort=False)
    present = {str(label): int(n) for label, n in counts.items()}
    if len(present) < 2:
        raise TargetError(
            f"the target '{task.target}' is constant: every row is {next(iter(present))!r}",
            hint="choose another target",
        )
    if len(present) == 2 and min(present.values()) < 2:
        rare = min(present, key=lambda label: present[label])
        raise TargetError(
            f"the target '{task.target}' has only one row of class {rare!r}", hint="give more rows of that class"
        )
    labels = tuple(label for label in task.labels if label in present)
    if len(labels) < len(present):  # spellings that the draft had joined and the settings keep apart
        labels = tuple(str(label) for label in label_order(present))
    place = {label: code for code, label in enumerate(labels)}
    return labels, np.asarray(spelled.map(place), dtype=np.int64)
