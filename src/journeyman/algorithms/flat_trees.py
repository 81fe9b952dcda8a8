"""Trees as plain arrays whose leaves hold several answers: forests of many classes, each tree stored once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

import msgspec
import numpy as np
from numpy.typing import NDArray

from journeyman.entities.plan import ModelPlan, NodeKind
from journeyman.interfaces import Matrix
from journeyman.transformers.steps import decode_array, encode_array

__all__ = ["FlatTrees", "flatten"]

FloatArray = NDArray[np.float64]
_WALKERS = 200_000  # rows times trees that walk at once: their state stays in the cache
_STEP_SECONDS = 4.5e-8  # of one walker, the cache missed at most steps


class FlatTrees(msgspec.Struct, frozen=True):
    """Trees whose answers are averaged.

    Attributes
    ----------
    feature : ndarray of int32, shape (n_nodes,)
        Feature that a node looks at.
    threshold : ndarray of float64, shape (n_nodes,)
        Rows above it go right; a leaf's is infinite.
    children : ndarray of int32, shape (2 * n_nodes,)
        Node to the left and to the right of each node; a leaf's are itself.
    leaf : ndarray of int32, shape (n_nodes,)
        Row of ``answers`` that a leaf gives.
    answers : ndarray of float64, shape (n_leaves, n_outputs)
        Of the leaves.
    roots : ndarray of int32, shape (n_trees,)
        Where each tree begins.
    depth : int
        Steps down the deepest tree.
    """

    kind: ClassVar[NodeKind] = NodeKind.TREES
    feature: np.ndarray
    threshold: np.ndarray
    children: np.ndarray
    leaf: np.ndarray
    answers: np.ndarray
    roots: np.ndarray
    depth: int

    @property
    def rounds(self) -> int:
        """The number of trees."""
        return len(self.roots)

    @property
    def answer_seconds(self) -> float:
        """Expected seconds of one answer: every tree is walked as deep as the deepest."""
        return _STEP_SECONDS * len(self.roots) * self.depth

    def predict(self, x: Matrix) -> FloatArray:
        """Return the trees' mean answer, shape (n_samples, n_outputs)."""
        # scikit-learn compares float32 values with its thresholds, so that is what the trees must be shown.
        values = x.values.astype(np.float32)
        block = max(1, _WALKERS // len(self.roots))
        parts = [self._predict_block(values[start : start + block]) for start in range(0, len(values), block)]
        return np.vstack(parts) if parts else np.empty((0, self.answers.shape[1]))

    def _predict_block(self, values: NDArray[np.float32]) -> FloatArray:
        rows, width = values.shape
        flat = values.ravel()
        start = np.repeat(np.arange(rows, dtype=np.int64) * width, len(self.roots))
        node = np.tile(self.roots, rows)
        for _ in range(self.depth):
            node = self.children[2 * node + (flat[start + self.feature[node]] > self.threshold[node])]
        leaves = self.answers[self.leaf[node]].reshape(rows, len(self.roots), -1)
        return np.asarray(leaves.mean(axis=1))

    def plan(self) -> ModelPlan:
        """Return this model as its one step: it runs as it is stored."""
        return (self,)

    def to_files(self) -> Mapping[str, bytes]:
        """Return the arrays as MessagePack."""
        return {"trees.msgpack": msgspec.msgpack.encode(self, enc_hook=encode_array)}

    @staticmethod
    def from_files(files: Mapping[str, bytes]) -> FlatTrees:
        """Load what ``to_files`` gave."""
        return msgspec.msgpack.decode(files["trees.msgpack"], type=FlatTrees, dec_hook=decode_array)


def flatten(trees: Sequence[Any], answers: Sequence[FloatArray]) -> FlatTrees:
    """Return scikit-learn's trees as arrays.

    Parameters
    ----------
    trees : sequence of sklearn.tree._tree.Tree
        As ``estimator.tree_`` has them.
    answers : sequence of ndarray of shape (n_nodes, n_outputs)
        What each node of each tree would answer.
    """
    sizes = [tree.node_count for tree in trees]
    roots = np.cumsum([0, *sizes[:-1]]).astype(np.int32)
    feature, threshold, children, leaf, kept = [], [], [], [], []
    leaves = 0
    for tree, root, given in zip(trees, roots.tolist(), answers, strict=True):
        ends = tree.children_left < 0
        itself = np.arange(tree.node_count)
        left = np.where(ends, itself, tree.children_left)
        right = np.where(ends, itself, tree.children_right)
        feature.append(np.where(ends, 0, tree.feature))
        threshold.append(np.where(ends, np.inf, tree.threshold))
        children.append(np.column_stack([left, right]).ravel() + root)
        leaf.append(np.where(ends, np.cumsum(ends) - 1 + leaves, 0))
        kept.append(given[ends])
        leaves += int(ends.sum())
    return FlatTrees(
        feature=np.concatenate(feature).astype(np.int32),
        threshold=np.concatenate(threshold),
        children=np.concatenate(children).astype(np.int32),
        leaf=np.concatenate(leaf).astype(np.int32),
        answers=np.vstack(kept),
        roots=roots,
        depth=max(int(tree.max_depth) for tree in trees),
    )
