"""What people are told of a metric, and what models minimise for it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

__all__ = ["ANOMALY_LOSS", "FORECAST_LOSS", "GROUPS_LOSS", "RANKING_LOSS", "SURVIVAL_LOSS", "Loss", "MetricWords"]

ANOMALY_LOSS = "anomaly"
"""Of tasks without labels: what is learned comes from rows of label 0 alone, those of label 1 were planted."""
FORECAST_LOSS = "forecast"
"""Of steps of series: quantiles, and the scale of each series' errors (see journeyman.algorithms.forecasting)."""
GROUPS_LOSS = "groups"
"""Of tasks whose groups are found: codes of rows name groups and teach nothing else."""


SURVIVAL_LOSS = "survival"
"""Of times that are known to their end or only to have been longer: labels are times, those only longer below zero."""

RANKING_LOSS = "ranking"
"""Of rows that are sorted within a query: the whole part of a label is the relevance, the fraction names the query."""


class Loss(StrEnum):
    """What a model minimises while it learns."""

    LOG = "log"
    ORDERED = "ordered log"
    """The log loss of classes that have an order: whatever learns classes learns them, and some learn the order."""
    SQUARED = "squared"
    ABSOLUTE = "absolute"
    RELATIVE = "relative"
    """Absolute errors as shares of the true values."""


@dataclass(frozen=True)
class MetricWords:
    """A metric in words.

    Attributes
    ----------
    label : str
        Heading in tables ("ROC AUC").
    meaning : str
        What its value says, in half a sentence.
    phrase : str
        The name inside a sentence ("area under the ROC curve"); the label where it is empty.
    percent, in_unit : bool
        Whether it reads best as a percentage or in the unit of the target.
    """

    label: str
    meaning: str
    phrase: str = ""
    percent: bool = False
    in_unit: bool = False
