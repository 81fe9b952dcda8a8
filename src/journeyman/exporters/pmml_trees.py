"""Trees as TreeModels of PMML. Rounding to single precision, which PMML has no word for, goes into the thresholds.

A node has two children: the first asks, and the second is for all others. A comparison with a missing value is false
(the strategy "none"), so the second child is the side to which a missing value goes, and no node needs an id.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from xml.etree.ElementTree import Element, SubElement

import numpy as np
from numpy.typing import NDArray

from journeyman.exporters.pmml_expressions import Expression, apply, finite_word, look_up, when
from journeyman.exporters.pmml_steps import register
from journeyman.exporters.scoring_plan.draft import CannotSay
from journeyman.exporters.scoring_plan.text_form import number_word
from journeyman.exporters.tensors.registers import Arguments
from journeyman.exporters.tensors.trees import ZERO, TreeNodes, trees_of

__all__ = ["PMML_TREES", "TreeSum", "largest_within"]

TreeSum = tuple[str, list[Element]]
"""How models are put together ("sum" or "average"), and the models, for one output."""
Fill = Callable[[Element, int], None]
"""Writes a node whose place is told."""
Fields = dict[str, Expression]
"""Fields that trees ask, by name."""


def largest_within(border: float) -> float:
    """Return the largest double that is at most ``border`` once it is rounded to single precision.

    Examples
    --------
    >>> float(np.float32(largest_within(0.1))) <= 0.1 < float(np.float32(np.nextafter(largest_within(0.1), 1.0)))
    True
    """
    below = np.float32(border)
    if float(below) > border:
        below = np.nextafter(below, np.float32(-np.inf))
    above = np.nextafter(below, np.float32(np.inf))
    middle = (float(below) + float(above)) / 2 if np.isfinite(above) else float(below)
    return middle if float(np.float32(middle)) <= border else float(np.nextafter(middle, -np.inf))


def _trees(a: Arguments, place: int) -> tuple[Fields, list[TreeSum]]:
    nodes = trees_of(a)
    registers, names = a.registers(1), [f"s{place}_{j}" for j in range(len(a.array(1)))]
    zero = largest_within(ZERO) if nodes.single else ZERO
    used = sorted(set(nodes.feature[: len(a.array(3))].tolist()))
    coded = set(nodes.feature[nodes.chosen >= 0].tolist())
    fields = {names[j]: _entering(register(registers[j]), zero, j in coded) for j in used}
    outputs = a.whole(2)
    sums: list[TreeSum] = [("sum", []) for _ in range(outputs)]
    for i, root in enumerate(nodes.roots.tolist()):
        sums[i % outputs][1].append(_tree_model(partial(_fill_node, nodes=nodes, names=names), root))
    return fields, sums


def _entering(x: Expression, zero: float, is_code: bool) -> Expression:
    """Return a feature as trees see it: tiny numbers zero, category codes cut towards zero."""
    if is_code:
        return when(apply("and", x > -1.0, x < 0.0), 0.0, apply("floor", x))
    return when(apply("abs", x) <= zero, 0.0, x)


def _fill_node(node: Element, at: int, nodes: TreeNodes, names: Sequence[str]) -> None:
    """Write what is below a place of LightGBM's trees."""
    left, right = int(nodes.left[at]), int(nodes.right[at])
    if left == at == right:
        node.set("score", number_word(float(nodes.value[at])))
        return
    if nodes.zero_side[at]:
        raise CannotSay("trees in which zero is missing")
    name, chosen = names[int(nodes.feature[at])], int(nodes.chosen[at])
    if chosen >= 0:
        first = SubElement(node, "Node")
        _member(first, name, nodes.sets[chosen].tolist())
        second, sides = _other(node), (left, right)
    else:
        border = float(nodes.threshold[at])
        border = largest_within(border) if nodes.single else border
        first, second = _compared(node, name, border, bool(nodes.nan_left[at]))
        sides = (right, left) if nodes.nan_left[at] else (left, right)
    for below, side in zip((first, second), sides, strict=True):
        _fill_node(below, side, nodes, names)


def _forest(a: Arguments, place: int) -> tuple[Fields, list[TreeSum]]:
    registers, names = a.registers(1), [f"s{place}_{j}" for j in range(len(a.array(1)))]
    feature, left, right, leaf, roots = (a.wholes(i) for i in (3, 5, 6, 7, 9))
    answers, threshold = a.array(8).reshape(-1, a.whole(2)), a.array(4)

    def fill(node: Element, at: int, output: int) -> None:
        if left[at] == at:
            node.set("score", number_word(float(answers[leaf[at], output])))
            return
        greater, other = _compared(node, names[feature[at]], largest_within(float(threshold[at])), True)
        fill(greater, int(right[at]), output)
        fill(other, int(left[at]), output)

    used = sorted({int(feature[i]) for i in range(len(left)) if left[i] != i})
    sums = [
        ("average", [_tree_model(partial(fill, output=output), root) for root in roots.tolist()])
        for output in range(a.whole(2))
    ]
    return {names[j]: register(registers[j]) for j in used}, sums


def _symmetric(a: Arguments, place: int) -> tuple[Fields, list[TreeSum]]:
    outputs, depth, features = a.whole(2), a.whole(7), a.registers(1)
    numbers, coded, starts, asked = a.wholes(3), a.wholes(4), a.wholes(5), a.wholes(8)
    leaves = a.array(10).reshape(-1, 2**depth, outputs)
    names = [f"s{place}_{j}" for j in range(len(numbers) + len(coded))]
    fields = {names[j]: register(features[i]) for j, i in enumerate(numbers)}
    for j, (i, low, high) in enumerate(zip(coded, starts[:-1], starts[1:], strict=True), len(numbers)):
        fields[names[j]] = _coded(register(features[i]), a.array(6)[low:high])

    def fill(node: Element, leaf: int, tree: int, level: int, output: int) -> None:
        if level == depth:
            node.set("score", number_word(float(leaves[tree, leaf, output])))
            return
        entry = int(asked[tree * depth + level])
        border = float(a.array(9)[tree * depth + level])
        if border == np.inf:  # nothing is greater
            fill(node, leaf, tree, level + 1, output)
            return
        border = largest_within(border) if entry < len(numbers) else border
        greater, other = _compared(node, names[entry], border, True)
        fill(greater, leaf + 2**level, tree, level + 1, output)
        fill(other, leaf, tree, level + 1, output)

    sums: list[TreeSum] = []
    for output in range(outputs):
        asks: list[Fill] = [partial(fill, tree=t, level=0, output=output) for t in range(len(leaves))]
        bias: Fill = _leaf(float(a.array(11)[output]))
        sums.append(("sum", [_tree_model(ask, 0) for ask in [bias, *asks]]))
    return fields, sums


def _coded(code: Expression, table: NDArray[np.float64]) -> Expression:
    """Return the number of a category; a missing or unknown one has the first, one beyond has the last."""
    known = look_up(code, table[1:], float(table[-1])) if len(table) > 1 else look_up(code, table, float(table[-1]))
    return when(apply("isMissing", code), float(table[0]), when(code < 0.0, float(table[0]), known))


def _leaf(score: float) -> Callable[[Element, int], None]:
    def fill(node: Element, at: int) -> None:
        node.set("score", number_word(score))

    return fill


def _tree_model(fill: Callable[[Element, int], None], root: int) -> Element:
    """Return a TreeModel; its mining schema lists the fields that it asks."""
    model = Element(
        "TreeModel",
        functionName="regression",
        missingValueStrategy="none",
        splitCharacteristic="binarySplit",
    )
    schema = SubElement(model, "MiningSchema")
    node = SubElement(model, "Node")
    SubElement(node, "True")
    fill(node, root)
    asked = sorted({p.get("field", "") for p in node.iter() if p.tag in ("SimplePredicate", "SimpleSetPredicate")})
    for name in asked:
        SubElement(schema, "MiningField", name=name)
    return model


def _compared(node: Element, name: str, border: float, missing_left: bool) -> tuple[Element, Element]:
    """Add two children; the first is that of the greater numbers where missing values go to the others, left."""
    first = SubElement(node, "Node")
    operator = "greaterThan" if missing_left else "lessOrEqual"
    SubElement(first, "SimplePredicate", field=name, operator=operator, value=finite_word(border))
    return first, _other(node)


def _other(node: Element) -> Element:
    """Add the child of all that the one before it does not take."""
    other = SubElement(node, "Node")
    SubElement(other, "True")
    return other


def _member(node: Element, name: str, codes: Sequence[int]) -> None:
    predicate = SubElement(node, "SimpleSetPredicate", field=name, booleanOperator="isIn")
    array = SubElement(predicate, "Array", n=str(len(codes)), type="real")
    array.text = " ".join(f"{code}.0" for code in codes)


PMML_TREES: dict[str, Callable[[Arguments, int], tuple[Fields, list[TreeSum]]]] = {
    "trees": _trees,
    "forest": _forest,
    "symmetric": _symmetric,
}
"""By operation: the fields that the trees ask, and for each output how its trees are put together."""
