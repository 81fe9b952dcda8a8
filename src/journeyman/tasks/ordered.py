"""Classes that have an order: a miss costs the more, the further it is off."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from journeyman.entities.column import Column, Kind
from journeyman.entities.evaluation import Curve
from journeyman.entities.plan import median_classes
from journeyman.entities.task import Task
from journeyman.entities.task_traits import Picture, TaskTraits
from journeyman.errors import SettingsError, TargetError
from journeyman.interfaces import Metric
from journeyman.metrics import METRICS
from journeyman.metrics.ordered import ORDERED, cumulative_errors, rank_errors, ranked_probability_losses
from journeyman.settings import BuildSettings
from journeyman.sources.parsing import canonical_label, label_order
from journeyman.sources.parsing.texts import PLAIN
from journeyman.tasks.classes import CLASS_TRAITS, Binary, Classification
from journeyman.tasks.typed_labels import typed_labels

__all__ = ["Ordered"]

FloatArray = NDArray[np.float64]
_KIND = "ordered"
_ORDER = "order"
_TRAITS: TaskTraits = replace(
    CLASS_TRAITS,
    error_name="mean rank error",
    error_metric="rank_error",
    loss_name="ranked probability score",
    pictures=frozenset({Picture.CONFUSION, Picture.PROBABILITIES}),
    ordered=True,
    tempered=False,  # a temperature is chosen by the log loss, and moves medians
    examined_weaknesses=frozenset(),  # what makes rare classes likelier moves medians away from where most rows are
    treatments=frozenset(),
)


class Ordered(Classification):
    """One of several classes that have an order is predicted, with the probability of each.

    The median class stands for the prediction: no other is off by fewer classes, on average. The order is that of
    numbers, of names whose order is known, or what the option ``order`` says.
    """

    def __init__(self) -> None:
        super().__init__(_KIND, "rank_error", _TRAITS, options=(_ORDER,))

    def of_labels(self, labels: tuple[str, ...]) -> Classification:
        """Return this kind; of two classes none is further off than the other, so that they are binary."""
        return Binary() if len(labels) == 2 else self

    def ordered_labels(self, counts: Mapping[str, int], column: Column, settings: BuildSettings) -> tuple[str, ...]:
        """Return the labels that occur, lowest first.

        Raises
        ------
        SettingsError
            Where the order that was given lacks one, or names one twice.
        TargetError
            Where none was given, and none is known.
        """
        given = settings.task_options.get(_ORDER)
        if given is not None:
            return _given_order(given, counts, column)
        if column.kind is Kind.ORDERED:
            return super().ordered_labels(counts, column, settings)
        if not all(PLAIN.fullmatch(label) for label in counts):
            names = ",".join(label_order(counts)[:6]) + (",..." if len(counts) > 6 else "")
            raise TargetError(
                f"the order of the {len(counts)} classes of {column.name!r} is not known",
                hint=f'name them, lowest first: --task-option {_ORDER}="{names}"',
            )
        return super().ordered_labels(counts, column, settings)

    def metrics(self, task: Task) -> tuple[Metric, ...]:
        """Return the metrics of ordered classes, and the log loss."""
        return (*ORDERED, METRICS["log_loss"])

    def errors(self, y: FloatArray, predictions: FloatArray, threshold: float | None) -> FloatArray:
        """Return by how many classes predictions are off."""
        return rank_errors(y, predictions)

    def misses(self, y: FloatArray, predictions: FloatArray) -> FloatArray:
        """Return by how many classes a draw from the probabilities is off, on average.

        Examples
        --------
        >>> Ordered().misses(np.array([2.0]), np.array([[0.5, 0.0, 0.5]]))
        array([1.])
        """
        return np.asarray(np.abs(cumulative_errors(y, predictions)).sum(axis=1))

    def smooth_losses(self, y: FloatArray, predictions: FloatArray) -> FloatArray | None:
        """Return ranked probability scores."""
        return ranked_probability_losses(y, predictions)

    def live_losses(self, y: FloatArray, predictions: FloatArray, scale: float) -> FloatArray:
        """Return ranked probability scores, which lie between 0 and 1 by themselves.

        Examples
        --------
        >>> Ordered().live_losses(np.array([0.0, np.nan]), np.array([[0.0, 0.0, 1.0], [1.0, 0.0, 0.0]]), 1.0)
        array([ 1., nan])
        """
        known = np.isfinite(y)
        losses = ranked_probability_losses(np.where(known, y, 0.0), predictions)
        return np.asarray(np.where(known, np.clip(losses, 0.0, 1.0), np.nan))

    def uncertainty(self, predictions: FloatArray) -> FloatArray:
        """Return the loss that probabilities predict of themselves.

        Examples
        --------
        >>> Ordered().uncertainty(np.array([[0.5, 0.0, 0.5], [0.0, 1.0, 0.0]]))
        array([0.25, 0.  ])
        """
        reached = np.cumsum(predictions, axis=1)[:, :-1]
        return np.asarray((reached * (1.0 - reached)).mean(axis=1))

    def decode(self, predictions: FloatArray, task: Task, threshold: float | None) -> NDArray[Any]:
        """Return the median class."""
        return typed_labels(task)[median_classes(predictions)]

    def draw(
        self, y: FloatArray, predictions: FloatArray, task: Task, rows: pd.DataFrame
    ) -> Mapping[str, tuple[Curve, ...]]:
        """Return the mean rank error of each class, of the model and of the median class, and how far rows are off."""
        codes, off = y.astype(np.int64), rank_errors(y, predictions)
        classes = np.arange(len(task.labels))
        counts = np.bincount(codes, minlength=len(classes))
        middle = float(np.abs(classes[:, None] - codes).sum(axis=1).argmin())
        own = np.bincount(codes, off, len(classes)) / np.maximum(counts, 1)
        far = np.bincount(off.astype(np.int64), minlength=len(classes)) / len(y)
        at = tuple(classes.astype(np.float64).tolist())
        sizes = tuple(counts.astype(np.float64).tolist())
        return {
            "rank errors": (
                Curve("this model", "class", "mean rank error", at, tuple(own.tolist()), sizes),
                Curve("the median class", "class", "mean rank error", at, tuple(np.abs(classes - middle).tolist())),
            ),
            "rank distances": (Curve("this model", "classes off", "share of rows", at, tuple(far.tolist())),),
        }


def _given_order(text: str, counts: Mapping[str, int], column: Column) -> tuple[str, ...]:
    """Return labels in the order that an option names, which may name further ones."""
    named = {canonical_label(label): label for label in counts}
    wanted = [part for part in (part.strip() for part in text.split(",")) if part]
    keys = [canonical_label(part) for part in wanted]
    twice = next((part for part, key in zip(wanted, keys, strict=True) if keys.count(key) > 1), None)
    if twice is not None:
        raise SettingsError(f"{_ORDER}={text} names {twice!r} twice", hint="name each class once, lowest first")
    lacking = [label for key, label in named.items() if key not in keys]
    if lacking:
        hint = (
            f'name all, lowest first: --task-option {_ORDER}="{",".join([*wanted, *lacking])}", moved to their places'
        )
        raise SettingsError(f"{_ORDER}={text} lacks the class {lacking[0]!r} of {column.name!r}", hint=hint)
    return tuple(named[key] for key in keys if key in named)
