"""Trees of LightGBM's text format as plain arrays, for whoever writes them in another language."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["BinaryTrees", "linked", "read_trees"]

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]
_NO_MISSING, _ZERO_IS_MISSING, _NAN_IS_MISSING = 0, 1, 2
_ZERO = 1.0000000180025095e-35
"""What LightGBM takes for zero: 1e-35 in single precision."""

_LINKS = {"binary": "logistic", "multiclass": "softmax", "regression": "identity", "regression_l1": "identity"}


@dataclass(frozen=True)
class BinaryTrees:
    """Trees whose leaves are added up, in float64 and in their order.

    A row goes left at a node of a number where ``value <= threshold``. A missing value goes where ``default_left``
    says; which values are missing, ``missing`` says: 0 none (NaN counts as zero), 1 NaN and zero, 2 NaN. A value within
    1e-35 counts as zero everywhere. At a node of a category a row goes left where its code is in the node's set, and
    right where it is NaN, negative or anything else; a code is cut to a whole number.

    Attributes
    ----------
    feature : ndarray of int64, shape (n_nodes,)
        Position of the feature that a node looks at.
    threshold : ndarray of float64, shape (n_nodes,)
        Of numbers.
    chosen : ndarray of int64, shape (n_nodes,)
        Position of a node's set among ``sets``; -1 for numbers.
    sets : tuple of ndarray of int64
        Ascending codes of categories.
    missing, default_left : ndarray of int64 and of bool, shape (n_nodes,)
        See above.
    children : ndarray of int64, shape (n_nodes, 2)
        Left and right: a node, or -1 - leaf.
    leaves : ndarray of float64, shape (n_leaves,)
        Scores.
    roots : ndarray of int64, shape (n_trees,)
        Where each tree begins: a node, or -1 - leaf. Tree ``t`` adds to output ``t`` modulo ``n_outputs``.
    outputs : int
        Scores a row.
    link : str
        "identity", "logistic" (the score is the log odds of the second of two classes), "softmax", or "share": the
        score is the second class's probability once it is clipped to 0 to 1.
    single : bool
        Whether numbers are rounded to float32 before they are compared.

    References
    ----------
    Ke et al. 2017, "LightGBM: a highly efficient gradient boosting decision tree"; the format as LightGBM 4 has it.
    """

    feature: IntArray
    threshold: FloatArray
    chosen: IntArray
    sets: tuple[IntArray, ...]
    missing: IntArray
    default_left: NDArray[np.bool_]
    children: IntArray
    leaves: FloatArray
    roots: IntArray
    outputs: int
    link: str
    single: bool = False

    def predict(self, values: FloatArray) -> FloatArray:
        """Return probabilities or values, slowly: this is what a translation is compared with.

        Parameters
        ----------
        values : ndarray of float64, shape (n_samples, n_features)
            Prepared features.
        """
        scores = np.zeros((len(values), self.outputs))
        numbers = values.astype(np.float32).astype(np.float64) if self.single else values
        numbers = np.where(np.abs(numbers) <= _ZERO, 0.0, numbers)
        for position, root in enumerate(self.roots.tolist()):
            place = np.full(len(values), root)
            while (inner := place >= 0).any():
                at, rows = place[inner], np.flatnonzero(inner)
                place[inner] = self.children[at, np.where(self._goes_left(at, numbers[rows, self.feature[at]]), 0, 1)]
            scores[:, position % self.outputs] += self.leaves[-1 - place]
        return linked(scores, self.link)

    def _goes_left(self, nodes: IntArray, values: FloatArray) -> NDArray[np.bool_]:
        kind, absent = self.missing[nodes], np.isnan(values)
        known = np.where(absent, 0.0, values)
        missing = (absent & (kind == _NAN_IS_MISSING)) | ((known == 0.0) & (kind == _ZERO_IS_MISSING))
        left = np.where(missing, self.default_left[nodes], known <= self.threshold[nodes])
        for i in np.flatnonzero(self.chosen[nodes] >= 0):
            left[i] = not absent[i] and int(values[i]) in self.sets[self.chosen[nodes[i]]]
        return left


def linked(scores: FloatArray, link: str) -> FloatArray:
    """Return scores as predictions.

    Examples
    --------
    >>> linked(np.array([[0.0]]), "logistic").tolist()
    [[0.5, 0.5]]
    """
    if link == "identity":
        return scores
    if link == "softmax":
        odds = np.exp(scores - scores.max(axis=1, keepdims=True))
        return np.asarray(odds / odds.sum(axis=1, keepdims=True))
    with np.errstate(over="ignore"):  # the probability is 0 then
        positive = np.clip(scores, 0.0, 1.0) if link == "share" else 1.0 / (1.0 + np.exp(-scores))
    return np.hstack([1.0 - positive, positive])


def read_trees(text: str, link: str | None = None, single: bool = False) -> BinaryTrees:
    """Return the arrays of a model in LightGBM's text format.

    Parameters
    ----------
    link : str or None
        As :class:`BinaryTrees` has it; None takes what the model's objective asks for.
    single : bool
        As :class:`BinaryTrees` has it.

    Raises
    ------
    ValueError
        Where the model has what Journeyman never trains: another objective, or lines in its leaves.

    Examples
    --------
    >>> tree = "split_feature=0\\nthreshold=1.5\\ndecision_type=2\\nleft_child=-1\\nright_child=-2\\nleaf_value=3 7"
    >>> text = f"tree\\nnum_tree_per_iteration=1\\n\\nTree=0\\n{tree}\\n\\nend of trees\\n"
    >>> read_trees(text, "identity").predict(np.array([[1.0], [2.0]])).tolist()
    [[3.0], [7.0]]
    """
    head, *blocks = text.partition("\nend of trees")[0].split("\nTree=")
    facts = _entries(head)
    trees = list(_each_tree(blocks))
    nodes, leaves = (np.cumsum([0, *(len(tree[key]) for tree in trees)])[:-1] for key in ("feature", "leaves"))
    sets: list[IntArray] = []
    children, chosen, roots = [], [], []
    for tree, first, leaf in zip(trees, nodes.tolist(), leaves.tolist(), strict=True):
        own = tree["children"]
        children.append(np.where(own < 0, own - leaf, own + first))
        place = np.where(tree["categorical"], tree["threshold"], 0.0).astype(np.int64) + len(sets)
        chosen.append(np.where(tree["categorical"], place, -1))
        sets += _sets(tree["bounds"], tree["words"])
        roots.append(first if len(tree["feature"]) else -1 - leaf)
    decision = np.concatenate([tree["decision"] for tree in trees])
    return BinaryTrees(
        feature=np.concatenate([tree["feature"] for tree in trees]),
        threshold=np.concatenate([tree["threshold"] for tree in trees]),
        chosen=np.concatenate(chosen),
        sets=tuple(sets),
        missing=decision >> 2 & 3,
        default_left=(decision & 2) > 0,
        children=np.concatenate(children),
        leaves=np.concatenate([tree["leaves"] for tree in trees]),
        roots=np.array(roots, dtype=np.int64),
        outputs=int(facts["num_tree_per_iteration"]),
        link=link or _link(facts.get("objective", "")),
        single=single,
    )


def _link(objective: str) -> str:
    name, *more = objective.split()
    if name not in _LINKS or (name == "binary" and more != ["sigmoid:1"]) or "sqrt" in more:
        raise ValueError(f"the objective {objective!r} is none that is known")
    return _LINKS[name]


def _entries(block: str) -> dict[str, str]:
    return {key: value for key, _, value in (line.partition("=") for line in block.splitlines())}


def _each_tree(blocks: list[str]) -> Iterator[Mapping[str, NDArray[Any]]]:
    for block in blocks:
        entries = _entries(block)
        if entries.get("is_linear", "0") != "0":
            raise ValueError("the leaves of a tree hold lines")
        decision = _numbers(entries, "decision_type", np.int64)
        left, right = _numbers(entries, "left_child", np.int64), _numbers(entries, "right_child", np.int64)
        yield {
            "feature": _numbers(entries, "split_feature", np.int64),
            "threshold": _numbers(entries, "threshold", np.float64),
            "decision": decision,
            "categorical": (decision & 1) > 0,
            "children": np.column_stack([left, right]),
            "leaves": _numbers(entries, "leaf_value", np.float64),
            "bounds": _numbers(entries, "cat_boundaries", np.int64),
            "words": _numbers(entries, "cat_threshold", np.uint32),
        }


def _numbers(entries: Mapping[str, str], key: str, kind: type) -> NDArray[Any]:
    return np.array(entries.get(key, "").split(), dtype=np.float64 if kind is np.float64 else kind)


def _sets(bounds: NDArray[Any], words: NDArray[Any]) -> list[IntArray]:
    """Return the codes of each set: bit ``b`` of word ``w`` says whether code ``32 w + b`` is in it."""
    ends = bounds.astype(np.int64).tolist()
    bits = np.unpackbits(words.astype("<u4").view(np.uint8), bitorder="little")
    return [np.flatnonzero(bits[32 * a : 32 * b]) for a, b in pairwise(ends)]
