"""What is remembered of a table that was learned from before: how near each candidate came, and whether it helped."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Collection, Mapping, Sequence

import numpy as np

from journeyman.entities.experience import Experience

__all__ = ["TABLE", "remembered", "table_number"]

TABLE = "table"
"""The figure of a context that names the table: equal numbers, equal columns and target."""

_JOBS = 5  # of one table, the latest: what was so long ago may have changed
_MOST_APART = 1.0
_COUNTED = re.compile(r"[a-zA-Z]?_?\d+")
_DIGITS = 12  # of a digest in hexadecimal: a number that a float holds exactly


def table_number(columns: Collection[str], target: str, kind: str) -> float | None:
    """Return a number that names a table by its columns, the target and the kind of task, whatever its rows.

    None where the names only count the columns: arrays that have nothing in common are called alike.

    Examples
    --------
    >>> table_number(["age", "sex"], "y", "binary") == table_number(["sex", "age"], "y", "binary")
    True
    >>> table_number(["x0", "x1"], "y", "binary"), table_number(["0", "1"], "y", "binary")
    (None, None)
    """
    if all(_COUNTED.fullmatch(name) for name in columns):
        return None
    named = "\x1f".join([target, kind, *sorted(columns)])
    return float(int(hashlib.sha256(named.encode()).hexdigest()[:_DIGITS], 16))


def remembered(context: Mapping[str, float], past: Sequence[Experience]) -> dict[str, dict[str, float]]:
    """Return what the latest jobs of the same table say of each candidate, as figures of its context, by its name.

    Parameters
    ----------
    context : mapping of str to float
        The table's meta-features, with the number that names it.
    past : sequence of Experience
        Earlier jobs, the oldest first.

    Returns
    -------
    dict of str to dict of str to float
        ``met``: the logarithm of 1 + how many of these jobs tried the candidate; ``met_helped``: the share in which it
        lifted the ensemble; ``met_gap``: how far its own loss was above the best one's of its job, as a logarithm.
        A candidate that nobody tried is not among them.

    Examples
    --------
    >>> from journeyman.entities.experience import Expectation
    >>> said = Expectation("key", 0.5, 0.1, 1.0)
    >>> past = [Experience({"table": 7.0}, "a", "a (quick)", said, True, 0.1, 1.0, solo=0.5, job="monday")]
    >>> remembered({"table": 7.0}, past)["a (quick)"]["met_helped"], remembered({"table": 8.0}, past)
    (1.0, {})
    """
    number = context.get(TABLE)
    if number is None:
        return {}
    jobs: dict[str, list[Experience]] = {}
    for row in past:
        if row.context.get(TABLE) == number:
            jobs.setdefault(row.job, []).append(row)
    helped: dict[str, list[float]] = {}
    gaps: dict[str, list[float]] = {}
    for rows in list(jobs.values())[-_JOBS:]:
        best = min((row.solo for row in rows if row.solo), default=None)
        for row in rows:
            helped.setdefault(row.candidate, []).append(float(row.succeeded))
            if row.solo and best:
                gaps.setdefault(row.candidate, []).append(float(np.clip(np.log(row.solo / best), 0.0, _MOST_APART)))
    return {
        name: {
            "met": float(np.log1p(len(values))),
            "met_helped": float(np.mean(values)),
            **({"met_gap": float(np.mean(gaps[name]))} if name in gaps else {}),
        }
        for name, values in helped.items()
    }
