"""A task: what is to be predicted, how it is scored and how rows may be divided."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from journeyman.entities.metric import Loss

__all__ = ["Scheme", "Task", "TaskKind"]


class TaskKind(StrEnum):
    """What kind of answer is wanted."""

    BINARY = "binary"
    MULTICLASS = "multiclass"
    REGRESSION = "regression"

    @property
    def classification(self) -> bool:
        """Whether the answer is a label."""
        return self is not TaskKind.REGRESSION


class Scheme(StrEnum):
    """How rows are divided into those that teach and those that examine."""

    SHUFFLED = "shuffled"
    GROUPED = "grouped"
    TIME = "time"


@dataclass(frozen=True)
class Task:
    """What is to be predicted.

    Attributes
    ----------
    target : str
        Column to predict.
    kind : TaskKind
        Kind of answer.
    metric : str
        Name of the metric that models are chosen by (see journeyman.metrics).
    labels : tuple of str
        Classes in code order (classification); code 1 is the positive class of a binary task.
    scheme : Scheme
        How rows are divided.
    time_column, group_column : str or None
        Columns that the division follows; a time scheme without a column follows the order of the rows.
    reason : str
        Why this kind and scheme, in words.
    label_types : str
        How labels are given back: "str", "int", "float" or "bool", as the target was.
    copies_together : bool
        Whether rows that are copies of one another stay on one side of every division.
    label_delay : float
        How long after its row a label is known: seconds where the time column holds dates, else in its unit; rows
        where a time scheme has no column.
    metric_loss : Loss or None
        What models minimise for the metric; None in releases of versions that did not store it.
    """

    target: str
    kind: TaskKind
    metric: str
    labels: tuple[str, ...] = ()
    scheme: Scheme = Scheme.SHUFFLED
    time_column: str | None = None
    group_column: str | None = None
    reason: str = ""
    label_types: str = "str"
    copies_together: bool = True
    label_delay: float = 0.0
    metric_loss: Loss | None = None

    @property
    def loss(self) -> Loss:
        """What models minimise while they learn.

        Examples
        --------
        >>> Task("y", TaskKind.REGRESSION, "rmse").loss
        <Loss.SQUARED: 'squared'>
        """
        return self.metric_loss or (Loss.LOG if self.kind.classification else Loss.SQUARED)

    @property
    def outputs(self) -> int:
        """Numbers that a model learns of a row: one a class where there are more than two, else one.

        Examples
        --------
        >>> Task("y", TaskKind.MULTICLASS, "log_loss", ("a", "b", "c")).outputs
        3
        """
        return len(self.labels) if self.kind is TaskKind.MULTICLASS else 1
