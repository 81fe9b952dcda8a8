"""With what probability rows that are like the learned ones show as much as a table does."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from scipy.special import gammaln

__all__ = ["excess_probability", "new_value_probability", "pair_probability"]

_CHUNK = 4096
_NEGLIGIBLE = 1e-9


def excess_probability(found: int, rows: int, learned: int, learned_rows: int) -> float:
    """Return the probability that at least ``found`` of ``rows`` rows have what ``learned`` of ``learned_rows`` had.

    If both sets of rows are exchangeable, each row that has it is as likely to be any of them: Fisher's exact test,
    one-sided. The same number holds for "beyond the r-th of the learned values", whatever the values' distribution is,
    since the ranks of exchangeable values are uniform; ties make it conservative.

    Parameters
    ----------
    found, rows : int
        Rows of the table that have it, and all of them.
    learned, learned_rows : int
        The same of the rows that were learned from.

    Returns
    -------
    float
        1 where the table has no greater share than the learned rows.

    Examples
    --------
    >>> excess_probability(1, 1, 0, 1)  # the greater of two values is as likely to be the second
    0.5
    >>> round(excess_probability(10, 100, 0, 900), 12), excess_probability(1, 10, 10, 100)
    (6.6e-11, 1.0)
    """
    if found * learned_rows <= learned * rows or rows <= 0:
        return 1.0
    total, having = rows + learned_rows, found + learned
    log_first = _log_choose(having, found) + _log_choose(total - having, rows - found) - _log_choose(total, rows)
    # Terms fall from here on, since found lies above the mean; each is the one before times a ratio.
    most, term, total_share = min(having, rows), 1.0, 0.0
    start = found
    while start <= most and term > _NEGLIGIBLE * total_share:
        k = np.arange(start, min(start + _CHUNK, most + 1), dtype=np.float64)
        ratios = (having - k) * (rows - k) / ((k + 1.0) * np.maximum(total - having - rows + k + 1.0, 1.0))
        terms = term * np.concatenate(([1.0], np.cumprod(ratios[:-1])))
        total_share += float(terms.sum())
        term = float(terms[-1] * ratios[-1])
        start += len(k)
    return min(1.0, math.exp(log_first) * total_share)


def new_value_probability(new: Sequence[int], rows: int, learned: Sequence[int], learned_rows: int) -> float:
    """Return how likely values that were never learned are as many, or as frequent, in rows like the learned ones.

    Given all values of both sets, each row is as likely to be of either set. So a value of c rows lies in the table
    alone with a probability of about (rows / all rows) ** c, and of the values of a single row a share of rows / all
    rows do: how many values are still to come is told by those that came once (Good 1953).

    Parameters
    ----------
    new : sequence of int
        How many rows of the table each value has that was never learned.
    rows : int
        Rows of the table that have a value.
    learned : sequence of int
        How many of all rows each learned value has, those of the table among them.
    learned_rows : int
        Learned rows that have a value.

    Examples
    --------
    >>> new_value_probability([1], 100, [500, 400, 1, 1, 1], 900) > 0.1
    True
    >>> new_value_probability([20], 100, [500, 400], 900) < 1e-18
    True
    """
    if not new:
        return 1.0
    everything = rows + learned_rows
    share = rows / everything
    most = max(new)
    frequent = sum(share**c for c in (*new, *learned) if c >= most)
    once, once_in_all = sum(c == 1 for c in new), sum(c == 1 for c in (*new, *learned))
    several = excess_probability(once, rows, once_in_all - once, learned_rows) if once else 1.0
    return min(1.0, 2.0 * min(frequent, several))


def pair_probability(doubled: int, rows: int, learned_rows: int) -> float:
    """Return how likely ``doubled`` pairs of equal keys all lie in the table, none having been learned.

    A pair within one of the two sets lies in the table with the share of pairs that are there.

    Examples
    --------
    >>> pair_probability(0, 100, 900), pair_probability(1, 100, 900) < 0.02
    (1.0, True)
    """
    own, other = rows * (rows - 1.0), learned_rows * (learned_rows - 1.0)
    return (own / (own + other)) ** doubled if own + other > 0 else 1.0


def _log_choose(n: int, k: int) -> float:
    return float(gammaln(n + 1.0) - gammaln(k + 1.0) - gammaln(n - k + 1.0))
