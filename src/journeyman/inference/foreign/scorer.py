"""A foreign model where a plan would stand: rows as they were read become its table, its answers become predictions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NoReturn

import numpy as np
from numpy.typing import NDArray

from journeyman.entities.column import Column
from journeyman.entities.foreign_model import (
    AnswersRows,
    ForeignAnswers,
    ForeignColumn,
    ForeignKind,
    ForeignModel,
    ValueType,
    class_text,
)
from journeyman.entities.plan import Plan
from journeyman.entities.table import Block
from journeyman.entities.task import Task
from journeyman.errors import ModelError, ReleaseError

__all__ = ["ForeignScorer", "given_values", "matched_labels"]

FloatArray = NDArray[np.float64]


@dataclass(frozen=True)
class ForeignScorer:
    """Asks a foreign model; see :class:`journeyman.inference.scorer.ScoresRows`.

    Attributes
    ----------
    name : str
        Of the release, for messages.
    model : ForeignModel
    columns : tuple of Column
        As rows are read.
    task : Task
        Whose labels, or value, predictions are of.
    answering : AnswersRows
        Whoever is asked.
    """

    name: str
    model: ForeignModel
    columns: tuple[Column, ...]
    task: Task
    answering: AnswersRows

    @property
    def plan(self) -> Plan:
        """Raise ReleaseError: what a foreign model does to rows is not known step by step."""
        self._refuse_plan()

    @property
    def silent(self) -> bool:
        """Whether its log alone is to be had."""
        return self.model.kind is ForeignKind.LOGGED

    def _refuse_plan(self) -> NoReturn:
        raise ReleaseError(
            f"{self.name} was made elsewhere ({self.model.kind}): its steps are not known one by one, "
            "so that it cannot be written in another form",
            hint=f"`journeyman build TABLE --target {self.task.target}` builds a model that can",
        )

    def predict(self, block: Block) -> FloatArray:
        """Return probabilities (n_samples, n_classes) or values (n_samples, 1) of rows that were read.

        Raises
        ------
        ModelError
            Where the model does not answer, or with what is neither.
        """
        count = len(next(iter(block.values()))) if block else 0
        if not count:
            return np.empty((0, max(1, len(self.task.labels))))
        told = self.said(block)
        if len(told.values) != count:
            raise ModelError(
                f"{self.name} gave {len(told.values)} answers for {count} rows", hint="look at the model's own log"
            )
        return self._classes(told) if self.task.labels else self._numbers(told.values)

    def said(self, block: Block) -> ForeignAnswers:
        """Return what the model says of rows, as it says it; errors as of ``predict``."""
        by_name = {column.name: column for column in self.columns}
        given = {one.name: given_values(by_name[one.name], one, block[one.name]) for one in self.model.columns}
        return self.answering.answer(given, len(next(iter(block.values()))))

    def opinions(self, block: Block) -> FloatArray | None:
        """Return None: no detectors are joined."""
        return None

    def _numbers(self, values: Sequence[Any]) -> FloatArray:
        try:
            numbers = np.array([np.nan if v is None else v for v in values], dtype=np.float64)
        except (TypeError, ValueError) as error:
            raise ModelError(
                f"{self.name} answered {str(values[0])[:40]!r}, and a number was wanted",
                hint="adopt it again with --data, so that its classes are known",
            ) from error
        return numbers.reshape(len(values), -1)[:, :1]

    def _classes(self, told: ForeignAnswers) -> FloatArray:
        labels = self.task.labels
        if told.probabilities is not None and self.model.classes:
            places = matched_labels([class_text(one) for one in self.model.classes], labels)
            found = np.array(told.probabilities, dtype=np.float64)
            if found.ndim != 2 or found.shape[1] != len(places):
                raise ModelError(
                    f"{self.name} gave {found.shape[-1]} probabilities for {len(places)} classes",
                    hint="look at the model's own log",
                )
            predictions = np.zeros((len(found), len(labels)))
            predictions[:, places] = found
            return predictions
        codes = matched_labels([class_text(one) for one in told.values], labels)
        if not all(code >= 0 for code in codes):
            odd = next(v for v, code in zip(told.values, codes, strict=True) if code < 0)
            raise ModelError(
                f"{self.name} answered {str(odd)[:40]!r}, and its classes are {', '.join(labels[:6])}",
                hint="adopt it again with a --data that holds all of its classes",
            )
        return np.eye(len(labels))[codes]


def matched_labels(found: Sequence[str], labels: Sequence[str]) -> list[int]:
    """Return the place of each class among labels; the case of letters does not count; -1 where there is none.

    Examples
    --------
    >>> matched_labels(["True", "no", "b"], ("no", "true"))
    [1, 0, -1]
    """
    places = {label: code for code, label in enumerate(labels)}
    lower = {label.lower(): code for code, label in enumerate(labels)}
    return [places.get(one, lower.get(one.lower(), -1)) for one in found]


def given_values(column: Column, wanted: ForeignColumn, values: NDArray[np.generic]) -> list[Any]:
    """Return the values of a column of a block as a foreign model is given them; None where there is none.

    Examples
    --------
    >>> from journeyman.entities.column import Kind
    >>> city = Column("city", Kind.CATEGORY, categories=("Bern", "Rome"))
    >>> given_values(city, ForeignColumn("city", ValueType.TEXT), np.array([1, -1], dtype=np.int32))
    ['Rome', None]
    """
    lacking = wanted.missing or None
    if column.kind.categorical:
        names = column.categories
        return [names[code] if code >= 0 else lacking for code in values.tolist()]
    plain = values.tolist()
    if values.dtype.kind != "f":
        return [lacking if value is None else _typed(value, wanted.type) for value in plain]
    known = [None if value != value else value for value in plain]
    if wanted.type is ValueType.BOOLEAN:
        return [None if value is None else bool(value) for value in known]
    if wanted.type is ValueType.TEXT and len(column.categories) == 2:
        return [None if value is None else column.categories[int(value)] for value in known]
    return known


def _typed(value: object, wanted: ValueType) -> object:
    if value is None or wanted is ValueType.TEXT:
        return value
    try:
        return float(str(value))
    except ValueError:
        return value
