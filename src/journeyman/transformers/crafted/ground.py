"""The ground that features are crafted from: training rows as numbers, keys and outputs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from journeyman.entities.column import Column, Kind
from journeyman.entities.table import Block
from journeyman.entities.task import Task
from journeyman.transformers.crafted_step import Gaps, Keys, read_numbers
from journeyman.transformers.encodings import target_outputs

__all__ = ["INNER_FOLDS", "Ground", "break_ground"]

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]
INNER_FOLDS = 5
_MOST_OUTPUTS = 5  # of a task with many classes: the most frequent ones
_EDGE_ROWS = 20_000  # that values are counted and bins are cut on
_FEW_VALUES = 40
_MOST_VALUES = 1_000  # of a whole number that acts as a category
_ROWS_A_VALUE = 5  # at least, on average, for a whole number to act as one
_BINS = 10


@dataclass(frozen=True)
class Ground:
    """Training rows, as recipes refer to them.

    Attributes
    ----------
    names : tuple of str
        Columns of numbers.
    dates : tuple of bool
        Which of them are dates.
    numbers : ndarray of shape (n_numbers, n_samples)
        Their values.
    gaps : Gaps
        Columns with missing values.
    keys : Keys
        How columns become slots.
    key_names : tuple of str
        Columns of the keys.
    exact : tuple of bool
        Whether each key has a slot a value, not one for a range of values.
    slots : ndarray of int64, shape (n_keys + 1, n_samples)
        Slots of the rows.
    outputs : ndarray of shape (n_samples, n_outputs)
        What is averaged where the target is encoded.
    output_names : tuple of str
        Class of each output, or the target.
    bounded : bool
        Whether outputs are probabilities.
    folds : ndarray of int64, shape (n_samples,)
        Inner fold of each row: its encodings by the target come from the other folds.
    """

    names: tuple[str, ...]
    dates: tuple[bool, ...]
    numbers: FloatArray
    gaps: Gaps
    keys: Keys
    key_names: tuple[str, ...]
    exact: tuple[bool, ...]
    slots: IntArray
    outputs: FloatArray
    output_names: tuple[str, ...]
    bounded: bool
    folds: IntArray

    def spread(self, position: int) -> float:
        """Return the standard deviation of a number; 1 where it has none."""
        known = self.numbers[position][~np.isnan(self.numbers[position])]
        spread = float(known.std()) if len(known) else 0.0
        return spread if np.isfinite(spread) and spread > 0 else 1.0

    def sample(self, rows: IntArray) -> Ground:
        """Return the ground of those rows."""
        return replace(
            self,
            numbers=self.numbers[:, rows],
            slots=self.slots[:, rows],
            outputs=self.outputs[rows],
            folds=self.folds[rows],
        )


def break_ground(block: Block, columns: Sequence[Column], y: FloatArray, task: Task, seed: int) -> Ground:
    """Return the ground of training rows: which values act as keys is learned here, nothing of the target."""
    rows = len(y)
    names = tuple(c.name for c in columns if c.kind.numeric or c.kind is Kind.DATETIME)
    dates = tuple(c.kind is Kind.DATETIME for c in columns if c.name in names)
    numbers = read_numbers(block, names, rows)
    categorical = tuple(c for c in columns if c.kind.categorical)
    edge_rows = np.random.default_rng(seed).permutation(rows)[:_EDGE_ROWS]
    whole = {c.name for c in columns if c.kind is Kind.INTEGER}
    binned: list[tuple[str, bool, FloatArray]] = []
    for name, date, values in zip(names, dates, numbers, strict=True):
        if not date:
            binned.extend((name, exact, edges) for exact, edges in _edges(values[edge_rows], name in whole))
    keys = Keys(
        tuple(c.name for c in categorical),
        tuple(len(c.categories) for c in categorical),
        tuple(name for name, _, _ in binned),
        tuple(edges for _, _, edges in binned),
    )
    outputs, output_names = _outputs(y, task)
    return Ground(
        names=names,
        dates=dates,
        numbers=numbers,
        gaps=_gaps(block, names, numbers, keys.categories),
        keys=keys,
        key_names=(*keys.categories, *keys.binned),
        exact=(*(True for _ in categorical), *(exact for _, exact, _ in binned)),
        slots=keys.slots(block, rows),
        outputs=outputs,
        output_names=output_names,
        bounded=bool(task.labels),
        folds=np.random.default_rng(seed).permutation(np.arange(rows) % INNER_FOLDS),
    )


def _edges(values: FloatArray, whole: bool) -> list[tuple[bool, FloatArray]]:
    """Return the bins that a number acts as a key by: a bin a value where values are few, else some of equal rows."""
    known = np.unique(values[~np.isnan(values)])
    if len(known) < 2:
        return []
    ways: list[tuple[bool, FloatArray]] = []
    if len(known) <= _FEW_VALUES or (whole and len(known) <= min(_MOST_VALUES, len(values) // _ROWS_A_VALUE)):
        ways.append((True, (known[:-1] + known[1:]) / 2))
    if len(known) > _BINS * 2:
        present = values[~np.isnan(values)]
        ways.append((False, np.unique(np.quantile(present, np.arange(1, _BINS) / _BINS))))
    return [(exact, np.append(inner, np.inf)) for exact, inner in ways]


def _gaps(block: Block, names: tuple[str, ...], numbers: FloatArray, categories: tuple[str, ...]) -> Gaps:
    return Gaps(
        tuple(n for n, values in zip(names, numbers, strict=True) if np.isnan(values).any()),
        tuple(c for c in categories if (block[c].astype(np.int64) < 0).any()),
    )


def _outputs(y: FloatArray, task: Task) -> tuple[FloatArray, tuple[str, ...]]:
    outputs = target_outputs(y, task)
    if len(task.labels) <= 2:
        return outputs, (task.target,)
    chosen = np.sort(np.argsort(-outputs.sum(axis=0), kind="stable")[:_MOST_OUTPUTS])
    return outputs[:, chosen], tuple(task.labels[i] for i in chosen)
