"""Compare joins: what further columns gain beyond those that were accepted before them, and beyond noise."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from journeyman.stages.prove_gain import Change, Changed, Examples, fold_losses, unchanged
from journeyman.stages.prove_joins import calm_labels, noise_p_value

__all__ = ["MOST_DRAWS", "JoinedSoFar", "screening_rows", "with_columns"]

_FIRST_DRAWS, _LOOKS = 2, (9, 29)
"""Draws of noise: after the first few most joins are out; at each look a join may be accepted, at half of its level."""

_HOPELESS = 0.2
_FEW_KEYS = 20
_SCREENED_ROWS = 2_000
MOST_DRAWS = _LOOKS[-1]


@dataclass(frozen=True)
class JoinedSoFar:
    """The rows with the columns of the joins that were accepted so far, which the next join is compared with.

    Attributes
    ----------
    examples : Examples
    classes : int
        0 for values.
    seed : int
        Of folds and models.
    groups : ndarray of int64, shape (n_samples,), or None
        Rows of one group stay in one fold.
    """

    examples: Examples
    classes: int
    seed: int
    groups: NDArray[np.int64] | None = None

    @cached_property
    def _losses(self) -> NDArray[np.float64]:
        return self._fold_losses(unchanged)

    def _fold_losses(self, change: Change) -> NDArray[np.float64]:
        return fold_losses(self.examples, [change], self.classes, groups=self.groups, repeats=1, seed=self.seed)[0]

    @cached_property
    def _calm(self) -> JoinedSoFar:
        """The same rows with labels of which none outweighs the others."""
        labels = self.examples.labels
        calm = labels if self.classes else calm_labels(labels)
        return self if calm is labels else replace(self, examples=replace(self.examples, labels=calm))

    def share_gained(self, added: pd.DataFrame) -> float:
        """Return the share of the loss that further columns take off out of fold."""
        losses = self._fold_losses(with_columns(added))
        before = float(self._losses.mean())
        return (before - float(losses.mean())) / before if before > 0 else 0.0

    def by_key(self, keys: NDArray[np.int64] | None) -> JoinedSoFar:
        """Return the same rows, divided so that the models know none of the keys that they are asked about.

        Noise behind keys tells keys apart, which helps wherever keys come again; of keys that nobody knows it says
        nothing, and a table that knows something of them does. Few keys are divided by rows.
        """
        if keys is None or len(np.unique(keys)) < _FEW_KEYS:
            return self
        return replace(self, groups=keys)

    def noise_p(
        self, added: pd.DataFrame, draws: Iterator[pd.DataFrame], keys: NDArray[np.int64] | None, level: float
    ) -> float:
        """Return the probability that noise gains as much as further columns do.

        Parameters
        ----------
        added : pandas.DataFrame of shape (n_samples, n_columns)
        draws : iterator of pandas.DataFrame
            Noise of the same shape; no more are drawn than it takes to tell.
        keys : ndarray of int64, shape (n_samples,), or None
            By which the columns were joined.
        level : float
            At which the join is accepted.
        """
        rows = self._calm.by_key(keys)
        joined = rows.share_gained(added)
        if joined <= 0:
            return 1.0
        noise: list[float] = []
        p_value = 1.0
        for draw in draws:
            noise.append(rows.share_gained(draw))
            if len(noise) == _FIRST_DRAWS and joined <= max(noise):
                return noise_p_value(joined, noise)
            if len(noise) in _LOOKS:
                p_value = min(1.0, len(_LOOKS) * noise_p_value(joined, noise))
                if p_value <= level or p_value > _HOPELESS:
                    break
        return p_value


def screening_rows(rows: int, seed: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return rows, a third at most, on which joins are chosen where they are many, and the others, which prove them.

    What the first choose has no part in what the others say, so that only the chosen ones count as tried.
    """
    order = np.random.default_rng(seed).permutation(rows)
    cut = min(_SCREENED_ROWS, rows // 3)
    return np.sort(order[:cut]), np.sort(order[cut:])


def with_columns(added: pd.DataFrame) -> Change:
    """Return the change that adds the columns of a frame with the same index."""

    def widened(rows: pd.DataFrame) -> pd.DataFrame:
        return pd.concat([rows, added.loc[rows.index]], axis=1)

    def change(examples: Examples) -> Changed:
        return Changed(replace(examples, rows=widened(examples.rows)), widened)

    return change
