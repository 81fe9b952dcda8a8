"""Use cases: columns that could be predicted, what a quick look shows of each, and what is expected of a build."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

__all__ = [
    "AssessRequest",
    "Assessment",
    "BuildOutcome",
    "CurvePoint",
    "GroupRates",
    "Objection",
    "Probe",
    "RefusedTarget",
    "SuccessEstimate",
    "Suggestion",
    "UseCase",
]


@dataclass(frozen=True)
class CurvePoint:
    """What quick models gain when they learn from so many rows.

    Attributes
    ----------
    rows : int
        That were learned from.
    gain : float
        Share of the baseline's loss that is saved on rows of other folds.
    """

    rows: int
    gain: float


@dataclass(frozen=True)
class GroupRates:
    """How often a quick model selects rows of two groups, were as many selected as there are positive ones.

    Attributes
    ----------
    column : str
        Which tells the groups apart.
    least, most : str
        The groups that are selected least and most.
    least_rate, most_rate : float
        Share of their rows that are.
    least_truth, most_truth : float
        Share of their rows that are positive (of numbers: that lie above the same limit).
    """

    column: str
    least: str
    least_rate: float
    most: str
    most_rate: float
    least_truth: float
    most_truth: float


@dataclass(frozen=True)
class Probe:
    """What quick models show of a target, on rows that did not teach them.

    Attributes
    ----------
    method : str
        Which of the quick models was the best.
    gain : float
        Share of the baseline's loss that it saves; below 0 where it is worse.
    error : float
        Standard error of ``gain``, the larger one of two: over folds (Nadeau & Bengio 2003), and over clusters of rows.
    worst_fold : float
        The least gain of a fold.
    linear, trees : float
        The gains of the best linear model and of the best trees.
    rows : int
        Labelled rows that a build may learn from.
    looked_at : int
        Rows that were looked at.
    clusters : int
        Independent ones among those: copies and rows of one group count once.
    features : int
        Columns that models may use.
    texts : float
        Share of them that hold texts.
    classes : int
        0 for numbers.
    rarest : int
        Rows of the rarest class; of numbers, how many rows carry the variance (the square of the sum of squared
        deviations over the sum of their squares).
    ordered : bool
        Whether rows were divided by time.
    fit_rows : int
        That the models of a fold learned from.
    curve : tuple of CurvePoint
        Gains by the number of rows, ascending; empty where rows are too few.
    score, base_score : float
        By the metric of the task, out of fold, with the best quick model and with the baseline.
    importances : mapping of str to float
        By column, the share of the baseline's loss that is lost when its values are shuffled; the largest first.
    doubted : float
        Share of rows whose label other rows contradict.
    doubted_loss : float
        The share of the loss that is left which these rows carry.
    trend : float
        Share of the target's variance that lies between ten parts of the rows in their order; by chance
        nine over the number of rows.
    groups : tuple of GroupRates
        How groups of people would be treated, for columns whose names say that they tell them apart.
    """

    method: str
    gain: float
    error: float
    worst_fold: float
    linear: float
    trees: float
    rows: int
    looked_at: int
    clusters: int
    features: int
    texts: float
    classes: int
    rarest: int
    ordered: bool
    fit_rows: int
    curve: tuple[CurvePoint, ...]
    score: float
    base_score: float
    importances: Mapping[str, float] = field(default_factory=dict)
    doubted: float = 0.0
    doubted_loss: float = 0.0
    trend: float = 0.0
    groups: tuple[GroupRates, ...] = ()


@dataclass(frozen=True)
class SuccessEstimate:
    """What is expected of a full build.

    Attributes
    ----------
    probability : float or None
        That it beats its baseline by the margin on rows kept apart; None where the case is unlike all that is known.
    gain, low, high : float
        Expected share of the baseline's loss that it saves, and an interval that holds nine times in ten.
    unlike : str
        Why there is no probability, as half a sentence; empty where there is one.
    """

    probability: float | None
    gain: float
    low: float
    high: float
    unlike: str = ""


@dataclass(frozen=True)
class Suggestion:
    """What would raise the probability.

    Attributes
    ----------
    kind : str
        "rows", "labels", "column" or "join".
    message : str
        A sentence.
    gain : float or None
        Share of the baseline's loss that it may save further; None where that cannot be told.
    """

    kind: str
    message: str
    gain: float | None = None


@dataclass(frozen=True)
class Objection:
    """What speaks against a use case: a word for programs, and a sentence."""

    kind: str
    message: str


@dataclass(frozen=True)
class UseCase:
    """A column that could be predicted, and what is expected of a build.

    Attributes
    ----------
    table, target : str
        Where, and which column.
    task, metric : str
        Kind of task, and what a build would choose models by.
    estimate : SuccessEstimate
        Without columns that give the target away.
    margin : float
        Share of the baseline's loss that has to be saved.
    base_score : float
        By the metric, without a model; NaN where rows are too few.
    expected_score, low_score, high_score : float
        By the metric; the interval holds nine times in ten, and its ends are in order of size.
    with_leaks : float or None
        The probability with the columns that give the target away; None where there are none.
    leaks : tuple of str
        Those columns.
    raises : tuple of Suggestion
        By falling gain.
    against : tuple of Objection
        The gravest first.
    probe : Probe or None
        What was seen; None where rows are too few.
    seconds : float
        That were spent on it.
    build_seconds : float
        That a build may take at most, by the size of the table.
    looks : int
        How often it was looked at: a second time where the first left it open.
    unmoved : float or None
        The probability before the user's own builds moved it.
    number : str
        Names the table by its columns and the target, as experience does; empty where the names only count columns.
    """

    table: str
    target: str
    task: str
    metric: str
    estimate: SuccessEstimate
    margin: float
    base_score: float
    expected_score: float
    low_score: float
    high_score: float
    with_leaks: float | None = None
    leaks: tuple[str, ...] = ()
    raises: tuple[Suggestion, ...] = ()
    against: tuple[Objection, ...] = ()
    probe: Probe | None = None
    seconds: float = 0.0
    build_seconds: float = 0.0
    looks: int = 1
    unmoved: float | None = None
    number: str = ""


@dataclass(frozen=True)
class RefusedTarget:
    """A column that is no use case, and why, as half a sentence that begins with "it"."""

    table: str
    target: str
    reason: str


@dataclass(frozen=True)
class BuildOutcome:
    """What was expected of a use case that was built afterwards, and whether the build beat its baseline so."""

    probability: float
    succeeded: bool


@dataclass(frozen=True)
class AssessRequest:
    """What is asked.

    Attributes
    ----------
    source : str
        A table, a folder of tables or a database.
    targets : tuple of str
        The columns to look at, as they are called or as TABLE.COLUMN; empty for all.
    budget : float or None
        Seconds for all cases together; None for as long as two looks at each take.
    margin : float
        Share of the baseline's loss that has to be saved, 0..1.
    seed : int
        Of samples, folds and models.
    """

    source: str
    targets: tuple[str, ...] = ()
    budget: float | None = 120.0
    margin: float = 0.1
    seed: int = 0


@dataclass(frozen=True)
class Assessment:
    """Use cases by falling probability, columns that are none, and what else there is to be said.

    Attributes
    ----------
    request : AssessRequest
        What was asked.
    cases : tuple of UseCase
        The most promising first; those without a probability last.
    refused : tuple of RefusedTarget
        Columns that are no use cases.
    notes : tuple of str
        A sentence each.
    shift : float
        By how much the outcomes of the user's own builds moved the logit of every probability.
    outcomes : int
        How many of those there are.
    seconds : float
        Of all.
    """

    request: AssessRequest
    cases: tuple[UseCase, ...]
    refused: tuple[RefusedTarget, ...] = ()
    notes: tuple[str, ...] = ()
    shift: float = 0.0
    outcomes: int = 0
    seconds: float = 0.0
