"""Learn errors: a few labelled rows teach, over all columns together, which cells are wrong.

After Raha (Mahdavi et al., SIGMOD 2019): features of many detectors, clusters a column, rows that cover clusters
without a label. Other than there, one model reads all columns: the labels of a column, and of cells that are like a
cell, are features of it, with the cell's own label left out. So a column with few errors learns from the others.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.cluster.hierarchy import fcluster, linkage
from sklearn.ensemble import ExtraTreesClassifier

__all__ = ["CellFacts", "LabelledCells", "RowChooser", "learn_errors"]

FloatArray = NDArray[np.float32]
_CLUSTERED = 600  # distinct cells of a column that are clustered; the others join the nearest
_CANDIDATES = 4_000  # rows that may be chosen for labelling
_CHUNK = 20_000  # rows that are predicted at once
_TREES = 200
_FAR = 3.0  # distance of a cell that has no labelled neighbour


@dataclass(frozen=True)
class CellFacts:
    """Numbers about cells, one array a column.

    Attributes
    ----------
    features : sequence of ndarray, each of shape (n_rows, n_features)
        The same features for each column.
    signs : sequence of ndarray, each of shape (n_rows, n_signs)
        Which characters a cell holds; other ones for each column.
    codes : sequence of ndarray of int32, each of shape (n_rows,)
        Which of the column's texts.
    probability : ndarray of shape (n_rows, n_columns)
        Of being wrong, as detectors without labels judge.
    """

    features: Sequence[FloatArray]
    signs: Sequence[FloatArray]
    codes: Sequence[NDArray[np.int32]]
    probability: FloatArray

    @property
    def rows(self) -> int:
        """Number of rows."""
        return len(self.probability)

    def places(self, column: int) -> FloatArray:
        """Return each cell's place in the column's space of features, shape (n_rows, n_used)."""
        both = np.column_stack([self.features[column], self.signs[column]])
        spread = both.std(axis=0)
        used = spread > 1e-6
        scaled = (both[:, used] - both[:, used].mean(axis=0)) / np.maximum(spread[used], 1e-3)
        return np.asarray(np.clip(scaled, -4, 4) / np.sqrt(max(1, int(used.sum()))), np.float32)


@dataclass(frozen=True)
class LabelledCells:
    """Rows whose cells are known to be right or wrong.

    Attributes
    ----------
    rows : ndarray of int64, shape (n_labelled,)
    wrong : ndarray of bool, shape (n_labelled, n_columns)
    """

    rows: NDArray[np.int64]
    wrong: NDArray[np.bool_]


def learn_errors(facts: CellFacts, labels: LabelledCells, seed: int, trees: int = _TREES) -> FloatArray:
    """Return each cell's probability of being wrong, shape (n_rows, n_columns); of labelled cells 0 or 1.

    Where all labelled cells are right, or all are wrong, detectors' own probabilities are returned for the others.
    """
    rows, wrong = labels.rows, labels.wrong
    number = facts.probability.shape[1]
    found = facts.probability.copy()
    if len(rows) and wrong.any() and not wrong.all():
        known = [
            np.column_stack([facts.features[c][rows], _neighbourhood(facts, c, labels, rows, facts.places(c))])
            for c in range(number)
        ]
        model = ExtraTreesClassifier(trees, max_features=0.4, random_state=seed, n_jobs=1)
        model.fit(np.vstack(known), wrong.T.reshape(-1))
        for c in range(number):
            places = facts.places(c)
            for start in range(0, facts.rows, _CHUNK):
                some = np.arange(start, min(start + _CHUNK, facts.rows))
                near = _neighbourhood(facts, c, labels, some, places)
                found[some, c] = model.predict_proba(np.column_stack([facts.features[c][some], near]))[:, 1]
    found[rows] = wrong
    return found


def _neighbourhood(
    facts: CellFacts, column: int, labels: LabelledCells, rows: NDArray[np.int64], places: FloatArray
) -> NDArray[Any]:
    """Return what labels of the column say of cells, each cell's own label left out, shape (n_rows, 7)."""
    wrong = labels.wrong[:, column].astype(float)[None]
    here, there = places[rows], places[labels.rows]
    squares = (here**2).sum(axis=1)[:, None] + (there**2).sum(axis=1)[None] - 2 * here @ there.T
    other = rows[:, None] != labels.rows[None]
    distance = np.where(other, np.sqrt(np.maximum(squares, 0)), np.inf)
    rate = ((other * wrong).sum(axis=1) + 0.2) / (other.sum(axis=1) + 1)
    to_wrong = np.minimum(np.where(wrong > 0, distance, np.inf).min(axis=1), _FAR)
    to_right = np.minimum(np.where(wrong > 0, np.inf, distance).min(axis=1), _FAR)
    weight = np.where(other, np.exp(-4 * np.minimum(distance, 9)), 0)
    vote = (weight * wrong).sum(axis=1) / np.maximum(weight.sum(axis=1), 1e-9)
    codes = facts.codes[column]
    same = (codes[rows][:, None] == codes[labels.rows][None]) & other
    alike = np.where(same.any(axis=1), 2 * (same * wrong).sum(axis=1) / np.maximum(same.sum(axis=1), 1) - 1, 0)
    return np.column_stack([rate, to_wrong, to_right, to_wrong - to_right, vote, alike, vote - rate])


class RowChooser:
    """Chooses the rows that teach most: whose cells stand for many others that no label speaks of yet.

    Parameters
    ----------
    facts : CellFacts
    seed : int
        Of the rows that may be chosen, where there are many, and of ties.
    """

    def __init__(self, facts: CellFacts, seed: int) -> None:
        rng = np.random.default_rng(seed)
        self._facts = facts
        self._rows = np.sort(rng.permutation(facts.rows)[:_CANDIDATES]).astype(np.int64)
        self._ties = rng.random(len(self._rows)) * 1e-3
        self._trees = [_tree(facts.places(c)[self._rows], rng) for c in range(facts.probability.shape[1])]

    def next_row(self, chosen: Sequence[int], probability: FloatArray) -> int:
        """Return the row to label next; ``probability`` is what is believed of cells by now.

        In clusters that grow finer with each label, as Raha's do; cells weigh by how likely and how open an error is.
        """
        score = self._ties.copy()
        taken = np.isin(self._rows, np.array(chosen, np.int64))
        for column, (tree, leaf, leaves) in enumerate(self._trees):
            if tree is None:
                continue
            cluster = fcluster(tree, min(leaves, len(chosen) + 2), "maxclust")[leaf]
            fresh = ~np.isin(cluster, cluster[taken])
            size = np.bincount(cluster)[cluster] / len(self._rows)
            likely = probability[self._rows, column]
            score += fresh * (0.2 + likely + 1 - np.abs(2 * likely - 1)) * np.sqrt(size)
        score[taken] = -1.0
        return int(self._rows[int(np.argmax(score))])


def _tree(places: FloatArray, rng: np.random.Generator) -> tuple[NDArray[Any] | None, NDArray[np.int64], int]:
    """Return a tree of clusters of distinct cells, each cell's leaf in it, and the number of leaves."""
    distinct, which = np.unique(places.round(2), axis=0, return_inverse=True)
    leaves = distinct
    if len(distinct) > _CLUSTERED:
        leaves = distinct[rng.choice(len(distinct), _CLUSTERED, replace=False)]
    squares = (distinct**2).sum(axis=1)[:, None] + (leaves**2).sum(axis=1)[None] - 2 * distinct @ leaves.T
    tree = linkage(leaves, "average") if len(leaves) > 1 and leaves.shape[1] else None
    return tree, squares.argmin(axis=1)[which.reshape(-1)], len(leaves)
