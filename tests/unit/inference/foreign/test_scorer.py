"""The scorer of a foreign model: its answers become probabilities in the order of the task's labels."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pytest

from journeyman.entities.column import Column, Kind
from journeyman.entities.foreign_model import (
    ForeignAnswers,
    ForeignColumn,
    ForeignKind,
    ForeignModel,
    ValueType,
)
from journeyman.entities.task import Task
from journeyman.errors import ModelError, ReleaseError
from journeyman.inference.foreign.scorer import ForeignScorer, given_values

X = ForeignColumn("x", ValueType.NUMBER)
CLASSES = Task("y", "binary", "roc_auc", ("no", "yes"))
NUMBERS = Task("y", "regression", "rmse")
BLOCK = {"x": np.array([1.0, np.nan])}


class _Says:
    """Answers what it was made with, and keeps what it was asked."""

    def __init__(self, said: ForeignAnswers) -> None:
        self.said, self.asked = said, dict[str, Any]()

    def answer(self, columns: Mapping[str, Sequence[Any]], count: int) -> ForeignAnswers:
        self.asked = dict(columns)
        return self.said

    def describe(self) -> Mapping[str, Any]:
        return {}

    def close(self) -> None:
        """Nothing is held."""


def _scorer(said: ForeignAnswers, task: Task, classes: tuple[str, ...] = ()) -> ForeignScorer:
    model = ForeignModel(ForeignKind.PROJECT, "toy", (X,), "y", classes, bool(classes))
    return ForeignScorer("toy", model, (Column("x", Kind.NUMBER),), task, _Says(said))


def test_probabilities_take_the_order_of_the_labels() -> None:
    said = ForeignAnswers(["yes", "no"], [[0.8, 0.2], [0.1, 0.9]])
    told = _scorer(said, CLASSES, ("Yes", "no")).predict(BLOCK)
    assert told.tolist() == [[0.2, 0.8], [0.9, 0.1]]


def test_classes_alone_count_as_certain() -> None:
    assert _scorer(ForeignAnswers(["yes", "no"]), CLASSES).predict(BLOCK).tolist() == [[0.0, 1.0], [1.0, 0.0]]


def test_numbers_stay_numbers_and_missing_ones_are_given_as_none() -> None:
    scorer = _scorer(ForeignAnswers([1, None]), NUMBERS)
    told = scorer.predict(BLOCK)
    assert told[0, 0] == 1.0
    assert np.isnan(told[1, 0])
    assert isinstance(scorer.answering, _Says)
    assert scorer.answering.asked == {"x": [1.0, None]}


@pytest.mark.parametrize(
    ("said", "task", "message"),
    [
        (ForeignAnswers([1.0]), NUMBERS, "gave 1 answers for 2 rows"),
        (ForeignAnswers(["a", "b"]), NUMBERS, "a number was wanted"),
        (ForeignAnswers(["maybe", "no"]), CLASSES, "answered 'maybe'"),
    ],
)
def test_other_answers_are_refused(said: ForeignAnswers, task: Task, message: str) -> None:
    with pytest.raises(ModelError, match=message):
        _scorer(said, task).predict(BLOCK)


def test_probabilities_of_other_classes_are_refused() -> None:
    with pytest.raises(ModelError, match="gave 3 probabilities for 2 classes"):
        _scorer(ForeignAnswers(["no", "no"], [[1, 0, 0], [1, 0, 0]]), CLASSES, ("no", "yes")).predict(BLOCK)


def test_its_steps_are_not_known() -> None:
    with pytest.raises(ReleaseError, match="its steps are not known"):
        _ = _scorer(ForeignAnswers([]), NUMBERS).plan


def test_a_text_that_said_no_value_is_given_back() -> None:
    column = Column("c", Kind.CATEGORY, categories=("a", "b"))
    codes = np.array([1, -1], dtype=np.int32)
    assert given_values(column, ForeignColumn("c", ValueType.TEXT, "?"), codes) == ["b", "?"]


def test_values_keep_the_types_that_the_model_knows() -> None:
    yes = Column("b", Kind.BOOLEAN, categories=("no", "yes"))
    numbers = np.array([1.0, 0.0, np.nan])
    assert given_values(yes, ForeignColumn("b", ValueType.BOOLEAN), numbers) == [True, False, None]
    assert given_values(yes, ForeignColumn("b", ValueType.TEXT), numbers) == ["yes", "no", None]
