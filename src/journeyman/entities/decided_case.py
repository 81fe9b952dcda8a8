"""What comes of a business case: GO, PILOT or NO-GO, the value with its interval, and what the answer hangs on."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

from journeyman.entities.business_case import BusinessCase

__all__ = [
    "CaseVerdict",
    "CurvePoint",
    "DecidedCase",
    "GroupGap",
    "GroupRates",
    "PilotPlan",
    "Policy",
    "Question",
    "Rival",
    "Sensitivity",
    "Uplift",
    "ValueEstimate",
]


class CaseVerdict(StrEnum):
    """Whether a model may be acted on."""

    GO = "GO"
    PILOT = "PILOT"
    NO_GO = "NO-GO"


@dataclass(frozen=True)
class ValueEstimate:
    """A mean value with its interval.

    Attributes
    ----------
    mean, low, high : float
        Estimate, and the ends of a 90% interval.
    probability : float
        That it is above nought; at least .95 exactly where the interval is.
    """

    mean: float
    low: float
    high: float
    probability: float

    def scaled(self, factor: float) -> ValueEstimate:
        """Return it in another unit; ``factor`` is positive.

        Examples
        --------
        >>> ValueEstimate(1.0, -1.0, 3.0, 0.8).scaled(10.0).high
        30.0
        """
        return ValueEstimate(self.mean * factor, self.low * factor, self.high * factor, self.probability)


@dataclass(frozen=True)
class Policy:
    """Which cases are acted on.

    Attributes
    ----------
    scale, shifts
        Correction of predictions, as of :class:`Recalibration`.
    cut : float
        A case is acted on where its expected gain (for each unit of price, under a limit) is above it.
    share : float
        Share of the cases that are acted on.
    threshold : float or None
        The same as a probability of the positive class, or as a predicted value, where every case has the same worths.
    above : bool
        Whether cases above the threshold are acted on, not those below it.
    limit : str
        "capacity", "budget" or "": what binds.
    words : str
        In a sentence.
    ratios : tuple of float
        What the odds of each class are multiplied by before, for a stated prevalence; empty where none is.
    """

    scale: float
    shifts: tuple[float, ...]
    cut: float
    share: float
    threshold: float | None
    above: bool
    limit: str
    words: str
    ratios: tuple[float, ...] = ()


@dataclass(frozen=True)
class Rival:
    """A rule without a model, and what the policy is worth over it, a case."""

    name: str
    over: ValueEstimate


@dataclass(frozen=True)
class Sensitivity:
    """What the value becomes where one thing is otherwise.

    Attributes
    ----------
    what : str
        Such as "worth of act, yes".
    low_at, high_at : str
        The values that were tried, in words.
    low, high : float
        Value over the status quo at them, while the model is used; the policy follows.
    """

    what: str
    low_at: str
    high_at: str
    low: float
    high: float


@dataclass(frozen=True)
class CurvePoint:
    """Value a case over the status quo where the given share of cases with the greatest expected gain is acted on."""

    share: float
    value: float
    low: float
    high: float


@dataclass(frozen=True)
class GroupRates:
    """One group of a protected column.

    Attributes
    ----------
    name : str
        Its value.
    rows : int
        Held-out rows.
    selected : float
        Share that is acted on.
    false_alarms, missed : float or None
        Share acted on of those for whom acting did not pay, and share left alone of those for whom it would have.
    value : float
        Value a case over the status quo.
    """

    name: str
    rows: int
    selected: float
    false_alarms: float | None
    missed: float | None
    value: float


@dataclass(frozen=True)
class GroupGap:
    """Groups of a protected column beside one another.

    Attributes
    ----------
    column : str
        The column.
    groups : tuple of GroupRates
        The largest first.
    ratio : float
        Least selection rate over the greatest.
    p_value : float
        That selection rates differ by chance alone.
    cost_of_rates, cost_of_missed : float or None
        Value a case lost where every group gets a cut of its own, so that selection rates, or shares missed, are alike,
        instead of one cut for all; None where groups are too small to tell.
    """

    column: str
    groups: tuple[GroupRates, ...]
    ratio: float
    p_value: float
    cost_of_rates: float | None
    cost_of_missed: float | None


@dataclass(frozen=True)
class Question:
    """What the data cannot tell; ``must`` where GO waits for an answer, which ``answer`` holds."""

    name: str
    text: str
    must: bool = False
    answer: str = ""

    @property
    def is_open(self) -> bool:
        """Whether GO waits for it."""
        return self.must and not self.answer


@dataclass(frozen=True)
class PilotPlan:
    """A pilot: cases where policy and status quo differ, each by a fair coin.

    Attributes
    ----------
    cases : int
        Most cases in it; it ends earlier where the rule says so.
    expected : float
        Mean number of cases until it ends, where the value is what the held-out rows say.
    fixed_size : int
        Cases that a test of fixed size with the same errors would take.
    days, expected_days : float
        The same in days.
    low, high : float
        Least and greatest worth of a case.
    hurdle : float
        What a case has to gain on average so that the model pays for itself.
    alpha : float
        Most probability of a false GO.
    power : float
        Probability of GO within the pilot, where the value is what the held-out rows say.
    seed : int
        Of the simulation that found it.
    """

    cases: int
    expected: float
    fixed_size: int
    days: float
    expected_days: float
    low: float
    high: float
    hurdle: float
    alpha: float
    power: float
    seed: int


@dataclass(frozen=True)
class Uplift:
    """What a randomised trial in the rows says of what acting does.

    Attributes
    ----------
    column : str
        Of the treatment.
    treated, others : int
        Rows.
    balance : float
        p-value of the test that the treatment does not depend on the columns.
    average : ValueEstimate
        What acting changes a case on average, over leaving it.
    ranked : ValueEstimate
        How much more acting changes cases in the upper half by estimated uplift than in the lower half.
    fifths : tuple of ValueEstimate
        By estimated uplift, the lowest first.
    """

    column: str
    treated: int
    others: int
    balance: float
    average: ValueEstimate
    ranked: ValueEstimate
    fifths: tuple[ValueEstimate, ...]


@dataclass(frozen=True)
class DecidedCase:
    """A decided business case.

    Attributes
    ----------
    name, version
        Of the model.
    created : str
        When it was decided, ISO 8601, UTC.
    case : BusinessCase
        What was asked.
    rows : int
        Held-out rows.
    rows_from : str
        Where they come from, in words.
    verdict : CaseVerdict
        The answer.
    reasons : tuple of str
        Why, the weightiest first.
    per_case : ValueEstimate
        Value of the policy over the status quo, a case, without what the model itself costs.
    total : ValueEstimate
        The same while the model is used, less what it costs.
    policy : Policy
        Which cases are acted on.
    rivals : tuple of Rival
        Rules without a model.
    perfect : float or None
        Value a case over the status quo of one who knows what comes; None where nobody could.
    price : float or None
        How much dearer an act may become until nothing is left.
    prevalence : tuple of (str, float, float or None)
        The outcome, its share, and the share at which nothing is left; empty without two classes.
    sensitivities : tuple of Sensitivity
        What moves the value most, first.
    curve : tuple of CurvePoint
        Value by the share that is acted on.
    groups : GroupGap or None
        Where a protected column is named.
    questions : tuple of Question
        What the data cannot tell.
    pilot : PilotPlan or None
        Where the verdict is PILOT.
    uplift : Uplift or None
        With treatment data.
    notes : tuple of str
        What else was noticed.
    loss_price : float or None
        Value a case lost for each unit of the model's live loss; what the loop calls the cost of a unit of loss.
    valued : int
        How many economics files these held-out rows have been valued under, this one included.
    seed : int
        Of everything random.
    """

    name: str
    version: int
    created: str
    case: BusinessCase
    rows: int
    rows_from: str
    verdict: CaseVerdict
    reasons: tuple[str, ...]
    per_case: ValueEstimate
    total: ValueEstimate
    policy: Policy
    rivals: tuple[Rival, ...]
    perfect: float | None
    price: float | None
    prevalence: tuple[tuple[str, float, float | None], ...]
    sensitivities: tuple[Sensitivity, ...]
    curve: tuple[CurvePoint, ...]
    groups: GroupGap | None
    questions: tuple[Question, ...]
    pilot: PilotPlan | None = None
    uplift: Uplift | None = None
    notes: tuple[str, ...] = field(default=())
    loss_price: float | None = None
    valued: int = 1
    seed: int = 0
