"""Look back: how good the judgement has been, from what was stated before each trial and what came of it."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from journeyman.entities.candidate import SIMPLE
from journeyman.entities.expectation_review import AlgorithmRecord, ExpectationReview, Regret, StatedAndCame
from journeyman.entities.experience import Experience

__all__ = ["review_expectations"]

_BINS = 10
_PICKS = 5
_JOBS_A_ROW = 10


def review_expectations(past: Sequence[Experience]) -> ExpectationReview:
    """Compare stated probabilities with outcomes: calibration, Brier score, regret.

    Parameters
    ----------
    past : sequence of Experience
        The oldest first. The simple models are not judged: every search begins with them, whatever is expected.

    Returns
    -------
    ExpectationReview
        With NaN for figures of no trials.

    References
    ----------
    Brier 1950, "Verification of forecasts expressed in terms of probability"; the calibration error is that of
    Naeini et al. 2015, in ten bins of equal width.
    """
    rows = [row for row in past if row.algorithm not in SIMPLE]
    stated = np.array([row.expectation.probability for row in rows])
    came = np.array([row.succeeded for row in rows], dtype=np.float64)
    bins = _calibration(stated, came)
    share = came.mean() if rows else np.nan
    jobs: dict[str, list[Experience]] = {}
    for row in rows:
        jobs.setdefault(row.job, []).append(row)
    return ExpectationReview(
        jobs=len(jobs),
        trials=len(rows),
        brier=float(np.mean((stated - came) ** 2)) if rows else float("nan"),
        brier_of_mean=float(share * (1.0 - share)),
        calibration_error=sum(b.trials * abs(b.stated - b.came) for b in bins) / len(rows) if rows else float("nan"),
        calibration=bins,
        picks=_PICKS,
        regrets=_regrets(list(jobs.values())),
        algorithms=_records(rows),
        seconds_off=_seconds_off(rows),
    )


def _calibration(stated: NDArray[np.float64], came: NDArray[np.float64]) -> tuple[StatedAndCame, ...]:
    number = np.minimum((stated * _BINS).astype(np.int64), _BINS - 1)
    return tuple(
        StatedAndCame(
            k / _BINS,
            (k + 1) / _BINS,
            int((number == k).sum()),
            float(stated[number == k].mean()),
            float(came[number == k].mean()),
        )
        for k in range(_BINS)
        if (number == k).any()
    )


def _regrets(jobs: Sequence[Sequence[Experience]]) -> tuple[Regret, ...]:
    regrets = []
    for start in range(0, len(jobs), _JOBS_A_ROW):
        some = [_regret(job) for job in jobs[start : start + _JOBS_A_ROW] if len(job) > _PICKS]
        if some:
            regrets.append(Regret(start + 1, min(start + _JOBS_A_ROW, len(jobs)), float(np.mean(some))))
    return tuple(regrets)


def _regret(job: Sequence[Experience]) -> float:
    """Return the share of the loss after the first picks that the later ones still took off."""
    left = 1.0
    for row in job[_PICKS:]:
        left *= 1.0 - min(max(row.gain, 0.0), 1.0)
    return 1.0 - left


def _seconds_off(rows: Sequence[Experience]) -> float:
    """Return the median factor, of 1 or more, between the seconds that trials took and those that were expected."""
    ended = [row for row in rows if row.solo is not None and row.seconds > 0.0 and row.expectation.seconds > 0.0]
    off = [abs(math.log(row.seconds / row.expectation.seconds)) for row in ended]
    return math.exp(float(np.median(off))) if off else math.nan


def _records(rows: Sequence[Experience]) -> tuple[AlgorithmRecord, ...]:
    by_name: dict[str, list[Experience]] = {}
    for row in rows:
        by_name.setdefault(row.algorithm, []).append(row)
    records = [_record(name, some) for name, some in by_name.items()]
    return tuple(sorted(records, key=lambda r: (-r.trials, r.algorithm)))


def _record(name: str, rows: Sequence[Experience]) -> AlgorithmRecord:
    gains = [row.gain for row in rows if row.succeeded]
    return AlgorithmRecord(
        algorithm=name,
        trials=len(rows),
        stated=float(np.mean([row.expectation.probability for row in rows])),
        came=float(np.mean([row.succeeded for row in rows])),
        gain=float(np.median(gains)) if gains else 0.0,
        seconds=float(np.median([row.seconds for row in rows])),
    )
