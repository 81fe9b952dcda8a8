"""Trees of a scoring plan as ONNX's TreeEnsemble (ai.onnx.ml 5), whose tensors are doubles."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from journeyman.exporters.onnx_graph import OnnxGraph, OnnxTensor
from journeyman.exporters.tensors.registers import Arguments, Registers
from journeyman.exporters.tensors.trees import TreeNodes, cut, entering, trees, trees_of

__all__ = ["tree_ensemble"]

_MOST_CELLS = 4_000_000
"""Of the tables of sets: 32 MB."""


def tree_ensemble(t: OnnxGraph, r: Registers, a: Arguments) -> OnnxTensor:
    """Return the raw scores of a step ``trees``; by gathers where a TreeEnsemble cannot hold it.

    A question for a category is asked of a further feature, 0.0 where the category is in the set and else 1.0: the mode
    BRANCH_MEMBER is right in onnxruntime 1.24 and wrong in 1.22, which says nothing.
    """
    nodes = trees_of(a)
    asked = np.flatnonzero(nodes.chosen >= 0)
    pairs, place = np.unique(np.stack([nodes.feature[asked], nodes.chosen[asked]]), axis=1, return_inverse=True)
    tables = [_Sets.of(nodes, pairs, feature) for feature in np.unique(pairs[0]).tolist()]
    if nodes.zero_side.any() or _shares_places(nodes) or sum(one.table.size for one in tables) > _MOST_CELLS:
        return trees(t, r, a)  # type: ignore[no-any-return]  # tensors of a library are Any
    registers = a.registers(1)
    x = entering(t, r.read(registers), nodes.single)
    parts = [x, *(one.look_up(t, entering(t, r.span(registers[one.feature]), nodes.single)) for one in tables)]
    feature, threshold = nodes.feature.copy(), nodes.threshold.copy()
    feature[asked], threshold[asked] = len(registers) + place, 0.5
    told = _attributes(t, replace(nodes, feature=feature, threshold=threshold), a.whole(2))
    return t.add("TreeEnsemble", [t.concat(parts)], np.float64, told)


def _shares_places(nodes: TreeNodes) -> bool:
    """Return whether a place belongs to several trees: it could not tell to which output it adds."""
    inner = np.flatnonzero((nodes.left != np.arange(len(nodes.left))) | (nodes.right != nodes.left))
    reached = np.concatenate([nodes.left[inner], nodes.right[inner], nodes.roots])
    return len(np.unique(reached)) < len(reached)


@dataclass(frozen=True)
class _Sets:
    """The sets of categories that nodes ask of one feature.

    Attributes
    ----------
    feature : int
        Its position.
    table : ndarray of shape (n_codes + 1, n_sets)
        0.0 where a code is in a set; the last row is of codes beyond, and of none.
    """

    feature: int
    table: NDArray[np.float64]

    @classmethod
    def of(cls, nodes: TreeNodes, pairs: NDArray[np.int64], feature: int) -> _Sets:
        sets = [nodes.sets[one] for one in pairs[1][pairs[0] == feature]]
        table = np.ones((max(codes.max(initial=-1) for codes in sets) + 2, len(sets)))
        for i, codes in enumerate(sets):
            table[codes, i] = 0.0
        return cls(feature, table)

    def look_up(self, t: OnnxGraph, value: OnnxTensor) -> OnnxTensor:
        code, last = cut(t, value), float(len(self.table) - 1)
        place = t.where((code >= 0.0) & (code < last), code, last)
        return t.rows(self.table, t.reshape(t.cast(place, np.int64), (-1,)))


def _attributes(t: OnnxGraph, nodes: TreeNodes, outputs: int) -> dict[str, Any]:
    """Number nodes and leaves tree by tree: a leaf adds to the output of its tree."""
    is_leaf = (nodes.left == np.arange(len(nodes.left))) & (nodes.right == nodes.left)
    leaf_at, leaf_of = np.cumsum(is_leaf) - 1, np.flatnonzero(is_leaf)
    inner = np.flatnonzero(~is_leaf)
    node_at = np.cumsum(~is_leaf) - 1
    lone = [int(root) for root in nodes.roots if is_leaf[root]]  # a tree without a question gets one
    asked = np.concatenate([inner, np.array(lone, dtype=np.int64)])
    left = np.concatenate([nodes.left[inner], np.array(lone, dtype=np.int64)])
    right = np.concatenate([nodes.right[inner], np.array(lone, dtype=np.int64)])
    extra = iter(range(len(inner), len(asked)))
    roots = [next(extra) if is_leaf[root] else int(node_at[root]) for root in nodes.roots]

    def place(children: NDArray[np.int64]) -> list[int]:
        return [int(i) for i in np.where(is_leaf[children], leaf_at[children], node_at[children])]

    return {
        "n_targets": outputs,
        "tree_roots": roots,
        "nodes_featureids": nodes.feature[asked].tolist(),
        "nodes_modes": t.tensor_proto(np.zeros(len(asked), dtype=np.uint8), "modes"),  # BRANCH_LEQ
        "nodes_splits": t.tensor_proto(nodes.threshold[asked], "splits"),
        "nodes_missing_value_tracks_true": nodes.nan_left[asked].astype(int).tolist(),
        "nodes_truenodeids": place(left),
        "nodes_trueleafs": is_leaf[left].astype(int).tolist(),
        "nodes_falsenodeids": place(right),
        "nodes_falseleafs": is_leaf[right].astype(int).tolist(),
        "leaf_targetids": _targets(nodes, outputs)[leaf_of].tolist(),
        "leaf_weights": t.tensor_proto(nodes.value[leaf_of], "leaves"),
    }


def _targets(nodes: TreeNodes, outputs: int) -> NDArray[np.int64]:
    """Return to which output each place adds."""
    target = np.zeros(len(nodes.left), dtype=np.int64)
    target[nodes.roots] = np.arange(len(nodes.roots)) % outputs
    level = np.unique(nodes.roots)
    while len(level):
        inner = level[nodes.left[level] != level]
        for children in (nodes.left[inner], nodes.right[inner]):
            target[children] = target[inner]
        level = np.concatenate([nodes.left[inner], nodes.right[inner]])
    return target
