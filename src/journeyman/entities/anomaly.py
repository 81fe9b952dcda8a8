"""What is known of a row where odd rows are looked for, as a number: even ones are ordinary, odd ones are odd."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

__all__ = ["MARKED_ODD", "MARKED_ORDINARY", "PLANTED", "UNMARKED", "are_odd"]

UNMARKED: Final = 0.0
"""A row of the table of which nothing is known."""
PLANTED: Final = 1.0
"""Made up to examine a model; it teaches nothing."""
MARKED_ORDINARY: Final = 2.0
MARKED_ODD: Final = 3.0


def are_odd(y: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return 1 for rows that are known or planted to be odd, 0 for others, NaN where nothing was said.

    Examples
    --------
    >>> are_odd(np.array([0.0, 1.0, 2.0, 3.0, np.nan]))
    array([ 0.,  1.,  0.,  1., nan])
    """
    return np.asarray(np.mod(y, 2.0))
