"""Judge predictions: a prototype's metric on rows that took no part in its making, with an interval of 95%."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from journeyman.entities.honest_split import HonestScore, PredictedRows
from journeyman.errors import InputError
from journeyman.stages.judge_predictions.weighted_metrics import WeightedMetric, is_loss, metric_name, weighted_metric

__all__ = ["judge_predictions", "metric_name"]

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]

_RESAMPLES = 1_000
_CELLS = 2_000_000  # weights at a time
_LEFT_OUT = 0.025
_ASSUMED, _CHOICES = 10, 1_000
_FEWEST_IN_TAIL = 10
_FEW_UNITS = 10
_MANY_UNITS = 5_000  # one more says nothing
_MOST_INFLUENCES = 2_000
_SHARES = frozenset(("accuracy", "balanced_accuracy", "f1", "precision", "recall", "roc_auc"))


def judge_predictions(
    metric: str, parts: Sequence[PredictedRows], seed: int = 0, candidates: Sequence[float] | None = None
) -> HonestScore:
    """Return a metric's mean over parts, with an interval of 95%.

    Parameters
    ----------
    metric : str
        As the prototype calls it: "sklearn.metrics.f1_score", "roc_auc", "score" of a model; "f1_score macro" where it
        names an average.
    parts : sequence of PredictedRows
        Those of one model are judged together, and their scores are averaged.
    seed : int
        Of the resampling.
    candidates : sequence of float, or None
        Where these rows chose the model: the scores on them of all that it was chosen from; none where nobody knows
        them, when ten are assumed. None where others chose it.

    Raises
    ------
    InputError
        Where the metric is none that is known here, or needs probabilities that are not there.

    Notes
    -----
    Percentiles of the bootstrap over clusters of rows, widened for few clusters (Hesterberg 2015, the expanded
    percentile interval). Each end also holds the same quantile of resamples to which the cluster that pulls most to
    that side was added with the weight of an exponential draw (after Gaffke 2005), and below 10 clusters Student's t:
    a rare great error may have been lucky to be seen so seldom. Where an accuracy has no spread its interval is the
    exact one of Clopper and Pearson (1934).

    A model that these rows chose has the best score partly by chance. What the best of the candidates gains by that is
    simulated and taken off: their scores, moved together by the share of their variance that chance explains (James and
    Stein 1961), with normal errors that are independent, which is too much where candidates are alike. The interval
    holds for all of them at once (Bonferroni).

    Examples
    --------
    >>> truth = np.array([0, 1] * 20)
    >>> told = PredictedRows(truth, np.r_[truth[:30], 1 - truth[30:]], np.arange(40))
    >>> score = judge_predictions("accuracy_score", [told])
    >>> score.value, 0.5 < score.low < 0.7, 0.8 < score.high < 0.95
    (0.75, True, True)
    """
    if not parts or not all(len(part.truth) for part in parts):
        raise InputError("no predictions are there to be judged", hint="give at least one part with rows")
    name = metric_name(metric, parts[0])
    judged = [_Part(weighted_metric(name, part), _codes(part.clusters)) for part in parts]
    value = float(np.mean([part.whole for part in judged]))
    units = sum(part.n_units for part in judged)
    n_rows = sum(len(part.truth) for part in parts)
    left_out = _LEFT_OUT if candidates is None else _LEFT_OUT / max(2, len(candidates) or _ASSUMED)
    low, high, error = _interval(judged, value, left_out, seed)
    exact = _without_spread(name, value, units, left_out)
    if exact is not None:
        low, high = exact
    if candidates is not None:
        value -= _optimism(candidates, error, -1.0 if is_loss(name) else 1.0, seed)
    return HonestScore(name, value, min(low, value), max(high, value), n_rows, units)


class _Part:
    """A part's metric as a function of the weights of its clusters."""

    def __init__(self, score: WeightedMetric, codes: IntArray) -> None:
        self._score, self._codes = score, codes
        self.n_rows = len(codes)
        self.n_units = int(codes.max()) + 1
        self.whole = float(self.scores(np.ones((1, self.n_units)))[0])

    def scores(self, weights: FloatArray) -> FloatArray:
        """Return the score of each row of weights, (n_resamples, n_units)."""
        return self._score(weights[:, self._codes])

    def influences(self, units: IntArray) -> FloatArray:
        """Return what the score is without each of the units."""
        step = max(1, _CELLS // len(self._codes))
        found = []
        for at in range(0, len(units), step):
            some = units[at : at + step]
            weights = np.ones((len(some), self.n_units))
            weights[np.arange(len(some)), some] = 0.0
            found.append(self.scores(weights))
        return np.concatenate(found)


def _codes(clusters: IntArray) -> IntArray:
    return np.asarray(np.unique(clusters, return_inverse=True)[1].ravel(), dtype=np.int64)


def _optimism(candidates: Sequence[float], error: float, sign: float, seed: int) -> float:
    """Return by how much the best of scores with such errors is better than it is, in the direction of ``sign``."""
    scores = np.asarray([one for one in candidates if np.isfinite(one)], dtype=np.float64)
    if len(scores) < 2:
        return 0.0
    by_chance = min(1.0, error**2 / max(float(scores.var(ddof=1)), 1e-300))
    likely = scores + by_chance * (scores.mean() - scores)
    noise = np.random.default_rng(seed).normal(scale=error, size=(_CHOICES, len(scores)))
    best = (sign * (likely + noise)).argmax(axis=1)
    return float(noise[np.arange(_CHOICES), best].mean())


def _interval(parts: Sequence[_Part], value: float, left_out: float, seed: int) -> tuple[float, float, float]:
    """Return both ends, and the standard error."""
    rng, units = np.random.default_rng(seed), sum(part.n_units for part in parts)
    drawn = [_resampled(part, rng) for part in parts]
    plain, lowered, raised = (_mean_of([one[k] for one in drawn]) for k in range(3))
    tail, error = _tail(units, left_out), float(np.nanstd(plain))
    low = min(_quantile(plain, tail), _quantile(lowered, tail))
    high = max(_quantile(plain, 1 - tail), _quantile(raised, 1 - tail))
    if units >= 2 and (units < _FEW_UNITS or tail * _RESAMPLES < _FEWEST_IN_TAIL):  # resamples have no such tails
        reach = stats.t.ppf(1 - left_out, units - 1) * error * np.sqrt(units / (units - 1))
        low, high = min(low, value - reach), max(high, value + reach)
    return low, high, error


def _resampled(part: _Part, rng: np.random.Generator) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Return the scores of resamples, and the same with more of the unit that lowers or raises the score most."""
    n = part.n_units
    lowers = raises = None
    if 2 < n < _MANY_UNITS:
        asked = rng.choice(n, min(n, _MOST_INFLUENCES), replace=False)
        without = part.influences(asked)
        if np.isfinite(without).any():
            lowers, raises = int(asked[np.nanargmax(without)]), int(asked[np.nanargmin(without)])
    found: list[tuple[FloatArray, FloatArray, FloatArray]] = []
    step = max(1, _CELLS // max(n, part.n_rows))
    for at in range(0, _RESAMPLES, step):
        size = min(step, _RESAMPLES - at)
        weights = rng.multinomial(n, np.full(n, 1 / n), size=size).astype(np.float64)
        more = rng.exponential(size=size)
        scored = [part.scores(weights)]
        for unit in (lowers, raises):
            moved = weights.copy()
            if unit is not None:
                moved[:, unit] += more
            scored.append(part.scores(moved))
        found.append((scored[0], scored[1], scored[2]))
    plain, lowered, raised = (np.concatenate(one) for one in zip(*found, strict=True))
    return plain, lowered, raised


def _mean_of(scores: Sequence[FloatArray]) -> FloatArray:
    return np.asarray(np.mean(scores, axis=0))


def _quantile(scores: FloatArray, share: float) -> float:
    known = scores[np.isfinite(scores)]
    return float(np.quantile(known, share)) if len(known) else float("nan")


def _tail(units: int, left_out: float) -> float:
    """Return the share of resamples to leave out on a side: less where units are few."""
    if units < 3:
        return 0.0
    wider = np.sqrt(units / (units - 1)) * stats.t.ppf(left_out, units - 1)
    return float(stats.norm.cdf(wider))


def _without_spread(name: str, value: float, units: int, left_out: float) -> tuple[float, float] | None:
    """Return the exact interval of a share of right rows that is all or none."""
    if name not in _SHARES or value not in (0.0, 1.0):
        return None
    reach = float(1 - left_out ** (1 / units))
    return (0.0, reach) if value == 0.0 else (1 - reach, 1.0)
