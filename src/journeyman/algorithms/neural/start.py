"""Where a net starts: how features enter it, and arrays that fit the rows from the first step."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from journeyman.algorithms.neural.model import Inputs, NeuralModel, Waves, bend
from journeyman.algorithms.neural.shape import Shape
from journeyman.interfaces import Matrix

__all__ = ["Target", "first_arrays", "learn_inputs", "to_model"]

FloatArray = NDArray[np.float64]
Arrays = Mapping[str, NDArray[np.float32]]
_SAMPLE = 2048  # rows that the first arrays are fitted to
_FEW = 0.01  # share of the rows


@dataclass(frozen=True)
class Target:
    """How outputs become answers (see :class:`NeuralModel`), and what the last layer's offset starts from."""

    classifier: bool
    center: float
    spread: float
    low: float
    high: float
    start: tuple[float, ...]


def learn_inputs(x: Matrix) -> Inputs:
    """Learn how prepared features enter: middle and spread of the middle half, or of all values where that is none."""
    codes = np.asarray(x.categorical, dtype=np.int64)
    others = np.setdiff1d(np.arange(x.values.shape[1]), codes)
    many = np.array([_has_many_values(x.values[:, i]) for i in others], dtype=bool)
    numbers, flats = others[many], others[~many]
    entering = x.values[:, np.concatenate([numbers, flats])]
    low, center, high = np.quantile(entering, [0.25, 0.5, 0.75], axis=0)
    width = np.where(high > low, high - low, np.ptp(entering, axis=0) / 2.0)
    scale = np.divide(1.0, width, out=np.zeros_like(width), where=width > 0)
    # Rounded up to a power of two, so that folds which miss some rare category still share what was compiled.
    highest = [np.nan_to_num(x.values[:, i], nan=-1.0).max(initial=0.0) for i in codes]
    sizes = tuple(1 << int(h + 1).bit_length() for h in highest)
    return Inputs(numbers, flats, codes, center, scale, sizes)


def _has_many_values(values: FloatArray) -> bool:
    """Say whether a feature has more than two values; what only few rows hold does not count.

    A rare third value is in some folds and not in others, and each shape of a net is compiled anew.
    """
    counts = np.sort(np.unique(values, return_counts=True)[1])
    return bool(counts[:-2].sum() > _FEW * len(values))


def first_arrays(
    shape: Shape,
    values: FloatArray,
    slots: NDArray[np.int32],
    target: Target,
    wildness: float,
    rng: np.random.Generator,
) -> dict[str, NDArray[np.float32]]:
    """Return the arrays before the first step.

    Each hidden unit varies by one over the rows and bends somewhere among them; the last layer answers as the baseline
    does.

    Parameters
    ----------
    values, slots : ndarray of shape (n_samples, n_numbers + n_flats) and (n_samples, n_codes)
        Rows as they enter.
    wildness : float
        Spread of the waves' frequencies, in waves over the width of the middle half of the values.

    References
    ----------
    Holzmüller et al. 2024 (arXiv 2407.04491); offsets after Steinwart 2019, "A sober look at neural network
    initializations" (arXiv 1903.11482).
    """
    kinds = {a.name: a.shape for a in shape.arrays()}
    n_waves = kinds["frequency"][1]
    found: dict[str, FloatArray] = {
        "frequency": 2.0 * np.pi * wildness * rng.normal(size=kinds["frequency"]),
        "phase": rng.uniform(-np.pi, np.pi, size=kinds["phase"]),
        "mix": rng.uniform(-1.0, 1.0, size=kinds["mix"]) / np.sqrt(n_waves),
        "mix_offset": rng.uniform(-1.0, 1.0, size=kinds["mix_offset"]) / np.sqrt(n_waves),
        "front": np.ones(kinds["front"]),
    }
    found["tables"] = rng.normal(size=kinds["tables"])
    rows = rng.permutation(len(values))[:_SAMPLE]
    n = shape.numbers
    waves = Waves(found["frequency"], found["phase"], found["mix"], found["mix_offset"])
    tables = [found["tables"][first + slots[rows, i]] for i, first in enumerate(shape.first_rows)]
    h = np.hstack([values[rows, :n], waves.embed(values[rows, :n]), values[rows, n:], *tables])
    for i in range(shape.layers):
        weights = rng.normal(size=kinds[f"weights_{i}"])
        z = h @ weights
        spread = z.std(axis=0)
        spread[spread <= 1e-9] = 1.0
        z /= spread
        # Minus a random point among the unit's own values: that is where it bends.
        picked = z[rng.integers(0, len(z), size=(5, shape.width)), np.arange(shape.width)]
        offset = -(picked * rng.dirichlet(np.ones(5), size=shape.width).T).sum(axis=0)
        h = bend(z + offset, shape.activation)
        found |= {f"weights_{i}": weights / spread, f"offset_{i}": offset, f"slope_{i}": np.ones(shape.width)}
    found |= {"weights_out": np.zeros(kinds["weights_out"]), "offset_out": np.asarray(target.start)}
    return {a.name: found[a.name].astype(np.float32) for a in shape.arrays()}


def to_model(
    shape: Shape, arrays: Arrays, inputs: Inputs, seen: list[NDArray[np.int64]], target: Target, rounds: int
) -> NeuralModel:
    """Return what has learned in the form that serves.

    Parameters
    ----------
    seen : list of ndarray
        Training rows of each row of each table. A category that no row taught is answered as the average one.
    """
    tables = []
    for first, counts in zip(shape.first_rows, seen, strict=True):
        table = arrays["tables"][first : first + len(counts)].astype(np.float64)
        usual = np.average(table, axis=0, weights=counts)
        tables.append(np.where(counts[:, None] > 0, table, usual).astype(np.float32))
    weights = [arrays[f"weights_{i}"] for i in range(shape.layers)] + [arrays["weights_out"]]
    weights[0] = arrays["front"][:, None] * weights[0]
    return NeuralModel(
        inputs=inputs,
        waves=Waves(arrays["frequency"], arrays["phase"], arrays["mix"], arrays["mix_offset"]),
        tables=tuple(tables),
        weights=tuple(weights),
        offsets=tuple([arrays[f"offset_{i}"] for i in range(shape.layers)] + [arrays["offset_out"]]),
        slopes=tuple(arrays[f"slope_{i}"] for i in range(shape.layers)),
        activation=shape.activation,
        classifier=target.classifier,
        center=target.center,
        spread=target.spread,
        low=target.low,
        high=target.high,
        rounds=rounds,
    )
