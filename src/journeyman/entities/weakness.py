"""A weakness: where an ensemble fails and why; a treatment: what is tried against it; an attempt: what came of it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

__all__ = ["Attempt", "Cause", "Condition", "Place", "Treatment", "TreatmentKind", "Weakness"]


class Cause(StrEnum):
    """Why an ensemble fails somewhere, as far as out-of-fold predictions can tell."""

    MISSING_INFORMATION = "missing information"
    LABEL_NOISE = "label noise"
    TOO_FEW_ROWS = "too few rows"
    OTHER_RELATION = "another relation"
    WRONG_SCALE = "wrong scale"
    DRIFT = "drift"
    IMBALANCE = "imbalance"


class TreatmentKind(StrEnum):
    """What is done to the rows that a candidate learns from; the words are part of its name."""

    BALANCED = "classes weigh alike"
    CORRECTED = "weak slice corrected"
    QUIETED = "noisy slice weighs less"
    DOUBT = "doubtful rows weigh less"
    FADING = "older rows fade"
    FADING_FAST = "older rows fade fast"


_FITS = {TreatmentKind.CORRECTED: 4, TreatmentKind.DOUBT: 4}


@dataclass(frozen=True)
class Condition:
    """Values of one column, from ``low`` to below ``high``, or the missing ones; a category is its code.

    Examples
    --------
    >>> Condition("age", low=18.0, high=30.0).holds(np.array([17.0, 18.0, 30.0, np.nan]))
    array([False,  True, False, False])
    """

    column: str
    low: float = -np.inf
    high: float = np.inf
    missing: bool = False

    def holds(self, values: NDArray[np.float64]) -> NDArray[np.bool_]:
        """Return where it holds, shape (n_samples,), among the column's values; NaN is missing."""
        if self.missing:
            return np.isnan(values)
        return (values >= self.low) & (values < self.high)


@dataclass(frozen=True)
class Place:
    """A subset of the rows, by a condition on columns.

    Attributes
    ----------
    text : str
        As people read it ("clinic = Harbour").
    condition : Condition or None
        That the rows meet.
    label : int or None
        Code of the class that they have.
    """

    text: str
    condition: Condition | None = None
    label: int | None = None


@dataclass(frozen=True)
class Weakness:
    """Where an ensemble fails out of fold, and why.

    Attributes
    ----------
    place : Place
        Where.
    rows : int
        Validated rows there.
    loss, others : float
        Mean loss there and elsewhere: log loss, or absolute error.
    share : float
        Of the whole loss that lies there beyond what lies elsewhere on as many rows, or that could be told after all;
        the gravest has the most.
    p_value : float
        That there is nothing, corrected for the number of places looked at.
    cause : Cause
        Why.
    evidence : str
        What the cause is judged by, in words.
    """

    place: Place
    rows: int
    loss: float
    others: float
    share: float
    p_value: float
    cause: Cause
    evidence: str


@dataclass(frozen=True)
class Treatment:
    """What a candidate does about a weakness, to the rows that it learns from and to no others.

    Attributes
    ----------
    kind : TreatmentKind
        What.
    condition : Condition or None
        The slice that is corrected, weighs less or whose labels are doubted; None for all rows.
    weight : float
        That each row of a noisy slice has beside 1 of the others.
    """

    kind: TreatmentKind
    condition: Condition | None = None
    weight: float = 1.0

    @property
    def fits(self) -> int:
        """How many fits a fit with it takes."""
        return _FITS.get(self.kind, 1)


@dataclass(frozen=True)
class Attempt:
    """What was to be tried against a weakness, and what was measured.

    Attributes
    ----------
    weakness : int
        Position of the weakness among those found.
    candidate, name : str
        Key and name of the candidate against it.
    tried : bool
        False where the search ended before its turn came.
    accepted : bool
        Whether the ensemble took it and gained beyond noise out of fold.
    gain : float
        Relative gain of the ensemble's loss over all validated rows; 0 where it did not take the candidate.
    inside : float
        The same on the rows of the weakness alone.
    """

    weakness: int
    candidate: str
    name: str
    tried: bool = False
    accepted: bool = False
    gain: float = 0.0
    inside: float = 0.0
