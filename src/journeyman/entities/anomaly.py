"""What is known of a row where odd rows are looked for, as a number: even ones are ordinary, odd ones are odd."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

__all__ = ["MARKED_ODD", "MARKED_ORDINARY", "PLANTED", "UNMARKED", "MarksGain", "are_odd"]

UNMARKED: Final = 0.0
"""A row of the table of which nothing is known."""
PLANTED: Final = 1.0
"""Made up to examine a model; it teaches nothing."""
MARKED_ORDINARY: Final = 2.0
MARKED_ODD: Final = 3.0


@dataclass(frozen=True)
class MarksGain:
    """What marks were worth to a model.

    Attributes
    ----------
    odd, ordinary : int
        Rows of either mark that it learned from.
    alone, taught : float or None
        Area under the ROC curve of marked rows that were left out, by detectors alone and with what marks teach; None
        where rows of either mark are too few to tell.
    used : bool
        Whether what marks teach counts in the scores.
    """

    odd: int
    ordinary: int
    alone: float | None = None
    taught: float | None = None
    used: bool = False


def are_odd(y: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return 1 for rows that are known or planted to be odd, 0 for others, NaN where nothing was said.

    Examples
    --------
    >>> are_odd(np.array([0.0, 1.0, 2.0, 3.0, np.nan]))
    array([ 0.,  1.,  0.,  1., nan])
    """
    return np.asarray(np.mod(y, 2.0))
