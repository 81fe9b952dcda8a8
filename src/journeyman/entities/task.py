"""A task: what is to be predicted, how it is scored and how rows may be divided."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from journeyman.entities.metric import Loss
from journeyman.entities.panel import Panel

__all__ = ["Link", "Scheme", "Task"]


class Link(StrEnum):
    """How raw scores of a model become its prediction; the values are those that stored models name it by."""

    IDENTITY = "regression"
    LOGISTIC = "binary"
    SOFTMAX = "multiclass"


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
        Column to predict; the name of a made-up one where the kind of task needs none.
    kind : str
        Name of the kind of task (see journeyman.tasks).
    metric : str
        Name of the metric that models are chosen by (see journeyman.metrics).
    labels : tuple of str
        Classes in code order, where the target holds classes: predictions are their probabilities then. Code 1 is the
        positive class of two.
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
    metric_loss : str or None
        What models minimise for the metric (see :class:`Loss`); None in releases of versions that did not store it.
    output_names : tuple of str
        What the numbers of a prediction are, the one that stands for it first, such as ("0.5", "0.1", "0.9") for
        quantiles; empty for classes, and where there is one number.
    prediction_name : str
        What the prediction is called where it is no estimate of the target, such as "risk"; else empty.
    label_columns : tuple of str
        Columns that make up the label together with the target, such as whether a time ended with the event.
    label_words : tuple of str
        How those columns spell 0 and 1.
    options : mapping of str to float or str
        What the kind of task was given besides, such as a share of alarms or a column; empty where it has no options.
    panel : Panel or None
        What is forecast, where rows are steps of series.
    """

    target: str
    kind: str
    metric: str
    labels: tuple[str, ...] = ()
    scheme: Scheme = Scheme.SHUFFLED
    time_column: str | None = None
    group_column: str | None = None
    reason: str = ""
    label_types: str = "str"
    copies_together: bool = True
    label_delay: float = 0.0
    metric_loss: str | None = None
    output_names: tuple[str, ...] = ()
    prediction_name: str = ""
    label_columns: tuple[str, ...] = ()
    label_words: tuple[str, ...] = ()
    options: Mapping[str, float | str] = field(default_factory=dict)
    panel: Panel | None = None

    @property
    def loss(self) -> str:
        """What models minimise while they learn.

        Examples
        --------
        >>> Task("y", "regression", "rmse").loss == Loss.SQUARED
        True
        """
        return self.metric_loss or (Loss.LOG if self.labels else Loss.SQUARED)

    @property
    def outputs(self) -> int:
        """Numbers that a model learns of a row: one for two classes, and else one for each that it predicts.

        Examples
        --------
        >>> Task("y", "multiclass", "log_loss", ("a", "b", "c")).outputs
        3
        """
        return 1 if len(self.labels) == 2 else max(1, len(self.labels), len(self.output_names))

    @property
    def prediction_names(self) -> tuple[str, ...]:
        """What the numbers of a prediction are: probabilities of labels, or ``output_names``; empty for one number.

        Examples
        --------
        >>> Task("y", "binary", "roc_auc", ("no", "yes")).prediction_names
        ('no', 'yes')
        """
        return self.labels or self.output_names

    @property
    def link(self) -> Link:
        """How raw scores of a model become its prediction."""
        return Link.IDENTITY if not self.labels else Link.LOGISTIC if len(self.labels) == 2 else Link.SOFTMAX
