"""What the expectation of success is made from: figures of a probe beside the margin that matters."""

from __future__ import annotations

import numpy as np

from journeyman.entities.metric import Loss
from journeyman.entities.use_case import CurvePoint, Probe
from journeyman.interfaces import Metric

__all__ = [
    "BEYOND_NOISE",
    "BEYOND_NOISE_IN_TIME",
    "GAIN_NAMES",
    "NAMES",
    "curve_slope",
    "expected_score",
    "extrapolated_gain",
    "gain_error",
    "is_noise",
    "success_features",
    "support_figures",
]

NAMES = (
    "beyond_margin", "beyond_nought", "gain", "worst_fold", "both", "log_rows", "log_rarest", "ordered", "classes",
    "trend", "surely_beyond", "ordered_beyond",
)  # fmt: skip
GAIN_NAMES = ("gain", "grown", "worst_fold", "noise", "ordered")
_FLOOR = 0.025
"""A full build and a quick look differ by so much of the baseline's loss, however many rows there are."""


BEYOND_NOISE, BEYOND_NOISE_IN_TIME = 1.28, 1.64
"""Standard errors above nought that tell a gain from noise: the ninth tenth of the normal distribution, and where time
orders rows of Student's t with three degrees of freedom, as four folds follow one another."""


def is_noise(probe: Probe) -> bool:
    """Say whether a gain is no further above nought than noise often is."""
    return probe.gain / gain_error(probe) < (BEYOND_NOISE_IN_TIME if probe.ordered else BEYOND_NOISE)


def gain_error(probe: Probe) -> float:
    """Return the standard error of the gain that a full build is expected to have."""
    return float(np.hypot(probe.error, _FLOOR))


def curve_slope(curve: tuple[CurvePoint, ...]) -> float:
    """Return how the gain falls with one over the root of the number of rows; 0 or more, 0 where no curve is known.

    Examples
    --------
    >>> points = tuple(CurvePoint(n, 0.5 - 2.0 / n**0.5) for n in (100, 200, 400))
    >>> round(curve_slope(points), 6)
    2.0
    """
    if len(curve) < 3:
        return 0.0
    x = np.array([point.rows for point in curve], np.float64) ** -0.5
    y = np.array([point.gain for point in curve])
    # Few rows are noisy: the larger numbers of rows count more.
    weights = np.sqrt([point.rows for point in curve])
    return float(np.clip(-np.polyfit(x, y, 1, w=weights)[0], 0.0, 10.0))


def extrapolated_gain(probe: Probe, rows: int) -> float:
    """Return the gain that the learning curve promises for so many rows, at most a little beyond what was seen.

    Examples
    --------
    >>> curve = tuple(CurvePoint(n, 0.5 - 2.0 / n**0.5) for n in (100, 200, 400))
    >>> seen = Probe("linear", 0.4, 0.02, 0.35, 0.4, 0.39, 800, 533, 533, 5, 0.0, 2, 200, False, 400, curve, 0.8, 0.5)
    >>> round(extrapolated_gain(seen, 400), 3), round(extrapolated_gain(seen, 1600), 3)
    (0.4, 0.45)
    """
    slope = curve_slope(probe.curve)
    more = slope * (max(probe.fit_rows, 1) ** -0.5 - max(rows, probe.fit_rows, 1) ** -0.5)
    left = max(0.0, 1.0 - probe.gain)
    return float(probe.gain + min(more, 0.3 * left, 0.15))


def success_features(probe: Probe, margin: float) -> dict[str, float]:
    """Return the figures of a case by the names of ``NAMES`` and ``GAIN_NAMES``.

    Parameters
    ----------
    margin : float
        Share of the baseline's loss that has to be saved.
    """
    error = gain_error(probe)
    grown = extrapolated_gain(probe, probe.rows)
    beyond = float(np.clip((grown - margin) / error, -4.0, 6.0))
    return {
        "beyond_margin": beyond,
        "surely_beyond": max(0.0, beyond - 2.0),
        "ordered_beyond": beyond * probe.ordered,
        "beyond_nought": float(np.clip(probe.gain / error, -3.0, 8.0)),
        "gain": float(np.clip(probe.gain, -0.3, 1.0)),
        "grown": float(np.clip(grown, -0.1, 1.0)),
        "worst_fold": float(np.clip(probe.worst_fold - margin, -0.5, 0.9)),
        "both": float(np.clip(min(probe.linear, probe.trees) - margin, -0.5, 0.9)),
        "log_rows": float(np.log10(max(probe.clusters, 1))),
        "log_rarest": float(np.log10(max(probe.rarest, 0) + 1.0)),
        "ordered": float(probe.ordered),
        "classes": float(np.log2(max(probe.classes, 1))),
        "trend": float(np.clip(probe.trend, 0.0, 1.0)) * probe.ordered,
        "noise": float(np.clip(error, 0.0, 0.5)),
    }


def support_figures(probe: Probe) -> dict[str, float]:
    """Return the figures by which a case is like those that are known, or unlike them."""
    return {
        "rows": float(np.log10(max(probe.clusters, 1))),
        "columns": float(np.log10(max(probe.features, 1))),
        "classes": float(np.log2(max(probe.classes, 1))),
        "rarest": float(np.log10(max(probe.rarest, 0) + 1.0)),
        "texts": float(probe.texts),
    }


def expected_score(probe: Probe, metric: Metric, gain: float) -> float:
    """Return the score by a metric that goes with a gain, told from what the quick models reached.

    Of root mean squared errors the square of the share that is left counts, of others the share itself.
    """
    whole = metric.optimum - probe.base_score
    if not np.isfinite(whole) or not np.isfinite(probe.score) or whole == 0.0:
        return float("nan")
    reached = float(np.clip((probe.score - probe.base_score) / whole, 0.0, 1.0))
    power = 0.5 if metric.loss == Loss.SQUARED else 1.0
    left = max(1.0 - gain, 1e-6) / max(1.0 - max(probe.gain, 0.0), 1e-6)
    return float(probe.base_score + whole * (1.0 - (1.0 - reached) * left**power))
