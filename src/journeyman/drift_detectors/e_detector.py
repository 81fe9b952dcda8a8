"""An e-detector: bets against "the mean is no more than a bar", begun anew at each look, looked at for ever.

At each look a bettor starts with 1 and stakes a share of it on every value: value x multiplies the stake by
``1 + bet * (x - bar)``. While the mean of each value, whatever came before, is no more than the bar, no bettor grows in
the mean, so the sum of all bettors minus the number of looks does not either; hence it reaches ``1 / rate`` after
``1 / rate`` looks or more, in the mean (Shin, Ramdas and Rinaldo 2022, arXiv:2203.03532, Shiryaev-Roberts form).
How much to stake is not known, so there are bettors for several shares and their mean counts (Waudby-Smith and
Ramdas 2020, arXiv:2010.09686). All of it is one array a share, whatever the length of the stream.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

__all__ = ["LOOKS", "Evidence", "advance", "bettors", "evidence"]

FloatArray = NDArray[np.float64]
LOOKS = 10_000
"""A false alarm comes once in so many looks or more seldom, in the mean."""
_SHARES = np.geomspace(0.004, 0.9, 14)  # of the largest bet that can never lose all
_LIMIT = float(np.log(LOOKS))
_CEILING = _LIMIT + float(np.log(20.0))
"""What bettors own is cut off here: that only makes alarms rarer, and lets one end soon after its cause has."""


@dataclass(frozen=True)
class Evidence:
    """What the bettors own by now.

    Attributes
    ----------
    log_value : float
        Natural logarithm of their mean.
    alarm : bool
        Whether that is beyond what chance reaches in ``LOOKS`` looks.
    since : float
        When the bettors who own most began, in the unit of ``moment``.
    mean, count : float
        Mean of the values since then, and their number.
    """

    log_value: float
    alarm: bool
    since: float
    mean: float
    count: float


def bettors() -> Mapping[str, FloatArray]:
    """Return bettors who have seen nothing."""
    zeros = np.zeros(len(_SHARES))
    return {
        "wealth": np.full(len(_SHARES), -np.inf),
        "lead": zeros.copy(),
        "since": zeros.copy(),
        "total": zeros.copy(),
        "count": zeros.copy(),
    }


def advance(
    memory: Mapping[str, FloatArray], values: FloatArray, bar: float, moment: float
) -> Mapping[str, FloatArray]:
    """Return the bettors after one look.

    Parameters
    ----------
    values : ndarray of shape (n_values,)
        From 0 to 1, in the order in which they came; none changes nothing.
    bar : float
        What their mean is bet to exceed, above 0 and below 1; decided before the values were seen.
    moment : float
        When the look's values began.

    Examples
    --------
    >>> calm = advance(bettors(), np.full(100, 0.2), 0.25, 0.0)
    >>> evidence(calm).alarm, evidence(advance(calm, np.full(100, 0.6), 0.25, 1.0))
    (False, Evidence(log_value=..., alarm=True, since=1.0, mean=0.6, count=100.0))
    """
    if not len(values):
        return memory
    bets = _SHARES / bar
    gain = np.log1p(bets[:, None] * (values - bar)[None, :]).sum(axis=1)
    anew = memory["lead"] <= 0
    return {
        "wealth": np.minimum(np.logaddexp(memory["wealth"], 0.0) + gain, _CEILING),
        "lead": np.minimum(np.maximum(memory["lead"], 0.0) + gain, _CEILING),
        "since": np.where(anew, moment, memory["since"]),
        "total": np.where(anew, 0.0, memory["total"]) + float(values.sum()),
        "count": np.where(anew, 0.0, memory["count"]) + len(values),
    }


def evidence(memory: Mapping[str, FloatArray]) -> Evidence:
    """Return what the bettors tell."""
    wealth = memory["wealth"]
    log_value = float(np.logaddexp.reduce(wealth) - np.log(len(wealth)))
    best = int(np.argmax(memory["lead"]))
    count = float(memory["count"][best])
    mean = float(memory["total"][best]) / count if count else 0.0
    return Evidence(log_value, log_value >= _LIMIT, float(memory["since"][best]), mean, count)
