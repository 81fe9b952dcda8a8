"""Trees as tables of nodes, which one recursive query walks: all at once where rows hold arrays, else in turn."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from journeyman.exporters.sql.dialect import LARGEST
from journeyman.exporters.sql.layers import Layers, Row
from journeyman.exporters.sql.spark_steps import WalkedTrees, walk

__all__ = ["NODE_COLUMNS", "double_bound", "forest", "symmetric", "trees"]

_TINY = 1.0000000180025095e-35  # LightGBM's zero
_ZERO, _NAN = 1, 2  # is what is missing
NODE_COLUMNS = {
    "place": "BIGINT",
    "feature": "INTEGER",
    "threshold": "DOUBLE",
    "instead": "DOUBLE",
    "zero_left": "INTEGER",
    "codes": "TEXT",
    "place_left": "BIGINT",
    "place_right": "BIGINT",
}
"""Of the table of nodes: what stands for a missing value, where zero goes that is missing, codes as signs 0 and 1."""
_LEVELS = 8  # of a turn in SQLite, which joins at most 64 tables


@dataclass(frozen=True)
class _Tree:
    """A tree: nodes (feature, threshold, what is missing, whether it goes left, codes, left, right), leaves, a root.

    Places of nodes are 0 or more, those of leaves -1 - leaf; ``values`` are pairs of an output and a number.
    """

    nodes: Sequence[tuple[int, float, int, int, str | None, int, int]]
    leaves: Sequence[Sequence[tuple[int, float]]]
    root: int


def double_bound(bound: float) -> float:
    """Return the greatest double that is at most ``bound`` once it is rounded to float32.

    Examples
    --------
    >>> bound = double_bound(0.5)
    >>> float(np.float32(bound)), float(np.float32(np.nextafter(bound, 1))) > 0.5, double_bound(0.1) < 0.1
    (0.5, True, True)
    """
    if np.isnan(bound) or np.isinf(bound):
        return bound
    with np.errstate(over="ignore"):
        below = np.float32(bound)
        if float(below) > bound:  # as doubles: numpy would round the bound
            below = np.nextafter(below, np.float32(-np.inf))
        above = float(np.nextafter(below, np.float32(np.inf)))
        ends = (float(below) if np.isfinite(below) else -(2.0**128), above if np.isfinite(above) else 2.0**128)
        middle = sum(ends) / 2
        return middle if np.float32(middle) == below else float(np.nextafter(middle, -np.inf))


def trees(q: Layers, a: Sequence[float]) -> None:
    """LightGBM's trees: each adds its leaf to one output."""
    out, outputs = int(a[0]), int(a[2])
    feature, threshold, flags, left, right, leaves, roots, starts, words = (q.array(i) for i in a[3:12])
    rounded = len(flags) > 0 and bool(int(flags[0]) & 16)

    def tree(t: int) -> _Tree:
        nodes: list[tuple[int, float, int, int, str | None, int, int]] = []
        values: list[list[tuple[int, float]]] = []

        def visit(place: int) -> int:
            if place < 0:
                values.append([(t % outputs, float(leaves[-1 - place]))])
                return -len(values)
            at, flag = len(nodes), int(flags[place])
            nodes.append((0, 0.0, 0, 0, None, 0, 0))
            bound, codes = float(threshold[place]), None
            if flag & 8:
                s = int(bound)
                codes = "".join(f"{int(w):032b}"[::-1] for w in words[int(starts[s]) : int(starts[s + 1])]).rstrip("0")
            elif rounded:
                bound = double_bound(bound)
            ends = visit(int(left[place])), visit(int(right[place]))
            nodes[at] = (int(feature[place]), bound, flag & 3, (flag >> 2) & 1, codes, *ends)
            return at

        root = visit(int(roots[t]))
        return _Tree(nodes, values, root)

    tiny = double_bound(_TINY) if rounded else _TINY
    zero = [f"CASE WHEN abs(r{f}) <= {q.number(tiny)} THEN {q.number(0)} ELSE r{f} END" for f in q.places(a[1])]
    _walk(q, [tree(t) for t in range(len(roots))], zero, q.places(a[1]), list(range(out, out + outputs)))


def forest(q: Layers, a: Sequence[float]) -> None:
    """scikit-learn's forests: the mean of their trees' answers."""
    out, outputs = int(a[0]), int(a[2])
    feature, threshold, left, right, leaf, answers, roots = (q.array(i) for i in a[3:10])

    def tree(root: float) -> _Tree:
        nodes: list[tuple[int, float, int, int, str | None, int, int]] = []
        values: list[list[tuple[int, float]]] = []

        def visit(node: int) -> int:
            if int(left[node]) == node:
                first = int(leaf[node]) * outputs
                values.append([(k, float(answers[first + k])) for k in range(outputs)])
                return -len(values)
            at = len(nodes)
            nodes.append((0, 0.0, 0, 0, None, 0, 0))
            ends = visit(int(left[node])), visit(int(right[node]))
            nodes[at] = (int(feature[node]), double_bound(float(threshold[node])), _NAN, 1, None, *ends)
            return at

        return _Tree(nodes, values, visit(int(root)))

    features = q.places(a[1])
    sums = [q.take() for _ in range(outputs)]
    _walk(q, [tree(root) for root in roots], [f"r{f}" for f in features], features, sums)
    for k in range(outputs):
        q.put(out + k, f"r{sums[k]} / {q.number(len(roots))}", [sums[k]])


def symmetric(q: Layers, a: Sequence[float]) -> None:
    """CatBoost's trees: every level asks one question, and each answer is a bit of the leaf."""
    out, outputs, depth = int(a[0]), int(a[2]), int(a[7])
    features, numbers, coded = q.places(a[1]), q.places(a[3]), q.places(a[4])
    starts = q.places(a[5])
    entry, border, leaves, bias = (q.array(i) for i in a[8:12])
    inputs = [f"r{features[i]}" for i in numbers]
    for i, place in enumerate(coded):
        last = starts[i + 1] - starts[i] - 1
        code = f"COALESCE(r{features[place]}, -1) + 1"
        at = f"{starts[i]} + CASE WHEN {code} > {last} THEN {last} ELSE {code} END"
        register = q.between(q.look_up(a[6], at), [features[place]])
        inputs.append(f"r{register}")
        features.append(register)

    def tree(t: int) -> _Tree:
        nodes: list[tuple[int, float, int, int, str | None, int, int]] = []
        values: list[list[tuple[int, float]]] = []

        def visit(level: int, bits: int) -> int:
            if level == depth:
                first = (t * 2**depth + bits) * outputs
                values.append([(k, float(leaves[first + k])) for k in range(outputs)])
                return -len(values)
            at, question = len(nodes), t * depth + level
            nodes.append((0, 0.0, 0, 0, None, 0, 0))
            own = int(entry[question])
            bound = float(border[question])
            bound = double_bound(bound) if own < len(numbers) else bound  # numbers are rounded to float32
            ends = visit(level + 1, bits), visit(level + 1, bits | 1 << level)
            nodes[at] = (own, bound, _NAN, 1, None, *ends)
            return at

        return _Tree(nodes, values, visit(0, 0))

    first = _Tree((), [[(k, float(bias[k])) for k in range(outputs)]], -1)
    count = len(entry) // depth if depth else len(leaves) // outputs
    _walk(q, [first, *map(tree, range(count))], inputs, features, list(range(out, out + outputs)))


@dataclass(frozen=True)
class _Step:
    """Trees as they are walked.

    Attributes
    ----------
    number : int
        Of the step, in the table of roots.
    inputs : sequence of str
        Expressions that nodes ask.
    source : str
        The layer that has them.
    out : sequence of int
        Registers of the sums.
    codes, zeros : bool
        Whether any node asks for categories; whether zero is missing in any.
    levels : int
        Of the deepest tree.
    spread : bool
        Whether leaves have numbers for several outputs.
    """

    number: int
    inputs: Sequence[str]
    source: str
    out: Sequence[int]
    codes: bool
    zeros: bool
    levels: int
    spread: bool


def _walk(q: Layers, forest: Sequence[_Tree], inputs: Sequence[str], reads: Sequence[int], out: Sequence[int]) -> None:
    """Write the tables of some trees and the queries that walk them; registers ``out`` are the sums of the leaves."""
    nodes = [node for tree in forest for node in tree.nodes]
    step = _Step(
        number=len({row[0] for row in q.roots}),
        inputs=inputs,
        source=q.source(reads),
        out=out,
        codes=any(node[4] is not None for node in nodes),
        zeros=any(node[2] == _ZERO for node in nodes),
        levels=max(map(_depth, forest), default=0),
        spread=any(len(values) > 1 for tree in forest for values in tree.leaves),
    )
    if q.dialect.name == "Spark":
        walk(q, _as_lists(forest, step.levels, len(out)), inputs, reads, out)
        return
    _write_tables(forest, step.number, q.nodes, q.leaves, q.roots)
    q.join(_side_by_side(q, step) if q.dialect.arrays else _in_turn(q, step), out, reads)


def _depth(tree: _Tree) -> int:
    """Return how many nodes are above the deepest leaf; a node stands before those below it."""
    depths = [1] * len(tree.nodes)
    for i, node in enumerate(tree.nodes):
        for child in node[5:]:
            if child >= 0:
                depths[child] = depths[i] + 1
    return max(depths, default=0)


def _write_tables(forest: Sequence[_Tree], step: int, nodes: list[Row], leaves: list[Row], roots: list[Row]) -> None:
    """Add the rows of some trees."""
    for t, tree in enumerate(forest):
        first = len(nodes)
        leaf = -int(leaves[-1][0] or 0) if leaves else 0

        def place(own: int, first: int = first, leaf: int = leaf) -> int:
            return first + own if own >= 0 else own - leaf

        for i, (feature, bound, missing, goes, codes, left, right) in enumerate(tree.nodes):
            instead = 0.0 if missing != _NAN else -LARGEST if goes else None
            zero_left = goes if missing == _ZERO else None
            nodes.append((first + i, feature, bound, instead, zero_left, codes, place(left), place(right)))
        for i, values in enumerate(tree.leaves):
            leaves += [(-1 - leaf - i, k, value) for k, value in values]
        roots.append((step, t, place(tree.root)))


def _as_lists(forest: Sequence[_Tree], levels: int, outputs: int) -> WalkedTrees:
    nodes: list[Row] = []
    leaves: list[Row] = []
    roots: list[Row] = []
    _write_tables(forest, 0, nodes, leaves, roots)
    held: list[list[float | None]] = [[None] * -int(leaves[-1][0] or 0) for _ in range(outputs)]
    for at, output, value in leaves:
        held[int(output or 0)][-1 - int(at or 0)] = float(value or 0.0)
    columns = zip(*nodes, strict=True) if nodes else ((),) * len(NODE_COLUMNS)
    return WalkedTrees(
        dict(zip(NODE_COLUMNS, columns, strict=True)), [int(root[2] or 0) for root in roots], held, levels
    )


def _next_place(q: Layers, step: _Step, value: str, node: str) -> str:
    """Return the place that a value goes to from a node; where it is missing the node says what stands for it."""
    whens = []
    if step.codes:
        if q.dialect.name == "SQLite":  # cuts towards zero, and does not stop at numbers that are too large
            found = (
                f"{value} > -1 AND {value} < 1000000 AND substr({node}.codes, CAST({value} AS INTEGER) + 1, 1) = '1'"
            )
        else:
            code = f"CASE WHEN {value} > -1 AND {value} < 1000000 THEN {value} ELSE 1000000 END"
            found = f"substr({node}.codes, CAST(floor(abs({code})) AS INTEGER) + 1, 1) = '1'"
        whens.append(f"WHEN {node}.codes IS NOT NULL THEN {found}")
    if step.zeros:
        is_zero = f"{node}.zero_left IS NOT NULL AND COALESCE({value}, {q.number(0)}) = 0"
        whens.append(f"WHEN {is_zero} THEN {node}.zero_left = 1")
    is_left = f"COALESCE({value}, {node}.instead) <= {node}.threshold"
    is_left = f"CASE {' '.join(whens)} ELSE {is_left} END" if whens else is_left
    return f"CASE WHEN {is_left} THEN {node}.place_left ELSE {node}.place_right END"


def _side_by_side(q: Layers, step: _Step) -> list[tuple[str, str]]:
    """All trees at once: as many rounds as a tree is deep; leaves are summed in the order of the trees."""
    seen, walk, sums = (f"{name}_{step.number}" for name in ("seen", "walk", "sums"))
    cast = "CAST(ARRAY[{}] AS DOUBLE PRECISION[])" if q.dialect.name == "PostgreSQL" else "[{}]::DOUBLE[]"
    features = f"SELECT row_id, {cast.format(', '.join(step.inputs))} AS x FROM {step.source}"
    body = (
        f"SELECT s.row_id, t.tree, t.place FROM {seen} s JOIN {q.package}_roots t ON t.step = {step.number}\n"
        f"  UNION ALL\n  SELECT w.row_id, w.tree, {_next_place(q, step, 's.x[n.feature + 1]', 'n')}\n"
        f"  FROM {walk} w JOIN {q.package}_nodes n ON n.place = w.place JOIN {seen} s ON s.row_id = w.row_id"
    )
    values = [
        f"sum(v.value ORDER BY w.tree) FILTER (WHERE v.output = {k}) AS r{register}"
        for k, register in enumerate(step.out)
    ]
    total = (
        f"SELECT w.row_id, {', '.join(values)} FROM {walk} w JOIN {q.package}_leaves v ON v.place = w.place"
        f" GROUP BY w.row_id"
    )
    return [(seen, features), (walk, body), (sums, total)]


def _in_turn(q: Layers, step: _Step) -> list[tuple[str, str]]:
    """One tree after the other, with the sums so far: SQLite has no arrays, and newer ones add in their own way.

    A turn of the recursion goes down several nodes: to find a row by its key costs less than a turn.
    """
    seen, walk, sums = (f"{name}_{step.number}" for name in ("seen", "walk", "sums"))
    words = ", ".join(f"{word} AS x{i}" for i, word in enumerate(step.inputs))
    features = f"SELECT row_id, {words} FROM {step.source}"
    below, joins, reached = "w.place", "", ["ELSE w.place"]
    for i in range(min(step.levels, _LEVELS)):
        joins += f"  LEFT JOIN {q.package}_nodes n{i} ON n{i}.place = {below}\n"
        below = _next_place(q, step, f"({_chosen(f'n{i}.feature', 0, len(step.inputs))})", f"n{i}")
        reached.insert(0, f"WHEN n{i}.place IS NOT NULL THEN {below}")
    place = f"CASE {' '.join(reached)} END" if len(reached) > 1 else "w.place"
    joins += f"  LEFT JOIN {q.package}_leaves v ON v.place = {place}{' AND v.output = 0' if step.spread else ''}\n"
    added = []
    for k in range(len(step.out)):
        value, there = "v.value", f"v.output = {k}"
        if step.spread:
            there = "v.place IS NOT NULL"
            value = f"(SELECT o.value FROM {q.package}_leaves o WHERE o.place = v.place AND o.output = {k})"
        added.append(f"CASE WHEN {there} THEN w.total_{k} + {value} ELSE w.total_{k} END")
    zeros = ", ".join(f"{q.number(0)} AS total_{k}" for k in range(len(step.out)))
    first = f"t.step = {step.number} AND t.tree = 0"
    body = (
        f"SELECT s.row_id, 0 AS tree, t.place, {zeros} FROM {seen} s JOIN {q.package}_roots t ON {first}\n"
        f"  UNION ALL\n  SELECT w.row_id, w.tree + (v.place IS NOT NULL),\n"
        f"    CASE WHEN v.place IS NULL THEN {place} ELSE t.place END,\n    {', '.join(added)}\n"
        f"  FROM {walk} w JOIN {seen} s ON s.row_id = w.row_id\n{joins}"
        f"  LEFT JOIN {q.package}_roots t ON t.step = {step.number} AND t.tree = w.tree + 1\n"
        f"  WHERE w.place IS NOT NULL"
    )
    taken = ", ".join(f"total_{k} AS r{register}" for k, register in enumerate(step.out))
    return [(seen, features), (walk, body), (sums, f"SELECT row_id, {taken} FROM {walk} WHERE place IS NULL")]


def _chosen(feature: str, low: int, high: int) -> str:
    """Return the input that a node asks, by halving."""
    if high - low <= 1:
        return f"s.x{low}"
    middle = (low + high) // 2
    return (
        f"CASE WHEN {feature} < {middle} THEN {_chosen(feature, low, middle)} ELSE {_chosen(feature, middle, high)} END"
    )
