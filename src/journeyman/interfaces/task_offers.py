"""What kinds of task offer besides: each is asked for where a stage needs it, and no kind has to offer it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol, runtime_checkable

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from journeyman.entities.evaluation import Curve
from journeyman.entities.finding import Finding
from journeyman.entities.table import Table
from journeyman.entities.task import Task
from journeyman.interfaces.task_type import TaskType

__all__ = [
    "AlarmLimit",
    "CombinesColumns",
    "DrawsCurves",
    "FlagsRows",
    "HasOptions",
    "KeepsNames",
    "KeepsOutputs",
    "PosesExamination",
    "RaisesObjections",
    "ReadsTruth",
    "SettlesTask",
    "TellsUnfamiliarRows",
]

FloatArray = NDArray[np.float64]


@runtime_checkable
class HasOptions(Protocol):
    """What a kind of task offers besides whose errors depend on what a task has chosen, such as levels of quantiles."""

    def of(self, task: Task) -> TaskType:
        """Return the kind as a task has chosen it."""
        ...


@runtime_checkable
class DrawsCurves(Protocol):
    """What a kind of task offers besides that draws curves of its own, which a section of the report shows."""

    def draw(
        self, y: FloatArray, predictions: FloatArray, task: Task, rows: pd.DataFrame
    ) -> Mapping[str, tuple[Curve, ...]]:
        """Return curves of examined rows, y of shape (n_samples,), by the name that the section looks for."""
        ...


@runtime_checkable
class CombinesColumns(Protocol):
    """What a kind of task offers besides whose label is told by several columns, or by their place in the table."""

    def combine(self, table: Table, task: Task) -> tuple[Table, tuple[Finding, ...]]:
        """Return the table with labels in the target's column, and what was found on the way.

        It comes right after the task is framed, so that all that follows sees one label a row.
        """
        ...

    def separate(self, labels: FloatArray, task: Task) -> Mapping[str, NDArray[Any]]:
        """Return what a table would hold for labels, by its columns: the way back, where a loop learns again."""
        ...

    def label_text(self, label: float, task: Task) -> str:
        """Return a label as people read it."""
        ...


@runtime_checkable
class ReadsTruth(Protocol):
    """What a kind of task offers besides whose recorded labels are more than a number."""

    @property
    def truth_words(self) -> str:
        """What a label looks like, in JSON: 'a number', '{"time": 12.5, "event": true}'."""
        ...

    def read_truth(self, given: object) -> float | None:
        """Return the label that a caller's JSON says; None where it says none."""
        ...


@runtime_checkable
class PosesExamination(Protocol):
    """What a kind of task offers besides that needs no target."""

    def pose(self, table: Table, task: Task, seed: int) -> Table:
        """Return a repaired table with a target of its own, and with planted rows that examine a model.

        Raises
        ------
        InputError
            Where nothing can be learned from the table.
        """
        ...


@runtime_checkable
class SettlesTask(Protocol):
    """What a kind of task offers besides whose task is known in full only when the examination is posed."""

    def settle(self, table: Table, task: Task) -> Task:
        """Return the task of a posed table, such as with the labels that were found."""
        ...


@runtime_checkable
class KeepsNames(Protocol):
    """What a kind of task offers besides whose labels are made up, and are to stay the same from version to version."""

    def follow(self, table: Table, task: Task, former: Sequence[str]) -> tuple[Table, Task]:
        """Return a posed table and its task with labels as the version before had them.

        Parameters
        ----------
        former : sequence of str
            Label that the version before gives each row.
        """
        ...


@runtime_checkable
class KeepsOutputs(Protocol):
    """What a kind of task offers besides whose outputs follow from the rows, and are to stay the same in a loop.

    Releases whose outputs are others could not be compared on the same rows.
    """

    def same_outputs(self, task: Task) -> Mapping[str, str]:
        """Return options with which another build has the outputs of a task."""
        ...


@runtime_checkable
class RaisesObjections(Protocol):
    """What a kind of task offers besides that may speak against a release whatever the scores are."""

    def objections(self, task: Task) -> tuple[tuple[bool, str], ...]:
        """Return reasons in words, each with whether it forbids a release."""
        ...


class AlarmLimit(Protocol):
    """What keeps the number of flagged rows within a capacity while rows come one by one."""

    def admit(self, flagged: NDArray[np.bool_], scores: FloatArray, now: float) -> NDArray[np.bool_]:
        """Return which of the rows that came together are flagged; ``now`` is in seconds and never goes back."""
        ...


@runtime_checkable
class FlagsRows(Protocol):
    """What a kind of task offers besides that flags rows as odd."""

    def named_outputs(self, predictions: FloatArray, task: Task) -> Mapping[str, NDArray[Any]]:
        """Return "flagged", whether each row would be for its score alone."""
        ...

    def alarm_share(self, task: Task) -> float:
        """Return the share of ordinary rows that may be flagged."""
        ...

    def surprise(self, predictions: FloatArray) -> FloatArray:
        """Return how odd rows are on a scale on which columns are compared, shape (n_samples,)."""
        ...

    def within_capacity(self, predictions: FloatArray, task: Task) -> NDArray[np.bool_]:
        """Return which of the rows that came together are flagged, shape (n_samples,)."""
        ...

    def alarm_budget(self, task: Task) -> AlarmLimit | None:
        """Return a new limit for rows that come one by one; None where the number of alarms is not limited."""
        ...


@runtime_checkable
class TellsUnfamiliarRows(Protocol):
    """What a kind of task offers besides whose predictions say of a row that it is unlike those that were learned from.

    Such rows are evidence, without any label, that what is ordinary has moved.
    """

    def unfamiliar(self, predictions: FloatArray, task: Task) -> NDArray[np.bool_]:
        """Return which rows are, shape (n_samples,)."""
        ...

    def unfamiliar_share(self, task: Task) -> float:
        """Return the share of rows like the learned ones that are called so by chance, above 0 and below 1."""
        ...
