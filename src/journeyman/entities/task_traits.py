"""What stages have to know of a kind of task, besides what it does itself."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from journeyman.entities.weakness import Cause, TreatmentKind

__all__ = ["Bound", "Picture", "TaskTraits"]


class Bound(StrEnum):
    """What is said of how far the label may lie from a prediction."""

    NONE = "none"
    LABELS = "set of labels"
    INTERVAL = "interval"


class Picture(StrEnum):
    """What an evaluation draws."""

    CONFUSION = "confusion"
    PROBABILITIES = "probabilities"
    """Calibration, gain, ROC and precision-recall curves of the positive class, or of the most frequent one."""
    THRESHOLDS = "thresholds"
    RESIDUALS = "residuals"
    QUANTILES = "quantiles"
    """How many labels lie below each quantile that is predicted."""
    RANKING = "ranking"
    """Gain, ROC and precision-recall curves of rows with label 1 by the first output."""
    STRANGEST = "strangest"
    """Example rows are those of label 0 that score highest."""


@dataclass(frozen=True)
class TaskTraits:
    """Facts of a kind of task.

    Attributes
    ----------
    error_name : str
        What the mean of ``TaskType.errors`` is called.
    error_metric : str
        Metric whose best constant is what one predicts who knows no column, where errors are compared.
    loss_name : str
        What the mean of ``TaskType.live_losses`` is called.
    strata_name : str
        What rows are stratified by.
    pictures : frozenset of Picture
        What its evaluation draws.
    outputs_name : str
        What the further numbers of a prediction are called, where it has several.
    bound : Bound
        What a release says of how far a label may lie from a prediction.
    tempered, thresholded : bool
        Whether probabilities get a temperature, and a threshold from which on the second label is predicted.
    rescaled : bool
        Whether it may be learned on another scale of the target where that has a long tail.
    sliced : bool
        Whether parts of the table with greater errors than without a model are looked for.
    marked : bool
        Whether labels are marks, true or false.
    ordered : bool
        Whether classes have an order, so that the median class is predicted, not the most probable one.
    looked_up : bool
        Whether labels of duplicates in the training table may count beside a prediction.
    examined_weaknesses : frozenset of Cause
        Causes that need such a target to be looked for.
    treatments : frozenset of TreatmentKind
        What may be tried against weaknesses.
    baseline : str
        How one predicts without a model, where that is a rule of its own ("by repeating the past"); empty for one
        prediction for all rows.
    explained : bool
        Whether columns are shuffled and varied to see what predictions rest on; a step of a series is no such column.
    lone_target : bool
        Whether a table may hold the target and nothing besides.
    """

    error_name: str
    error_metric: str
    loss_name: str
    strata_name: str
    pictures: frozenset[Picture]
    bound: Bound
    outputs_name: str = ""
    tempered: bool = False
    thresholded: bool = False
    rescaled: bool = False
    sliced: bool = True
    marked: bool = False
    ordered: bool = False
    looked_up: bool = False
    examined_weaknesses: frozenset[Cause] = frozenset()
    treatments: frozenset[TreatmentKind] = frozenset()
    baseline: str = ""
    explained: bool = True
    lone_target: bool = False
