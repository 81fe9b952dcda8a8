"""Leave out: what an ensemble scores without some of its members, for whoever cannot take them all along."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from journeyman.entities.trial import Member, SmallerEnsemble, Trial
from journeyman.interfaces import Metric
from journeyman.metrics.weighted import score_rows

__all__ = ["smaller_ensembles"]

FloatArray = NDArray[np.float64]
_MOST_ROWS = 20_000


def smaller_ensembles(
    metric: Metric,
    members: Sequence[Member],
    trials: Sequence[Trial],
    y: FloatArray,
    row_weights: FloatArray | None = None,
) -> tuple[SmallerEnsemble, ...]:
    """Return the out-of-fold scores of all subsets of an ensemble's members, the whole one among them.

    Scores are of 20,000 evenly spaced rows where there are more, the whole's as well, so that they compare. Empty for
    one member, and where a member's out-of-fold predictions are not there.

    Parameters
    ----------
    members : sequence of Member
        At most a handful: there are two to their number of subsets.
    y, row_weights : ndarray of shape (n_validated,), the latter or None
        Labels of the validated rows, and how much each counts.

    Examples
    --------
    >>> from journeyman.entities.candidate import Candidate
    >>> from journeyman.entities.trial import TrialStatus
    >>> from journeyman.metrics import METRICS
    >>> a, b = Candidate("linear"), Candidate("forest")
    >>> tried = [Trial(c, TrialStatus.DONE, predictions=np.array([[v], [v]])) for c, v in ((a, 1.0), (b, 3.0))]
    >>> found = smaller_ensembles(METRICS["mae"], [Member(a, 0.5), Member(b, 0.5)], tried, np.zeros(2))
    >>> [(one.kept, one.score) for one in found]
    [((0,), 1.0), ((1,), 3.0), ((0, 1), 2.0)]
    """
    known = [next((t.predictions for t in trials if t.candidate == m.candidate), None) for m in members]
    told = [one for one in known if one is not None]
    if len(members) < 2 or len(told) < len(members):
        return ()
    rows = np.linspace(0, len(y) - 1, min(len(y), _MOST_ROWS)).astype(np.int64)
    counting = None if row_weights is None else row_weights[rows]
    predictions = [one[rows] for one in told]
    weights = [member.weight for member in members]
    found = []
    for size in range(1, len(members) + 1):
        for kept in combinations(range(len(members)), size):
            total = sum(weights[i] for i in kept)
            mean = np.asarray(sum(weights[i] / total * predictions[i] for i in kept))
            found.append(SmallerEnsemble(kept, score_rows(metric, y[rows], mean, counting)))
    return tuple(found)
