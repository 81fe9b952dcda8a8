"""The model of success: coefficients as text in the package, learned from many cases and moved by one's own builds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

import msgspec
import numpy as np

from journeyman.entities.use_case import BuildOutcome, Probe, SuccessEstimate
from journeyman.stages.success.features import gain_error, is_noise, success_features, support_figures

__all__ = ["SuccessModel", "estimate_success", "own_shift", "read_model", "shipped_model", "write_model"]

_LEAST, _MOST = 0.01, 0.99
_MOST_OF_NOISE = 0.1
"""A gain that noise often shows promises one success in ten at most."""

_OWN_SPREAD = 0.6
"""Standard deviation, on the logit scale, of how much one user's tables differ from those that the model knows."""

_STEPS = 30
_WORDS = {
    "rows": ("rows with a label of their own", "so few", "so many"),
    "columns": ("columns to learn from", "so few", "so many"),
    "classes": ("classes", "so few", "so many"),
    "rarest": ("rows of the rarest class", "so few", "so many"),
    "texts": ("columns of texts among them", "so few", "so many"),
}


@dataclass(frozen=True)
class SuccessModel:
    """Two regressions and what they were learned from.

    Attributes
    ----------
    chance : mapping of str to float
        Coefficients of the logistic regression by the name of the figure, and "constant".
    gain : mapping of str to float
        Coefficients of the expected gain of a full build.
    low, high : float
        Between which errors of the gain lay nine times in ten, in standard errors of the quick look.
    ranges : mapping of str to (float, float)
        Of the figures by which cases are told to be alike: the least and the most that was learned from.
    cases, families : int
        How many cases, of how many families of tables.
    """

    chance: Mapping[str, float]
    gain: Mapping[str, float]
    low: float
    high: float
    ranges: Mapping[str, tuple[float, float]]
    cases: int = 0
    families: int = 0


def estimate_success(model: SuccessModel, probe: Probe, margin: float, shift: float = 0.0) -> SuccessEstimate:
    """Return with what probability a full build beats its baseline by a margin, and what gain is expected of it.

    Parameters
    ----------
    margin : float
        Share of the baseline's loss that has to be saved.
    shift : float
        What one's own builds add to the logit, see :func:`own_shift`.
    """
    figures = success_features(probe, margin)
    logit = shift + sum(weight * figures.get(name, 1.0) for name, weight in model.chance.items())
    chance = float(np.clip(1.0 / (1.0 + np.exp(-np.clip(logit, -30.0, 30.0))), _LEAST, _MOST))
    if is_noise(probe):
        chance = min(chance, _MOST_OF_NOISE)
    expected = sum(weight * figures.get(name, 1.0) for name, weight in model.gain.items())
    error = gain_error(probe)
    # What is released is hardly ever worse than the baseline, and no loss is below nought.
    gain = float(np.clip(expected, -0.02, 0.999))
    low = float(np.clip(expected + model.low * error, -0.25, gain))
    high = float(np.clip(expected + model.high * error, gain, 1.0))
    unlike = _unlike(model, probe)
    return SuccessEstimate(None if unlike else chance, gain, low, high, unlike)


def _unlike(model: SuccessModel, probe: Probe) -> str:
    """Return in what a case is beyond all that was learned from, or nothing."""
    for name, value in support_figures(probe).items():
        least, most = model.ranges.get(name, (-np.inf, np.inf))
        slack = 0.05 * (most - least)
        # More rows than were ever learned from are no reason: a part of them is looked at.
        if value < least - slack or (value > most + slack and name not in ("rows", "rarest")):
            what, few, many = _WORDS[name]
            return f"no case with {few if value < least else many} {what} is known"
    return ""


def own_shift(outcomes: Sequence[BuildOutcome]) -> float:
    """Return what one's own builds add to the logit of every probability.

    The mode of its distribution, where it is normal around 0 with a deviation of 0.6 before any build: a handful of
    builds that went otherwise than expected moves it a little, and hundreds decide it.

    Examples
    --------
    >>> round(own_shift([]), 3), round(own_shift([BuildOutcome(0.5, True)] * 2), 2)
    (0.0, 0.31)
    >>> own_shift([BuildOutcome(0.9, False)] * 20) < -1.5
    True
    """
    if not outcomes:
        return 0.0
    chances = np.clip([one.probability for one in outcomes], _LEAST, _MOST)
    logits = np.log(chances / (1.0 - chances))
    succeeded = np.array([one.succeeded for one in outcomes], np.float64)
    shift = 0.0
    for _ in range(_STEPS):
        p = 1.0 / (1.0 + np.exp(-(logits + shift)))
        slope = float((succeeded - p).sum()) - shift / _OWN_SPREAD**2
        shift += float(np.clip(slope / (float((p * (1.0 - p)).sum()) + 1.0 / _OWN_SPREAD**2), -1.0, 1.0))
    return shift


@cache
def shipped_model() -> SuccessModel:
    """Return the model that comes with the package (``make experience`` writes it)."""
    return read_model(files("journeyman.stages.success").joinpath("success.json").read_bytes())


def write_model(model: SuccessModel) -> bytes:
    """Return a model as JSON with four significant digits.

    Examples
    --------
    >>> model = SuccessModel({"constant": -1.0, "gain": 2.0}, {"grown": 1.0}, -1.5, 1.5, {"rows": (1.0, 4.0)})
    >>> read_model(write_model(model)) == model
    True
    """
    plain = {
        "cases": model.cases,
        "families": model.families,
        "chance": {name: _short(value) for name, value in model.chance.items()},
        "gain": {name: _short(value) for name, value in model.gain.items()},
        "low": _short(model.low),
        "high": _short(model.high),
        "ranges": {name: [_short(value) for value in pair] for name, pair in model.ranges.items()},
    }
    return msgspec.json.format(msgspec.json.encode(plain), indent=1) + b"\n"


def read_model(text: bytes) -> SuccessModel:
    """Read what ``write_model`` gave."""
    plain: dict[str, Any] = msgspec.json.decode(text)
    return SuccessModel(
        chance={name: float(value) for name, value in plain["chance"].items()},
        gain={name: float(value) for name, value in plain["gain"].items()},
        low=float(plain["low"]),
        high=float(plain["high"]),
        ranges={name: (float(pair[0]), float(pair[1])) for name, pair in plain["ranges"].items()},
        cases=int(plain["cases"]),
        families=int(plain["families"]),
    )


def _short(value: float) -> float:
    return float(f"{value:.4g}")
