"""Trees of a scoring plan as ONNX's TreeEnsemble (ai.onnx.ml 5), whose tensors are doubles."""

from __future__ import annotations

import numpy as np

from journeyman.exporters.onnx_graph import OnnxGraph, OnnxTensor
from journeyman.exporters.tensors.registers import Arguments, Registers
from journeyman.exporters.tensors.trees import TreeNodes, entering, trees, trees_of

__all__ = ["tree_ensemble"]

_LEQ, _MEMBER = 0, 6
_MOST_CODES = 64
"""onnxruntime keeps a set in the bits of one number; larger sets have crashed it (microsoft/onnxruntime#25400)."""


def tree_ensemble(t: OnnxGraph, r: Registers, a: Arguments) -> OnnxTensor:
    """Return the raw scores of a step ``trees``; by gathers where a TreeEnsemble cannot hold it."""
    nodes = trees_of(a)
    if nodes.zero_side.any() or any(len(codes) == 0 or codes.max() >= _MOST_CODES for codes in nodes.sets):
        return trees(t, r, a)  # type: ignore[no-any-return]  # tensors of a library are Any
    x = entering(t, r.read(a.registers(1)), nodes.single)
    return t.add("TreeEnsemble", [x], np.float64, **_attributes(t, nodes, a.whole(2)))


def _attributes(t: OnnxGraph, nodes: TreeNodes, outputs: int) -> dict[str, object]:
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

    def place(children: np.ndarray) -> list[int]:
        return [int(i) for i in np.where(is_leaf[children], leaf_at[children], node_at[children])]

    chosen = nodes.chosen[asked]
    members: list[float] = []
    for one in chosen[chosen >= 0].tolist():
        members += [*map(float, nodes.sets[one]), np.nan]
    attributes: dict[str, object] = {
        "n_targets": outputs,
        "tree_roots": roots,
        "nodes_featureids": nodes.feature[asked].tolist(),
        "nodes_modes": t.tensor_proto(np.where(chosen >= 0, _MEMBER, _LEQ).astype(np.uint8), "modes"),
        "nodes_splits": t.tensor_proto(nodes.threshold[asked], "splits"),
        "nodes_missing_value_tracks_true": nodes.nan_left[asked].astype(int).tolist(),
        "nodes_truenodeids": place(left),
        "nodes_trueleafs": is_leaf[left].astype(int).tolist(),
        "nodes_falsenodeids": place(right),
        "nodes_falseleafs": is_leaf[right].astype(int).tolist(),
        "leaf_targetids": _targets(nodes, outputs)[leaf_of].tolist(),
        "leaf_weights": t.tensor_proto(nodes.value[leaf_of], "leaves"),
    }
    if members:
        attributes["membership_values"] = t.tensor_proto(np.array(members), "members")
    return attributes


def _targets(nodes: TreeNodes, outputs: int) -> np.ndarray:
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
