"""An evaluation: every score with an interval, beside the baseline's, and where and why the model errs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from journeyman.entities.anomaly import MarksGain
from journeyman.entities.card import html_card
from journeyman.entities.metric import MetricWords
from journeyman.entities.outlook import Outlook

__all__ = [
    "Curve",
    "Dependence",
    "Evaluation",
    "Example",
    "ExampleRow",
    "Explanation",
    "FlaggedRows",
    "Importance",
    "IntervalCheck",
    "Score",
    "Slice",
    "ThresholdCounts",
]


@dataclass(frozen=True)
class Score:
    """A metric's value with its interval, and the baseline's beside it.

    Attributes
    ----------
    metric : str
        Name of the metric.
    value, low, high : float
        Estimate and 95 % interval (bootstrap over rows; over groups, records or moments where rows depend on each
        other). Where the same rows chose the model, that of 99 %.
    baseline, baseline_low, baseline_high : float
        The same for the trivial model on the same rows.
    gain_low, gain_high : float
        The same interval of the paired gain over the baseline; positive is better whatever the metric's direction.
    greater_is_better : bool
        Direction of the metric.
    optimum : float or None
        Its value where predictions have no fault; None in reports of versions that did not store it.
    words : MetricWords or None
        The metric for people; None in such reports.
    rule : str
        What the trivial model is, where it is a rule of its own ("by repeating the past"); empty for one prediction for
        all rows.
    """

    metric: str
    value: float
    low: float
    high: float
    baseline: float
    baseline_low: float
    baseline_high: float
    gain_low: float
    gain_high: float
    greater_is_better: bool
    optimum: float | None = None
    words: MetricWords | None = None
    rule: str = ""

    @property
    def beside(self) -> str:
        """How the trivial model predicts."""
        return self.rule or "without a model"

    @property
    def best(self) -> float:
        """The score of predictions without a fault."""
        return float(self.greater_is_better) if self.optimum is None else self.optimum

    @property
    def phrase(self) -> str:
        """The metric's name inside a sentence."""
        return self.metric if self.words is None else self.words.phrase or self.words.label


@dataclass(frozen=True)
class Curve:
    """A line to draw: ``x`` and ``y`` of one length, with names for the axes and the line."""

    name: str
    x_label: str
    y_label: str
    x: tuple[float, ...]
    y: tuple[float, ...]
    weight: tuple[float, ...] = ()


@dataclass(frozen=True)
class Slice:
    """A part of the rows on which the model does worse.

    Attributes
    ----------
    description : str
        "age < 25 and city = Paris".
    columns : tuple of str
        Columns of the condition.
    rows : int
        Rows that confirmed it (they did not find it).
    value, overall : float
        Mean loss there and overall, on the confirming rows.
    low, high : float
        95 % interval of ``value``.
    p_value : float
        That the slice is no worse than the rest, corrected for the number of slices confirmed.
    baseline : float or None
        Mean loss of the trivial model there.
    """

    description: str
    columns: tuple[str, ...]
    rows: int
    value: float
    overall: float
    low: float
    high: float
    p_value: float
    baseline: float | None = None


@dataclass(frozen=True)
class Importance:
    """How much the score falls when a column is shuffled: mean over repeats and its standard deviation.

    ``note`` says what the figure may hide ("moves together with 'rooms'").
    """

    column: str
    mean: float
    std: float
    note: str = ""


@dataclass(frozen=True)
class Dependence:
    """Partial dependence of the answer on one column.

    Attributes
    ----------
    column : str
        The column.
    labels : tuple of str
        Values as text, for categories; empty for numbers.
    x : tuple of float
        Values (codes for categories).
    y : tuple of float
        Mean answer: probability of the positive class, or value (multiclass: probability of ``output``).
    output : str
        Which answer.
    """

    column: str
    labels: tuple[str, ...]
    x: tuple[float, ...]
    y: tuple[float, ...]
    output: str


@dataclass(frozen=True)
class IntervalCheck:
    """How often prediction intervals, or sets of labels, held the truth of rows that taught nothing.

    Attributes
    ----------
    coverage : float
        Share that they promise.
    held : float
        Share that they held.
    rows : int
        Of so many rows.
    low, high : float
        95 % interval of ``held``.
    """

    coverage: float
    held: float
    rows: int
    low: float
    high: float


@dataclass(frozen=True)
class ThresholdCounts:
    """What a two-class model would do at each threshold, on the examined rows.

    Attributes
    ----------
    thresholds : tuple of float
        Ascending, 0 and 1 among them; a row is called positive from the threshold on.
    true_positives, false_positives : tuple of int
        One a threshold.
    positives, negatives : int
        Examined rows of either class.
    """

    thresholds: tuple[float, ...]
    true_positives: tuple[int, ...]
    false_positives: tuple[int, ...]
    positives: int
    negatives: int


@dataclass(frozen=True)
class ExampleRow:
    """An examined row that stands for others.

    Attributes
    ----------
    kind : str
        "best", "typical" or "worst", by its error; "strangest" where there are no errors.
    position : int
        In the table.
    truth : float
        Class code or value.
    predictions : tuple of float
        Probabilities, or one value.
    """

    kind: str
    position: int
    truth: float
    predictions: tuple[float, ...]


@dataclass(frozen=True)
class Example:
    """An example row in words, with the columns that moved its prediction most.

    Attributes
    ----------
    kind : str
        As of :class:`ExampleRow`.
    truth, prediction : str
        Label or value.
    probability : float or None
        Of the predicted label.
    reasons : tuple of (str, str, float)
        Column, its value, and its contribution to that probability, or to the value; strongest first.
    position : int or None
        In the table, from 0; None in reports of older builds.
    opinions : tuple of float
        Of each detector of odd rows: the share of ordinary rows that are less odd to it.
    """

    kind: str
    truth: str
    prediction: str
    probability: float | None
    reasons: tuple[tuple[str, str, float], ...]
    position: int | None = None
    opinions: tuple[float, ...] = ()


@dataclass(frozen=True)
class FlaggedRows:
    """Rows of the table that would be flagged as odd by models that did not learn from them.

    Attributes
    ----------
    rows, flagged : int
        Rows that were scored, and those that would be flagged.
    marked_odd, marked_ordinary : int
        Rows that people had marked.
    found, false_alarms : int
        How many of either would be flagged.
    """

    rows: int
    flagged: int
    marked_odd: int = 0
    marked_ordinary: int = 0
    found: int = 0
    false_alarms: int = 0


@dataclass(frozen=True)
class Evaluation:
    """How good the model is on rows that taught it nothing.

    Attributes
    ----------
    rows : int
        Rows it was measured on.
    on_holdout : bool
        False where rows were too few for a holdout and out-of-fold predictions stood in.
    scores : tuple of Score
        The task's metric first.
    confusion : tuple of tuple of int
        Rows: truth, columns: answer, in the order of the task's labels; empty for regression.
    threshold : float or None
        Binary tasks: the positive label is given from this probability on.
    calibration, gain, roc, precision_recall : Curve or None
        Classification (binary, or the most frequent class against the rest); calibration of quantiles, too.
    calibration_error : float or None
        Expected calibration error, 10 bins of equal count.
    residuals : tuple of Curve
        Regression: predicted against actual, residual quantiles against predicted.
    prediction_bins, prediction_counts : tuples
        Histogram of the answers.
    importances : tuple of Importance
        Permutation importance, greatest first, in units of the task's metric (positive: the column helps).
    slices : tuple of Slice
        Parts of the rows where the model does worse, found out of fold and confirmed on the holdout.
    slices_tried : int
        Conditions that were looked at.
    slice_loss : str
        What the slices' loss is, in words.
    calibration_noise : float or None
        The calibration error that a perfectly calibrated model would stay below in 95 of 100 cases on as many rows.
    no_change : Score or None
        Rows in order of time: the task's metric with the best rule that repeats the past in the baseline's place.
    out_of_fold : float or None
        The task's metric on the folds of the training rows, to see whether the holdout keeps what they promised.
    no_change_rule : str
        That rule in words: "repeating the value of one year before".
    series : tuple of str
        Columns that tell several series in one table apart; empty where there is one, or time does not order the rows.
    records : int or None
        Different records among the rows, where some are copies of one another.
    interval_check : IntervalCheck or None
        Whether intervals hold what they promise; None without a holdout.
    thresholds : ThresholdCounts or None
        Binary tasks.
    example_rows : tuple of ExampleRow
        Rows that were best, typical and worst.
    own_curves : mapping of str to tuple of Curve
        What only this kind of task draws, by the name under which a section of the report looks for it.
    planted_rows : int
        Rows among them that were made up.
    flagged : FlaggedRows or None
        Where odd rows are looked for.
    """

    rows: int
    on_holdout: bool
    scores: tuple[Score, ...]
    confusion: tuple[tuple[int, ...], ...] = ()
    threshold: float | None = None
    calibration: Curve | None = None
    gain: Curve | None = None
    roc: Curve | None = None
    precision_recall: Curve | None = None
    calibration_error: float | None = None
    residuals: tuple[Curve, ...] = ()
    prediction_bins: tuple[float, ...] = ()
    prediction_counts: tuple[int, ...] = ()
    importances: tuple[Importance, ...] = ()
    slices: tuple[Slice, ...] = ()
    slices_tried: int = 0
    slice_loss: str = ""
    calibration_noise: float | None = None
    no_change: Score | None = None
    out_of_fold: float | None = None
    no_change_rule: str = ""
    series: tuple[str, ...] = ()
    records: int | None = None
    interval_check: IntervalCheck | None = None
    thresholds: ThresholdCounts | None = None
    example_rows: tuple[ExampleRow, ...] = ()
    planted_rows: int = 0
    own_curves: Mapping[str, tuple[Curve, ...]] = field(default_factory=dict)
    flagged: FlaggedRows | None = None

    @property
    def real_rows(self) -> int:
        """Examined rows that were not made up."""
        return self.rows - self.planted_rows

    @property
    def main(self) -> Score:
        """The score of the task's own metric."""
        return self.scores[0]

    def __repr__(self) -> str:
        """Return one line: the main score with its interval, beside the baseline's."""
        main = self.main
        figures = f"{main.metric} {main.value:.4g} ({main.low:.4g} to {main.high:.4g}), baseline {main.baseline:.4g}"
        return f"<Evaluation {figures}, {self.rows:,} rows>"

    def _repr_html_(self) -> str | None:
        """Return the card that a notebook shows."""
        return html_card(self)


@dataclass(frozen=True)
class Explanation:
    """Why the model answers as it does.

    Attributes
    ----------
    dependences : tuple of Dependence
        How its answer moves with each of the top columns.
    outlook : Outlook or None
        Forecasts beside what came, and those of the steps to come; None for other kinds of task.
    marks : MarksGain or None
        What marks of odd rows were worth to the released model; None without any.
    """

    dependences: tuple[Dependence, ...]
    outlook: Outlook | None = None
    marks: MarksGain | None = None
